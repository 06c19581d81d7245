//! Stamps, writes, registers and maps for property tests: any state, not only those of honest runs.
//!
//! Few distinct parts, so that writes meet: equal keys with different values, equal walls, stamps
//! below, above and beside one another.

#[cfg(feature = "proptest")]
mod proptest;
#[cfg(feature = "quickcheck")]
mod quickcheck;

use alloc::vec;
use alloc::vec::Vec;

use crate::{EventHash, Itc, ItcClock, VersionVector};

/// One of four hashes.
fn hash(choice: u8) -> EventHash {
    EventHash([choice % 4; 32])
}

/// Counts of three actors, mostly small.
fn vector(counts: [u64; 3]) -> VersionVector {
    ["", "a", "bb"].into_iter().zip(counts).collect()
}

/// What the clocks of a run fork, write, hear and retire into: the stamp of the one that acted last.
fn itc(steps: &[(u8, u8, u8)]) -> Itc {
    let mut clocks = vec![ItcClock::seed()];
    let mut last = 0;
    for &(a, b, step) in steps {
        let (a, b) = (usize::from(a) % clocks.len(), usize::from(b) % clocks.len());
        last = a;
        act(&mut clocks, a, b, step % 5);
    }
    clocks
        .get(last)
        .or(clocks.first())
        .map_or_else(|| ItcClock::seed().stamp(), ItcClock::stamp)
}

fn act(clocks: &mut Vec<ItcClock>, a: usize, b: usize, step: u8) {
    let Some(other) = clocks.get(b).map(|clock| (clock.clone(), clock.stamp())) else {
        return;
    };
    let few = clocks.len() < 6;
    let Some(clock) = clocks.get_mut(a) else {
        return;
    };
    // What a clock refuses leaves it as it was, and that is a state too.
    match step {
        0 if few => {
            if let Ok(fork) = clock.fork() {
                clocks.push(fork);
            }
        }
        1 if a != b => {
            if clock.join(other.0).is_ok() {
                clocks.remove(b);
            }
        }
        2 => _ = clock.observe(&other.1),
        _ => _ = clock.event(),
    }
}
