#!/usr/bin/env python3
"""Checks of the tools themselves: a judge that cannot fail proves nothing.

    python3 test_tools.py

Reads the real logs from the folder that $BONES_LOGS names, or from one beside the workspace, when they are there; with
REQUIRE_REAL_LOGS=1 their absence is a failure.
"""

import contextlib
import io
import json
import os
import sys
import tempfile
import unittest
from pathlib import Path

import blake3
import itc
import make_dirty

ROOT = Path(__file__).resolve().parent.parent
LOGS = Path(os.environ.get("BONES_LOGS", ROOT.parent / "shared" / "data" / "bones-logs"))
sys.path.insert(0, str(ROOT / "docs" / "oracle"))

import compare  # noqa: E402
import exact_json  # noqa: E402
import fold  # noqa: E402

# Inputs are the bytes 0, 1, .. 250, 0, .. of the given length.
BLAKE3_VECTORS = {
    0: "af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262",
    1: "2d3adedff11b61f14c886e35afa036736dcd87a74d27b5c1510225d0f592e213",
    63: "e9bc37a594daad83be9470df7f7b3798297c3d834ce80ba85d6e207627b7db7b",
    64: "4eed7141ea4a5cd4b788606bd23f46e212af9cacebacdc7d1f4c6dc7f2511b98",
    65: "de1e5fa0be70df6d2be8fffd0e99ceaa8eb6e8c93a63f2d8d1c30ecb6b263dee",
    127: "d81293fda863f008c09e92fc382a81f5a0b4a1251cba1634016a0f86a6bd640d",
    128: "f17e570564b26578c33bb7f44643f539624b05df1a76c81f30acd548c44b45ef",
    1023: "10108970eeda3eb932baac1428c7a2163b0e924c9a9e25b35bba72b28f70bd11",
    1024: "42214739f095a406f3fc83deb889744ac00df831c10daa55189b5d121c855af7",
    1025: "d00278ae47eb27b34faecf67b4fe263f82d5412916c1ffd97c8cb7fb814b8444",
    2048: "e776b6028c7cd22a4d0ba182a8bf62205d2ef576467e838ed6f2529b85fba24a",
    2049: "5f4d72f40d7a5f82b15ca2b2e44b1de3c2ef86c426c95c1af0b6879522563030",
    3072: "b98cb0ff3623be03326b373de6b9095218513e64f1ee2edd2525c7ad1e5cffd2",
    3073: "7124b49501012f81cc7f11ca069ec9226cecb8a2c850cfe644e327d22d3e1cd3",
    4096: "015094013f57a5277b59d8475c0501042c0b642e531b0a1c8f58d2163229e969",
    4097: "9b4052b38f1c5fc8b1f9ff7ac7b27cd242487b3d890d15c96a1c25b8aa0fb995",
    5120: "9cadc15fed8b5d854562b26a9536d9707cadeda9b143978f319ab34230535833",
    8193: "bab6c09cb8ce8cf459261398d2e7aef35700bf488116ceb94a36d0f5f1b7bc3b",
    31744: "62b6960e1a44bcc1eb1a611a8d6235b6b4b78f32e7abc4fb4c6cdcce94895c47",
    102400: "bc3e3d41a1146b069abffad3c0d44860cf664390afce4d9661f7902e7943e085",
}


class Blake3(unittest.TestCase):
    def test_lengths_around_every_boundary(self):
        for length, expected in BLAKE3_VECTORS.items():
            data = bytes(i % 251 for i in range(length))
            self.assertEqual(blake3.digest(data).hex(), expected, f"length {length}")

    def test_key_derivation(self):
        self.assertEqual(blake3.derived("a context of a test", b"").hex(), "20072c9365bf9a996262b6155d69cc54f1a0dc290e644d90d47fd53abf71e7fb")
        data = bytes(i % 251 for i in range(5_000))
        self.assertEqual(blake3.derived("a context of a test", data).hex(), "70379f81e20abc066aadcfd9cb3212f084e502a28344f238bdce7efc86e3c365")

    def test_every_line_of_the_real_logs(self):
        files = sorted(LOGS.glob("*/*.events"))
        if not files:
            if os.environ.get("REQUIRE_REAL_LOGS") == "1":
                self.fail(f"no real logs in {LOGS}")
            self.skipTest(f"!!! no real logs in {LOGS}: hashes of real lines were not checked")
        lines = [line for file in files for line in file.read_bytes().split(b"\n")]
        lines = [line for line in lines if line.strip() and not line.startswith(b"#")]
        for line in lines:
            columns, text = line.rsplit(b"\t", 1)
            self.assertEqual(
                blake3.digest(columns + b"\n"), fold.decode_hash(text.decode()), line[:100]
            )
        self.assertGreater(len(lines), 8_000)


