//! Writes that are out to break a register: few distinct parts, so that collisions are the rule.

use lattice_core::Cell;
use lattice_lww::{
    EventHash, Hlc, Itc, ItcClock, Lamport, LwwMap, LwwRegister, Stamp, Unstamped, VersionVector,
    Write, WriteKey,
};
use proptest::collection::vec;
use proptest::prelude::*;

pub(crate) type Register<S> = LwwRegister<u8, S, u8>;

/// A write with one byte for each part.
pub(crate) fn write<S>(
    stamp: S,
    wall_ts: u64,
    agent_id: u8,
    hash: u8,
    value: u8,
) -> Write<u8, S, u8> {
    let event_hash = EventHash([hash; 32]);
    Write::new(
        WriteKey {
            stamp,
            wall_ts,
            agent_id,
            event_hash,
        },
        value,
    )
}

pub(crate) fn unstamped() -> impl Strategy<Value = Unstamped> {
    Just(Unstamped)
}

pub(crate) fn lamport() -> impl Strategy<Value = Lamport> {
    prop_oneof![0_u64..4, Just(u64::MAX)].prop_map(Lamport)
}

pub(crate) fn hlc() -> impl Strategy<Value = Hlc> {
    (prop_oneof![0_u64..3, Just(u64::MAX)], 0_u32..3).prop_map(|(wall, count)| Hlc { wall, count })
}

pub(crate) fn version_vector() -> impl Strategy<Value = VersionVector> {
    vec(prop_oneof![4 => 0_u64..3, 1 => Just(u64::MAX)], 3)
        .prop_map(|counts| ["a", "bb", ""].into_iter().zip(counts).collect())
}

/// Stamps of clocks that fork, write, hear of each other and retire.
pub(crate) fn itc() -> impl Strategy<Value = Itc> {
    vec((0_usize..4, 0_usize..4, 0_u8..5), 0..12).prop_map(|steps| {
        let clocks = run(&steps);
        let last = steps.last().map_or(0, |(at, ..)| at % clocks.len());
        clocks[last].stamp()
    })
}

/// The clocks that such a script leaves.
pub(crate) fn run(steps: &[(usize, usize, u8)]) -> Vec<ItcClock> {
    let mut clocks = vec![ItcClock::seed()];
    for &(a, b, step) in steps {
        let (a, b) = (a % clocks.len(), b % clocks.len());
        match step {
            0 if clocks.len() < 6 => {
                let fork = clocks[a].fork().expect("few forks");
                clocks.push(fork);
            }
            1 if a != b => {
                let retired = clocks[b].clone();
                clocks[a].join(retired).expect("disjoint ids");
                clocks.remove(b);
            }
            2 => {
                let heard = clocks[b].stamp();
                clocks[a].observe(&heard).expect("small trees");
            }
            _ => clocks[a].event().expect("the clock owns a part"),
        }
    }
    clocks
}

/// Any write: equal keys with different values, redacted cells, and walls at both ends.
pub(crate) fn any_write<S: Stamp + std::fmt::Debug>(
    stamp: impl Strategy<Value = S>,
) -> impl Strategy<Value = Write<u8, S, u8>> {
    let wall = prop_oneof![4 => 0_u64..3, 1 => Just(u64::MAX)];
    let cell = prop_oneof![4 => (0_u8..3).prop_map(Cell::Present), 1 => Just(Cell::Redacted)];
    (stamp, wall, 0_u8..2, 0_u8..3, cell).prop_map(|(stamp, wall_ts, agent_id, hash, cell)| {
        let event_hash = EventHash([hash; 32]);
        Write {
            key: WriteKey {
                stamp,
                wall_ts,
                agent_id,
                event_hash,
            },
            cell,
        }
    })
}

pub(crate) fn any_register<S: Stamp + std::fmt::Debug>(
    stamp: impl Strategy<Value = S>,
) -> impl Strategy<Value = Register<S>> {
    vec(any_write(stamp), 0..5).prop_map(Register::from_iter)
}

/// A map of a few keys, some of them with several writes.
pub(crate) fn any_map<S: Stamp + std::fmt::Debug>(
    stamp: impl Strategy<Value = S>,
) -> impl Strategy<Value = LwwMap<u8, u8, S, u8>> {
    vec(
        (0_u8..5, any_write(stamp).prop_map(Register::from_write)),
        0..6,
    )
    .prop_map(LwwMap::from_iter)
}
