#!/usr/bin/env bash
# A log larger than memory is folded in little memory: the peak of the resident set is measured, by the
# system, and must stay within a limit.
#
#   tests-e2e/memory.sh                # 500 MB within 128 MB; a minute or two
#   tests-e2e/memory.sh 5G 512M        # needs about four times the size on disk, in TMPDIR
#
# `lattice fold` is given half of the limit to work with; the rest is for the program itself and for what the
# allocator keeps. Logs up to 1 GB are folded once more, in other pieces: the bytes must be the same.
set -euo pipefail
cd "$(dirname "$0")/.."
export CARGO_TERM_COLOR=never
target=${CARGO_TARGET_DIR:-$PWD/target}
size=${1:-500M} limit=${2:-128M} threads=${THREADS:-2}

bytes() { # 12, 12K, 12M, 12G
    numfmt --from=iec "$1"
}

cargo build -q --release -p lattice-cli
cargo build -q --release -p storage-adapter --example generate_log
lattice=$target/release/lattice

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
begin=$SECONDS
"$target/release/examples/generate_log" "$size" --output "$work/log.events"
echo "generated $size in $((SECONDS - begin)) s"

# Runs a command and writes the peak of its resident set, in KiB, to a file.
measured() {
    local to=$1
    shift
    if /usr/bin/time -f %M -o "$to" true 2>/dev/null; then
        /usr/bin/time -f %M -o "$to" "$@"
    else
        python3 - "$to" "$@" <<'PYTHON'
import resource, subprocess, sys
code = subprocess.run(sys.argv[2:]).returncode
peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
if sys.platform == "darwin":
    peak //= 1024
with open(sys.argv[1], "w") as out:
    print(peak, file=out)
sys.exit(code)
PYTHON
    fi
}

memory=$(($(bytes "$limit") / 2))
begin=$SECONDS
measured "$work/peak" "$lattice" fold "$work/log.events" --output "$work/once" --memory "$memory" --threads "$threads"
seconds=$((SECONDS - begin))
peak=$(($(tail -n 1 "$work/peak") * 1024))
echo "folded $size in $seconds s; peak of the resident set $(numfmt --to=iec "$peak"), limit $limit"
if [ "$peak" -gt "$(bytes "$limit")" ]; then
    echo "FAILED: more memory than $limit"
    exit 1
fi
left=$(ls -A "$work")
if [ "$left" != "$(printf 'log.events\nonce\npeak')" ]; then
    printf 'FAILED: left behind:\n%s\n' "$left"
    exit 1
fi

if [ "$(bytes "$size")" -le "$(bytes 1G)" ]; then
    "$lattice" fold "$work/log.events" --output "$work/again" --memory "$((memory * 8))" --threads 1 >"$work/report"
    cmp "$work/once" "$work/again"
    echo "the same bytes with eight times the memory and one thread"
fi
