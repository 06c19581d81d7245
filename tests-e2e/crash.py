"""`kill -9` at random moments: an import that was acknowledged is never lost."""

import random
import time

from events import read_lines, write_lines

PIECES = 8


def run(bench, rounds):
    lattice, lines = bench.lattice, read_lines(bench.log)
    lines = lines[:1_600]
    step = len(lines) // PIECES + 1
    pieces = [
        write_lines(bench.path(f"piece-{n}.events"), lines[start : start + step])
        for n, start in enumerate(range(0, len(lines), step))
    ]
    # digests[n]: what a store says that holds the first n pieces.
    reference, digests, slowest = bench.path("reference"), [], 0.0
    for piece in pieces:
        slowest = max(slowest, lattice.must("import", piece, "--store", reference).seconds)
        digests.append(lattice.digest(reference))
    slowest = max(slowest, lattice.compact(bench.copy(reference, "timing")).seconds)

    kills = lost = 0
    for seed in range(rounds):
        lost += one_round(bench, random.Random(seed), pieces, digests, slowest)
        kills += bench.kills
    bench.check("kill -9 during import and compaction loses nothing acknowledged", lost == 0 and kills >= rounds,
                f"{rounds} rounds, {kills} kills, {lost} losses")  # fmt: skip


def one_round(bench, chance, pieces, digests, slowest):
    """Imports all pieces, compacting in between, killing at random; returns 1 when one was lost."""
    lattice, store, acknowledged = bench.lattice, bench.path("killed"), 0
    bench.kills = 0
    while acknowledged < len(pieces):
        compacting = acknowledged > 0 and chance.random() < 0.5
        if compacting:
            # With and without history: other commits go, and what is known now stays.
            history = [] if chance.random() < 0.5 else ["--no-history"]
            running = lattice.start(
                "compact", "--store", store, "--min-age-days", 0, "--now", "2027-01-01T00:00:00Z", *history
            )
        else:
            running = lattice.start("import", pieces[acknowledged], "--store", store)
        if chance.random() < 0.6:
            time.sleep(chance.random() * slowest)
            running.kill()
        _, err = running.communicate()
        if running.returncode == 0:
            acknowledged += not compacting
        elif running.returncode == -9:
            bench.kills += 1
        else:
            return wrong(bench, f"a store that was killed cannot be used: {err.decode('utf-8', 'replace')[:300]}")
        answer = lattice.run("digest", "--store", store)
        if not answer.ok:
            # Nothing was ever acknowledged: there may be no store yet.
            if acknowledged == 0:
                continue
            return wrong(bench, str(answer))
        digest = answer.out.strip()
        # The import that was killed may have got there, whole, or not at all.
        allowed = digests[max(acknowledged - 1, 0) : acknowledged + 1]
        if digest not in allowed and not (acknowledged == 0 and not lattice.items(store)):
            return wrong(bench, f"after {acknowledged} imports the digest is that of {digests.index(digest) + 1 if digest in digests else 'none'}")
    verified = lattice.run("verify", "--store", store)
    if not verified.ok or lattice.digest(store) != digests[-1]:
        return wrong(bench, str(verified))
    return 0


def wrong(bench, what):
    bench.check("kill -9", False, what)
    return 1
