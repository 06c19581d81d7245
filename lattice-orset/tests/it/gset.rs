//! Grow-only sets against `BTreeSet`.

use std::collections::BTreeSet;

use lattice_core::{Decompose, JoinSemilattice};
use lattice_orset::GSet;
use proptest::collection::vec;
use proptest::prelude::*;

use crate::states::wide;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn union_of_any_sizes(left in vec(0..2_000_u16, 0..900), right in vec(0..2_000_u16, 0..900), few in 0..4_usize) {
        for right in [&right[..], &right[..few.min(right.len())]] {
            let [a, b] = [&left[..], right].map(|list| list.iter().copied().map(wide).collect::<GSet<_>>());
            let [x, y] = [&left[..], right].map(|list| list.iter().copied().map(wide).collect::<BTreeSet<_>>());
            prop_assert_eq!(a.len(), x.len());
            prop_assert_eq!(a.leq(&b), x.is_subset(&y));
            prop_assert_eq!(b.leq(&a), y.is_subset(&x));
            prop_assert!(a.delta_since(&b).iter().eq(x.difference(&y)));
            prop_assert!(b.delta_since(&a).iter().eq(y.difference(&x)));

            let kept = a.clone();
            let mut joined = a.clone();
            prop_assert_eq!(joined.join_ref(&b), !y.is_subset(&x));
            prop_assert!(joined.iter().eq(x.union(&y)));
            prop_assert!(kept.iter().eq(&x));
            let mut moved = b;
            prop_assert_eq!(moved.join(a), !x.is_subset(&y));
            prop_assert_eq!(moved, joined);
        }
    }

    #[test]
    fn one_by_one(list in vec(0..3_000_u16, 0..1_500)) {
        let (mut set, mut model) = (GSet::new(), BTreeSet::new());
        for element in list {
            let fresh = model.insert(wide(element));
            prop_assert_eq!(set.insert(wide(element)).len(), usize::from(fresh));
        }
        prop_assert_eq!(set.len(), model.len());
        prop_assert!(set.iter().eq(&model));
        prop_assert!(model.iter().all(|element| set.contains(element)));
        prop_assert!(!set.contains(&wide(u16::MAX)));
        prop_assert_eq!(set.iter().len(), set.len());
        prop_assert!(set.into_iter().eq(model));
    }
}
