#!/usr/bin/env python3
"""An independent fold of raw bones event logs, as a judge of the product.

    fold.py PATH...                  print what `lattice items --json` must print
    fold.py --compare FILE PATH...   compare a saved `items --json`, field by field

PATH is a `.bones` folder, an events folder, or an `.events` file. Several may be given, with
overlaps, in any order. The order of writes is `wall`: (max(wall_ts, 0), agent bytes, hash bytes).

This file shares no code with the product and needs nothing but the standard library. It keeps all
events of an item in a list and answers each question by looking through that list, which is slow
and easy to believe. `README.md` beside it states the rules it follows.

Exit code: 0 when printed or equal, 1 when --compare found a difference, 2 when an input is bad.
"""

import argparse
import re
import sys
from pathlib import Path

from compare import differences
from exact_json import json_text, parse_json
from snapshots import Snapshot, Standing
from values import (
    BLOCKING,
    PHASES,
    REGISTERS,
    RELATED,
    WHITE_SPACE,
    WORDS,
    Malformed,
    decode_hash,
    hash_text,
    is_blank,
    is_item_ref,
    read_item_id,
    read_text,
    read_word,
)


# The values of a register, least first.
ORDER = {
    "kind": ("task", "goal", "bug"),
    "size": ("xs", "s", "m", "l", "xl"),
    "urgency": ("urgent", "default", "punt"),
}


class BadInput(Exception):
    """An input that is not a bones event log; the message names the place."""


# ------------------------------------------------------------------------------------------------
# Reading lines
# ------------------------------------------------------------------------------------------------


class Event:
    """One line. Everything the fold asks of it is a method, so that a rule is written once."""

    def __init__(self, columns):
        wall, self.author, _itc, self.parents, self.type, item, data, hash_column = columns
        if not re.fullmatch(r"[+-]?[0-9]+", wall) or not -(2**63) <= int(wall) < 2**63:
            raise ValueError(f"wall_ts is not a 64-bit integer: {wall!r}")
        self.wall_ts = int(wall)
        self.clock = max(self.wall_ts, 0)
        if not self.author:
            raise ValueError("empty agent")
        self.item = read_item_id(item)
        if not self.item:
            raise ValueError("empty item id")
        self.data = parse_json(data)
        if not isinstance(self.data, dict):
            raise ValueError("data is not a JSON object")
        if self.data.twice:
            raise ValueError("the same member stands twice in the data")
        self.hash = decode_hash(hash_column)
        if self.hash is None:
            raise ValueError(f"not a hash: {hash_column!r}")
        if self.parents and None in map(decode_hash, self.parents.split(",")):
            raise ValueError(f"a parent is not a hash: {self.parents!r}")
        self.key = (self.clock, self.author.encode("utf-8"), self.hash)
        self.read = Reading(self)

    def removes(self, name, element):
        """Whether this event takes the element out of the set, if it was added before."""
        return (name, element) in self.read.removes or any(
            of == name and element[: len(prefix)] == prefix for of, prefix in self.read.clears
        )


def event_files(path):
    if path.is_file():
        return [path]
    folder = path / "events" if (path / "events").is_dir() else path
    files = sorted(folder.glob("*.events")) if folder.is_dir() else []
    if not files:
        raise BadInput(f"{path}: no .events files")
    return files


def read_events(paths):
    """All distinct events of all files. The same 32 hash bytes are the same event."""
    events, lines = {}, {}
    for file in (file for path in paths for file in event_files(path)):
        for number, line in enumerate(file.read_bytes().split(b"\n"), 1):
            line = line.rstrip(b"\r")
            try:
                text = line.decode("utf-8")
                if text.startswith("#"):
                    version = re.match(r"# bones event log v(.*)", text)
                    if version and version[1].strip(WHITE_SPACE) != "1":
                        raise ValueError(f"unknown log version: {text!r}")
                    continue
                if not text.strip(WHITE_SPACE):
                    continue
                columns = text.split("\t")
                if len(columns) != 8:
                    raise ValueError(f"{len(columns)} columns instead of 8")
                event = Event(columns)
                if lines.setdefault(event.hash, columns[:7]) != columns[:7]:
                    raise ValueError("two different lines with one hash")
            except (ValueError, RecursionError) as error:
                raise BadInput(f"{file}:{number}: {error}") from None
            events[event.hash] = event
    return list(events.values())


# ------------------------------------------------------------------------------------------------
# Reading the data of one event
# ------------------------------------------------------------------------------------------------


