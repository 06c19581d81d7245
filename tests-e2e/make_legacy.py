#!/usr/bin/env python3
"""Make logs in which bones has compacted and some of the sources are gone.

    make_legacy.py SEED FOLDER       write FOLDER/log/*.events and FOLDER/gone/*.events

Lives of a few dozen items over few words and close clocks, so that ties, removes and doubles are
common; snapshots of parts of them as bones 0.25 and 0.26 write them, whole and damaged; later events
and redactions. Everything follows from the seed.
"""

import sys
from contextlib import suppress
from pathlib import Path

import blake3
from events import event, hash_text, write_lines
from make_dirty import MINUTE, START, Random

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "docs" / "oracle"))

import fold  # noqa: E402

ITEMS = 48
AGENTS = ("alice", "bob", "maw-dev/0", "zoë")
LABELS = ("red", "étude", "a b", "\"q\"")
TARGETS = ("bn-x1", "bn-x2", "abc-3")
LINK_TYPES = ("blocks", "blocks", "blocked_by", "related_to", "relates", "extends")
WORDS = ("lease", "naïve", "緊急", "tab\there", "")
VIEWS = {"blocked_by": fold.BLOCKING, "related_to": fold.RELATED}
UNWRITTEN = {"title": "", "description": "", "kind": "task", "size": None, "urgency": "default",
             "parent": "", "deleted": False, "compact_summary": ""}  # fmt: skip


# ------------------------------------------------------------------------------------------------
# Snapshots as bones writes them
# ------------------------------------------------------------------------------------------------


def number(raw):
    """Where bones puts a 64-bit hash of a name."""
    return int.from_bytes(blake3.digest(raw)[:8], "little")


def register(events, field, stamped):
    writers = [one for one in events if field in one.read.writes]
    said = {"value": UNWRITTEN[field], "wall_ts": 0, "agent_id": "", "event_hash": ""}
    if writers:
        last = max(writers, key=lambda one: one.key)
        value = last.read.writes[field]
        said = {"value": UNWRITTEN[field] if value is None else value, "wall_ts": last.clock,
                "agent_id": last.author, "event_hash": hash_text(last.hash)}  # fmt: skip
    if stamped:
        said["stamp"] = {"id": "One", "event": {"Leaf": len(writers)}}
    return said


def tagged(events, name, element_of):
    """A set with a tag for every add; an add that is removed stands in both lists."""
    elements, tombstone = [], []
    for one in events:
        for of, element in one.read.adds:
            shown = element_of(element) if of == name else None
            if shown is None:
                continue
            tag = {"wall": "2026-01-01T00:00:00Z", "actor": number(one.author.encode()),
                   "event_hash": number(one.hash), "itc": one.clock}  # fmt: skip
            elements.append([shown, tag])
            if any(other.key > one.key and other.removes(name, element) for other in events):
                tombstone.append([shown, tag])
    return {"elements": elements, "tombstone": tombstone}


def state_of(item, events, stamped):
    """The state of these events, as 0.25 writes it when `stamped`, else as 0.26 does."""
    ordered = sorted(events, key=lambda one: one.key)
    phase, epoch = fold.phase_and_epoch([one for one in ordered if one.read.move], [])
    clocks = [one.clock for one in ordered]
    state = {field: register(ordered, field, stamped) for field in UNWRITTEN}
    state |= {
        "item_id": item,
        "state": {"epoch": epoch, "phase": phase},
        "labels": tagged(ordered, "labels", lambda element: element[0]),
        "assignees": tagged(ordered, "assignees", lambda element: element[0]),
        "links": tagged(ordered, "links", lambda link: {"target": link[0], "link_type": link[1]}),
        "comments": {"elements": sorted(hash_text(one.hash) for one in ordered if one.read.comment)},
        "created_at": min((clock for clock in clocks if clock), default=0),
        "updated_at": max(clocks),
        "_compacted_from": len(ordered),
        "_earliest_ts": min(one.wall_ts for one in ordered),
        "_latest_ts": max(one.wall_ts for one in ordered),
        "_format": 3,
    }
    for view, kinds in VIEWS.items():
        state[view] = tagged(ordered, "links", lambda link, kinds=kinds: link[0] if link[1] in kinds else None)
    if stamped:
        for later in ("links", "compact_summary", "_format"):
            del state[later]
    return state


