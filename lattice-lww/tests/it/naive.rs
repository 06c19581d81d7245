//! Registers that are often built and do not converge: the law kit refuses each, by name.

use lattice_core::{JoinSemilattice, laws};
use lattice_lww::{Cell, Stamp, VersionVector, Write};

use crate::write::{Register, write};

type OneWrite = Write<u8, VersionVector, u8>;

fn stamp(a: u64, b: u64) -> VersionVector {
    VersionVector::from_iter([("a", a), ("b", b)])
}

/// Writes 1 before 2, and 3 beside both, with wall clocks 2 < 3 < 1.
fn three() -> [OneWrite; 3] {
    [
        write(stamp(1, 0), 30, 0, 1, 1),
        write(stamp(2, 0), 10, 0, 2, 2),
        write(stamp(0, 1), 20, 1, 3, 3),
    ]
}

/// What a check says when it fails.
fn verdict(check: impl FnOnce() + std::panic::UnwindSafe) -> String {
    let panic = std::panic::catch_unwind(check).expect_err("the law must not hold");
    panic.downcast_ref::<String>().cloned().expect("a message")
}

/// Causally later wins, else the wall clock, and only the winner is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
struct OneWinner(OneWrite);

impl JoinSemilattice for OneWinner {
    fn join(&mut self, other: Self) -> bool {
        let wins = if self.0.key.stamp.precedes(&other.0.key.stamp) {
            true
        } else if other.0.key.stamp.precedes(&self.0.key.stamp) {
            false
        } else {
            self.0.key.read_cmp(&other.0.key).is_lt()
        };
        if wins {
            *self = other;
        }
        wins
    }

    fn leq(&self, other: &Self) -> bool {
        self == other || self.clone().join(other.clone())
    }
}

#[test]
fn one_winner_is_not_associative() {
    let states = three().map(OneWinner);
    laws::check_idempotent(&states);
    laws::check_commutative(&states);
    let said = verdict(move || laws::check_associative(&states));
    assert!(said.contains("associative"), "{said}");
}

#[test]
fn the_antichain_of_the_same_writes_is() {
    let states = three().map(Register::from_write);
    laws::check_all(&states);
    // 1 is gone, 3 is later than 2 by wall clock.
    let all = lattice_core::join_all(states);
    assert_eq!(all.get(), Some(&3));
    assert_eq!(all.writes().len(), 2);
}

/// One winner again, with the stamps of both sides merged into it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct MergedStamp(OneWrite);

impl JoinSemilattice for MergedStamp {
    fn join(&mut self, other: Self) -> bool {
        let before = self.clone();
        let mut stamp = self.0.key.stamp.clone();
        stamp.observe(&other.0.key.stamp);
        let mut winner = OneWinner(self.0.clone());
        winner.join(OneWinner(other.0));
        self.0 = winner.0;
        self.0.key.stamp = stamp;
        *self != before
    }

    fn leq(&self, other: &Self) -> bool {
        self == other || *other == self.clone().joined(other.clone())
    }
}

#[test]
fn a_merged_stamp_is_not_associative() {
    let states = three().map(MergedStamp);
    let said = verdict(move || laws::check_associative(&states));
    assert!(said.contains("associative"), "{said}");
}

/// The antichain, cut to its two best writes.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Capped(Register<VersionVector>);

impl JoinSemilattice for Capped {
    fn join(&mut self, other: Self) -> bool {
        let before = self.clone();
        self.0.join(other.0);
        let mut writes: Vec<_> = self.0.writes().cloned().collect();
        writes.sort_by(|a, b| b.key.read_cmp(&a.key));
        writes.truncate(2);
        self.0 = writes.into_iter().collect();
        *self != before
    }

    fn leq(&self, other: &Self) -> bool {
        self.0.leq(&other.0)
    }
}

#[test]
fn a_capped_antichain_is_not_associative() {
    let stamp =
        |counts: [u64; 3]| -> VersionVector { ["a", "b", "c"].into_iter().zip(counts).collect() };
    let single = [
        write(stamp([1, 0, 0]), 30, 0, 1, 1),
        write(stamp([0, 1, 0]), 20, 0, 2, 2),
        write(stamp([0, 0, 1]), 10, 0, 3, 3),
        // Later than the best two, and itself last by wall clock.
        write(stamp([2, 2, 0]), 0, 0, 4, 4),
    ]
    .map(|write| Capped(Register::from_write(write)));
    // The two best are kept, and the later write takes the place of both; but where it arrives
    // first, the third best is still there.
    let [first, second, ..] = single.clone();
    let states = [&single[..], &[first.joined(second)]].concat();
    laws::check_all(&states[..2]);
    let said = verdict(move || laws::check_associative(&states));
    assert!(said.contains("associative"), "{said}");
}

/// The value is part of what decides, so redacting it moves the write.
#[derive(Clone, Debug, PartialEq, Eq)]
struct ValueInKey(OneWrite);

impl JoinSemilattice for ValueInKey {
    fn join(&mut self, other: Self) -> bool {
        let order = |write: &OneWrite| (write.key.wall_ts, write.cell, write.key.event_hash);
        let wins = order(&self.0) < order(&other.0);
        if wins {
            *self = other;
        }
        wins
    }

    fn leq(&self, other: &Self) -> bool {
        self == other || self.clone().join(other.clone())
    }
}

#[test]
fn with_the_value_in_the_key_redaction_does_not_commute() {
    // One wall clock, so that the value decides.
    let states = [
        write(stamp(1, 0), 5, 0, 1, 1),
        write(stamp(0, 1), 5, 0, 2, 2),
    ];
    let redact = |mut write: OneWrite| {
        if write.key.event_hash.0[0] == 1 {
            write.cell = Cell::Redacted;
        }
        write
    };
    let ours = states.clone().map(Register::from_write);
    laws::check_homomorphism(&ours, |mut register| {
        register.redact(|hash| hash.0[0] == 1);
        register
    });
    let naive = states.map(ValueInKey);
    let said =
        verdict(move || laws::check_homomorphism(&naive, |state| ValueInKey(redact(state.0))));
    assert!(said.contains("homomorphism"), "{said}");
}

/// Reading past a redacted winner makes a second redaction of the same event visible as a change
/// of mind: what is read is then not the greatest write.
#[test]
fn a_redacted_winner_is_not_replaced_by_the_next_best() {
    let [_, second, third] = three();
    let mut register = Register::from_iter([second, third.clone()]);
    assert_eq!(register.get(), Some(&3));
    register.redact(|hash| *hash == third.key.event_hash);
    assert_eq!(register.get(), None);
    assert!(register.is_redacted());
    assert_eq!(
        register.winner().map(|write| write.key.clone()),
        Some(third.key)
    );

    let next_best = |register: &Register<_>| {
        let present = register.writes().filter(|write| !write.cell.is_redacted());
        present
            .max_by(|a, b| a.key.read_cmp(&b.key))
            .and_then(|write| write.value().copied())
    };
    assert_eq!(next_best(&register), Some(2), "the design this refuses");
}
