//! Long-lived sets: a live dot here and there among many that were removed. And dots that come twice.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::rc::Rc;

use lattice_core::laws::check_all;
use lattice_core::{CausalContext, Cell, Dot, JoinSemilattice, Run};
use lattice_orset::canonical::Limits;
use lattice_orset::{DotStore, NewDot, OrSet, Replica};
use proptest::collection::{btree_map, vec};
use proptest::prelude::*;

use crate::naive::{Fate, Naive};
use crate::states::fate;

type Set = OrSet<u8, u8>;

/// Dots far apart, a block of its own for nearly each; some runs of removed ones between them.
fn sparse() -> impl Strategy<Value = Naive<u8, u8>> {
    let far = btree_map((1..40_u64).prop_map(|at| at * 50), fate(), 0..30);
    let runs = vec((1..1_900_u64, 0..120_u64), 0..3);
    (far, runs).prop_map(|(far, runs)| {
        let removed = runs
            .into_iter()
            .flat_map(|(first, len)| first..=first + len);
        let removed = removed.map(|seq| (seq, Fate::Removed));
        let dots = removed.chain(far);
        Naive {
            dots: dots.map(|(seq, fate)| (Dot::new(7, seq), fate)).collect(),
        }
    })
}

fn hash(value: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

proptest! {
    #[test]
    fn sparse_sets_join_as_defined(a in sparse(), b in sparse()) {
        let (x, y) = (a.to_orset(), b.to_orset());
        // The same knowledge by another way, numbered and lingering otherwise.
        let ways = (x.clone().joined(y.clone()), y.clone().joined(x.clone()));
        prop_assert_eq!(&ways.0, &ways.1);
        prop_assert_eq!(hash(&ways.0), hash(&ways.1));
        prop_assert_eq!(hash(&DotStore::from(&ways.0)), hash(&DotStore::from(&ways.1)));
        prop_assert_eq!(x == y, hash(&x) == hash(&y));
        let mut both = a.clone();
        both.join(&b);
        both.assert_is(&x.clone().joined(y.clone()));
        let rows = DotStore::from(&x).joined(DotStore::from(&y));
        both.assert_is(&OrSet::from(rows.clone()));
        a.delta_since(&b).assert_is(&lattice_core::Decompose::delta_since(&x, &y));
    }

    #[test]
    fn parts_come_in_any_order(a in sparse()) {
        let reversed = || a.cells().into_iter().rev();
        prop_assert_eq!(&Set::from_parts(&a.context(), reversed()).unwrap(), &a.to_orset());
        prop_assert_eq!(OrSet::from(DotStore::from_parts(&a.context(), reversed()).unwrap()), a.to_orset());
    }

    #[test]
    fn all_of_a_sparse_set_goes_at_once(a in sparse(), every in 1..4_u64) {
        let set = a.to_orset();
        let cleared = set.clone().joined(set.clear_delta());
        prop_assert!(cleared.is_empty());
        prop_assert_eq!(Set::decode(&cleared.encode(), Limits::DEFAULT).unwrap(), cleared);
        let (mut hidden, mut rows, mut naive) = (set.clone(), DotStore::from(&set), a);
        let named = |seq: u64| (seq / 50).is_multiple_of(every);
        hidden.redact(|dot| named(dot.seq));
        rows.redact(|dot| named(dot.seq));
        naive.redact(|dot| named(dot.seq));
        naive.assert_is(&hidden);
        naive.assert_is(&OrSet::from(rows.clone()));
        prop_assert_eq!(Set::decode(&hidden.encode(), Limits::DEFAULT).unwrap(), hidden);
    }

    /// Adding many at once is joining the adds of each, also where dots come twice.
    #[test]
    fn adding_many_is_adding_each(
        held in vec((0..3_u8, 0..6_u8), 0..12),
        adds in vec((0..4_u32, 0..3_u8, 0..6_u8), 0..12),
    ) {
        let mut here = Set::new();
        let mut handles: Vec<Replica<u8>> = (0..3).map(Replica::new).collect();
        let mut minted_of = [0_u32; 3];
        for (agent, element) in held {
            minted_of[usize::from(agent)] += 1;
            here.insert(handles[usize::from(agent)].mint().unwrap(), element);
        }
        // Handles that were copied: what one mints, another mints again.
        let minted = |skipped: u32, agent: u8| -> NewDot<u8> {
            let mut copy = Replica::new(agent);
            for _ in 0..minted_of[usize::from(agent)] + skipped {
                let _ = copy.mint().unwrap();
            }
            copy.mint().unwrap()
        };
        let each = adds.iter().map(|&(skipped, agent, element)| here.insert_delta(minted(skipped, agent), element));
        let each = each.fold(Set::new(), JoinSemilattice::joined);
        let all = here.insert_all_delta(adds.iter().map(|&(skipped, agent, element)| (minted(skipped, agent), element)));
        prop_assert_eq!(&all, &each);
        prop_assert_eq!(&Set::decode(&all.encode(), Limits::DEFAULT).unwrap(), &all);
        #[cfg(feature = "im")]
        {
            let here = lattice_orset::im::OrSet::from(&here);
            let same = here.insert_all_delta(adds.iter().map(|&(skipped, agent, element)| (minted(skipped, agent), element)));
            prop_assert_eq!(&Set::from(&same), &all);
        }
        prop_assert_eq!(OrSet::from(DotStore::from(&all)), all);
    }
}

#[test]
fn a_dot_that_comes_twice_keeps_the_laws() {
    let (mut a, mut b) = (Replica::new(1_u8), Replica::new(1_u8));
    let twice = Set::new().insert_all_delta([(a.mint().unwrap(), 1), (b.mint().unwrap(), 2)]);
    assert_eq!((twice.len(), twice.live_dots()), (1, 1));
    assert!(twice.contains(&2));
    let one = |element| Set::new().insert_delta(Replica::new(1).mint().unwrap(), element);
    check_all(&[twice.clone(), one(1), one(2)]);
    assert_eq!(one(1).joined(one(2)), twice);
}

/// What was removed by somebody else and is redacted then is held by nobody, whoever says that it is redacted.
#[test]
fn redacted_text_does_not_linger_after_a_removal() {
    for by_join in [false, true] {
        let secret = Rc::new(u64::MAX);
        let mut ada = Replica::new("ada");
        let mut here: OrSet<Rc<u64>, &str> = OrSet::new();
        for n in 0..100 {
            here.insert(ada.mint().unwrap(), Rc::new(n));
        }
        here.insert(ada.mint().unwrap(), Rc::clone(&secret));
        let mut bob = here.clone();
        let removal = bob.remove(&secret);
        drop(bob);
        let mut carol = here.clone();
        carol.redact(|dot| dot.seq == 101);
        here.join(removal);
        assert_eq!(Rc::strong_count(&secret), 2, "it lingers");
        if by_join {
            here.join(carol);
        } else {
            drop(carol);
            assert!(
                !here.redact(|dot| dot.seq == 101),
                "no live dot of that name"
            );
        }
        assert_eq!(Rc::strong_count(&secret), 1, "by join: {by_join}");
    }
}

/// Everything but a few bytes says that all was removed of a set with a dot in each block.
#[test]
fn a_context_without_cells_removes_everything() {
    let seen = |last| {
        let run = Run {
            agent: 7,
            first: 1,
            last,
        };
        CausalContext::from_runs(vec![run]).unwrap()
    };
    let n = 100_000;
    let dots = (1..=n)
        .rev()
        .map(|at| (Dot::new(7, at * 64), Cell::Present(0)));
    let full = Set::from_parts(&seen(n * 64), dots).unwrap();
    let none = Set::from_parts(&seen(u64::from(u32::MAX)), []).unwrap();
    assert!(full.clone().joined(none).is_empty());
    assert!(full.clone().joined(full.clear_delta()).is_empty());
    let mut hidden = full;
    assert!(hidden.redact(|_| true));
    assert_eq!(hidden.redacted_dots().count() as u64, n);
}
