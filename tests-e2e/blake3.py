"""BLAKE3 with a 32-byte output, in plain Python, for scripts that may need nothing but Python.

Only whole inputs, plain or in key derivation mode: enough to make and to check the hash column of a
bones event log (about 0.5 MB a second) and the checks of a store. The function is specified in "BLAKE3: one function, fast everywhere"
(O'Connor, Aumasson, Neves, Wilcox-O'Hearn, 2020), whose section 2 the names here follow.

    >>> digest(b"").hex()[:16]
    'af1349b9f5f9a1a6'
"""

import struct

BLOCK = 64
CHUNK = 1024

CHUNK_START, CHUNK_END, PARENT, ROOT = 1, 2, 4, 8
DERIVE_CONTEXT, DERIVE_MATERIAL = 32, 64

IV = (
    0x6A09E667, 0xBB67AE85, 0x3C6EF372, 0xA54FF53A,
    0x510E527F, 0x9B05688C, 0x1F83D9AB, 0x5BE0CD19,
)  # fmt: skip

# The message words change places between rounds.
PERMUTATION = (2, 6, 3, 10, 7, 0, 4, 13, 1, 11, 12, 5, 9, 14, 15, 8)

# The state is a 4 by 4 matrix; a round mixes its columns, then its diagonals.
LINES = (
    (0, 4, 8, 12), (1, 5, 9, 13), (2, 6, 10, 14), (3, 7, 11, 15),
    (0, 5, 10, 15), (1, 6, 11, 12), (2, 7, 8, 13), (3, 4, 9, 14),
)  # fmt: skip


def _schedule():
    """For each of the 56 mixings of a compression: four state places and two message places."""
    places, order = [], tuple(range(16))
    for _ in range(7):
        places += [(*line, order[2 * i], order[2 * i + 1]) for i, line in enumerate(LINES)]
        order = tuple(order[place] for place in PERMUTATION)
    return tuple(places)


SCHEDULE = _schedule()


def compress(chaining, block, length, counter, flags):
    """One block of at most 64 bytes folded into a chaining value of eight 32-bit words."""
    m = struct.unpack("<16I", block.ljust(BLOCK, b"\0"))
    v = [*chaining, *IV[:4], counter & 0xFFFFFFFF, counter >> 32, length, flags]
    for ia, ib, ic, id_, mx, my in SCHEDULE:
        a, b, c, d = v[ia], v[ib], v[ic], v[id_]
        a = (a + b + m[mx]) & 0xFFFFFFFF
        d ^= a
        d = (d >> 16 | d << 16) & 0xFFFFFFFF
        c = (c + d) & 0xFFFFFFFF
        b ^= c
        b = (b >> 12 | b << 20) & 0xFFFFFFFF
        a = (a + b + m[my]) & 0xFFFFFFFF
        d ^= a
        d = (d >> 8 | d << 24) & 0xFFFFFFFF
        c = (c + d) & 0xFFFFFFFF
        b ^= c
        v[ia], v[ib], v[ic], v[id_] = a, (b >> 7 | b << 25) & 0xFFFFFFFF, c, d
    return tuple(v[i] ^ v[i + 8] for i in range(8))


def chunk_value(chunk, index, key, flags, root):
    """The chaining value of one chunk: its blocks, one after the other."""
    value = key
    starts = range(0, max(len(chunk), 1), BLOCK)
    for start in starts:
        block = chunk[start : start + BLOCK]
        here = flags | (CHUNK_START if start == 0 else 0)
        if start == starts[-1]:
            here |= CHUNK_END | root
        value = compress(value, block, len(block), index, here)
    return value


def tree_value(data, index, key, flags, root):
    """The chaining value of a run of chunks: the left part is the largest power of two that leaves
    at least one byte for the right."""
    if len(data) <= CHUNK:
        return chunk_value(data, index, key, flags, root)
    chunks = (len(data) - 1) // CHUNK
    left = 1 << (chunks.bit_length() - 1)
    block = struct.pack(
        "<16I",
        *tree_value(data[: left * CHUNK], index, key, flags, 0),
        *tree_value(data[left * CHUNK :], index + left, key, flags, 0),
    )
    return compress(key, block, BLOCK, 0, flags | PARENT | root)


def digest(data):
    """The 32-byte BLAKE3 hash of `data`."""
    return struct.pack("<8I", *tree_value(data, 0, IV, 0, ROOT))


def derived(context, data):
    """32 bytes in key derivation mode: of `data`, under the text `context`."""
    key = tree_value(context.encode("utf-8"), 0, IV, DERIVE_CONTEXT, ROOT)
    return struct.pack("<8I", *tree_value(data, 0, key, DERIVE_MATERIAL, ROOT))
