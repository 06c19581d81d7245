#!/usr/bin/env python3
"""An independent reader of `item.snapshot` payloads.

    decode_payload.py FILE|HEX    print the payload as JSON: a binary file, a file of hex, or hex itself
    decode_payload.py --lines     one payload in hex per line of standard input, one JSON answer each

It follows docs/FORMAT-PAYLOAD.md, shares no code with the product, needs nothing but Python 3.9, and
refuses whatever a writer would not have written: {"error": ..., "offset": ...}.

Exit code: 0 when read, 1 when refused, 2 when there is nothing to read.
"""

import json
import math
import re
import sys
from pathlib import Path

from pure_blake3 import derive_key

FORMAT = 1
ORDERS = ("wall", "itc")
KINDS = ("task", "goal", "bug")
SIZES = ("xs", "s", "m", "l", "xl")
URGENCIES = ("urgent", "default", "punt")
PHASES = ("open", "doing", "done", "archived")
MAX_JSON_DEPTH = 120
MAX_STAMP_NODES, MAX_STAMP_DEPTH = 65_535, 128


class Refused(Exception):
    def __init__(self, offset, why):
        super().__init__(why)
        self.offset = offset


# ------------------------------------------------------------------------------------------------
# MessagePack, shortest forms only
# ------------------------------------------------------------------------------------------------


class Reader:
    def __init__(self, data):
        self.data, self.at = data, 0

    def check(self, fits, why):
        if not fits:
            raise Refused(self.at, why)

    def take(self, count):
        self.check(self.at + count <= len(self.data), "the payload ends here")
        self.at += count
        return self.data[self.at - count : self.at]

    def peek(self):
        self.check(self.at < len(self.data), "the payload ends here")
        return self.data[self.at]

    def wide(self, widths, what):
        """A marker out of `widths` (marker: (bytes, least value)) and the number after it."""
        self.check(self.peek() in widths, f"expected {what}")
        count, least = widths[self.take(1)[0]]
        number = int.from_bytes(self.take(count), "big")
        self.check(number >= least, f"{what} is not in its shortest form")
        return number

    def number(self, what="a number"):
        if self.peek() < 0x80:
            return self.take(1)[0]
        return self.wide({0xCC: (1, 0x80), 0xCD: (2, 1 << 8), 0xCE: (4, 1 << 16), 0xCF: (8, 1 << 32)}, what)

    def array(self, what="an array"):
        if self.peek() & 0xF0 == 0x90:
            return self.take(1)[0] & 0x0F
        return self.wide({0xDC: (2, 16), 0xDD: (4, 1 << 16)}, what)

    def members(self):
        if self.peek() & 0xF0 == 0x80:
            return self.take(1)[0] & 0x0F
        return self.wide({0xDE: (2, 16)}, "the map of fields")

    def text(self, what="a text"):
        if self.peek() & 0xE0 == 0xA0:
            count = self.take(1)[0] & 0x1F
        else:
            count = self.wide({0xD9: (1, 32), 0xDA: (2, 1 << 8), 0xDB: (4, 1 << 16)}, what)
        try:
            return self.take(count).decode("utf-8")
        except UnicodeDecodeError:
            raise Refused(self.at, f"{what} is not UTF-8") from None

    def binary(self, what="bytes"):
        return self.take(self.wide({0xC4: (1, 0), 0xC5: (2, 1 << 8), 0xC6: (4, 1 << 16)}, what))

    def digest(self):
        found = self.binary("a hash")
        self.check(len(found) == 32, "a hash has 32 bytes")
        return found

    def hashes(self):
        found = self.binary("hashes")
        self.check(len(found) % 32 == 0, "hashes have 32 bytes each")
        found = [found[at : at + 32] for at in range(0, len(found), 32)]
        self.increasing(found, "hashes")
        return found

    def flag(self, marker):
        """Takes the marker iff it is next."""
        found = self.peek() == marker
        self.at += found
        return found

    def is_array(self):
        return self.peek() & 0xF0 == 0x90 or self.peek() in (0xDC, 0xDD)

    def is_binary(self):
        return self.peek() in (0xC4, 0xC5, 0xC6)

    def exactly(self, count, what):
        self.check(self.array(what) == count, f"{what} has {count} members")

    def some(self, what):
        count = self.array(what)
        self.check(count > 0, f"{what} has no members")
        return count

    def index(self, count, what):
        found = self.number(what)
        self.check(found < count, f"{what} {found} does not exist")
        return found

    def increasing(self, values, what):
        self.check(all(a < b for a, b in zip(values, values[1:])), f"{what} do not strictly increase")


