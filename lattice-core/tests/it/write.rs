//! A write as the registers have it: an identity in a partial order, and a cell under it.

use core::cmp::Ordering;

use lattice_core::{Cell, JoinSemilattice, Ranked};
use proptest::prelude::*;

/// A two-agent vector stamp, a tie-break for equal stamps, and the value.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(::serde::Serialize, ::serde::Deserialize))]
pub(crate) struct Write {
    pub(crate) stamp: (u8, u8),
    pub(crate) id: u8,
    pub(crate) value: Cell<u8>,
}

impl Write {
    pub(crate) fn new(stamp: (u8, u8), id: u8, value: u8) -> Self {
        Self {
            stamp,
            id,
            value: Cell::Present(value),
        }
    }

    fn identity(&self) -> ((u8, u8), u8) {
        (self.stamp, self.id)
    }
}

impl Ranked for Write {
    fn precedes(&self, other: &Self) -> bool {
        let (mine, theirs) = (self.stamp, other.stamp);
        if mine == theirs {
            self.id < other.id
        } else {
            mine.0 <= theirs.0 && mine.1 <= theirs.1
        }
    }

    fn same_identity(&self, other: &Self) -> bool {
        self.identity() == other.identity()
    }

    fn absorb(&mut self, other: Self) -> bool {
        self.value.join(other.value)
    }

    fn payload_leq(&self, other: &Self) -> bool {
        self.value.leq(&other.value)
    }

    fn canonical_cmp(&self, other: &Self) -> Ordering {
        self.identity().cmp(&other.identity())
    }
}

/// Few stamps and fewer values: equal identities with different values are common.
pub(crate) fn any_write() -> impl Strategy<Value = Write> {
    let value = prop_oneof![4 => (0_u8..3).prop_map(Cell::Present), 1 => Just(Cell::Redacted)];
    ((0_u8..4, 0_u8..4), 0_u8..2, value).prop_map(|(stamp, id, value)| Write { stamp, id, value })
}
