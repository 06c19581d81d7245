//! The public generators: the laws on what they make, and that they make what matters.

#[cfg(feature = "proptest")]
mod by_proptest {
    use lattice_core::{Bottom, JoinSemilattice};
    use lattice_orset::{GSet, OrSet};
    use proptest::prelude::*;
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;

    lattice_core::semilattice_laws!(orset, any::<OrSet<u8, bool>>(), [bottom, decompose]);
    lattice_core::semilattice_laws!(gset, any::<GSet<u8>>(), [bottom, decompose]);
    #[cfg(feature = "im")]
    lattice_core::semilattice_laws!(
        im_orset,
        any::<lattice_orset::im::OrSet<u8, bool>>(),
        [bottom, decompose]
    );
    #[cfg(feature = "im")]
    lattice_core::semilattice_laws!(
        im_gset,
        any::<lattice_orset::im::GSet<u8>>(),
        [bottom, decompose]
    );

    #[test]
    fn every_kind_of_state_turns_up() {
        let mut runner = TestRunner::deterministic();
        let pairs = any::<(OrSet<bool, bool>, OrSet<bool, bool>)>();
        let mut kinds = [0; 5];
        for _ in 0..500 {
            let (a, b) = pairs.new_tree(&mut runner).unwrap().current();
            let joined = a.clone().joined(b.clone());
            kinds[0] += usize::from(a.is_bottom());
            kinds[1] += usize::from(a.redacted_dots().next().is_some());
            kinds[2] += usize::from(joined.live_dots() < a.live_dots().max(b.live_dots()));
            kinds[3] += usize::from(!a.leq(&b) && !b.leq(&a));
            kinds[4] += usize::from(a.context().cloud().next().is_some());
        }
        assert!(kinds.iter().all(|&count| count > 10), "{kinds:?}");
    }
}

#[cfg(feature = "quickcheck")]
mod by_quickcheck {
    use lattice_core::{Bottom, Decompose, JoinSemilattice};
    use lattice_orset::{GSet, OrSet};
    use quickcheck::{Arbitrary, Gen};

    lattice_core::semilattice_laws_quickcheck!(orset, OrSet<u8, bool>, [bottom, decompose]);
    lattice_core::semilattice_laws_quickcheck!(gset, GSet<u8>, [bottom, decompose]);
    #[cfg(feature = "im")]
    lattice_core::semilattice_laws_quickcheck!(
        im_orset,
        lattice_orset::im::OrSet<u8, bool>,
        [bottom, decompose]
    );
    #[cfg(feature = "im")]
    lattice_core::semilattice_laws_quickcheck!(
        im_gset,
        lattice_orset::im::GSet<u8>,
        [bottom, decompose]
    );

    #[test]
    fn every_kind_of_state_turns_up() {
        let generator = &mut Gen::new(12);
        let mut kinds = [0; 5];
        for _ in 0..500 {
            let (a, b) = <(OrSet<bool, bool>, OrSet<bool, bool>)>::arbitrary(generator);
            let joined = a.clone().joined(b.clone());
            kinds[0] += usize::from(a.is_bottom());
            kinds[1] += usize::from(a.redacted_dots().next().is_some());
            kinds[2] += usize::from(joined.live_dots() < a.live_dots().max(b.live_dots()));
            kinds[3] += usize::from(!a.leq(&b) && !b.leq(&a));
            kinds[4] += usize::from(a.context().cloud().next().is_some());
        }
        assert!(kinds.iter().all(|&count| count > 10), "{kinds:?}");
    }

    /// Shrinking ends, at the least state that still fails.
    #[test]
    fn shrinks_to_the_least_failing_state() {
        let generator = &mut Gen::new(12);
        let fails = |set: &OrSet<u8, bool>| set.live_dots() > 0;
        let mut found = 0;
        for _ in 0..50 {
            let mut set = OrSet::arbitrary(generator);
            if !fails(&set) {
                continue;
            }
            while let Some(smaller) = set.shrink().find(fails) {
                set = smaller;
            }
            assert_eq!(set.live_dots(), 1);
            assert_eq!(set.decompose().count(), 1);
            found += 1;
        }
        assert!(found > 10);
    }
}
