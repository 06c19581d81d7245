"""Interval tree clock stamps in the two text forms found in old bones event logs.

Just enough of ITC to write stamps that a strict reader accepts: eight agents own the eight leaves of
a balanced id tree, and what an agent knows is one counter per leaf. The trees built from that are in
normal form, and one stamp is below another exactly when no counter is greater.
"""

import base64

AGENTS = 8


def id_tree(agent):
    """The id that owns leaf `agent` of a balanced tree: 0, 1, or a pair of ids."""

    def build(low, high):
        if high - low == 1:
            return int(low == agent)
        middle = (low + high) // 2
        left, right = build(low, middle), build(middle, high)
        return 0 if (left, right) == (0, 0) else (left, right)

    return build(0, AGENTS)


def event_tree(counters):
    """The normal event tree of one counter per leaf: a number, or (base, left, right)."""
    if len(counters) == 1:
        return counters[0]
    middle = len(counters) // 2
    left, right = event_tree(counters[:middle]), event_tree(counters[middle:])
    base = min(base_of(left), base_of(right))
    left, right = lowered(left, base), lowered(right, base)
    # Two bare zeros under a base say no more than the base.
    return base if (left, right) == (0, 0) else (base, left, right)


def base_of(tree):
    return tree if isinstance(tree, int) else tree[0]


def lowered(tree, by):
    return tree - by if isinstance(tree, int) else (tree[0] - by, tree[1], tree[2])


def varint(value):
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def packed(bits):
    """The number of bits as a varint, then the bits, most significant first, zero padded."""
    padded = bits + "0" * (-len(bits) % 8)
    return varint(len(bits)) + bytes(int(padded[i : i + 8], 2) for i in range(0, len(padded), 8))


def id_bits(tree):
    return f"0{tree}" if isinstance(tree, int) else "1" + id_bits(tree[0]) + id_bits(tree[1])


def event_nodes(tree):
    """The shape bit and the value of every node, in preorder."""
    if isinstance(tree, int):
        return [("0", tree)]
    return [("1", tree[0]), *event_nodes(tree[1]), *event_nodes(tree[2])]


def stamp_text(agent, counters, version):
    """`itc:v1:` and hex with every value, or `itc:v3:` and base64url with the values above zero."""
    nodes = event_nodes(event_tree(counters))
    out = b"\x01" + packed(id_bits(id_tree(agent))) + packed("".join(bit for bit, _ in nodes))
    if version == 1:
        values = b"".join(varint(value) for _, value in nodes)
        return "itc:v1:" + (out + varint(len(values)) + values).hex()
    pairs = [(index, value) for index, (_, value) in enumerate(nodes) if value]
    out += varint(len(pairs))
    before = 0
    for index, value in pairs:
        out += varint(index - before) + varint(value)
        before = index
    return "itc:v3:" + base64.urlsafe_b64encode(out).decode("ascii").rstrip("=")
