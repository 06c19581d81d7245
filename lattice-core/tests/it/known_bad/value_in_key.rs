//! "Writes are ordered by stamp, then value, then hash: a total order, so the greatest wins."
//!
//! It is a lattice, until a value is redacted: the write then stands elsewhere in the order, and wins
//! where it had lost.

use lattice_core::{Antichain, Cell, JoinSemilattice, Max, laws};

use crate::kit::assert_caught;
use crate::write::Write;

/// Stamp, value, hash, in this order.
type Register = Max<(u8, Cell<&'static str>, u8)>;

fn redact(hash: u8) -> impl Fn(Register) -> Register {
    move |Max((stamp, mut value, id))| {
        if id == hash {
            value.redact();
        }
        Max((stamp, value, id))
    }
}

#[test]
fn redacting_moves_the_write() {
    let registers: [Register; 2] = [
        Max((1, Cell::Present("apple"), 10)),
        Max((1, Cell::Present("pear"), 20)),
    ];
    laws::check_all(&registers);
    laws::check_homomorphism(&registers, redact(20)); // by luck
    assert_caught("homomorphism", || {
        laws::check_homomorphism(&registers, redact(10));
    });
}

#[test]
fn a_cell_under_the_key_stays_where_it_is() {
    let writes = [
        Write::new((1, 0), 10, 1),
        Write::new((1, 0), 20, 2),
        Write::new((0, 1), 10, 3),
    ];
    let states = laws::closure(&writes.map(Antichain::singleton), 10).expect("a small universe");
    for hash in [10, 20] {
        laws::check_homomorphism(&states, |mut state| {
            state.for_each_mut(|write| {
                if write.id == hash {
                    write.value.redact();
                }
            });
            state
        });
    }
}

#[test]
fn joining_the_unredacted_copy_brings_nothing_back() {
    let mut redacted = Cell::Present("secret");
    redacted.redact();
    assert_eq!(redacted.joined(Cell::Present("secret")), Cell::Redacted);
}
