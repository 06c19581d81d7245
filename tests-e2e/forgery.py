"""Point 4: forged snapshots destroy nothing, and none passes for a true one.

The forgeries are made from true exports with the format at hand, and carry right checks.
"""

import copy
import json

import payload
from events import read_lines, write_lines

# How many forged payloads are tried.
TRIES = 600


def run(bench):
    store = bench.lattice.load(bench.path("store"), bench.log)
    out = bench.path("true.export")
    bench.lattice.must("export", "--store", store, "--format", "snapshots", "--out", out)
    export = payload.Export(out.read_bytes())
    values = [payload.unpack(one)[0] for one in export.payloads]
    same = [payload.pack(value) for value in values] == export.payloads
    bench.check("a second reader and writer of payloads gives the same bytes", same, f"{len(values)} payloads")
    true_ones(bench, export)
    changed(bench, export, values)
    claimed(bench, export, values)


def verdicts(bench, store):
    """What `verify --sources` says of a store, also when it fails."""
    outcome = bench.lattice.run("verify", "--store", store, "--sources", bench.log, "--json")
    return outcome, json.loads(outcome.out) if outcome.out.strip() else {}


def true_ones(bench, export):
    true = bench.path("true.export")
    true.write_bytes(export.with_payloads(export.payloads))
    outcome, said = verdicts(bench, bench.lattice.load(bench.path("true"), true))
    bench.check("true snapshots are verified against their sources", outcome.ok and said["verified"] == len(export.payloads),
                f"{said.get('verified')} of {len(export.payloads)}")  # fmt: skip


def changed(bench, export, values):
    """One leaf changed, removed or doubled: refused at import, or by `verify` with the sources."""
    refused = failed = unverifiable = 0
    passed = []
    for n in range(TRIES):
        which = bench.random.randrange(len(values))
        forged = copy.deepcopy(values[which])
        what = forge(forged, bench.random)
        data = payload.pack(forged)
        if data == export.payloads[which]:
            continue
        bad = bench.path("forged.export")
        bad.write_bytes(export.with_payloads([data]))
        store = bench.path("forged")
        if not bench.lattice.run("import", bad, "--store", store).ok:
            refused += 1
            continue
        outcome, said = verdicts(bench, store)
        if not outcome.ok and said.get("failed"):
            failed += 1
        elif said.get("unverifiable"):
            unverifiable += 1
        else:
            passed.append((forged[2], what))
    figure = f"{refused} refused at import, {failed} failed, {unverifiable} unverifiable" if not passed else passed[:5]
    bench.check("no forged snapshot passes for a true one", not passed, figure)
    bench.check("and many of them were well formed", failed > TRIES // 20, f"{failed} reached `verify`")


def forge(value, random):
    """Changes one place somewhere inside; says what was done."""
    places = list(walk(value))
    holder, key = random.choice(places)
    old = holder[key]
    kind = random.randrange(4)
    if kind == 0 and type(holder) is list and len(holder) > 1:
        del holder[key]
        return f"removed {old!r:.60}"
    if kind == 1 and type(holder) is list:
        holder.insert(key, copy.deepcopy(old))
        return f"doubled {old!r:.60}"
    holder[key] = other(old, random)
    return f"{old!r:.60} became {holder[key]!r:.60}"


class Pair(list):
    """A member of a map: both parts can be changed, neither can be alone."""


def walk(value):
    """Every list and index, and every pair of a map, below a value."""
    for index, member in enumerate(value):
        if isinstance(value, payload.Map):
            value[index] = pair = Pair(member)
            yield pair, 0
            yield pair, 1
            member = pair[1]
        else:
            yield value, index
        if isinstance(member, list):
            yield from walk(member)


def other(old, random):
    if old is None:
        return random.choice((True, 0, ""))
    if isinstance(old, bool):
        return not old
    if isinstance(old, int):
        return max(0, old + random.choice((-1, 1, 1000)))
    if isinstance(old, str):
        return random.choice((old + "x", "", old[:-1]))
    if isinstance(old, bytes):
        if not old or random.random() < 0.3:
            return old + bytes(32)
        place = random.randrange(len(old))
        return old[:place] + bytes([old[place] ^ 1]) + old[place + 1 :]
    return []


def claimed(bench, export, values):
    """Snapshots that claim to cover every event and hold none of them: nothing goes because of it."""
    lattice = bench.lattice
    plain = lattice.load(bench.path("plain"), bench.log)
    lattice.compact(plain)
    items, digest = lattice.items(plain), lattice.digest(plain)
    empty = []
    for value in values:
        version, order, item, _agents, covered, redacted, _keys, fields = value
        times = payload.Map([pair for pair in fields if pair[0] == 14])
        empty.append(payload.pack([version, order, item, [], covered, redacted, [], times]))
    claims = bench.path("claims.export")
    claims.write_bytes(export.with_payloads(empty))
    lines = read_lines(bench.log)
    halves = [write_lines(bench.path("half.events"), lines[start::2]) for start in (0, 1)]
    for name, order in (
        ("before the events", (claims, bench.log)),
        ("after the events", (bench.log, claims)),
        ("between the events", (halves[0], claims, halves[1])),
    ):
        for compacting in (False, True):
            store = bench.path("claimed")
            for path in order:
                lattice.load(store, path)
                if compacting:
                    lattice.compact(store)
            lattice.compact(store)
            kept = lattice.items(store) == items and lattice.digest(store) == digest
            outcome, said = verdicts(bench, store)
            good = kept and outcome.ok and not said["failed"]
            when = "compacting at every step" if compacting else "compacting at the end"
            bench.check(f"empty snapshots that claim all events, {name}, {when}: nothing lost", good,
                        f"{said.get('verified')} verified" if kept else "items differ")  # fmt: skip
