#!/usr/bin/env python3
"""Write the synthetic bones log that carries the dirt of the real ones.

    make_dirty.py            write data/dirty/.bones/events/*.events
    make_dirty.py --check    exit 1 when the committed files are not what this script writes

The first part is a plausible history: agents whose clocks disagree work on items, lines arrive out
of order and twice. The second part (`dirt.py`) is one item per kind of dirt, written by hand.
Everything follows from one seed.
"""

import argparse
import base64
import sys
from pathlib import Path

import dirt
import itc
from events import HEADER, PLACEHOLDER, event, hash_text

FOLDER = Path(__file__).resolve().parent / "data" / "dirty" / ".bones" / "events"
SHARDS = ("2026-01", "2026-02", "2026-03", "2026-04")
START = 1_767_268_800_000_000  # 2026-01-01T12:00:00Z
MINUTE = 60_000_000
# A name is not a word of ASCII letters, and one can be the beginning of another.
AGENTS = ("maw-dev", "maw-dev/0", "Bob", "bob", "1", "beads/importer", "zoë", "agent 😀")
# Minutes by which each agent's clock is off; the third is right, the sixth lives in last week.
SKEW = (0, 3, 0, -45, 600, -10_080, 1, -2)
WORDS = (
    "scheduler", "shard", "lease", "reopen", "étude", "naïve", "緊急", "обзор", "\u202eabc", "e\u0301",
    "👩‍💻", "cache", "\"quoted\"", "back\\slash", "tab\there", "line\nbreak", "\u0001", "\u2028", "/", "",
)  # fmt: skip


class Random:
    """A small generator of its own (SplitMix64), so that no Python release changes the log."""

    def __init__(self, seed):
        self.state = seed

    def below(self, bound):
        self.state = (self.state + 0x9E3779B97F4A7C15) & 0xFFFFFFFFFFFFFFFF
        z = self.state
        z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9 & 0xFFFFFFFFFFFFFFFF
        z = (z ^ z >> 27) * 0x94D049BB133111EB & 0xFFFFFFFFFFFFFFFF
        return (z ^ z >> 31) % bound

    def pick(self, values):
        return values[self.below(len(values))]

    def chance(self, percent):
        return self.below(100) < percent

    def words(self, most):
        return " ".join(self.pick(WORDS) for _ in range(1 + self.below(most)))