# ------------------------------------------------------------------------------------------------
# Snapshots that are not just as bones writes them
# ------------------------------------------------------------------------------------------------


def tag(clock):
    return {"wall": "2026-01-01T00:00:00Z", "actor": 1, "event_hash": 2, "itc": clock}


def put(*path_and_value):
    """A change of the data: the value at a path through objects."""
    *path, last, value = path_and_value

    def change(data):
        for name in path:
            data = data[name]
        data[last] = value

    return change


def drop(*path):
    *path, last = path

    def change(data):
        for name in path:
            data = data[name]
        data.pop(last, None)

    return change


S = "state"
DAMAGE = [
    put(S, 5), put(S, []), drop(S), put(S, {}),
    put(S, "_format", 4), put(S, "_format", "3"), put(S, "_format", -1), put(S, "_format", 0),
    put(S, "item_id", "bn-else"), put(S, "item_id", None), drop(S, "item_id"),
    put(S, "title", None), drop(S, "title"), put(S, "title", "value", 5), put(S, "title", "value", None),
    put(S, "item_id", "BN-D"), put(S, "title", "wall_ts", 2**63), put(S, "title", "wall_ts", 2**64),
    put(S, "title", "wall_ts", -1), put(S, "title", "wall_ts", "1"), put(S, "title", "event_hash", "blake3:x"),
    put(S, "title", "event_hash", ""), put(S, "title", "agent_id", ""), drop(S, "title", "wall_ts"),
    put(S, "title", "more", 1), put(S, "title", "stamp", "no stamp"),
    put(S, "kind", "value", "chore"), put(S, "kind", "value", " BUG "), put(S, "size", "value", "xxl"),
    put(S, "size", "value", "big"), put(S, "urgency", "value", None), put(S, "parent", "value", "No"),
    put(S, "parent", "value", None), put(S, "description", "value", None), put(S, "deleted", "value", 1),
    put(S, "compact_summary", "value", None), put(S, "compact_summary", {}),
    put(S, "state", "epoch", -1), put(S, "state", "phase", "frozen"), put(S, "state", "phase", " Done"),
    put(S, "state", "more", 1), drop(S, "state"), drop(S, "state", "epoch"), put(S, "state", "epoch", 2**40),
    put(S, "labels", {"elements": [["x", tag(1)]], "tombstone": [["x", tag(1)]]}),
    put(S, "labels", {"elements": [["x", tag(START)], ["x", tag(5)]], "tombstone": [["x", tag(5)]]}),
    put(S, "labels", {"elements": [["", tag(1)], [" ", tag(1)]], "tombstone": []}),
    put(S, "labels", {"elements": [["x", tag(1)], ["x", tag(1)]], "tombstone": []}),
    put(S, "labels", {"elements": [[5, tag(1)]], "tombstone": []}),
    put(S, "labels", {"elements": [["x", tag(-1)]], "tombstone": []}),
    put(S, "labels", {"elements": [["x", tag("1")]], "tombstone": []}),
    put(S, "labels", {"elements": [["x", {**tag(1), "more": 1}]], "tombstone": []}),
    put(S, "labels", {"elements": [["x", {"itc": 1}]], "tombstone": []}),
    put(S, "labels", {"elements": [["x", tag(2**63)]], "tombstone": []}),
    put(S, "labels", {"elements": [["x"]], "tombstone": []}),
    put(S, "labels", {"elements": [["x", tag(1), 1]], "tombstone": []}),
    put(S, "labels", {"elements": [["x", tag(1)]]}), put(S, "labels", ["x"]), drop(S, "labels"),
    put(S, "labels", {"elements": [], "tombstone": [["x", tag(1)]]}), put(S, "labels", "more", 1),
    drop(S, "assignees"), drop(S, "blocked_by"), drop(S, "related_to"), drop(S, "links"), put(S, "links", None),
    put(S, "links", {"elements": [], "tombstone": []}), put(S, "links", {}),
    put(S, "links", {"elements": [], "tombstone": [[{"target": "bn-x1", "link_type": "x"}, tag(1)]]}),
    put(S, "links", {"elements": [[{"target": "bn-x1", "link_type": " "}, tag(1)]], "tombstone": []}),
    put(S, "links", {"elements": [[{"target": "No", "link_type": "x"}, tag(1)]], "tombstone": []}),
    put(S, "links", {"elements": [[{"target": "bn-x1"}, tag(1)]], "tombstone": []}),
    put(S, "links", {"elements": [[{"target": "bn-x1", "link_type": "x", "more": 1}, tag(1)]], "tombstone": []}),
    put(S, "blocked_by", {"elements": [["No", tag(1)]], "tombstone": []}),
    put(S, "comments", {"elements": ["blake3:x"]}), put(S, "comments", []), drop(S, "comments"),
    put(S, "comments", {"elements": [], "more": 1}),
    drop(S, "created_at"), put(S, "created_at", -1), put(S, "created_at", 2**63), put(S, "created_at", 1),
    put(S, "updated_at", None), put(S, "updated_at", 2**62), put(S, "updated_at", 1.5), drop(S, "updated_at"),
    drop(S, "_compacted_from"), put(S, "_compacted_from", 0), put(S, "_compacted_from", "1"),
    drop(S, "_earliest_ts"), put(S, "_earliest_ts", None), drop(S, "_latest_ts"), put(S, "_latest_ts", -5),
    put(S, "_latest_ts", "1"), put(S, "_latest_ts", 0),
]  # fmt: skip
MORE = [
    put(S, "_new", {"deep": [1, 1.50]}), put(S, "z", None), put("more", ["x"]), put(S, "", ""),
    put("state_", {"labels": []}),
]  # fmt: skip


