//! The cost tables, counted in comparisons.

use core::cell::Cell as Counter;
use core::cmp::Ordering;

use lattice_core::{Antichain, Dot, JoinSemilattice, Map, Max, Ranked, Set, join_all};

thread_local! {
    static COMPARISONS: Counter<usize> = const { Counter::new(0) };
}

fn comparisons(work: impl FnOnce()) -> usize {
    COMPARISONS.set(0);
    work();
    COMPARISONS.get()
}

fn count() {
    COMPARISONS.set(COMPARISONS.get() + 1);
}

/// A number that counts how often it is compared.
#[derive(Clone, Copy, Debug)]
struct Counted(u32);

impl PartialEq for Counted {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}
impl Eq for Counted {}
impl PartialOrd for Counted {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Counted {
    fn cmp(&self, other: &Self) -> Ordering {
        count();
        self.0.cmp(&other.0)
    }
}
/// Concurrent with everything but itself.
impl Ranked for Counted {
    fn precedes(&self, _: &Self) -> bool {
        count();
        false
    }
    fn same_identity(&self, other: &Self) -> bool {
        self == other
    }
    fn absorb(&mut self, _: Self) -> bool {
        false
    }
    fn payload_leq(&self, _: &Self) -> bool {
        true
    }
    fn canonical_cmp(&self, other: &Self) -> Ordering {
        self.cmp(other)
    }
}

fn numbers(count: u32, step: usize) -> Set<Counted> {
    (0..count).step_by(step).map(Counted).collect()
}

const N: u32 = 1 << 16;

#[test]
fn a_small_delta_costs_its_size_times_the_logarithm_of_the_gaps() {
    let mut all = numbers(N, 2);
    let delta = numbers(N, 1 << 10); // 64 elements, all known
    let spent = comparisons(|| assert!(!all.join(delta)));
    assert!(spent < 64 * 2 * 11, "{spent}");

    let mut all = numbers(N, 2);
    let delta: Set<Counted> = numbers(N, 1 << 10)
        .into_iter()
        .map(|n| Counted(n.0 + 1))
        .collect();
    let spent = comparisons(|| assert!(all.join(delta)));
    assert!(spent < 64 * 2 * 11, "{spent}");
}

#[test]
fn past_the_end_is_one_comparison() {
    let mut all = numbers(N, 1);
    assert_eq!(comparisons(|| assert!(all.insert(Counted(N)))), 1);
    let more = Set::from_sorted(vec![Counted(N + 1), Counted(N + 2)]).expect("sorted");
    assert_eq!(comparisons(|| assert!(all.join(more))), 1);

    let mut map: Map<Counted, Max<u8>> = numbers(N, 1).into_iter().map(|n| (n, Max(0))).collect();
    assert_eq!(
        comparisons(|| assert!(map.join_entry(Counted(N), Max(0)))),
        1
    );
}

#[test]
fn like_sizes_are_one_walk() {
    let (mut evens, odds) = (
        numbers(N, 2),
        numbers(N, 2).into_iter().map(|n| Counted(n.0 + 1)),
    );
    let odds: Set<Counted> = odds.collect();
    let spent = comparisons(|| assert!(evens.join(odds)));
    assert!(spent < 2 * N as usize, "{spent}");

    let mut same = evens.clone();
    let spent = comparisons(|| assert!(!same.join(evens)));
    assert!(spent <= N as usize + 1, "{spent}");
}

#[test]
fn leq_is_one_walk_and_less_for_a_small_side() {
    let (all, half, few) = (numbers(N, 1), numbers(N, 2), numbers(N, 1 << 12));
    assert!(comparisons(|| assert!(half.leq(&all))) < 2 * N as usize);
    assert!(comparisons(|| assert!(few.leq(&all))) < 16 * 2 * 13);
    assert_eq!(
        comparisons(|| assert!(!all.leq(&half))),
        0,
        "longer is not below"
    );
}

#[test]
fn joining_many_deltas_is_n_log_n() {
    let deltas: Vec<_> = (0..1 << 12)
        .rev()
        .map(|n| Set::singleton(Counted(n)))
        .collect();
    let spent = comparisons(|| assert_eq!(join_all(deltas).len(), 1 << 12));
    assert!(spent < 12 << 12, "{spent}");
}

#[test]
fn known_siblings_are_found_without_comparing_pairs() {
    let all: Antichain<Counted> = numbers(1 << 10, 1).into_iter().collect();
    let mut state = all.clone();
    let spent = comparisons(|| assert!(!state.join(all.clone())));
    assert!(spent <= 11 << 10, "{spent}");
    let spent = comparisons(|| assert!(state.insert(Counted(1 << 10))));
    assert!(spent < 3 << 10, "{spent}");
}

#[test]
fn checking_an_antichain_asks_for_every_pair_and_stops_at_the_first_that_is_related() {
    let concurrent: Vec<Counted> = (0..64).map(Counted).collect();
    let spent = comparisons(|| assert!(Antichain::from_canonical(concurrent).is_some()));
    assert_eq!(spent, 63 + 64 * 63);

    let one_agent: Vec<_> = (1..=1 << 12).map(|seq| Dot::new(Counted(0), seq)).collect();
    let spent = comparisons(|| assert!(Antichain::from_canonical(one_agent).is_none()));
    // One for each neighbour in order, and one for the first pair.
    assert!(spent <= (1 << 12) + 2, "{spent}");
}
