"""Reading the `item.snapshot` events that bones wrote, and what stands in for events that are gone.

A `Snapshot` is one such event, taken apart; a `Standing` is all of one item's, beside the events that
are at hand. Rules: `docs/SEMANTICS.md`, "Snapshots that bones wrote".
"""

from contextlib import suppress
from decimal import Decimal

from values import (
    PHASES,
    REGISTERS,
    WORDS,
    Malformed,
    decode_hash,
    hash_text,
    read_text,
    read_word,
)

NEWEST_FORMAT = 3
SETS = ("assignees", "labels", "blocked_by", "related_to")
STATE = {
    *("item_id", "title", "description", "kind", "size", "urgency", "parent", "deleted", "state"),
    *SETS,
    *("links", "comments", "compact_summary", "created_at", "updated_at"),
    *("_compacted_from", "_earliest_ts", "_latest_ts", "_format"),
}


# ------------------------------------------------------------------------------------------------
# One snapshot
# ------------------------------------------------------------------------------------------------


def read_object(value, members, optional=()):
    """An object with exactly these members, optional ones aside."""
    if not isinstance(value, dict) or value.twice:
        raise Malformed
    if set(value) - set(optional) != set(members):
        raise Malformed
    return value


def read_list(value):
    if not isinstance(value, list):
        raise Malformed
    return value


def read_whole(value, low=0, high=2**64):
    """An integer, written as one."""
    if not isinstance(value, Decimal) or value.as_tuple().exponent != 0 or not low <= value < high:
        raise Malformed
    return int(value)


def read_clock(value):
    return max(read_whole(value, -(2**63), 2**63), 0)


def read_hash(value):
    raw = decode_hash(value)
    if raw is None:
        raise Malformed
    return raw


def read_flag(value):
    if not isinstance(value, bool):
        raise Malformed
    return value


def read_text_or_null(value):
    return None if value is None else read_text(value)


def as_it_is(value):
    return value


def none_if_empty(text):
    # bones writes an empty text for none. What it took for a parent is one, also where no event could say it.
    return text or None


# What kind of JSON each register holds, and how that is read where somebody wrote it.
READERS = {
    "title": (read_text, as_it_is),
    "description": (read_text, none_if_empty),
    "kind": (read_text, REGISTERS["kind"][0]),
    "size": (read_text_or_null, REGISTERS["size"][0]),
    "urgency": (read_text, REGISTERS["urgency"][0]),
    "parent": (read_text, none_if_empty),
    "deleted": (read_flag, as_it_is),
    "compact_summary": (read_text, as_it_is),
}


def read_register(field, value):
    """(key, value) of the write that a register names, or None when nobody wrote it."""
    value = read_object(value, ("value", "wall_ts", "agent_id", "event_hash"), ("stamp",))
    agent, clock = read_text(value["agent_id"]), read_whole(value["wall_ts"])
    of_kind, read = READERS[field]
    content = of_kind(value["value"])
    if value["event_hash"] == "" and agent == "" and clock == 0:
        return None
    return (clock, agent.encode("utf-8"), read_hash(value["event_hash"])), read(content)


def read_tag(value):
    """What tells two adds apart; the first part is the clock, and the only one with a meaning."""
    tag = read_object(value, ("wall", "actor", "event_hash", "itc"))
    numbers = (read_whole(tag[name]) for name in ("itc", "actor", "event_hash"))
    return (*numbers, read_text(tag["wall"]))


def read_tagged(value, read_element):
    pairs = [read_list(pair) for pair in read_list(value)]
    if any(len(pair) != 2 for pair in pairs):
        raise Malformed
    return {(read_element(element), read_tag(tag)) for element, tag in pairs}


def read_set(value, read_element):
    """Each element that stands, with the clock of its latest add."""
    value = read_object(value, ("elements", "tombstone"))
    gone = read_tagged(value["tombstone"], read_element)
    standing = {}
    for element, (clock, *_) in read_tagged(value["elements"], read_element) - gone:
        standing[element] = max(clock, standing.get(element, 0))
    return standing


def read_link(value):
    value = read_object(value, ("target", "link_type"))
    return read_text(value["target"]), read_text(value["link_type"])


