"""BLAKE3 in plain Python: hashing and key derivation, 32 bytes out.

Written from the specification (O'Connor, Aumasson, Neves, Wilcox-O'Hearn 2020) for checking, not for
speed: about 100 KB a second.
"""

from struct import pack, unpack

IV = (0x6A09E667, 0xBB67AE85, 0x3C6EF372, 0xA54FF53A, 0x510E527F, 0x9B05688C, 0x1F83D9AB, 0x5BE0CD19)
PERMUTATION = (2, 6, 3, 10, 7, 0, 4, 13, 1, 11, 12, 5, 9, 14, 15, 8)
CHUNK_START, CHUNK_END, PARENT, ROOT, DERIVE_CONTEXT, DERIVE_MATERIAL = 1, 2, 4, 8, 32, 64
MASK = 0xFFFFFFFF


def _mix(v, a, b, c, d, x, y):
    for message, turn_d, turn_b in ((x, 16, 12), (y, 8, 7)):
        v[a] = (v[a] + v[b] + message) & MASK
        v[d] ^= v[a]
        v[d] = (v[d] >> turn_d | v[d] << (32 - turn_d)) & MASK
        v[c] = (v[c] + v[d]) & MASK
        v[b] ^= v[c]
        v[b] = (v[b] >> turn_b | v[b] << (32 - turn_b)) & MASK


def _compress(chain, block, counter, flags):
    m = unpack("<16I", block.ljust(64, b"\0"))
    v = [*chain, *IV[:4], counter & MASK, counter >> 32, len(block), flags]
    for _ in range(7):
        for column in range(4):
            _mix(v, column, column + 4, column + 8, column + 12, m[2 * column], m[2 * column + 1])
        for turn in range(4):
            b, c, d = (4 + (turn + 1) % 4, 8 + (turn + 2) % 4, 12 + (turn + 3) % 4)
            _mix(v, turn, b, c, d, m[8 + 2 * turn], m[9 + 2 * turn])
        m = [m[i] for i in PERMUTATION]
    return tuple(v[i] ^ v[i + 8] for i in range(8))


def _node(data, key, flags, counter, root):
    """The chaining value of a subtree; `counter` is the number of its first chunk."""
    if len(data) <= 1024:
        chain = key
        blocks = [data[at : at + 64] for at in range(0, len(data), 64)] or [b""]
        for index, block in enumerate(blocks):
            first = CHUNK_START if index == 0 else 0
            last = CHUNK_END | root if index == len(blocks) - 1 else 0
            chain = _compress(chain, block, counter, flags | first | last)
        return chain
    # The left subtree is the greatest power of two of whole chunks that leaves something.
    left = 1 << ((len(data) - 1) // 1024).bit_length() - 1
    cut = left * 1024
    pair = _node(data[:cut], key, flags, counter, 0) + _node(data[cut:], key, flags, counter + left, 0)
    return _compress(key, pack("<16I", *pair), 0, flags | PARENT | root)


def blake3(data):
    """The BLAKE3 hash."""
    return pack("<8I", *_node(data, IV, 0, 0, ROOT))


def derive_key(context, data):
    """BLAKE3 in key-derivation mode: hashing under a domain of its own."""
    key = _node(context.encode(), IV, DERIVE_CONTEXT, 0, ROOT)
    return pack("<8I", *_node(data, key, DERIVE_MATERIAL, 0, ROOT))
