"""Point 4, as far as it shows from outside: one winner in every order of arrival, snapshots that
stand for their events, and redactions and repeats that commute."""

from itertools import permutations

from events import event, read_lines, write_lines

# Three writes of which no rule that keeps one of two can choose a winner: the second is causally
# after the first and earlier on the clock, the third is concurrent with both and between them.
STAMPED = (
    ("itc:v3:AQWgA4ABAQI", 100, "alice"),
    ("itc:v3:AQWgA4ABAQE", 300, "alice"),
    ("itc:v3:AQWIA4ABAgE", 200, "bob"),
)


def run(bench):
    for order in ("wall", "itc"):
        one_winner(bench, order)
    late_events(bench)
    arrival(bench)


def one_winner(bench, order):
    files = []
    for n, (itc, wall, agent) in enumerate(STAMPED):
        line, _ = event(wall, agent, "item.update", "bn-1", {"field": "title", "value": f"write {n}"}, itc=itc)
        files.append(write_lines(bench.path(f"write-{n}.events"), [line]))
    titles, digests = set(), set()
    for chosen in permutations(files):
        for compacted in (False, True):
            store = bench.path("store")
            for path in chosen:
                bench.lattice.load(store, path, order=order)
                if compacted:
                    bench.lattice.compact(store)
            titles.add(bench.lattice.json("show", "bn-1", "--store", store)["title"])
            digests.add(bench.lattice.digest(store))
    expected = {"wall": {"write 1"}, "itc": {"write 2"}}[order]
    bench.check(f"three writes in all six orders: one winner ({order})", titles == expected, titles)
    bench.check(f"and one digest ({order})", len(digests) == 1)


def late_events(bench):
    """A snapshot of a part, without its events, then the events one file at a time in any order."""
    lattice, lines = bench.lattice, read_lines(bench.log)
    expected = lattice.digest(lattice.load(bench.path("plain"), bench.log))
    part = bench.random.sample(lines, len(lines) * 2 // 3)
    source = lattice.load(bench.path("part"), write_lines(bench.path("part.events"), part))
    lattice.compact(source)
    out = bench.path("part.export")
    lattice.must("export", "--store", source, "--format", "snapshots", "--out", out)
    store = lattice.load(bench.path("late"), out)
    shuffled = bench.random.sample(lines, len(lines))
    for start in range(0, len(shuffled), len(shuffled) // 4 + 1):
        piece = shuffled[start : start + len(shuffled) // 4 + 1]
        lattice.load(store, write_lines(bench.path("piece.events"), piece))
        lattice.compact(store)
    bench.check("a snapshot first, its events later and piece by piece: nothing lost", lattice.digest(store) == expected)


def arrival(bench):
    """Lines doubled, reversed, and in one file each shard backwards."""
    lattice, lines = bench.lattice, read_lines(bench.log)
    expected = lattice.digest(lattice.load(bench.path("plain"), bench.log))
    for name, some in (("reversed", lines[::-1]), ("doubled", [line for line in lines for _ in (0, 1)])):
        store = lattice.load(bench.path(name), write_lines(bench.path(f"{name}.events"), some))
        bench.check(f"lines {name}: same digest", lattice.digest(store) == expected)