# ------------------------------------------------------------------------------------------------
# Stamps: event trees of interval tree clocks
# ------------------------------------------------------------------------------------------------


def read_stamp(data):
    """A tree `(value, None)` or `(value, (left, right))`, from canonical bytes."""
    at = 0

    def number(limit=2**64 - 1):
        nonlocal at
        value = shift = 0
        while True:
            if at == len(data) or shift > 63:
                raise ValueError
            byte, at = data[at], at + 1
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                break
            shift += 7
        if (byte == 0 and shift) or value > limit:
            raise ValueError
        return value

    count = number(MAX_STAMP_NODES)
    packed = data[at : at + (count + 7) // 8]
    at += len(packed)
    bits = "".join(f"{byte:08b}" for byte in packed)
    if len(bits) < count or "1" in bits[count:]:
        raise ValueError
    values, node = {}, 0
    for entry in range(number(MAX_STAMP_NODES)):
        distance = number(MAX_STAMP_NODES)
        node += distance
        value = number()
        if (entry and distance == 0) or value == 0 or node >= count:
            raise ValueError
        values[node] = value
    if at != len(data):
        raise ValueError
    node = 0

    def tree(above, depth):
        nonlocal node
        if node == count or depth > MAX_STAMP_DEPTH:
            raise ValueError
        value, branch = values.get(node, 0), bits[node] == "1"
        node += 1
        if above + value >= 2**64:
            raise ValueError
        if not branch:
            return value, None
        left, right = tree(above + value, depth + 1), tree(above + value, depth + 1)
        # Normal form: some child is 0, and two equal leaves are one.
        if min(left[0], right[0]) or (left == right and left[1] is None):
            raise ValueError
        return value, (left, right)

    root = tree(0, 0)
    if node != count:
        raise ValueError
    return root


def stamp_leq(a, b, over_a=0, over_b=0):
    """Nowhere greater. A leaf is itself all the way down."""
    a_value, b_value = over_a + a[0], over_b + b[0]
    if a[1] is None and b[1] is None:
        return a_value <= b_value
    leaf = ((0, None), (0, None))
    pairs = zip(a[1] or leaf, b[1] or leaf)
    return all(stamp_leq(x, y, a_value, b_value) for x, y in pairs)


# ------------------------------------------------------------------------------------------------
# The payload
# ------------------------------------------------------------------------------------------------


def element_id(domain, *parts):
    """The id of a set member: a hash over its parts, each after its length."""
    data = b"".join(len(part.encode()).to_bytes(8, "little") + part.encode() for part in parts)
    return derive_key(domain, data)


def member_id(text):
    return element_id("bones-snapshot 1 set member", text)


def link_id(link):
    return element_id("bones-snapshot 1 link", *link)


def target_id(target):
    return element_id("bones-snapshot 1 link target", target)


class Payload:
    def __init__(self, data):
        self.r = r = Reader(data)
        count = r.array("a payload")
        r.check(r.number("a format") == FORMAT, "format is not 1")
        r.check(count == 8, "a payload has 8 members")
        self.order = ORDERS[r.index(len(ORDERS), "order")]
        self.item_id = r.text("an item id")
        self.agents = [r.text("an agent") for _ in range(r.array("the agents"))]
        r.increasing([agent.encode() for agent in self.agents], "agents")
        self.coverage = r.hashes()
        self.redacted = r.hashes()
        self.keys = [self.read_key() for _ in range(r.array("the keys"))]
        r.increasing([self.canonical(key) for key in range(len(self.keys))], "keys")
        r.check({key["agent"] for key in self.keys} == set(self.agents), "an agent is not used")
        self.used = set()
        self.fields = self.read_fields()
        r.check(len(self.used) == len(self.keys), "a key is not used")
        r.check(r.at == len(data), "bytes follow the payload")
        self.id = derive_key("bones-snapshot 1 item.snapshot payload", data)

    # Keys of writes

    def read_key(self):
        r = self.r
        r.exactly(3 if self.order == "wall" else 4, "a key")
        key = {"hash": self.event(), "wall_ts": r.number("a wall clock")}
        key["agent"] = self.agents[r.index(len(self.agents), "agent")]
        if self.order == "itc":
            key["stamp"] = r.binary("a stamp")
            try:
                key["tree"] = read_stamp(key["stamp"])
            except ValueError:
                raise Refused(r.at, "a stamp is not canonical") from None
        return key

    def event(self):
        if not self.r.is_binary():
            return self.coverage[self.r.index(len(self.coverage), "covered event")]
        digest = self.r.digest()
        self.r.check(digest not in self.coverage, "a covered event is named by its place")
        return digest

    def canonical(self, index):
        key = self.keys[index]
        return key["hash"], key["wall_ts"], key["agent"].encode(), key.get("stamp")

    def tuple_of(self, index):
        key = self.keys[index]
        return key["wall_ts"], key["agent"].encode(), key["hash"]

    def after(self, a, b):
        """The stamp of key a is strictly above that of key b."""
        a, b = self.keys[a], self.keys[b]
        return self.order == "itc" and a["stamp"] != b["stamp"] and stamp_leq(b["tree"], a["tree"])

    def precedes(self, a, b):
        level = self.order == "wall" or self.keys[a]["stamp"] == self.keys[b]["stamp"]
        return self.after(b, a) or (level and self.tuple_of(a) < self.tuple_of(b))

    def observes(self, remove, add):
        if self.order == "itc":
            return self.after(remove, add)
        return self.tuple_of(add) < self.tuple_of(remove)

    def key(self):
        found = self.r.index(len(self.keys), "key")
        self.used.add(found)
        return found

    def antichain(self, keys, what):
        self.r.increasing(keys, what)
        apart = not any(self.precedes(a, b) for a in keys for b in keys)
        self.r.check(apart, f"{what} precede each other")
        return keys

    # Cells and values

    def check_cell(self, key, is_redacted):
        listed = self.keys[key]["hash"] in self.redacted
        self.r.check(is_redacted or not listed, "a redacted cell holds a value")

    def cell(self, key, read):
        if self.r.is_array():
            self.r.exactly(0, "a redacted cell")
            return {"key": key, "redacted": True}
        self.check_cell(key, False)
        return {"key": key, "value": read()}

    def word(self, words, what):
        return words[self.r.index(len(words), what)]

    def boolean(self):
        self.r.check(self.r.peek() in (0xC2, 0xC3), "expected a bool")
        return self.r.take(1) == b"\xc3"

    def optional(self, read):
        return lambda: None if self.r.flag(0xC0) else read()

    # Fields

    def read_fields(self):
        r = self.r
        text = r.text
        readers = (
            ("title", lambda: self.register(text)),
            ("description", lambda: self.register(self.optional(text))),
            ("kind", lambda: self.register(lambda: self.word(KINDS, "kind"))),
            ("size", lambda: self.register(self.optional(lambda: self.word(SIZES, "size")))),
            ("urgency", lambda: self.register(lambda: self.word(URGENCIES, "urgency"))),
            ("parent", lambda: self.register(self.optional(text))),
            ("deleted", lambda: self.register(self.boolean)),
            ("compact_summary", lambda: self.register(text)),
            ("moves", self.moves),
            ("assignees", lambda: self.parts(r.some("a set"), self.r.text, member_id)),
            ("labels", lambda: self.parts(r.some("a set"), self.r.text, member_id)),
            ("links", self.links),
            ("comments", lambda: self.texts(text)),
            ("other", lambda: self.texts(self.rest)),
            ("times", self.times),
            ("legacy", self.legacy),
        )
        fields, last = {}, -1
        for _ in range(r.members()):
            number = r.index(len(readers), "field")
            r.check(number > last, "fields do not strictly increase")
            name, read = readers[number]
            fields[name], last = read(), number
        return fields

    def register(self, read):
        count = self.r.some("a register")
        if not self.r.is_array():
            self.r.check(count == 2, "a write has 2 members")
            return [self.cell(self.key(), read)]
        self.r.check(count > 1, "one write stands without an array of its own")
        writes = []
        for _ in range(count):
            self.r.exactly(2, "a write")
            writes.append(self.cell(self.key(), read))
        self.antichain([write["key"] for write in writes], "writes")
        return writes

    def moves(self):
        moves = []
        for _ in range(self.r.some("the moves")):
            self.r.exactly(3, "a move")
            key, state = self.key(), self.word(PHASES, "phase")
            moves.append({"state": state, **self.cell(key, self.optional(self.r.text))})
        self.r.increasing([(m["key"], PHASES.index(m["state"])) for m in moves], "moves")
        return moves

    def texts(self, read):
        entries = []
        for _ in range(self.r.some("texts")):
            self.r.exactly(2, "a text under its key")
            entries.append(self.cell(self.key(), read))
        self.r.increasing([entry["key"] for entry in entries], "texts")
        return entries

    def rest(self):
        text = self.r.text()
        self.r.check(is_rest(text), "not the rest of an event")
        return text

    def parts(self, count, read, identify):
        """Adds, removes and clears of a set, as many of them as are needed."""
        r = self.r
        r.check(1 <= count <= 3, "a set has 1 to 3 members")
        adds = [self.adds_of(read, identify) for _ in range(r.array("adds"))]
        removes, clears = [], []
        if count > 1:
            for _ in range(r.array("removes")):
                keys = r.some("the removes of an element") - 1
                found = r.digest()
                keys = self.antichain([self.key() for _ in range(keys)], "removes")
                removes.append({"id": found, "keys": keys})
        if count > 2:
            clears = self.antichain([self.key() for _ in range(r.array("clears"))], "clears")
        for entries in (adds, removes):
            r.increasing([entry["id"] for entry in entries], "elements")
            r.check(all(entry["keys"] for entry in entries), "an element has no keys")
        r.check((adds, removes, clears)[count - 1], "the last part of a set is empty")
        removed = {entry["id"]: entry["keys"] for entry in removes}
        for entry in adds:
            against = clears + removed.get(entry["id"], [])
            dead = any(self.observes(a, b["key"]) for a in against for b in entry["keys"])
            r.check(not dead, "an add is observed by a remove or a clear")
        for key in (key for keys in removed.values() for key in keys):
            below = any(key == clear or self.precedes(key, clear) for clear in clears)
            r.check(not below, "a remove is below a clear")
        return {"adds": adds, "removes": removes, "clears": clears}

    def adds_of(self, read, identify):
        r = self.r
        count = r.some("the adds of an element") - 1
        if r.is_binary():
            element, found = None, r.digest()
        else:
            element = read()
            found = identify(element)
        keys = []
        for _ in range(count):
            is_redacted = r.is_array()
            if is_redacted:
                r.exactly(1, "a redacted add")
            key = self.key()
            self.check_cell(key, is_redacted)
            keys.append({"key": key, "redacted": is_redacted})
        self.antichain([key["key"] for key in keys], "adds")
        present = not all(key["redacted"] for key in keys)
        r.check(present == (element is not None), "an element is told iff an add of it is not redacted")
        return {"id": found, "element": element, "keys": keys}

    def link(self):
        self.r.exactly(2, "a link")
        return [self.r.text("a link target"), self.r.text("a link type")]

    def links(self):
        links = []
        for _ in range(self.r.some("the links")):
            count = self.r.some("the links to a target") - 1
            told = None if self.r.flag(0xC0) else self.r.digest()
            links.append(self.parts(count, self.link, link_id))
            shown = {add["element"][0] for add in links[-1]["adds"] if add["element"]}
            fits = len(shown) == 1 if told is None else not shown
            self.r.check(fits, "a target is told iff no link tells it")
            links[-1]["target_id"] = told or target_id(shown.pop())
        self.r.increasing([entry["target_id"] for entry in links], "link targets")
        return links

    def times(self):
        """Earliest, latest, created (true: as earliest), updated (true: as latest)."""
        r = self.r
        r.exactly(4, "the times")
        names, times = ("earliest", "latest", "created", "updated"), []
        for place in range(4):
            against = times[place - 2] if place > 1 else None
            if r.flag(0xC0):
                times.append(None)
            elif against is not None and r.flag(0xC3):
                times.append(against)
            else:
                times.append(r.number("a time"))
                r.check(times[-1] != against, "a time is not in its shortest form")
        r.check(any(time is not None for time in times), "no time is known")
        return dict(zip(names, times))

    # What snapshots by bones left behind

    def legacy(self):
        snapshots = []
        for _ in range(self.r.some("the snapshots of bones")):
            self.r.exactly(5, "a snapshot of bones")
            key = self.key()
            sources = [self.event() for _ in range(self.r.array("the sources"))]
            self.r.increasing(sources, "sources")
            places = range(self.r.array("the comments"))
            comments = [sources[self.r.index(len(sources), "source")] for _ in places]
            self.r.increasing(comments, "comments")
            standing, texts = self.standing(), self.legacy_texts()
            named = {self.keys[key]["hash"], *sources}
            listed = any(event in named for event in self.redacted)
            self.r.check(texts is None or not listed, "the texts of a redacted snapshot are there")
            snapshots.append({"key": key, "sources": sources, "comments": comments})
            snapshots[-1].update(standing=standing, texts=texts)
        self.r.increasing([(s["key"], s["sources"]) for s in snapshots], "snapshots of bones")
        return snapshots

    def standing(self):
        if self.r.flag(0xC0):
            return None
        self.r.exactly(3, "where an item stood")
        at, epoch = self.r.number("a wall clock"), self.r.number("an epoch")
        return {"at": at, "epoch": epoch, "phase": self.word(PHASES, "phase")}

    def legacy_texts(self):
        count = self.r.array("the texts of a snapshot")
        if count == 0:
            return None
        self.r.check(count == 4, "the texts of a snapshot have 4 members")
        sets = [self.tagged(read) for read in (self.r.text, self.r.text, self.link)]
        rest = self.optional(self.rest)()
        return dict(zip(("assignees", "labels", "links", "rest"), (*sets, rest)))

    def tagged(self, read):
        members = []
        for _ in range(self.r.array("the members of a set")):
            count = self.r.array("a member with its tags")
            self.r.check(count > 1, "a member has no tags")
            members.append({"member": read(), "tags": []})
            for _ in range(count - 1):
                self.r.exactly(3, "a tag")
                tag = [self.r.number(what) for what in ("a wall clock", "an actor", "an event")]
                members[-1]["tags"].append(tag)
            self.r.increasing(members[-1]["tags"], "tags")
        parts = [m["member"] if isinstance(m["member"], list) else [m["member"]] for m in members]
        self.r.increasing([[part.encode() for part in p] for p in parts], "members of a set")
        return members

    def as_json(self):
        def plain(value):
            if isinstance(value, bytes):
                return value.hex()
            if isinstance(value, dict):
                return {name: plain(member) for name, member in value.items() if name != "tree"}
            return [plain(member) for member in value] if isinstance(value, list) else value

        names = ("id", "order", "item_id", "agents", "coverage", "redacted", "keys", "fields")
        return {name: plain(getattr(self, name)) for name in names}


def is_rest(text):
    """`{"data":{...},"type":"..."}`, which says what no rule understood."""
    depth = deepest = 0
    for bracket in re.findall(r'"(?:[^"\\]|\\.)*"|[\[\]{}]', text, re.S):
        depth += {"[": 1, "{": 1, "]": -1, "}": -1}.get(bracket, 0)
        deepest = max(deepest, depth)
    if deepest > MAX_JSON_DEPTH + 1:
        return False

    def refuse(_):
        raise ValueError

    def pairs(found):
        nonlocal outermost
        outermost = [name for name, _ in found]
        return dict(found)

    def in_range(number):
        if math.isinf(float(number)):
            raise ValueError
        return 0

    outermost, digits = [], {"parse_int": in_range, "parse_float": in_range}
    try:
        value = json.loads(text, object_pairs_hook=pairs, parse_constant=refuse, **digits)
        json.dumps(value, ensure_ascii=False).encode("utf-8")  # a lone surrogate is no text
    except ValueError:
        return False
    if not isinstance(value, dict) or sorted(outermost) != ["data", "type"]:
        return False
    return isinstance(value["data"], dict) and isinstance(value["type"], str)


# ------------------------------------------------------------------------------------------------


def answer(data):
    try:
        return Payload(data).as_json()
    except Refused as error:
        return {"error": str(error), "offset": error.offset}


def from_hex(text):
    lines = (line for line in text.splitlines() if not line.startswith("#"))
    return bytes.fromhex("".join(lines))


def main(arguments):
    if arguments == ["--lines"]:
        for line in sys.stdin:
            print(json.dumps(answer(bytes.fromhex(line))))
        return 0
    if len(arguments) != 1:
        sys.exit(__doc__)
    try:
        path = Path(arguments[0])
        data = path.read_bytes() if path.is_file() else arguments[0].encode()
        try:
            data = from_hex(data.decode("ascii"))
        except ValueError:
            if not path.is_file():
                raise
    except (OSError, ValueError) as error:
        print(f"{arguments[0]}: {error}", file=sys.stderr)
        return 2
    found = answer(data)
    print(json.dumps(found, indent=2))
    return 1 if "error" in found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
