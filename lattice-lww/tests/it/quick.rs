//! All laws through quickcheck, whose cases are other ones than proptest's: registers and maps over every
//! stamp, from bytes.

use core::fmt::Debug;

use lattice_core::{Decompose, laws};
use lattice_lww::{Hlc, Itc, Lamport, LwwMap, Stamp, Unstamped, VersionVector, Write};
use quickcheck::{Arbitrary, Gen};

use crate::write::{Register, run, write};

/// One write to one key, few of each part; what the bytes mean as a stamp is the test's business.
#[derive(Clone, Debug)]
struct Seed {
    key: u8,
    stamp: [u8; 4],
    wall: u8,
    agent: u8,
    hash: u8,
    /// 0 is a redacted one.
    value: u8,
}

impl Arbitrary for Seed {
    fn arbitrary(g: &mut Gen) -> Self {
        let mut below = |limit: u8| u8::arbitrary(g) % limit;
        Self {
            key: below(4),
            stamp: [below(4), below(3), below(4), below(5)],
            wall: below(3),
            agent: below(2),
            hash: below(3),
            value: below(4),
        }
    }
}

impl Seed {
    fn write<S>(&self, stamp: &impl Fn([u8; 4]) -> S) -> Write<u8, S, u8> {
        let wall = u64::from(self.wall);
        let write = write(stamp(self.stamp), wall, self.agent, self.hash, self.value);
        match self.value {
            0 => Write::redacted(write.key),
            _ => write,
        }
    }
}

fn check<L: Decompose + Clone + Debug>(states: &[L]) {
    laws::check_all(states);
    laws::check_bottom(states);
    laws::check_decompose(states);
    laws::check_delta_since(states);
}

/// Three states out of each list of three: few writes, as an antichain of many is rare to be met.
fn check_over<S: Stamp + Debug>(seeds: [Vec<Seed>; 3], stamp: impl Fn([u8; 4]) -> S) {
    let writes = seeds.map(|seeds| seeds.into_iter().take(12).collect::<Vec<_>>());
    let registers = writes.each_ref().map(|seeds| {
        let writes = seeds.iter().map(|seed| seed.write(&stamp));
        writes.collect::<Register<S>>()
    });
    check(&registers);
    let maps = writes.map(|seeds| {
        let entries = seeds
            .iter()
            .map(|seed| (seed.key, seed.write(&stamp).into()));
        entries.collect::<LwwMap<_, _, _, _>>()
    });
    check(&maps);
}

type Property = fn(Vec<Seed>, Vec<Seed>, Vec<Seed>);

#[test]
fn unstamped() {
    let property: Property = |a, b, c| check_over([a, b, c], |_| Unstamped);
    quickcheck::quickcheck(property);
}

#[test]
fn lamport() {
    let property: Property = |a, b, c| check_over([a, b, c], |[n, ..]| Lamport(n.into()));
    quickcheck::quickcheck(property);
}

#[test]
fn hlc() {
    let property: Property = |a, b, c| {
        check_over([a, b, c], |[wall, count, ..]| Hlc {
            wall: wall.into(),
            count: count.into(),
        });
    };
    quickcheck::quickcheck(property);
}

#[test]
fn version_vector() {
    let property: Property = |a, b, c| {
        check_over([a, b, c], |counts| -> VersionVector {
            ["a", "bb", ""]
                .into_iter()
                .zip(counts.map(u64::from))
                .collect()
        });
    };
    quickcheck::quickcheck(property);
}

/// A history of four clocks; the stamp is one of them.
#[test]
fn itc() {
    let property: Property = |a, b, c| {
        let history: Vec<_> = [&a, &b, &c]
            .into_iter()
            .flatten()
            .map(|seed| seed.stamp)
            .collect();
        let steps: Vec<_> = history
            .iter()
            .take(16)
            .map(|[a, b, _, step]| (usize::from(*a), usize::from(*b), *step))
            .collect();
        let clocks = run(&steps);
        check_over([a, b, c], |[at, ..]| -> Itc {
            clocks[usize::from(at) % clocks.len()].stamp()
        });
    };
    quickcheck::quickcheck(property);
}
