//! What a register reads.

use lattice_core::{Bottom, Cell, JoinSemilattice};
use lattice_lww::{EventHash, Itc, ItcClock, Lamport, Stamp, Unstamped, VersionVector, Write};
use proptest::collection::vec;
use proptest::prelude::*;

use crate::write::{Register, any_write, itc, version_vector, write};

#[test]
fn nothing_written_reads_as_nothing() {
    let register = Register::<Unstamped>::new();
    assert!(register.is_bottom());
    assert_eq!((register.get(), register.winner()), (None, None));
    assert!(!register.is_redacted() && !register.is_conflicted());
}

#[test]
fn each_part_of_the_key_decides_in_its_turn() {
    // From the lowest: wall clock, agent, hash.
    let chain = [
        write(Unstamped, 1, 0, 0, 1),
        write(Unstamped, 1, 0, 1, 2),
        write(Unstamped, 1, 1, 0, 3),
        write(Unstamped, 2, 0, 0, 4),
        write(Unstamped, u64::MAX, 0, 0, 5),
    ];
    let mut register = Register::new();
    for write in chain {
        assert!(register.write(write));
        assert_eq!(register.get(), write.value());
        assert!(!register.write(write), "a second time nothing grows");
    }
    // And back: nothing lower gets in.
    for write in chain {
        assert!(!register.write(write));
    }
    assert_eq!(register.get(), Some(&5));
}

#[test]
fn a_causally_later_write_beats_any_wall_clock() {
    let mut register = Register::from_write(write(Lamport(1), u64::MAX, 255, 255, 1));
    assert!(register.write(write(Lamport(2), 0, 0, 0, 2)));
    assert_eq!(register.get(), Some(&2));
    assert_eq!(register.writes().len(), 1);
}

#[test]
fn equal_keys_with_different_values_keep_the_greater() {
    for values in [[3, 8], [8, 3]] {
        let mut register = Register::new();
        for value in values {
            register.write(write(Unstamped, 1, 1, 1, value));
        }
        assert_eq!(register.get(), Some(&8));
        assert!(!register.is_conflicted());
    }
}

#[test]
fn one_event_with_two_stamps_is_held_twice_and_read_once() {
    let stamps = [("a", 1), ("b", 1)].map(|entry| VersionVector::from_iter([entry]));
    let [low, high] = stamps.clone().map(|stamp| {
        let value = u8::from(stamp == stamps[1]);
        write(stamp, 1, 1, 1, value)
    });
    let register = Register::from_iter([high.clone(), low.clone()]);
    assert!(register.is_conflicted());
    assert_eq!(register, Register::from_iter([low, high]));
    let read = register.winner().expect("two writes");
    assert_eq!(read.key.stamp, stamps.into_iter().max().expect("two"));
}

#[test]
fn observing_needs_a_causal_stamp_or_else_a_later_key() {
    let (a, b) = (
        write(Unstamped, 1, 0, 0, 0).key,
        write(Unstamped, 1, 0, 1, 0).key,
    );
    assert!(b.observes(&a) && !a.observes(&b) && !a.observes(&a));

    // Of two writes with one stamp neither observes the other, though the register orders them.
    let (a, b) = (
        write(Lamport(4), 1, 0, 0, 0).key,
        write(Lamport(4), 2, 0, 1, 0).key,
    );
    assert!(a.precedes(&b));
    assert!(!b.observes(&a) && !a.observes(&b) && !a.observes(&a));
    assert!(write(Lamport(5), 0, 0, 0, 0).key.observes(&b));
}

