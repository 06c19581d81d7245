//! Strategies.

use lattice_core::{Cell, Dot};
use proptest::arbitrary::{Arbitrary, any_with};
use proptest::collection::vec;
use proptest::prop_oneof;
use proptest::strategy::{BoxedStrategy, Just, Strategy};

use super::from_fates;
use crate::{GSet, OrSet};

/// Few elements.
impl<T: Arbitrary + Ord + Clone + 'static> Arbitrary for GSet<T> {
    type Parameters = T::Parameters;
    type Strategy = BoxedStrategy<Self>;

    fn arbitrary_with(parameters: Self::Parameters) -> Self::Strategy {
        vec(any_with::<T>(parameters), 0..8)
            .prop_map(Self::from_iter)
            .boxed()
    }
}

/// Few dots, small numbers and such at the edges of blocks and of the range, every fate; nothing says
/// that a dot means one event. Give it agents of few values, that two states may know of each other's.
impl<T, A> Arbitrary for OrSet<T, A>
where
    T: Arbitrary + Ord + Clone + 'static,
    A: Arbitrary + Ord + Clone + 'static,
{
    type Parameters = (T::Parameters, A::Parameters);
    type Strategy = BoxedStrategy<Self>;

    fn arbitrary_with((elements, agents): Self::Parameters) -> Self::Strategy {
        let greatest = u64::from(u32::MAX);
        let seq = prop_oneof![8 => 1..6_u64, 3 => 62..67_u64, 1 => greatest - 2..=greatest];
        let dot = (any_with::<A>(agents), seq).prop_map(|(agent, seq)| Dot::new(agent, seq));
        let cell = prop_oneof![
            4 => any_with::<T>(elements).prop_map(|element| Some(Cell::Present(element))),
            1 => Just(Some(Cell::Redacted)),
            3 => Just(None),
        ];
        vec((dot, cell), 0..12).prop_map(from_fates).boxed()
    }
}

#[cfg(feature = "im")]
impl<T: Arbitrary + Ord + Clone + 'static> Arbitrary for crate::im::GSet<T> {
    type Parameters = T::Parameters;
    type Strategy = BoxedStrategy<Self>;

    fn arbitrary_with(parameters: Self::Parameters) -> Self::Strategy {
        let chunked = GSet::arbitrary_with(parameters);
        chunked.prop_map(|set| Self::from(&set)).boxed()
    }
}

/// As for the set in flat chunks.
#[cfg(feature = "im")]
impl<T, A> Arbitrary for crate::im::OrSet<T, A>
where
    T: Arbitrary + Ord + Clone + 'static,
    A: Arbitrary + Ord + Clone + 'static,
{
    type Parameters = (T::Parameters, A::Parameters);
    type Strategy = BoxedStrategy<Self>;

    fn arbitrary_with(parameters: Self::Parameters) -> Self::Strategy {
        let chunked = OrSet::arbitrary_with(parameters);
        chunked.prop_map(|set| Self::from(&set)).boxed()
    }
}
