#!/usr/bin/env python3
"""Checks of how the oracle reads snapshots that bones wrote: one hand-made history per rule.

    python3 test_snapshots.py
"""

import unittest

import make_legacy
from events import event, hash_text
from make_legacy import fold, put

ITEM = "bn-1"


def say(wall, kind, data, agent="a"):
    return event(wall, agent, kind, ITEM, data)


def label(wall, action, text="x", agent="a"):
    return say(wall, "item.update", {"field": "labels", "value": {"action": action, "label": text}}, agent)


def update(wall, field, value):
    return say(wall, "item.update", {"field": field, "value": value})


def note(wall):
    return say(wall, "item.comment", {"body": "b"})


def move(wall, state, agent="a"):
    return say(wall, "item.move", {"state": state}, agent)


def redact(wall, target):
    return say(wall, "item.redact", {"reason": "r", "target_hash": hash_text(target[1])})


def snapshot(*sources, stamped=False, change=None):
    events = [fold.Event(line.split("\t")) for line, _ in sources]
    data = {"state": make_legacy.state_of(ITEM, events, stamped)}
    if change:
        change(data)
    parents = ",".join(sorted(hash_text(raw) for _, raw in sources))
    wall = max(one.wall_ts for one in events) + 1
    return event(wall, "bones", "item.snapshot", ITEM, data, parents=parents)


def view(*lines):
    (item,) = fold.fold([fold.Event(line.split("\t")) for line, _ in lines])
    return item