#[test]
fn canonical_lists_are_taken_and_others_refused() {
    let (a, b) = (
        VersionVector::from_iter([("a", 1)]),
        VersionVector::from_iter([("b", 1)]),
    );
    let (first, second) = (write(a.clone(), 1, 0, 1, 0), write(b, 1, 0, 2, 0));
    let register = Register::from_iter([second.clone(), first.clone()]);
    let list: Vec<_> = register.writes().cloned().collect();
    assert_eq!(list, [first.clone(), second.clone()], "by event hash");
    assert_eq!(Register::from_canonical(list), Some(register));

    let refused = [
        vec![second.clone(), first.clone()],
        vec![first.clone(), first.clone()],
        // One key, two cells.
        vec![
            first.clone(),
            Write {
                cell: Cell::Redacted,
                ..first.clone()
            },
        ],
        // The second is above the first.
        vec![
            first,
            write(VersionVector::from_iter([("a", 2)]), 0, 0, 2, 0),
        ],
    ];
    for list in refused {
        assert_eq!(Register::from_canonical(list), None);
    }
    assert_eq!(
        Register::<VersionVector>::from_canonical(vec![]),
        Some(Register::new())
    );
}

/// The register by definition: the maximal keys of everything ever written, and the join of the
/// cells under each.
fn model<S: Stamp>(history: &[Write<u8, S, u8>]) -> Vec<Write<u8, S, u8>> {
    let maximal =
        |write: &&Write<u8, S, u8>| !history.iter().any(|other| write.key.precedes(&other.key));
    let mut held: Vec<Write<u8, S, u8>> = Vec::new();
    for write in history.iter().filter(maximal) {
        match held.iter_mut().find(|other| other.key == write.key) {
            Some(other) => _ = other.cell.join(write.cell),
            None => held.push(write.clone()),
        }
    }
    held.sort_by(|a, b| {
        (
            a.key.event_hash,
            a.key.wall_ts,
            a.key.agent_id,
            &a.key.stamp,
        )
            .cmp(&(
                b.key.event_hash,
                b.key.wall_ts,
                b.key.agent_id,
                &b.key.stamp,
            ))
    });
    held
}

proptest! {
    #[test]
    fn holds_the_maximal_writes(history in vec(any_write(version_vector()), 0..8), cut in any::<prop::sample::Index>()) {
        let (left, right) = history.split_at(cut.index(history.len() + 1));
        let joined = Register::from_iter(left.to_vec()).joined(Register::from_iter(right.to_vec()));
        prop_assert_eq!(joined.writes().cloned().collect::<Vec<_>>(), model(&history));
        let read = history.iter().filter(|write| model(&history).iter().any(|held| held.key == write.key))
            .max_by(|a, b| a.key.read_cmp(&b.key));
        prop_assert_eq!(joined.winner().map(|write| &write.key), read.map(|write| &write.key));
    }

    #[test]
    fn holds_the_maximal_writes_of_clocks(history in vec(any_write(itc()), 0..8)) {
        let register = Register::from_iter(history.clone());
        prop_assert_eq!(register.writes().cloned().collect::<Vec<_>>(), model(&history));
    }
}

#[test]
fn a_hundred_concurrent_writes_are_all_held() {
    let mut clocks = vec![ItcClock::seed()];
    while clocks.len() < 100 {
        let at = clocks.len() / 2;
        let fork = clocks[at].fork().expect("room for a hundred");
        clocks.push(fork);
    }
    let stamps: Vec<Itc> = clocks
        .iter_mut()
        .map(|clock| {
            clock.event().expect("an id");
            clock.stamp()
        })
        .collect();
    let writes = stamps
        .into_iter()
        .zip(0_u8..)
        .map(|(stamp, at)| write(stamp, 1, at, at, at));
    let mut register: Register<Itc> = writes.collect();
    assert_eq!(register.writes().len(), 100);
    assert_eq!(register.get(), Some(&99));

    // One that knows them all takes their place.
    let everything = clocks.into_iter().reduce(|mut all, clock| {
        all.join(clock).expect("disjoint");
        all
    });
    let mut last = everything.expect("a hundred");
    last.event().expect("it owns everything");
    assert!(register.write(write(last.stamp(), 0, 0, EventHash([0; 32]).0[0], 7)));
    assert_eq!((register.writes().len(), register.get()), (1, Some(&7)));
}
