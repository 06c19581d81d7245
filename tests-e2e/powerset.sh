#!/usr/bin/env bash
# Every combination of features of the lattice crates builds, and each crate's tests pass without any.
#
#   tests-e2e/powerset.sh             # all three crates
#   tests-e2e/powerset.sh lattice-lww
#
# The features come from `cargo metadata`, so that a new one is tried without being named here. Each
# combination is a `cargo check -p`, alone, because a workspace build unifies features and hides gaps. Up
# to six features: all combinations. Beyond: none, each alone, each pair, and all together, which is where
# features break one another. `default` only names others and is one more combination.
set -uo pipefail
cd "$(dirname "$0")/.."
export CARGO_TERM_COLOR=never CARGO_INCREMENTAL=0

[ $# -gt 0 ] || set -- lattice-core lattice-lww lattice-orset
begin=$SECONDS
failed=()

metadata=$(cargo metadata --no-deps --offline --format-version 1) || exit 2

features_of() { # crate
    local package=${metadata#*"\"name\":\"$1\",\"version\":"}
    [ "$package" != "$metadata" ] || return
    local features=${package#*'"features":{'}
    # "default":["std"],"std":[]  ->  default std
    sed -E 's/\[[^]]*\]//g; s/[":,]+/ /g; s/\bdefault\b//' <<<"${features%%\}*}"
}

combinations_of() { # feature...; one comma-separated list per line
    local features=("$@") count=$# mask at other list
    if [ "$count" -le 6 ]; then
        for ((mask = 0; mask < 1 << count; mask++)); do
            list=()
            for ((at = 0; at < count; at++)); do
                ((mask >> at & 1)) && list+=("${features[at]}")
            done
            (IFS=,; echo "${list[*]-}")
        done
        return
    fi
    echo
    printf '%s\n' "${features[@]}"
    for ((at = 0; at < count; at++)); do
        for ((other = at + 1; other < count; other++)); do
            echo "${features[at]},${features[other]}"
        done
    done
    (IFS=,; echo "${features[*]}")
}

attempt() { # what, command...
    local what=$1 said
    shift
    if ! said=$("$@" 2>&1); then
        failed+=("$what")
        printf '==== FAILED: %s\n     %s\n%s\n' "$what" "$*" "$said"
    fi
}

for crate in "$@"; do
    start=$SECONDS
    features=$(features_of "$crate")
    if [ -z "${features// /}" ]; then
        echo "==== no package $crate with features in this workspace"
        exit 2
    fi
    tried=0
    while IFS= read -r list; do
        attempt "$crate with [$list]" \
            cargo check -q -p "$crate" --no-default-features --features "$list"
        tried=$((tried + 1))
    done < <(
        # shellcheck disable=SC2086 # one word per feature
        combinations_of $features
    )
    attempt "$crate with its default features" cargo check -q -p "$crate"
    echo "==== $crate: $((tried + 1)) combinations of [$(xargs <<<"$features")] in $((SECONDS - start)) s"
    start=$SECONDS
    attempt "tests of $crate without features" cargo test -q -p "$crate" --no-default-features
    echo "==== $crate: tests without features in $((SECONDS - start)) s"
done

if [ ${#failed[@]} -gt 0 ]; then
    echo "==== ${#failed[@]} failed:"
    printf '     %s\n' "${failed[@]}"
    exit 1
fi
echo "==== every combination builds ($((SECONDS - begin)) s)"
