"""Snapshot exports taken apart and put together again, so that they can be forged.

The bytes are described in `docs/FORMAT-EXPORT.md` and `docs/FORMAT-PAYLOAD.md`. Of MessagePack only
what payloads use: unsigned integers, texts, bytes, arrays, maps, nil and booleans, each in its
shortest form.
"""

import struct

import blake3

MAGIC = b"lattice snapshots\n"
CHECK = "lattice 1 snapshot export"


def pack(value):
    """Canonical bytes of a value; a map is a list of pairs inside `Map`."""
    if value is None:
        return b"\xc0"
    if value is True or value is False:
        return b"\xc3" if value else b"\xc2"
    if isinstance(value, int):
        return head(value, 0x00, 0x7F, (0xCC, 0xCD, 0xCE, 0xCF))
    if isinstance(value, str):
        raw = value.encode("utf-8")
        return head(len(raw), 0xA0, 31, (0xD9, 0xDA, 0xDB)) + raw
    if isinstance(value, bytes):
        return head(len(value), None, -1, (0xC4, 0xC5, 0xC6)) + value
    if isinstance(value, Map):
        return head(len(value), 0x80, 15, (None, 0xDE, 0xDF)) + b"".join(pack(k) + pack(v) for k, v in value)
    return head(len(value), 0x90, 15, (None, 0xDC, 0xDD)) + b"".join(map(pack, value))


def head(number, small, most, wide):
    """A type and a number (a length, or the value itself) in the fewest bytes."""
    if number <= most:
        return bytes([small | number])
    for code, (form, limit) in zip(wide, ((">B", 1 << 8), (">H", 1 << 16), (">I", 1 << 32), (">Q", 1 << 64))):
        if code is not None and number < limit:
            return bytes([code]) + struct.pack(form, number)
    raise ValueError(f"{number} does not fit")


class Map(list):
    """The pairs of a map, in order."""


def unpack(data, at=0):
    """One value and where it ends."""
    code = data[at]
    at += 1
    if code <= 0x7F:
        return code, at
    if code <= 0x8F:
        return unpack_map(data, at, code & 15)
    if code <= 0x9F:
        return unpack_array(data, at, code & 15)
    if code <= 0xBF:
        return data[at : at + (code & 31)].decode("utf-8"), at + (code & 31)
    if code in (0xC0, 0xC2, 0xC3):
        return {0xC0: None, 0xC2: False, 0xC3: True}[code], at
    form = {0xC4: ">B", 0xC5: ">H", 0xC6: ">I", 0xCC: ">B", 0xCD: ">H", 0xCE: ">I", 0xCF: ">Q",
            0xD9: ">B", 0xDA: ">H", 0xDB: ">I", 0xDC: ">H", 0xDD: ">I", 0xDE: ">H", 0xDF: ">I"}[code]  # fmt: skip
    (number,) = struct.unpack_from(form, data, at)
    at += struct.calcsize(form)
    if code <= 0xC6:
        return bytes(data[at : at + number]), at + number
    if code <= 0xCF:
        return number, at
    if code <= 0xDB:
        return data[at : at + number].decode("utf-8"), at + number
    return unpack_array(data, at, number) if code <= 0xDD else unpack_map(data, at, number)


def unpack_array(data, at, length):
    values = []
    for _ in range(length):
        value, at = unpack(data, at)
        values.append(value)
    return values, at


def unpack_map(data, at, length):
    values, at = unpack_array(data, at, 2 * length)
    return Map(zip(values[::2], values[1::2])), at


class Export:
    """An export file: its order, its redactions as one run of bytes, and its payloads."""

    def __init__(self, data):
        assert data.startswith(MAGIC) and data[-32:] == blake3.derived(CHECK, data[:-32])
        at = len(MAGIC)
        self.format, self.order, count = struct.unpack_from("<BBQ", data, at)
        at += 10
        self.redactions = data[at : at + 32 * count]
        at += 32 * count
        (count,) = struct.unpack_from("<Q", data, at)
        at += 8
        self.payloads = []
        for _ in range(count):
            (length,) = struct.unpack_from("<Q", data, at)
            self.payloads.append(data[at + 8 : at + 8 + length])
            at += 8 + length
        assert at == len(data) - 32

    def with_payloads(self, payloads):
        """The bytes of an export that holds these payloads instead, with a right check."""
        out = MAGIC + struct.pack("<BBQ", self.format, self.order, len(self.redactions) // 32) + self.redactions
        out += struct.pack("<Q", len(payloads))
        out += b"".join(struct.pack("<Q", len(payload)) + payload for payload in payloads)
        return out + blake3.derived(CHECK, out)
