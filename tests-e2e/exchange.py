"""Point 3: the log comes in shuffled and split over two stores, and they meet again."""

from driver import size
from events import read_lines, write_lines

ROUNDS = 3


def run(bench):
    lines = read_lines(bench.log)
    for order in ("wall", "itc"):
        if order == "itc":
            # An `itc` store takes only events with a stamp it can read.
            lines = [line for line in lines if b"\titc:v" in line]
        plain = bench.lattice.load(bench.path("plain"), bench.log if order == "wall" else
                                   write_lines(bench.path("stamped.events"), lines), order=order)  # fmt: skip
        expected = bench.lattice.digest(plain)
        good = [round_trip(bench, lines, expected, order) for _ in range(ROUNDS)]
        bench.check(f"shuffled, split, compacted, exchanged both ways ({order})", all(good), f"{ROUNDS} rounds")
        snapshots_alone(bench, plain, expected, order)


def round_trip(bench, lines, expected, order):
    lattice, random = bench.lattice, bench.random
    halves = ([], [])
    for line in random.sample(lines, len(lines)):
        # A tenth of the lines goes to both sides.
        side = random.random()
        halves[0].extend([line] if side < 0.55 else [])
        halves[1].extend([line] if side >= 0.45 else [])
    stores = []
    for half in halves:
        store, middle = bench.path("half"), random.randrange(len(half))
        parts = [half[:middle], half[middle // 2 :]]  # overlapping
        lattice.load(store, *(write_lines(bench.path("part.events"), part) for part in parts), order=order)
        stores.append(store)
    first, second = stores
    if expected in (lattice.digest(first), lattice.digest(second)):
        return bench.check("half of the log is not the whole of it", False)
    lattice.compact(first)
    lattice.load(second, snapshots(bench, first))
    if random.random() < 0.5:
        lattice.compact(second)
    lattice.load(first, snapshots(bench, second))
    digests = [lattice.digest(store) for store in stores]
    lattice.compact(first)
    digests.append(lattice.digest(first))
    if bench.name != "dirty" and order == "wall":
        oracle_views = lattice.items(first) == lattice.items(second)
        bench.check("both stores show the same items", oracle_views, f"{size(first)} and {size(second)} bytes")
    return digests == [expected] * 3


def snapshots_alone(bench, plain, expected, order):
    """A store made of nothing but an export of snapshots knows what its source knows."""
    lattice, store = bench.lattice, bench.path("from-export")
    lattice.load(store, snapshots(bench, plain), order=order)
    bench.check(f"a store made of an export alone has the digest ({order})", lattice.digest(store) == expected)
    first, second = (contents_of(bench, path) for path in (plain, store))
    bench.check(f"and exports the same bytes ({order})", first == second, f"{len(first)} bytes")


def contents_of(bench, store):
    return snapshots(bench, store).read_bytes()


def snapshots(bench, store):
    out = bench.path("snapshots.export")
    bench.lattice.must("export", "--store", store, "--format", "snapshots", "--out", out)
    return out