class Reading:
    """What one event says: register writes, set adds, removes and clears, and what is left over.

    An element of a set is a tuple: (label,), (agent,), or (target, link type). A remove names a
    whole element and a clear names a prefix of one, so that () clears a set of labels and
    (target,) clears all links to a target.
    """

    def __init__(self, event):
        self.event = event
        self.writes = {}
        self.adds, self.removes, self.clears = [], [], []
        self.comment = self.move = self.redacts = self.snapshot = None
        self.left = dict(event.data)
        self.has_other = True
        reader = {
            "item.create": self.create,
            "item.update": self.update,
            "item.move": self.read_move,
            "item.assign": self.assign,
            "item.comment": self.read_comment,
            "item.link": self.link,
            "item.unlink": self.unlink,
            "item.delete": self.delete,
            "item.compact": self.compact,
            "item.redact": self.redact,
            "item.snapshot": self.read_snapshot,
        }.get(event.type)
        if reader is None:
            return
        try:
            reader(event.data)
            self.has_other = bool(self.left)
        except Malformed:
            # A reader takes members out of `left` only after it has understood all it needs, so
            # the whole data is there. It is kept even when it is empty.
            assert self.left == event.data

    def understood(self, *members):
        for member in members:
            self.left.pop(member, None)

    def create(self, data):
        for field, (read, absent) in REGISTERS.items():
            self.writes[field] = absent
            if field in data:
                try:
                    self.writes[field] = read(data[field])
                    self.understood(field)
                except Malformed:
                    pass
        if isinstance(data.get("labels"), list):
            self.add_labels(data["labels"], "labels")
        if data.get("causation", 0) is None:
            self.understood("causation")

    def update(self, data):
        field = data.get("field")
        if field == "labels":
            self.update_labels(data.get("value"))
        elif isinstance(field, str) and field in REGISTERS and "value" in data:
            self.writes[field] = REGISTERS[field][0](data["value"])
            self.understood("field", "value")
        else:
            raise Malformed

    def update_labels(self, value):
        if isinstance(value, list):
            self.clears.append(("labels", ()))
            self.add_labels(value, "value")
        elif isinstance(value, dict) and not value.twice:
            label = read_text(value.get("label"))
            if is_blank(label) or value.get("action") not in ("add", "remove"):
                raise Malformed
            target = self.adds if value["action"] == "add" else self.removes
            target.append(("labels", (label,)))
            if len(value) == 2:
                self.understood("value")
        else:
            raise Malformed
        self.understood("field")

    def add_labels(self, values, member):
        good = [value for value in values if isinstance(value, str) and not is_blank(value)]
        self.adds.extend(("labels", (label,)) for label in good)
        if len(good) == len(values):
            self.understood(member)

    def read_move(self, data):
        reason = data.get("reason")
        self.move = (read_word(WORDS["state"], data.get("state")), None)
        self.understood("state")
        if reason is None or isinstance(reason, str):
            self.move = (self.move[0], reason)
            self.understood("reason")

    def assign(self, data):
        agent, action = read_text(data.get("agent")), data.get("action")
        if action == "assign" and not is_blank(agent):
            self.adds.append(("assignees", (agent,)))
        elif action == "unassign":
            self.removes.append(("assignees", (agent,)))
        else:
            raise Malformed
        self.understood("agent", "action")

    def read_comment(self, data):
        self.comment = (read_text(data.get("body")),)
        self.understood("body")

    def link(self, data):
        target, link_type = read_text(data.get("target")), read_text(data.get("link_type"))
        if is_blank(link_type) or not is_item_ref(target) or target == self.event.item:
            raise Malformed
        self.adds.append(("links", (target, link_type)))
        self.understood("target", "link_type")

    def unlink(self, data):
        target, link_type = read_text(data.get("target")), data.get("link_type")
        if link_type is None:
            self.clears.append(("links", (target,)))
        else:
            self.removes.append(("links", (target, read_text(link_type))))
        self.understood("target", "link_type")

    def delete(self, _data):
        self.writes["deleted"] = True

    def compact(self, data):
        self.writes["compact_summary"] = read_text(data.get("summary"))
        self.understood("summary")

    def redact(self, data):
        self.redacts = decode_hash(data.get("target_hash"))
        if self.redacts is None:
            raise Malformed

    def read_snapshot(self, data):
        self.snapshot = Snapshot(self.event.item, self.event.parents, data)
        self.left = self.snapshot.left
        if not self.snapshot.understood:
            raise Malformed


# ------------------------------------------------------------------------------------------------
# Folding one item
# ------------------------------------------------------------------------------------------------


def rank(field, value):
    """The order of the values of a register: none, then words in their order, other texts by their bytes."""
    if value is None or isinstance(value, bool):
        return (value is not None, value)
    return (True, ORDER[field].index(value) if field in ORDER else value.encode("utf-8"))


def register(events, redacted, field, never):
    """The value of the greatest write. A redacted winner reads as null, never as the next best."""
    writes = [(event.key, event.read.writes[field]) for event in events if field in event.read.writes]
    # A register in a snapshot is the write of the event that it names.
    snapshots = [event.read.snapshot for event in events if event.read.snapshot]
    writes += [snapshot.writes[field] for snapshot in snapshots if field in snapshot.writes]
    if not writes:
        return never
    # Only a forged snapshot has another value under the same key: then the greatest counts.
    (_, _, raw), value = max(writes, key=lambda write: (write[0], rank(field, write[1])))
    # That an item was deleted is a fact, not content: no redaction takes it back.
    return None if raw in redacted and field != "deleted" else value


