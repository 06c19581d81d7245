# The one list of commands. `just` alone prints it.

default:
    @just --list

# The main job on a generated log.
demo *args:
    cargo run --release -- demo {{args}}

# What `cargo test` runs.
test:
    cargo test

# Everything CI runs.
ci:
    bash .ci/run

fmt:
    cargo fmt --all

lint:
    cargo clippy --all-targets --all-features -- -D warnings

doc:
    RUSTDOCFLAGS="-D warnings" cargo doc --no-deps --all-features

# Every combination of features of the lattice crates; their tests without any.
powerset *crates:
    bash tests-e2e/powerset.sh {{crates}}

# The lattice crates as the packages they will be on the registry.
package *args:
    bash tests-e2e/package.sh {{args}}

# Against the published bones-core.
interop:
    cargo test --manifest-path interop/Cargo.toml

# The binary from outside, over the synthetic and (when at hand) the real logs.
e2e:
    cargo build --release
    python3 tests-e2e/main_job.py target/release/lattice

# What the store must show, row by row: is each shown by a test, and does each sabotage make its test fail?
sabotage *args:
    python3 storage-adapter/sabotage.py {{args}}

# Every schedule of readers, versions and the files under them.
models:
    bash storage-adapter/loom/run

# The order of syncs under strace, and power cuts on a real file system (root needed).
power:
    cargo build --release
    python3 tests-e2e/fsync_order.py target/release/lattice
    python3 tests-e2e/power_cut.py target/release/lattice

# A log larger than memory, folded in little of it: size and limit.
memory *args:
    bash tests-e2e/memory.sh {{args}}

# Two threads against one: size, rounds.
scaling *args:
    bash tests-e2e/scaling.sh {{args}}

# Joins against their peers, one table; ends with the goals that were missed.
bench-peers *args:
    cargo bench --manifest-path benches/Cargo.toml --bench peers -- {{args}}

# Folding, compacting, reading and encoding against their peers; ends with the goals that were missed.
bench-compaction *args:
    cargo bench --manifest-path benches/Cargo.toml --bench compaction -- {{args}}

# The store against embedded engines and an append file; ends with the goals that were missed.
bench-store *args:
    cargo bench --manifest-path benches/Cargo.toml --bench store -- {{args}}

# The log over redb, which no other recipe builds.
redb:
    cargo test -p lattice-redb
    cargo clippy -p lattice-redb --all-targets -- -D warnings

# Compaction on DataFusion and on a cluster; builds hundreds of crates the first time.
engine:
    cargo test --manifest-path storage-adapter/datafusion/Cargo.toml --workspace
    cargo clippy --manifest-path storage-adapter/datafusion/Cargo.toml --workspace --all-targets -- -D warnings

# How cost grows from a thousand entries to ten million: a table and docs/curve.svg.
bench-curve:
    cargo bench --manifest-path benches/Cargo.toml --bench curve -- "$PWD/docs/curve.svg"

# Bytes per element in memory and encoded, and allocations.
bench-sizes:
    cargo bench --manifest-path benches/Cargo.toml --bench sizes

# Every fuzz target for `t` seconds each.
fuzz t="60":
    bash fuzz/run {{t}}

# Replicas that write, gossip, compact, redact and break, against a reading that never compacts.
sim seeds="1000" *args:
    cargo run -q --profile test -p lattice-sim -- --seeds {{seeds}} {{args}}

# The rules of the algebra taken out one by one: each must make some seed of the simulation fail.
sim-mutations *args:
    python3 sim/mutations.py {{args}}
