#!/usr/bin/env python3
"""Show the main job from outside, with the release binary, over real logs and the synthetic one.

    python3 tests-e2e/main_job.py target/release/lattice

Every command of the binary is run as a user runs it. Prints a table of what was shown, one line per
claim; exits 1 when any of them does not hold. The real logs are read from the folder that $BONES_LOGS names,
or from one beside the workspace; without them only the synthetic log is used, with a loud note,
and with REQUIRE_REAL_LOGS=1 that is a failure.
"""

import argparse
import os
import sys
import tempfile
import time
import traceback
from pathlib import Path

import algebra
import compaction
import crash
import damage
import exchange
import forgery
import history
import legacy
import make_dirty
import redaction
from driver import Bench, Failed, Lattice, Report

ROOT = Path(__file__).resolve().parent.parent
LOGS = Path(os.environ.get("BONES_LOGS", ROOT.parent / "shared" / "data" / "bones-logs"))
# Size of the compacted store over the size of its source, at most.
LIMITS = {"bones": 0.70, "maw": 0.80, "edict": 0.85}
SECTIONS = {
    "compaction": compaction.run,
    "exchange": exchange.run,
    "algebra": algebra.run,
    "forgery": forgery.run,
    "history": history.run,
    "redaction": redaction.run,
    "legacy": legacy.run,
    "damage": damage.run,
    "crash": crash.run,
}
# One log is enough where the log is only a background, or none is needed.
ONE_LOG = ("forgery", "history", "legacy", "damage", "crash")


def logs(report):
    """Name, folder and size limit of every log there is."""
    found = [(name, LOGS / name, limit) for name, limit in LIMITS.items() if (LOGS / name).is_dir()]
    if len(found) < len(LIMITS):
        required = os.environ.get("REQUIRE_REAL_LOGS") == "1"
        print(f"!!! the real logs are not all in {LOGS}", file=sys.stderr)
        if required:
            report.check("the real logs are there", "all", False, LOGS)
        else:
            report.note("SKIPPED: real logs", "all", f"not all in {LOGS}")
    return [*found, ("dirty", make_dirty.FOLDER, None)]


def main(arguments):
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("binary", type=Path, help="the release binary")
    parser.add_argument("--only", choices=SECTIONS, action="append", help="run these sections only")
    parser.add_argument("--log", action="append", help="use these logs only, by name")
    parser.add_argument("--kill-rounds", type=int, default=20, metavar="N")
    options = parser.parse_args(arguments)
    report = Report()
    lattice = Lattice(options.binary, report)
    chosen = options.only or list(SECTIONS)
    for name, folder, limit in logs(report):
        if options.log and name not in options.log:
            continue
        for section in chosen:
            if section in ONE_LOG and name != "dirty":
                continue
            begin = time.monotonic()
            with tempfile.TemporaryDirectory(prefix="lattice-e2e-") as room:
                bench = Bench(lattice, report, name, folder, room, limit)
                more = [options.kill_rounds] if section == "crash" else []
                try:
                    SECTIONS[section](bench, *more)
                except Failed as failure:
                    bench.check(f"section {section} runs to its end", False, failure)
                except Exception:
                    bench.check(f"section {section} runs to its end", False, traceback.format_exc())
            print(f"... {name}: {section} took {time.monotonic() - begin:.1f} s", file=sys.stderr, flush=True)
    report.table()
    checks = sum(ok is not None for _, _, ok, _ in report.rows)
    print(f"{checks} claims, {report.failures} failures")
    return 1 if report.failures or not checks else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
