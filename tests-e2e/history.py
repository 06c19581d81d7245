"""A log that came in pieces: every moment reads as it did when it was now, before and after compaction."""

import datetime
import json

from driver import contents
from events import read_lines, write_lines

PIECES = 8
PINNED = 5


def run(bench):
    lattice, store = bench.lattice, bench.path("store")
    pieces = in_pieces(bench)
    then = {}
    for number, piece in enumerate(pieces, 1):
        lattice.load(store, piece)
        then[number] = lattice.items(store)

    moments = {number: at(lattice, store, number) for number in then}
    same = [m["exact"] and m["items"] == then[n] for n, m in moments.items()]
    bench.check("every commit reads as it did when it was the newest", all(same), f"{len(same)} commits")
    # Not `splitlines`, which ends a line at characters that the log may hold.
    watched = lattice.must("watch", "--from", 0, "--store", store, "--json").out.split("\n")[:-1]
    told = [json.loads(line)["commit"] for line in watched]
    bench.check("`watch` tells of every commit", told == list(then), f"{told}")

    lattice.must("pin", PINNED, "--store", store)
    digest = lattice.digest(store)
    later = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=9)
    clock = later.strftime("%Y-%m-%dT%H:%M:%SZ")
    ages = ["--cutoff", "0s", "--base-interval", "1d", "--clock", clock]
    said = lattice.json("compact", "--store", store, "--min-age-days", 0, "--now", "2027-01-01T00:00:00Z", *ages)
    bench.check("compaction lets go of commits", said["commits_dropped"] > 0, f"{said['commits_dropped']} go")
    bench.check("and of nothing that is known now", lattice.digest(store) == digest)
    moments = {number: at(lattice, store, number) for number in then}
    same = [m["items"] == then[min(m["commit"], len(pieces))] for m in moments.values()]
    bench.check("every moment reads as the commit it names did", all(same), f"{len(same)} moments")
    exact = {number for number, moment in moments.items() if moment["exact"]}
    listed = {row["commit"] for row in lattice.json("log", "--store", store)["commits"]}
    bench.check("exact are those that `log` lists", exact == listed & set(then), f"{sorted(exact)}")
    bench.check("the pinned one and the first are", {1, PINNED} <= exact)
    bench.check("the others are not", len(exact) < len(pieces))

    files = contents(store)
    copy = bench.path("copy")
    lattice.must("fsck", "--store", store, "--repair-into", copy)
    whole = lattice.digest(copy) == digest and at(lattice, copy, PINNED)["items"] == then[PINNED]
    bench.check("`fsck` copies it, history and all, and touches nothing", whole and contents(store) == files)
    lattice.must("unpin", PINNED, "--store", store)
    lattice.compact(store)
    gone = lattice.run("items", "--at", PINNED, "--store", store)
    bench.check("without history it is gone, and said to be", gone.code == 1 and "is gone" in gone.err)
    bench.check("and nothing that is known now", lattice.digest(store) == digest)
    scopes(bench, pieces, then)


def scopes(bench, pieces, then):
    """The last piece in a scope: read over the base it is what it was in it."""
    lattice, store = bench.lattice, bench.path("scoped")
    lattice.load(store, *pieces[:-1])
    lattice.must("scope", "create", "draft", "--store", store)
    lattice.must("import", pieces[-1], "--store", store, "--scope", "draft")
    over = lattice.json("items", "--store", store, "--scope", "draft")
    base = lattice.items(store) == then[len(pieces) - 1]
    bench.check("a scope over the base reads as both in one", over == then[len(pieces)] and base)
    lattice.must("scope", "delete", "draft", "--store", store)
    lattice.compact(store)
    plain = bench.path("plain")
    lattice.load(plain, *pieces[:-1])
    bench.check("deleted it leaves nothing", lattice.digest(store) == lattice.digest(plain))


def at(lattice, store, number):
    return lattice.json("items", "--at", number, "--store", store)


def in_pieces(bench):
    """The log in files. Redactions come first: they hold for the past as well, also for the one before they came."""
    lines = read_lines(bench.log)[:1_600]
    lines.sort(key=lambda line: b"\titem.redact\t" not in line)
    step = -(-len(lines) // PIECES)
    starts = range(0, len(lines), step)
    return [write_lines(bench.path(f"piece-{start}.events"), lines[start : start + step]) for start in starts]