class Stamps(unittest.TestCase):
    def test_known_texts(self):
        # Worked out by hand from the format.
        self.assertEqual(itc.event_tree([4, 4, 4, 4, 4, 4, 4, 4]), 4)
        self.assertEqual(itc.event_tree([1, 1, 1, 1, 2, 2, 2, 5]), (1, 0, (1, 0, (0, 0, 3))))
        self.assertEqual(itc.id_tree(7), (0, (0, (0, 1))))
        # version; 11 bits 1 00 1 00 1 00 01; 1 bit 0; one value, at place 0, 4
        self.assertEqual(
            itc.stamp_text(7, [4] * 8, 3),
            "itc:v3:" + fold.hash_text(bytes([1, 11, 0x92, 0x20, 1, 0, 1, 0, 4]))[7:],
        )
        self.assertEqual(itc.stamp_text(7, [4] * 8, 1), "itc:v1:010b92200100" + "0104")
        self.assertEqual(itc.stamp_text(7, [200] * 8, 1), "itc:v1:010b92200100" + "02c801")


class Dirty(unittest.TestCase):
    def test_the_committed_log_is_what_the_script_writes(self):
        self.assertEqual(make_dirty.main(["--check"]), 0)

    def test_it_has_the_dirt(self):
        lines, walls, types = [], [], set()
        raw = b"".join(path.read_bytes() for path in sorted(make_dirty.FOLDER.glob("*.events")))
        for line in raw.decode("utf-8").split("\n"):
            if line.strip() and not line.startswith("#"):
                columns = line.rstrip("\r").split("\t")
                self.assertEqual(len(columns), 8, line)
                lines.append(columns)
                walls.append(int(columns[0]))
                types.add(columns[4])
                made = blake3.digest(("\t".join(columns[:7]) + "\n").encode("utf-8"))
                self.assertEqual(made, fold.decode_hash(columns[7]), line)
        stamps = {columns[2][:7] for columns in lines}
        self.assertEqual(stamps, {"itc:AQ", "itc:v1:", "itc:v3:"})
        self.assertEqual({len(columns[7]) for columns in lines}, {50, 71})
        self.assertLess(len({fold.decode_hash(columns[7]) for columns in lines}), len(lines) - 10)
        self.assertTrue({0, -1, 2**63 - 1, -(2**63)} <= set(walls))
        self.assertGreater(sum(a > b for a, b in zip(walls, walls[1:])), len(lines) // 4)
        self.assertTrue({"item.unlink", "item.redact", "item.compact", "item.vote"} <= types)
        self.assertIn(b"\r\n", raw)
        self.assertFalse(raw.endswith(b"\n"))


def event(wall, kind, data, agent="a", item="bn-1", salt=0):
    """A line whose hash column is made up: the oracle takes identity from the column."""
    text = json.dumps(data)
    raw = bytes([salt]) + blake3.digest(f"{wall}{kind}{text}{agent}{item}".encode())[1:]
    return (str(wall), agent, "itc:AQ", "", kind, item, text, fold.hash_text(raw))


def view(*events):
    (item,) = fold.fold([fold.Event(columns) for columns in events])
    return item


def create(wall=1, **members):
    return event(wall, "item.create", {"title": "t", "kind": "task", **members})


def update(wall, field, value, **more):
    return event(wall, "item.update", {"field": field, "value": value}, **more)


def redact(wall, target):
    return event(wall, "item.redact", {"target_hash": target[7], "reason": "r"})


class Rules(unittest.TestCase):
    """One hand-made history per rule of `docs/oracle/README.md`."""

    def test_greatest_write_wins_by_time_then_agent_then_hash_bytes(self):
        low, high = update(5, "title", "low", salt=1), update(5, "title", "high", salt=250)
        self.assertEqual(view(high, low)["title"], "high")
        self.assertEqual(view(low, update(5, "title", "b", agent="b"), high)["title"], "b")
        self.assertEqual(view(low, update(-9, "title", "early", agent="z"), high)["title"], "high")

    def test_hash_bytes_decide_where_hash_text_says_otherwise(self):
        # In base64url text `-` (62) sorts before `A` (0); in bytes 62 is greater.
        small, great = update(5, "title", "small", salt=0), update(5, "title", "great", salt=0xFB)
        self.assertLess(great[7], small[7])
        self.assertEqual(view(small, great)["title"], "great")

    def test_both_texts_of_a_hash_are_one_event(self):
        one = event(3, "item.comment", {"body": "x"})
        two = (*one[:7], "blake3:" + fold.decode_hash(one[7]).hex())
        with tempfile.TemporaryDirectory() as folder:
            for name, columns in (("a", one), ("b", two)):
                Path(folder, f"{name}.events").write_text("\t".join(columns) + "\r\n")
            self.assertEqual(len(fold.read_events([Path(folder), Path(folder)])), 1)

    def test_create_writes_what_it_does_not_say(self):
        item = view(update(1, "size", "s"), update(1, "parent", "bn-2"), create(2))
        self.assertEqual((item["size"], item["parent"], item["description"]), (None, None, None))

    def test_malformed_is_no_write_and_stays(self):
        item = view(create(title="kept", size="xxl"), update(2, "title", 5), update(3, "size", "big"))
        self.assertEqual((item["title"], item["size"]), ("kept", "xl"))
        self.assertEqual([one["data"]["field"] for one in item["other"]], ["title", "size"])
        item = view(create(title=1, parent="No"), update(2, "kind", " BUG "))
        self.assertEqual((item["title"], item["parent"], item["kind"]), ("", None, "bug"))
        self.assertEqual(set(item["other"][0]["data"]), {"title", "parent"})

    def test_what_does_nothing_is_kept_whole(self):
        nothing = [
            event(n, kind, data)
            for n, (kind, data) in enumerate(
                (("item.update", {}), ("item.move", {"state": "x", "by": 1}), ("item.thing", {}),
                 ("item.assign", {"agent": " ", "action": "assign"}), ("item.redact", {"reason": "r"}),
                 ("item.update", {"field": "labels", "value": {"action": "add", "label": ""}})), 1  # fmt: skip
            )
        ]
        other = view(*nothing)["other"]
        self.assertEqual([one["data"] for one in other], [json.loads(one[6]) for one in nothing])

    def test_what_does_something_keeps_what_did_not_count(self):
        value = {"action": "add", "label": "x", "why": 1}
        some = [update(1, "labels", ["a", 5]), update(2, "labels", value), event(3, "item.delete", {"reason": None})]
        item = view(*some, event(4, "item.move", {"state": "done", "reason": 5}))
        self.assertEqual([one["data"] for one in item["other"]],
                         [{"value": ["a", 5]}, {"value": value}, {"reason": None}, {"reason": 5}])  # fmt: skip
        self.assertEqual((item["labels"], item["phase"]), (["a", "x"], "done"))

    def test_phase_and_epoch(self):
        def moved(*states):
            moves = [event(n, "item.move", {"state": s}) for n, s in enumerate(states, 1)]
            item = view(*reversed(moves))
            return item["phase"], item["epoch"]

        self.assertEqual(moved("open"), ("open", 0))
        self.assertEqual(moved("doing", "done"), ("done", 0))
        self.assertEqual(moved("done", "done", "doing"), ("doing", 1))
        self.assertEqual(moved("archived", "open", "open", "done", "open"), ("open", 2))
        self.assertEqual(moved("done", "frozen"), ("done", 0))

    def test_sets(self):
        add, remove = {"action": "add", "label": "x"}, {"action": "remove", "label": "x"}
        self.assertEqual(view(update(1, "labels", add), update(2, "labels", remove))["labels"], [])
        self.assertEqual(view(update(2, "labels", add), update(1, "labels", remove))["labels"], ["x"])
        item = view(create(1, labels=["a", "", 5]), update(3, "labels", ["b"]), update(2, "labels", add))
        self.assertEqual(item["labels"], ["b"])
        self.assertEqual(item["other"][0]["data"], {"labels": ["a", "", 5]})

    def test_links(self):
        def link(wall, kind, target):
            return event(wall, "item.link", {"link_type": kind, "target": target})

        some = [link(1, "blocks", "bn-2"), link(2, "relates", "bn-2"), link(3, "x", "bn-3")]
        item = view(*some, link(4, "x", "bn-1"), link(5, " ", "bn-2"))
        self.assertEqual((item["blocked_by"], item["related_to"]), (["bn-2"], ["bn-2"]))
        self.assertEqual(item["links"][2], {"link_type": "x", "target": "bn-3"})
        self.assertEqual(len(item["other"]), 2)
        one = event(9, "item.unlink", {"target": "bn-2", "link_type": "blocks"})
        self.assertEqual(len(view(*some, one)["links"]), 2)
        self.assertEqual(len(view(*some, event(9, "item.unlink", {"target": "bn-2"}))["links"]), 1)

    def test_redaction_hides_and_never_shows_the_next_best(self):
        old, new = update(1, "title", "old"), update(2, "title", "new")
        item = view(redact(0, new), old, new)
        self.assertIsNone(item["title"])
        self.assertEqual(item["redacted"], [new[7]])
        hexed = (*new[:7], "blake3:" + fold.decode_hash(new[7]).hex())
        self.assertIsNone(view(old, hexed, redact(0, new))["title"])
        first, second = (update(n, "labels", {"action": "add", "label": "x"}) for n in (1, 2))
        self.assertEqual(view(first, second, redact(3, second))["labels"], [])
        self.assertEqual(view(first, second, redact(3, first))["labels"], ["x"])
        gone = event(1, "item.delete", {"reason": "why"})
        item = view(gone, redact(2, gone))
        self.assertTrue(item["deleted"])
        self.assertEqual((item["other"][0]["type"], item["other"][0]["data"]), (None, None))

    def test_redaction_reaches_other_items(self):
        note = event(1, "item.comment", {"body": "secret"}, item="bn-2")
        one, two = fold.fold([fold.Event(redact(2, note)), fold.Event(note)])
        self.assertIsNone(two["comments"][0]["body"])
        self.assertEqual((one["redacted"], two["redacted"]), ([note[7]], [note[7]]))

    def test_times(self):
        item = view(create(0), event(-5, "item.comment", {"body": ""}), update(7, "kind", "bug"))
        self.assertEqual((item["created_at"], item["updated_at"]), (7, 7))
        self.assertEqual((item["earliest_ts"], item["latest_ts"], item["compacted_from"]), (0, 7, 3))

    def test_bad_lines_are_refused(self):
        good = list(create())
        for column, text in ((0, "1.5"), (0, "9223372036854775808"), (1, ""), (6, "[]"), (6, "{"),
                             (6, '{"a":"\\ud800"}'), (6, '{"a":1,"a":1}'), (6, '{"a":NaN}'), (6, "[" * 10_000),
                             (7, "blake3:x"), (7, good[7][:-1] + "B")):  # fmt: skip
            bad = good[:column] + [text] + good[column + 1 :]
            with tempfile.TemporaryDirectory() as folder:
                file = Path(folder, "x.events")
                file.write_text("# bones event log v1\n" + "\t".join(bad) + "\n")
                with self.assertRaisesRegex(fold.BadInput, r"x\.events:2: "):
                    fold.read_events([file])
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder, "x.events")
            file.write_text("# bones event log v2\n")
            with self.assertRaises(fold.BadInput):
                fold.read_events([file])


