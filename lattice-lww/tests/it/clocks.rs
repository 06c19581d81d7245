//! Clocks that mint totally ordered stamps.

use lattice_lww::{Hlc, HlcClock, HlcError, Lamport, LamportClock};
use proptest::collection::vec;
use proptest::prelude::*;

#[test]
fn a_lamport_clock_ends_rather_than_wraps() {
    let mut clock = LamportClock::starting_after(Lamport(u64::MAX - 1));
    assert_eq!(clock.tick(), Some(Lamport(u64::MAX)));
    assert_eq!(clock.tick(), None);
    assert_eq!(clock.tick(), None);
}

#[test]
fn a_hybrid_clock_ends_rather_than_wraps() {
    let last = Hlc {
        wall: 5,
        count: u32::MAX,
    };
    let mut clock = HlcClock::starting_after(last);
    assert_eq!(clock.tick(5), Err(HlcError::CountExhausted { wall: 5 }));
    assert_eq!(clock.last(), Some(last));
    assert_eq!(
        clock.observe(last, 4, 9),
        Err(HlcError::CountExhausted { wall: 5 })
    );
    assert_eq!(
        clock.tick(6),
        Ok(Hlc { wall: 6, count: 0 }),
        "a later wall clock goes on"
    );
}

#[test]
fn a_stamp_from_the_far_future_is_refused_and_changes_nothing() {
    let mut clock = HlcClock::new();
    let refused = clock.observe(
        Hlc {
            wall: 1_000,
            count: 0,
        },
        100,
        899,
    );
    assert_eq!(
        refused,
        Err(HlcError::TooFarAhead {
            ahead: 900,
            limit: 899
        })
    );
    assert_eq!(clock.last(), None);
    assert_eq!(
        clock.observe(
            Hlc {
                wall: 1_000,
                count: 0
            },
            100,
            900
        ),
        Ok(Hlc {
            wall: 1_000,
            count: 1
        })
    );
}

#[test]
fn messages() {
    assert_eq!(
        HlcError::TooFarAhead {
            ahead: 900,
            limit: 899
        }
        .to_string(),
        "stamp is 900 ahead of the wall clock, more than 899",
    );
    assert_eq!(
        HlcError::CountExhausted { wall: 5 }.to_string(),
        "no count is left at wall time 5"
    );
}

/// The algorithm of Kulkarni et al. 2014, figure 5, letter by letter.
#[derive(Clone, Copy, Default)]
struct Paper {
    l: u64,
    c: u32,
}

impl Paper {
    fn send(&mut self, pt: u64) {
        let before = self.l;
        self.l = self.l.max(pt);
        self.c = if self.l == before { self.c + 1 } else { 0 };
    }

    fn receive(&mut self, m: Self, pt: u64) {
        let before = self.l;
        self.l = before.max(m.l).max(pt);
        self.c = if self.l == before && self.l == m.l {
            self.c.max(m.c) + 1
        } else if self.l == before {
            self.c + 1
        } else if self.l == m.l {
            m.c + 1
        } else {
            0
        };
    }
}

proptest! {
    /// Three nodes whose wall clocks jump about: each stamp is as in the paper, and above what its
    /// node had given or seen.
    #[test]
    fn hybrid_clocks_follow_the_paper(steps in vec((0_usize..3, 1_u64..20, any::<Option<u8>>()), 1..40)) {
        // A start at wall time 0 is where a clock that has seen nothing and the paper's agree.
        let zero = Hlc { wall: 0, count: 0 };
        let mut clocks = [const { HlcClock::new() }; 3].map(|_| HlcClock::starting_after(zero));
        let mut papers = [Paper::default(); 3];
        let mut given = vec![zero];
        for (node, now, message) in steps {
            let before = clocks[node].last();
            let (stamp, known) = match message {
                None => {
                    papers[node].send(now);
                    (clocks[node].tick(now), zero)
                }
                Some(pick) => {
                    let seen = given[usize::from(pick) % given.len()];
                    papers[node].receive(Paper { l: seen.wall, c: seen.count }, now);
                    (clocks[node].observe(seen, now, u64::MAX), seen)
                }
            };
            let stamp = stamp.expect("far from the end");
            prop_assert_eq!(stamp, Hlc { wall: papers[node].l, count: papers[node].c });
            prop_assert!(Some(stamp) > before && stamp > known);
            given.push(stamp);
        }
    }
}
