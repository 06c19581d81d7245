"""Point 2: a log is imported and compacted, and nobody can tell. And the oracle agrees on it all."""

import json
import subprocess
import sys
from pathlib import Path

from driver import contents, size

FOLD = Path(__file__).resolve().parent.parent / "docs" / "oracle" / "fold.py"


def run(bench):
    lattice, store = bench.lattice, bench.path("store")
    lattice.load(store, bench.log)
    raw_size = sum(path.stat().st_size for path in bench.log.glob("*.events"))
    before = lattice.digest(store)
    items = lattice.items(store)
    ids = [item["item_id"] for item in items]
    oracle(bench, store, "before compaction")
    shows = lattice.shows(store, ids)
    equal = [json.loads(shows[item["item_id"]]) == item for item in items]
    bench.check("every `show --json` equals its object in `items --json`", all(equal), f"{len(ids)} items")
    imported_size = size(store)

    untouched = contents(store)
    lattice.compact(store, "--dry-run")
    bench.check("compact --dry-run changes no byte", contents(store) == untouched)
    done = lattice.compact(store)
    bench.check("digest equal before and after compaction", lattice.digest(store) == before, before[:16])
    after = lattice.shows(store, ids)
    changed = [item for item in ids if shows[item] != after[item]]
    bench.check("every `show --json` equal before and after", not changed, f"{len(ids)} items {changed[:3]}")
    oracle(bench, store, "after compaction")

    ratio = size(store) / raw_size
    figure = f"{ratio:.3f} of {raw_size} bytes ({imported_size / raw_size:.3f} before), {done.seconds:.2f} s"
    if bench.limit is None:
        bench.note("size of the store after compaction", figure)
    else:
        bench.check(f"store is at most {bench.limit:.2f} of its source", ratio <= bench.limit, figure)

    small = contents(store)
    lattice.compact(store)
    bench.check("a second compaction changes no byte", contents(store) == small)
    said = lattice.json("verify", "--store", store, "--sources", bench.log)
    proven = said["verified"] == len(ids) and not said["failed"] and not said["unverifiable"]
    bench.check("verify proves every snapshot against the log", proven, f"{said['verified']} verified")
    lattice.load(store, bench.log)
    bench.check("importing the log again changes no digest", lattice.digest(store) == before)
    lattice.compact(store)
    bench.check("nor does compacting after that", lattice.digest(store) == before)
    ratio = size(store) / raw_size
    if bench.limit is not None:
        bench.check(f"and the store is at most {bench.limit:.2f} again", ratio <= bench.limit, f"{ratio:.3f}")


def oracle(bench, store, when):
    """`items --json` against the independent fold of the raw lines, field by field."""
    saved = bench.path("items.json")
    saved.write_text(bench.lattice.must("items", "--json", "--store", store).out, encoding="utf-8")
    command = [sys.executable, FOLD, "--compare", saved, bench.log]
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8")
    lines = (done.stdout + done.stderr).strip().splitlines()
    figure = lines[-1] if done.returncode == 0 else "\n  " + "\n  ".join(line[:300] for line in lines[-25:])
    bench.check(f"every field equals the independent fold {when}", done.returncode == 0, figure)