class Compare(unittest.TestCase):
    def test_every_changed_leaf_is_found(self):
        ours = fold.fold(fold.read_events([make_dirty.FOLDER]))
        text = exact_json.json_text(ours)
        self.assertEqual(list(compare.differences(ours, exact_json.parse_json(text))), [])
        leaves = 0
        for place in range(0, len(ours), 3):
            for change in changes(ours[place]):
                found = list(compare.differences([ours[place]], [change]))
                self.assertNotEqual(found, [], change)
                leaves += 1
        self.assertGreater(leaves, 1_000)

    def test_missing_twice_and_foreign_items_are_found(self):
        ours = fold.fold(fold.read_events([make_dirty.FOLDER]))
        for theirs in (ours[1:], [*ours, ours[0]], [*ours, {"item_id": "bn-x"}], ours[::-1], {}):
            self.assertNotEqual(list(compare.differences(ours, theirs)), [])

    def test_exit_codes(self):
        with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(io.StringIO()) as out:
            self.assertEqual(fold.main([str(make_dirty.FOLDER)]), 0)
            saved = Path(folder, "saved.json")
            printed = out.getvalue()
            saved.write_text(printed)
            arguments = ["--compare", str(saved), str(make_dirty.FOLDER)]
            self.assertEqual(fold.main(arguments), 0)
            saved.write_text(printed.replace('"epoch":0', '"epoch":1', 1))
            self.assertEqual(fold.main(arguments), 1)
            with contextlib.redirect_stderr(io.StringIO()):
                self.assertEqual(fold.main([folder]), 2)


def changes(value):
    """The value with each leaf changed in turn, each member gone, each element gone."""
    if isinstance(value, dict):
        for key, member in value.items():
            yield {other: one for other, one in value.items() if other != key}
            yield from ({**value, key: changed} for changed in changes(member))
    elif isinstance(value, list):
        for place, member in enumerate(value):
            yield value[:place] + value[place + 1 :]
            rest = changes(member)
            yield from (value[:place] + [changed] + value[place + 1 :] for changed in rest)
    elif isinstance(value, bool):
        yield int(value)
        yield not value
    elif value is None:
        yield ""
    elif isinstance(value, str):
        yield value + " "
    else:
        yield value + 1


if __name__ == "__main__":
    unittest.main()
