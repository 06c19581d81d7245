//! Any bytes as a line: no panic, and what parses is covered by its own delta.
#![no_main]

use bones_snapshot::{Stamped, parse_line};
use lattice_core::JoinSemilattice;
use lattice_lww::Unstamped;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|line: &[u8]| {
    if let Ok(Some(event)) = parse_line(line) {
        let hash = event.hash;
        let event = Stamped::<Unstamped>::new(event).expect("a wall store needs no stamp");
        let delta = event.delta();
        assert!(delta.coverage().contains(&hash));
        assert!(delta.leq(&delta.clone().joined(event.delta())));
    }
});