def visible(events, redacted, standing, name):
    """The elements of a set whose greatest add no remove and no clear came after, and those that
    snapshots still stand for."""
    adds = {}
    for event in sorted(events, key=lambda event: event.key):
        adds.update((element, event) for of, element in event.read.adds if of == name)
    shown = set(standing.elements(name))
    for element, add in adds.items():
        removed = any(event.key > add.key and event.removes(name, element) for event in events)
        if not removed and add.hash not in redacted and not standing.knows_better(name, element, add):
            shown.add(element)
    return sorted(shown, key=lambda element: [part.encode("utf-8") for part in element])


def phase_and_epoch(moves, floors):
    """The phase and epoch after all moves, in order, which at no floor are less than the floor says."""
    steps = [(event.clock, 0, event) for event in moves] + [(clock, 1, least) for clock, least in floors]
    epoch, phase = 0, 0
    for _, is_floor, step in sorted(steps, key=lambda step: step[:2]):
        if is_floor:
            epoch, phase = max((epoch, phase), step)
        else:
            target = PHASES.index(step.read.move[0])
            epoch += target < phase
            phase = target
    return PHASES[phase], epoch


def entry(event, **fields):
    return {
        "hash": hash_text(event.hash),
        "author": event.author,
        "wall_ts": event.clock,
        **fields,
    }


def fold_item(item_id, events, redacted):
    in_order = sorted(events, key=lambda event: event.key)
    moves = [event for event in in_order if event.read.move]
    standing = Standing(events, redacted)
    phase, epoch = phase_and_epoch(moves, standing.floors())
    links = visible(events, redacted, standing, "links")
    real_times = [event.wall_ts for event in events if event.wall_ts > 0]
    clocks = [event.clock for event in events]
    targets = {event.read.redacts for event in events if event.read.redacts}

    def shown(event, value):
        return None if event.hash in redacted or standing.hides(event) else value

    view = {
        "item_id": item_id,
        "title": register(events, redacted, "title", ""),
        "description": register(events, redacted, "description", None),
        "kind": register(events, redacted, "kind", "task"),
        "size": register(events, redacted, "size", None),
        "urgency": register(events, redacted, "urgency", "default"),
        "parent": register(events, redacted, "parent", None),
        "deleted": register(events, redacted, "deleted", False),
        "phase": phase,
        "epoch": epoch,
        "labels": [label for (label,) in visible(events, redacted, standing, "labels")],
        "assignees": [agent for (agent,) in visible(events, redacted, standing, "assignees")],
        "blocked_by": targets_of(links, BLOCKING),
        "related_to": targets_of(links, RELATED),
        "links": [{"link_type": kind, "target": target} for target, kind in links],
        "comments": [
            entry(event, body=shown(event, event.read.comment[0]))
            for event in in_order
            if event.read.comment
        ],
        "moves": [
            entry(event, state=event.read.move[0], reason=shown(event, event.read.move[1]))
            for event in moves
        ],
        "compact_summary": register(events, redacted, "compact_summary", None),
        "created_at": min(real_times + standing.created(), default=0),
        "updated_at": max(clocks + standing.updated()),
        "other": [
            entry(event, type=shown(event, event.type), data=shown(event, event.read.left))
            for event in in_order
            if standing.has_other(event)
        ],
        "redacted": [
            hash_text(raw) for raw in targets | (redacted & {event.hash for event in events})
        ],
        "compacted_from": len(events),
        "earliest_ts": min(clocks),
        "latest_ts": max(clocks),
    }
    view["redacted"].sort()
    legacy = standing.view()
    return {**view, "legacy": legacy} if legacy else view


def targets_of(links, kinds):
    targets = {target for target, kind in links if kind in kinds}
    return sorted(targets, key=lambda target: target.encode("utf-8"))


def fold(events):
    """The view of every item, in order of item id."""
    items = {}
    for event in events:
        items.setdefault(event.item, []).append(event)
    redacted = {event.read.redacts for event in events if event.read.redacts}
    by_id = sorted(items.items(), key=lambda pair: pair[0].encode("utf-8"))
    return [fold_item(item_id, of_item, redacted) for item_id, of_item in by_id]


def main(arguments):
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("paths", nargs="+", type=Path, metavar="PATH")
    parser.add_argument("--compare", type=Path, metavar="FILE", help="a saved `items --json`")
    options = parser.parse_args(arguments)
    try:
        ours = fold(read_events(options.paths))
        if options.compare is None:
            print("[" + ",\n".join(map(json_text, ours)) + "]")
            return 0
        theirs = parse_json(options.compare.read_text(encoding="utf-8"))
    except (BadInput, OSError, ValueError) as error:
        print(f"fold.py: {error}", file=sys.stderr)
        return 2
    count = 0
    for line in differences(ours, theirs):
        print(line)
        count += 1
    fields = sum(len(item) for item in ours)
    print(f"{len(ours)} items, {fields} fields compared, {count} differences")
    return 1 if count else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