# ------------------------------------------------------------------------------------------------
# Lives of items
# ------------------------------------------------------------------------------------------------


def step(random, first):
    """Type and data of one event."""
    if first:
        data = {"kind": "task", "title": random.pick(WORDS), "labels": [random.pick(LABELS), random.pick(LABELS)]}
        return "item.create", data
    kind = random.below(100)
    if kind < 25:
        action = random.pick(("add", "add", "remove"))
        value = {"action": action, "label": random.pick(LABELS)}
        if random.chance(20):
            value = [random.pick(LABELS) for _ in range(random.below(3))]
        return "item.update", {"field": "labels", "value": value}
    if kind < 38:
        return "item.assign", {"action": random.pick(("assign", "assign", "unassign")), "agent": random.pick(AGENTS)}
    if kind < 55:
        data = {"link_type": random.pick(LINK_TYPES), "target": random.pick(TARGETS)}
        if random.chance(65):
            return "item.link", data
        return "item.unlink", data if random.chance(50) else {"target": data["target"]}
    if kind < 72:
        return "item.move", {"state": random.pick(("open", "doing", "done", "done", "archived"))}
    if kind < 82:
        return "item.comment", {"body": random.words(4)}
    return random.pick(
        (
            ("item.update", {"field": "title", "value": random.words(3)}),
            ("item.update", {"field": "description", "value": random.pick((None, "", "text"))}),
            ("item.update", {"field": "size", "value": random.pick((None, "s", "xxl"))}),
            ("item.update", {"field": "urgency", "value": "urgent"}),
            ("item.update", {"field": "parent", "value": random.pick((None, "bn-x1"))}),
            ("item.compact", {"summary": random.words(3)}),
            ("item.delete", {"reason": random.words(2)}),
            ("item.vote", {"up": 1}),
        )
    )