class Snapshots(unittest.TestCase):
    def test_a_register_is_the_write_that_it_names(self):
        title, note_ = update(5, "title", "from the snapshot"), note(1)
        one = snapshot(title, note_)
        self.assertEqual(view(one)["title"], "from the snapshot")
        self.assertEqual(view(one, update(4, "title", "old"))["title"], "from the snapshot")
        self.assertEqual(view(one, update(6, "title", "new"))["title"], "new")
        self.assertIsNone(view(one, redact(9, title))["title"])
        # A register goes with the event that wrote it and with no other.
        self.assertEqual(view(one, redact(9, note_), redact(9, one))["title"], "from the snapshot")

    def test_under_one_key_the_greatest_value_counts(self):
        kind = update(5, "kind", "goal")
        for forged, expected in (("task", "goal"), ("bug", "bug")):
            one = snapshot(kind, change=put("state", "kind", "value", forged))
            self.assertEqual(view(one, kind)["kind"], expected)

    def test_nothing_written_is_no_write(self):
        one = snapshot(note(5), change=put("state", "description", "value", ""))
        self.assertEqual(view(update(1, "title", "t"), one)["title"], "t")
        said = update(5, "description", "text")
        self.assertIsNone(view(snapshot(said, change=put("state", "description", "value", "")))["description"])

    def test_lists_stand_until_a_later_remove_that_is_no_source(self):
        early, add, note_ = label(3, "remove"), label(5, "add"), note(1)
        one = snapshot(early, add, note_)
        self.assertEqual(view(one)["labels"], ["x"])
        self.assertEqual(view(one, label(4, "remove"))["labels"], ["x"])
        self.assertEqual(view(one, label(5, "remove"))["labels"], ["x"])
        self.assertEqual(view(one, label(6, "remove"))["labels"], [])
        self.assertEqual(view(one, update(6, "labels", ["y"]))["labels"], ["y"])
        # bones may know an order that the clocks do not show: what it lists outlived its own sources.
        late = label(9, "remove")
        two = snapshot(note_, add, late, change=put("state", "labels", one_add("x", 5)))
        self.assertEqual(view(two, late)["labels"], ["x"])

    def test_the_latest_tag_counts_and_a_tombstone_takes_one_tag(self):
        tags = {"elements": one_add("x", 5)["elements"] + one_add("x", 9)["elements"], "tombstone": []}
        for gone, shown in (([], True), (one_add("x", 9)["elements"], False), (one_add("x", 5)["elements"], True)):
            one = snapshot(note(1), note(9), change=put("state", "labels", {**tags, "tombstone": gone}))
            self.assertEqual(view(one, label(7, "remove"))["labels"] == ["x"], shown)
        for clock in range(8, 24):
            both = {"elements": tags["elements"] + one_add("x", clock)["elements"], "tombstone": []}
            one = snapshot(note(1), change=put("state", "labels", both))
            self.assertEqual(view(one, label(max(clock, 9) - 1, "remove"))["labels"], ["x"])

    def test_an_add_at_hand_that_is_not_listed_stays_hidden(self):
        add, remove = label(5, "add"), label(6, "remove")
        one = snapshot(add, remove)
        self.assertEqual(view(one, add)["labels"], [])
        self.assertEqual(view(one, add, label(5, "add", agent="b"))["labels"], ["x"])
        self.assertEqual(view(snapshot(add), add)["labels"], ["x"])

    def test_when_all_sources_are_at_hand_the_lists_say_nothing(self):
        sources = note(1), move(3, "done")
        one = snapshot(*sources, change=put("state", "labels", one_add("x", 5)))
        self.assertEqual((view(one)["labels"], view(one)["phase"]), (["x"], "done"))
        item = view(one, *sources)
        self.assertEqual(item["labels"], [])
        self.assertNotIn("legacy", item)

    def test_phase_and_epoch_are_a_floor(self):
        one = snapshot(move(1, "done"), move(2, "open"), move(3, "doing"))
        self.assertEqual(where(one), ("doing", 1))
        self.assertEqual(where(one, move(2, "archived", "b")), ("doing", 1))
        self.assertEqual(where(one, move(3, "archived", "b")), ("doing", 1))
        self.assertEqual(where(one, move(4, "open", "b")), ("open", 2))
        # What is at hand has come further than the snapshot knows.
        backs = [move(wall, state, "b") for wall, state in enumerate(("done", "open", "done", "open"))]
        self.assertEqual(where(one, *backs), ("open", 2))

    def test_legacy_counts_what_is_missing(self):
        notes = [note(wall) for wall in (1, 2, 3)]
        late, early = snapshot(*notes, note(8)), snapshot(*notes)
        first, second = view(late, early, notes[0])["legacy"]
        self.assertEqual((first["wall_ts"], second["wall_ts"]), (4, 9))
        self.assertEqual((first["missing"], second["missing"]), (2, 3))
        self.assertEqual(first["comments"], sorted(hash_text(raw) for _, raw in notes[1:]))
        self.assertEqual(view(early)["compacted_from"], 1)
        many = view(*(snapshot(note(wall)) for wall in range(1, 9)))["legacy"]
        self.assertEqual([entry["wall_ts"] for entry in many], list(range(2, 10)))

    def test_sources_are_also_those_that_the_state_names(self):
        one = snapshot(note(1), update(2, "title", "t"))
        columns = one[0].split("\t")
        alone = event(3, "bones", "item.snapshot", ITEM, columns[6])
        self.assertEqual(view(alone)["legacy"][0]["missing"], 2)

    def test_times_count_always(self):
        sources = note(3), note(7)
        one = snapshot(*sources, change=put("state", "created_at", 2))
        self.assertEqual((view(one)["created_at"], view(one)["updated_at"]), (2, 8))
        self.assertEqual(view(one, *sources)["created_at"], 2)
        self.assertEqual(view(snapshot(*sources, change=put("state", "updated_at", 50)))["updated_at"], 50)
        self.assertEqual((view(one)["earliest_ts"], view(one)["latest_ts"]), (8, 8))

    def test_redacting_the_snapshot_or_a_source_takes_the_lists(self):
        note_, add = note(1), label(5, "add")
        one = snapshot(note_, add, move(6, "done"), change=put("more", 1))
        self.assertEqual(view(one)["other"][0]["data"], {"more": 1})
        for target in (one, note_):
            item = view(one, redact(9, target))
            self.assertEqual((item["labels"], item["phase"]), ([], "done"))
            self.assertTrue(item["legacy"][0]["redacted"])
            self.assertEqual((item["other"][0]["type"], item["other"][0]["data"]), (None, None))
        # Without its lists nobody knows what it does not list.
        gone = snapshot(note_, add, label(6, "remove"))
        self.assertEqual(view(gone, add)["labels"], [])
        item = view(gone, add, redact(9, note_))
        self.assertEqual(item["labels"], ["x"])
        # Nor whether something was left over.
        self.assertEqual((item["other"][0]["hash"], item["other"][0]["data"]), (hash_text(gone[1]), None))

    def test_links_of_the_views_where_there_are_none(self):
        link = say(5, "item.link", {"link_type": "blocked_by", "target": "bn-2"})
        self.assertEqual(view(snapshot(link))["links"], [{"link_type": "blocked_by", "target": "bn-2"}])
        old = view(snapshot(link, stamped=True))
        self.assertEqual((old["links"], old["blocked_by"]), ([{"link_type": "blocks", "target": "bn-2"}], ["bn-2"]))

    def test_what_is_not_as_bones_writes_it_says_nothing(self):
        add = label(5, "add")
        for change in (put("state", "_format", 4), put("state", "item_id", "bn-2"), put("state", "title", "more", 1)):
            one = snapshot(note(1), add, update(2, "title", "t"), change=change)
            item = view(one, add)
            # It neither shows nor hides.
            self.assertEqual((item["title"], item["labels"]), ("", ["x"]))
            self.assertEqual(item["other"][0]["data"], fold.Event(one[0].split("\t")).data)
            self.assertEqual(item["legacy"][0]["missing"], 2)
            self.assertIsNone(view(one, add, redact(9, note(1)))["other"][0]["data"])

    def test_the_generator_makes_every_case(self):
        events, seen = [], set()
        for seed in range(1, 4):
            here, gone = make_legacy.build(seed)
            self.assertEqual((here, gone), make_legacy.build(seed))
            events += [fold.Event(line.split("\t")) for line in here]
            seen |= {"some gone"} if gone else set()
        for one in events:
            if one.read.snapshot:
                state = one.data.get("state")
                old = isinstance(state, dict) and "links" not in state
                seen |= {(one.read.snapshot.understood, old), "left"} if one.read.has_other else {(True, old)}
        for item in fold.fold(events):
            seen |= {("legacy", entry["redacted"]) for entry in item.get("legacy", [])}
        both = (False, True)
        self.assertEqual(seen, {"some gone", "left", *((a, b) for a in both for b in both), *(("legacy", a) for a in both)})


def one_add(element, clock):
    return {"elements": [[element, make_legacy.tag(clock)]], "tombstone": []}


def where(*lines):
    item = view(*lines)
    return item["phase"], item["epoch"]


if __name__ == "__main__":
    unittest.main()