class Snapshot:
    """One `item.snapshot` event. Whatever of it is not as bones writes it makes it say nothing at all: then
    its data is `left` as a whole, and only its parents are known to be sources."""

    def __init__(self, item, parents, data):
        self.sources = {decode_hash(text) for text in parents.split(",") if parents}
        self.writes, self.comments, self.standing = {}, set(), None
        self.created = self.updated = None
        self.elements = {"labels": {}, "assignees": {}, "links": {}}
        self.left, self.understood = dict(data), False
        with suppress(Malformed):
            self.read(item, data)
            self.understood = True

    def read(self, item, data):
        """Sets nothing before everything has been read."""
        state = data.get("state")
        if not isinstance(state, dict) or state.twice:
            raise Malformed
        if read_whole(state.get("_format", Decimal(0))) > NEWEST_FORMAT:
            raise Malformed
        if read_text(state.get("item_id")) != item:
            raise Malformed
        # Snapshots of 0.25 have no summary; 0.26 leaves it out when nobody wrote it.
        names = [name for name in READERS if name in state or name != "compact_summary"]
        registers = {name: read_register(name, state.get(name)) for name in names}
        comments = read_object(state.get("comments"), ("elements",))
        comments = set(map(read_hash, read_list(comments["elements"])))
        standing = read_object(state.get("state"), ("epoch", "phase"))
        phase, epoch = read_word(WORDS["state"], standing["phase"]), read_whole(standing["epoch"])
        latest = read_clock(state.get("_latest_ts"))
        read_clock(state.get("_earliest_ts"))
        read_whole(state.get("_compacted_from"))
        created, updated = (read_whole(state.get(name)) for name in ("created_at", "updated_at"))

        self.elements = self.read_sets(state)
        self.writes = {name: write for name, write in registers.items() if write}
        self.comments, self.standing = comments, (latest, (epoch, PHASES.index(phase)))
        self.created, self.updated = created, updated
        self.sources |= {raw for (_, _, raw), _ in self.writes.values()} | comments
        # What nobody understands stands under `other`, in the place where it stood.
        more = {name: value for name, value in state.items() if name not in STATE}
        del self.left["state"]
        if more:
            self.left["state"] = more

    @staticmethod
    def read_sets(state):
        labels, assignees = (read_set(state.get(name), read_text) for name in ("labels", "assignees"))
        blocking, related = (read_set(state.get(name), read_text) for name in ("blocked_by", "related_to"))
        links = read_set(state["links"], read_link) if "links" in state else {}
        if not links and not any(state.get("links", {}).values()):
            # Snapshots without links know them only from the two views of them.
            links = {(target, "blocks"): clock for target, clock in blocking.items()}
            links.update(((target, "related_to"), clock) for target, clock in related.items())
        return {
            "labels": {(label,): clock for label, clock in labels.items()},
            "assignees": {(agent,): clock for agent, clock in assignees.items()},
            "links": links,
        }


# ------------------------------------------------------------------------------------------------
# The snapshots of one item, beside its events
# ------------------------------------------------------------------------------------------------


class Standing:
    """What the snapshots of an item say while some of their sources are not at hand."""

    def __init__(self, events, redacted):
        self.events, self.redacted = events, redacted
        self.at_hand = {event.hash for event in events}
        self.all = [event for event in events if event.read.snapshot]
        self.used = [event for event in self.all if event.read.snapshot.sources - self.at_hand]

    def hides(self, event):
        """Redacting a snapshot or any of its sources takes all its texts: nobody can tell whose they are."""
        snapshot = event.read.snapshot
        return snapshot is not None and bool(self.redacted & {event.hash, *snapshot.sources})

    def has_other(self, event):
        """Whether the event stands under `other`. Whether redacted texts were there nobody can tell, so it does."""
        return event.read.has_other or self.hides(event)

    def speaking(self):
        """The snapshots whose lists are read."""
        snapshots = [event.read.snapshot for event in self.used if not self.hides(event)]
        return [snapshot for snapshot in snapshots if snapshot.understood]

    def elements(self, name):
        """The elements that a snapshot lists and that no remove which is no source of it has taken."""
        for snapshot in self.speaking():
            for element, clock in snapshot.elements[name].items():
                if not any(
                    event.hash not in snapshot.sources and event.clock > clock and event.removes(name, element)
                    for event in self.events
                ):
                    yield element

    def knows_better(self, name, element, add):
        """The add is a source of a snapshot that does not list the element: its remove is missing."""
        return any(
            add.hash in snapshot.sources and element not in snapshot.elements[name]
            for snapshot in self.speaking()
        )

    def floors(self):
        """(clock, (epoch, phase)): after all moves up to that clock, the item had come at least so far."""
        return sorted(event.read.snapshot.standing for event in self.used if event.read.snapshot.standing)

    def created(self):
        return [event.read.snapshot.created for event in self.all if event.read.snapshot.created]

    def updated(self):
        return [event.read.snapshot.updated for event in self.all if event.read.snapshot.updated]

    def view(self):
        return [
            {
                "hash": hash_text(event.hash),
                "author": event.author,
                "wall_ts": event.clock,
                "missing": len(event.read.snapshot.sources - self.at_hand),
                "comments": sorted(map(hash_text, event.read.snapshot.comments - self.at_hand)),
                "redacted": self.hides(event),
            }
            for event in sorted(self.used, key=lambda event: event.key)
        ]