class Life:
    """The lines of one item: its events, those that are gone, and what came afterwards."""

    def __init__(self, random, item, damage):
        self.random, self.item, self.lines, self.made = random, item, {}, []
        now = START + random.below(100) * MINUTE
        for age in range(3 + random.below(14)):
            now += random.below(3) * MINUTE
            self.live(now, age == 0)
        sources = set()
        for _ in range(random.pick((1, 1, 1, 2, 3))):
            sources |= self.snapshot(damage)
        later = list(self.lines)
        for _ in range(random.below(5)):
            now += random.below(2) * MINUTE
            self.live(now if random.chance(70) else START + random.below(130) * MINUTE, False)
        if random.chance(30):
            # Of a snapshot that lists what was redacted, and of events of which only a hash is left.
            for _ in range(1 + random.below(2)):
                self.redact(random.pick(later), now)
        stay = random.pick((0, 0, 40, 80, 100))
        self.gone = {raw for raw in sources if not random.chance(stay)} - set(self.made)

    def add(self, wall, agent, kind, data, item=None, parents=""):
        form = "hex" if self.random.chance(25) else "base64"
        line, raw = event(wall, agent, kind, item or self.item, data, parents=parents, form=form)
        self.lines[raw] = line
        return raw

    def live(self, now, first):
        kind, data = step(self.random, first)
        wall = self.random.pick((0, -7)) if self.random.chance(6) else now
        self.add(wall, self.random.pick(AGENTS), kind, data)

    def redact(self, raw, now):
        item = self.item if self.random.chance(70) else "bn-judge"
        text = hash_text(raw, "hex" if self.random.chance(50) else "base64")
        self.add(now, "judge", "item.redact", {"reason": "r", "target_hash": text}, item)

    def snapshot(self, damage):
        """Append a snapshot of a part of the events; returns its sources."""
        random = self.random
        events = [fold.Event(line.split("\t")) for line in self.lines.values()]
        some = 100 if random.chance(50) else 60
        # Bones takes its own snapshots for sources, and reads nothing in them.
        part = [one for one in events if random.chance(some)] or events[:1]
        stamped = random.chance(40)
        data = {"state": state_of(self.item, part, stamped)}
        parents = ",".join(sorted(hash_text(one.hash) for one in part))
        if random.chance(15):
            random.pick(MORE)(data)
        if damage is not None:
            # Snapshots of 0.25 do not have all the parts that can be damaged.
            with suppress(KeyError):
                DAMAGE[damage](data)
        wall = max(one.wall_ts for one in part) + 1
        self.made.append(self.add(wall, "compactor", "item.snapshot", data, parents=parents))
        return {one.hash for one in part}


def build(seed):
    """Lines of the log, and of the events that are gone from it."""
    random = Random(seed)
    here, gone = [], []
    for number_of in range(ITEMS):
        # A fifth of the items have snapshots with one kind of damage each.
        damage = random.below(len(DAMAGE)) if number_of % 5 == 0 else None
        life = Life(random, f"bn-l{number_of:02}", damage)
        for raw, line in life.lines.items():
            (gone if raw in life.gone else here).append(line)
    for lines in (here, gone):
        for place in range(len(lines) - 1, 0, -1):
            other = random.below(place + 1)
            lines[place], lines[other] = lines[other], lines[place]
    return here, gone


def write(seed, folder):
    """Two folders of one file each: the log, and the events that are gone from it."""
    for name, lines in zip(("log", "gone"), build(seed)):
        (Path(folder) / name).mkdir(parents=True)
        write_lines(Path(folder) / name / "2026-01.events", lines)
    return Path(folder) / "log", Path(folder) / "gone"


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    write(int(sys.argv[1]), sys.argv[2])
