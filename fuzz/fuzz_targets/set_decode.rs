//! Any bytes as a set: refused, or written back to the same bytes.
#![no_main]

use lattice_core::{Cell, Dot, JoinSemilattice};
use lattice_orset::canonical::{Canonical, Limits};
use lattice_orset::{GSet, OrSet};
use libfuzzer_sys::fuzz_target;

fn orset<T: Canonical + Ord + Clone, A: Canonical + Ord + Clone>(bytes: &[u8], limits: Limits) {
    let Ok(set) = OrSet::<T, A>::decode(bytes, limits) else {
        return;
    };
    assert!(set.encode() == bytes, "two forms of one state");
    assert!(set.leq(&set) && set.live_dots() <= bytes.len());
    let cells = set.cells().into_iter().map(|(dot, cell)| {
        let cell = match cell {
            Cell::Present(element) => Cell::Present(element.clone()),
            Cell::Redacted => Cell::Redacted,
        };
        (Dot::new(dot.agent.clone(), dot.seq), cell)
    });
    let again = OrSet::from_parts(&set.context(), cells);
    assert!(again.is_ok_and(|again| again == set), "the parts say otherwise");
}

fn gset<T: Canonical + Ord + Clone>(bytes: &[u8], limits: Limits) {
    if let Ok(set) = GSet::<T>::decode(bytes, limits) {
        assert!(set.encode() == bytes, "two forms of one state");
    }
}

fuzz_target!(|bytes: &[u8]| {
    // Small enough that listing the dots one by one stays quick.
    let limits = Limits {
        dots: 1 << 12,
        ..Limits::DEFAULT
    };
    orset::<u64, u64>(bytes, limits);
    orset::<String, Vec<u8>>(bytes, limits);
    orset::<Option<(i32, bool)>, [u8; 2]>(bytes, limits);
    gset::<u64>(bytes, limits);
    gset::<(char, i16)>(bytes, limits);
    gset::<String>(bytes, limits);
});