class Log:
    """The lines of all shards, and what each agent's stamp has seen."""

    hash_text = staticmethod(hash_text)

    def __init__(self, random):
        self.random = random
        self.shards = {shard: [] for shard in SHARDS}
        self.seen = [[0] * itc.AGENTS for _ in range(itc.AGENTS)]
        self.heads = {}
        self.count = 0

    def stamp(self, agent):
        """An ITC text of one of the versions, or the placeholder of 0.26."""
        seen = self.seen[agent]
        before = list(seen)
        seen[agent] += 1
        if self.random.chance(30):
            other = self.seen[self.random.below(itc.AGENTS)]
            seen[:] = map(max, seen, other)
        # Some writers lost their clock file: their stamp goes backwards.
        shown = before if any(before) and self.random.chance(4) else seen
        form = self.random.below(10)
        if form < 2:
            return PLACEHOLDER
        return itc.stamp_text(agent, shown, 1 if form < 4 else 3)

    def add(self, wall, agent, kind, item, data, shard=None, form=None):
        """Append one event and return its 32 hash bytes. `agent` is an index into AGENTS; `data`
        is an object, or its text when the text itself is the point; `form` is base64 or hex."""
        form = form or ("hex" if self.random.chance(25) else "base64")
        shard = shard or SHARDS[min(self.count // 110, len(SHARDS) - 1)]
        parent = self.heads.get(item.strip().lower())
        parents = hash_text(parent, form) if parent and self.random.chance(60) else ""
        line, raw = event(wall, AGENTS[agent], kind, item, data, self.stamp(agent), parents, form)
        self.shards[shard].append(line)
        self.heads[item.strip().lower()] = raw
        self.count += 1
        return raw

    def repeat(self, line, shard):
        """The same event once more, half of the time with its hash in the other text form."""
        columns, text = line.rsplit("\t", 1)
        if self.random.chance(50):
            body = text[len("blake3:") :]
            hexed = len(body) == 64
            raw = bytes.fromhex(body) if hexed else base64.urlsafe_b64decode(body + "=")
            text = hash_text(raw, "base64" if hexed else "hex")
        self.shards[shard].append(f"{columns}\t{text}")


# ------------------------------------------------------------------------------------------------
# A plausible history
# ------------------------------------------------------------------------------------------------


def history(log, items):
    """Lives of items, interleaved, by agents whose clocks disagree."""
    random = log.random
    now = START
    names = [f"bn-{random.below(36**4):04x}{index}" for index in range(items)]
    todo = [(name, 0, create_data(random, names)) for name in names]
    while todo:
        name, age, data = todo.pop(random.below(min(len(todo), 6)))
        now += (1 + random.below(40)) * MINUTE
        agent = random.below(len(AGENTS))
        kind = "item.create" if age == 0 else None
        if kind is None:
            kind, data = next_step(random, names, name)
        # Imported lines carry no time at all.
        wall = 0 if agent == 5 and random.chance(40) else now + SKEW[agent] * MINUTE
        log.add(wall, agent, kind, name, data)
        if age < 3 or random.chance(75):
            todo.insert(random.below(6), (name, age + 1, None))


def create_data(random, names):
    data = {"kind": random.pick(("task", "task", "bug", "goal")), "title": random.words(5)}
    if random.chance(80):
        data["description"] = random.words(30)
    if random.chance(50):
        data["size"] = random.pick(("xxs", "xs", "s", "m", "l", "xl", "xxl"))
    if random.chance(20):
        data["urgency"] = random.pick(("urgent", "default", "punt"))
    if random.chance(50):
        data["labels"] = [random.pick(dirt.LABELS) for _ in range(random.below(4))]
    if random.chance(30):
        data["parent"] = random.pick(names)
    return data


def next_step(random, names, name):
    """One event on an item that exists, each kind about as often as in the real logs."""
    step = random.below(100)
    if step < 34:
        data = {"state": random.pick(("doing", "done", "done", "done", "open", "archived"))}
        if random.chance(50):
            data["reason"] = random.words(8)
        elif data["state"] == "open":
            data["reopen"] = True
        return "item.move", data
    if step < 60:
        return "item.comment", {"body": random.words(40)}
    if step < 68:
        action = random.pick(("assign", "assign", "unassign"))
        return "item.assign", {"action": action, "agent": random.pick(AGENTS[:4])}
    if step < 80:
        other = random.pick([one for one in names if one != name])
        kind = random.pick(("blocks", "blocks", "blocked_by", "related_to", "relates", "extends"))
        if random.chance(70):
            return "item.link", {"link_type": kind, "target": other}
        return "item.unlink", {"target": other}
    if step < 83:
        return "item.delete", {"reason": random.words(3)} if random.chance(50) else {}
    if step < 86:
        return "item.compact", {"summary": random.words(12)}
    return "item.update", random.pick(
        (
            {"field": "title", "value": random.words(5)},
            {"field": "description", "value": random.pick((None, "", random.words(20)))},
            {"field": "size", "value": random.pick((None, "s", "xxl"))},
            {"field": "urgency", "value": random.pick(("urgent", "punt", "default"))},
            {"field": "kind", "value": random.pick(("bug", "goal"))},
            {"field": "parent", "value": random.pick((None, "", random.pick(names)))},
            {"field": "labels", "value": [random.pick(dirt.LABELS) for _ in range(random.below(4))]},
            {"field": "labels", "value": {"action": "add", "label": random.pick(dirt.LABELS)}},
            {"field": "labels", "value": {"action": "remove", "label": random.pick(dirt.LABELS)}},
        )
    )


# ------------------------------------------------------------------------------------------------
# Files
# ------------------------------------------------------------------------------------------------


def disorder(log):
    """Lines arrive out of order, some twice, some in the shard of another month."""
    random = log.random
    for lines in log.shards.values():
        for place in range(len(lines) - 1):
            if random.chance(40):
                other = min(place + random.below(8), len(lines) - 1)
                lines[place], lines[other] = lines[other], lines[place]
    for line in [line for lines in log.shards.values() for line in lines]:
        if random.chance(5):
            log.repeat(line, random.pick(SHARDS))


def shard_bytes(shard, lines):
    """One file: LF in most shards, CRLF in one, a mix and no last line end in another."""
    lines = [*HEADER, *lines]
    if shard == SHARDS[1]:
        lines[1] = "# fields: timestamp\tagent\ttype\titem_id\tdata"
        lines.insert(40, "")
        lines.insert(60, "# a comment in the middle\twith\ttabs, and ünïcode")
        lines.insert(61, "   ")
    if shard == SHARDS[2]:
        return "".join(line + "\r\n" for line in lines).encode("utf-8")
    if shard == SHARDS[3]:
        text = "".join(line + ("\r\n" if n % 7 == 3 else "\n") for n, line in enumerate(lines))
        return text.removesuffix("\n").removesuffix("\r").encode("utf-8")
    return "".join(line + "\n" for line in lines).encode("utf-8")


def build():
    log = Log(Random(20_260_101))
    history(log, 44)
    dirt.write(log, START)
    disorder(log)
    return {f"{shard}.events": shard_bytes(shard, lines) for shard, lines in log.shards.items()}


def main(arguments):
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--check", action="store_true", help="compare with the committed files")
    options = parser.parse_args(arguments)
    files = build()
    if options.check:
        found = {path.name: path.read_bytes() for path in FOLDER.glob("*.events")}
        if found != files:
            print(f"{FOLDER} is not what make_dirty.py writes", file=sys.stderr)
            return 1
        return 0
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (FOLDER / name).write_bytes(content)
        print(f"{name}: {len(content)} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
