"""Snapshots that bones itself wrote, with some of their sources gone: read as the independent fold reads
them, before and after compaction, through exports, in any order of arrival, and beside their sources."""

import make_legacy
from compaction import oracle
from driver import Bench
from events import read_lines, write_lines

SEEDS = range(1, 9)


def run(bench):
    for seed in SEEDS:
        here, gone = make_legacy.write(seed, bench.path("made"))
        part = Bench(bench.lattice, bench.report, f"legacy {seed}", here, bench.room)
        part.note("lines", f"{len(read_lines(here))}, {len(read_lines(gone))} more are gone")
        everything = write_lines(part.path("everything.events"), read_lines(here) + read_lines(gone))
        store = stands_in(part)
        travels(part, store)
        arrives_in_any_order(part, store)
        sources_arrive(part, store, gone, everything)


def stands_in(bench):
    """Imported, compacted, compacted again."""
    lattice = bench.lattice
    store = lattice.load(bench.path("store"), bench.log)
    oracle(bench, store, "before compaction")
    digest, items = lattice.digest(store), lattice.items(store)
    shown = sum("legacy" in item for item in items)
    bench.check("some items stand on snapshots of bones alone, some do not", 0 < shown < len(items), f"{shown} of {len(items)}")
    lattice.compact(store)
    oracle(bench, store, "after compaction")
    bench.check("digest equal before and after compaction", lattice.digest(store) == digest)
    lattice.load(store, bench.log)
    lattice.compact(store)
    bench.check("and after the log came again", lattice.digest(store) == digest and lattice.items(store) == items)
    return store


def travels(bench, store):
    """A store made of an export alone, of either kind of store."""
    lattice = bench.lattice
    raw = lattice.load(bench.path("raw"), bench.log)
    expected = lattice.digest(store), lattice.items(store)
    for name, source in (("compacted", store), ("raw", raw)):
        out = bench.path("snapshots.export")
        lattice.must("export", "--store", source, "--format", "snapshots", "--out", out)
        copy = lattice.load(bench.path("copy"), out)
        same = (lattice.digest(copy), lattice.items(copy)) == expected
        bench.check(f"a store made of the export of a {name} one: same digest, same items", same)
        oracle(bench, copy, f"in the copy of a {name} store")


def arrives_in_any_order(bench, store):
    """Lines shuffled over two stores, one compacted, joined."""
    lattice, lines = bench.lattice, read_lines(bench.log)
    lines = bench.random.sample(lines, len(lines))
    first, second = (
        lattice.load(bench.path("half"), write_lines(bench.path("half.events"), half))
        for half in (lines[: len(lines) * 3 // 5], lines[len(lines) * 2 // 5 :])
    )
    lattice.compact(first)
    out = bench.path("half.export")
    lattice.must("export", "--store", first, "--format", "snapshots", "--out", out)
    lattice.load(second, out)
    lattice.compact(second)
    equal = (lattice.digest(second), lattice.items(second)) == (lattice.digest(store), lattice.items(store))
    bench.check("shuffled over two stores, compacted, joined: same digest, same items", equal)


def sources_arrive(bench, store, gone, everything):
    """What was gone comes back, half of it first."""
    lattice, lines = bench.lattice, read_lines(gone)
    half = write_lines(bench.path("half-of-gone.events"), lines[::2])
    lattice.load(store, half)
    here = write_lines(bench.path("here.events"), read_lines(bench.log) + lines[::2])
    oracle(Bench(lattice, bench.report, bench.name, here, bench.room), store, "when half of the sources came back")
    lattice.compact(store)
    lattice.load(store, gone)
    oracle(Bench(lattice, bench.report, bench.name, everything, bench.room), store, "when all of them did")
    plain = lattice.load(bench.path("plain"), everything)
    bench.check("and the digest is that of a store that had them all along", lattice.digest(store) == lattice.digest(plain))
    waiting = [item["item_id"] for item in lattice.items(store) if "legacy" in item]
    bench.check("then no snapshot stands in for anything", not waiting, waiting)
