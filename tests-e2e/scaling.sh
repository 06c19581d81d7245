#!/usr/bin/env bash
# How much faster two threads fold a log than one: medians of runs that take turns, and the serial share that the
# ratio implies (Amdahl).
#
#   tests-e2e/scaling.sh                    # 200 MB, 9 runs each, 2 threads
#   tests-e2e/scaling.sh 50M 3 2 1.5        # fails below 1.5 times
#
# For quiet machines: with other work on the processors the figures say little.
set -euo pipefail
cd "$(dirname "$0")/.."
export CARGO_TERM_COLOR=never
target=${CARGO_TARGET_DIR:-$PWD/target}
size=${1:-200M} runs=${2:-9} threads=${3:-2} least=${4:-0}

cargo build -q --release -p lattice-cli
cargo build -q --release -p storage-adapter --example generate_log
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$target/release/examples/generate_log" "$size" --output "$work/log.events"

python3 - "$target/release/lattice" "$work" "$size" "$runs" "$threads" "$least" <<'PYTHON'
import os, statistics, subprocess, sys, time

lattice, work, size, runs, threads, least = sys.argv[1:]
runs, threads, least = int(runs), int(threads), float(least)
output = os.path.join(work, "output")


def fold(count):
    begin = time.monotonic()
    subprocess.run(
        [lattice, "fold", os.path.join(work, "log.events"), "--output", output, "--force", "--threads", str(count)],
        check=True,
        stdout=subprocess.DEVNULL,
    )
    return time.monotonic() - begin


fold(1)  # the log is in the page cache from here on
times = {1: [], threads: []}
for _ in range(runs):
    for count in times:
        times[count].append(fold(count))
one, many = statistics.median(times[1]), statistics.median(times[threads])
ratio = one / many
# ratio = 1 / (serial + (1 - serial) / threads)
serial = (threads / ratio - 1) / (threads - 1)
print(f"{size}, medians of {runs}: 1 thread {one:.2f} s, {threads} threads {many:.2f} s")
print(f"ratio {ratio:.2f}, serial share {serial:.1%}")
if ratio < least:
    sys.exit(f"FAILED: less than {least} times")
PYTHON
