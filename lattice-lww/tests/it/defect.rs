//! Three stamps from a real log on which "causally later, else by wall clock" reads three different
//! values, depending on who has met whom first.

use lattice_core::{JoinSemilattice, join_all};
use lattice_lww::{EventHash, ItcClock, LwwRegister, Stamp, Write, WriteKey};

type Register = LwwRegister<&'static str, lattice_lww::Itc, &'static str>;

fn registers() -> [Register; 3] {
    let write = |text, wall_ts, agent_id, value| {
        let stamp = ItcClock::from_text(text).expect("a real stamp").stamp();
        let key = WriteKey {
            stamp,
            wall_ts,
            agent_id,
            event_hash: EventHash([7; 32]),
        };
        LwwRegister::from_write(Write::new(key, value))
    };
    [
        write("itc:v3:AQWgA4ABAQI", 100, "alice", "second by alice"),
        write("itc:v3:AQWgA4ABAQE", 300, "alice", "first by alice"),
        write("itc:v3:AQWIA4ABAgE", 200, "bob", "by bob"),
    ]
}

const ORDERS: [[usize; 3]; 6] = [
    [0, 1, 2],
    [0, 2, 1],
    [1, 0, 2],
    [1, 2, 0],
    [2, 0, 1],
    [2, 1, 0],
];

#[test]
fn six_fold_orders_read_one_winner() {
    let registers = registers();
    for [a, b, c] in ORDERS {
        let pick = |at: usize| registers[at].clone();
        let left = pick(a).joined(pick(b)).joined(pick(c));
        let right = pick(a).joined(pick(b).joined(pick(c)));
        for fold in [left, right] {
            // The second write by alice replaces her first; bob knew of neither, and of two
            // concurrent writes the later by wall clock is read.
            assert_eq!(fold.get(), Some(&"by bob"), "{a} {b} {c}");
            assert_eq!(fold.writes().len(), 2);
            assert_eq!(fold, join_all(registers.clone()));
        }
    }
}

#[test]
fn the_stamps_stand_as_the_story_says() {
    let [second, first, bob] =
        registers().map(|register| register.winner().expect("one write").key.stamp.clone());
    assert!(first.precedes(&second));
    assert_eq!(first.causal_cmp(&bob), None);
    assert_eq!(second.causal_cmp(&bob), None);
}
