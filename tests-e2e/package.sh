#!/usr/bin/env bash
# The lattice crates are ready to publish: each packs and builds from its own package, under the name it will
# have on the registry, against the packages of the others.
#
#   tests-e2e/package.sh               # pack and build; needs the registry's index
#   tests-e2e/package.sh --no-verify   # pack, and look at what is in
#
# docs/adr/0007 keeps the names of folders and libraries and prefixes the packages. Renaming them in the
# workspace would make every command of every day longer for a thing done once, so this works on a copy.
set -euo pipefail
cd "$(dirname "$0")/.."
export CARGO_TERM_COLOR=never CARGO_INCREMENTAL=0

prefix=stamped-
crates=(lattice-core-derive lattice-core lattice-lww lattice-orset)
folders=(lattice-core lattice-lww lattice-orset) # the derive crate is inside the first

# No default feature brings a dependency that is not of this project, let alone a test framework.
for crate in "${folders[@]}"; do
    foreign=$(cargo tree --offline --edges normal --prefix none -p "$crate" | grep -v '^lattice-' || true)
    if [ -n "$foreign" ]; then
        printf '==== by default %s depends on\n%s\n' "$crate" "$foreign"
        exit 1
    fi
done

copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
# Anew each time: of a package whose version did not change cargo would take what was built of it before.
export CARGO_TARGET_DIR=$copy/target
cp -rL Cargo.lock "${folders[@]}" "$copy"
sed -e '/^members = \[/,/^\]/c members = ["lattice-core", "lattice-core/derive", "lattice-lww", "lattice-orset"]' \
    -e '/^default-members = \[/,/^\]/d' -e '/^exclude = /d' Cargo.toml >"$copy/Cargo.toml"

cd "$copy"
for crate in "${crates[@]}"; do
    manifest=$crate/Cargo.toml
    [ "$crate" = lattice-core-derive ] && manifest=lattice-core/derive/Cargo.toml
    # The package takes the prefix, the library keeps its name.
    sed -i "s/^name = \"$crate\"/name = \"$prefix$crate\"/" "$manifest"
    if grep -q '^\[lib\]' "$manifest"; then
        sed -i "s/^\[lib\]/[lib]\nname = \"${crate//-/_}\"/" "$manifest"
    else
        printf '\n[lib]\nname = "%s"\n' "${crate//-/_}" >>"$manifest"
    fi
    # Those who depend on it go on calling it what they call it.
    sed -i "s/^$crate = { path/$crate = { package = \"$prefix$crate\", path/" Cargo.toml ./*/Cargo.toml lattice-core/derive/Cargo.toml
done

packages=()
for crate in "${crates[@]}"; do packages+=(-p "$prefix$crate"); done
# One call for all: each is built against the packages of the others, which the registry does not have yet.
cargo package --quiet --allow-dirty --all-features "$@" "${packages[@]}"

failed=0
complain() { echo "==== $*"; failed=1; }
for crate in "${crates[@]}"; do
    archive=$(echo "$CARGO_TARGET_DIR/package/$prefix$crate"-[0-9]*.crate)
    list=$(tar -tzf "$archive" | sed 's|^[^/]*/||')
    for needed in Cargo.toml README.md LICENSE-APACHE LICENSE-MIT src/lib.rs; do
        grep -qx "$needed" <<<"$list" || complain "$prefix$crate lacks $needed"
    done
    manifest=$(tar -xzOf "$archive" --wildcards '*/Cargo.toml')
    for key in name version edition rust-version description license readme keywords categories; do
        grep -q "^$key = " <<<"$manifest" || complain "$prefix$crate says nothing of its $key"
    done
    ! grep -q '^path = "\.\.' <<<"$manifest" || complain "$prefix$crate depends on a folder"
    echo "==== $prefix$crate: $(wc -l <<<"$list") files"
done

exit $failed
