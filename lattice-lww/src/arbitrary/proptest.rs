//! Strategies.

use lattice_core::Cell;
use proptest::arbitrary::{Arbitrary, any_with};
use proptest::collection::vec;
use proptest::prop_oneof;
use proptest::strategy::{BoxedStrategy, Just, Strategy};

use crate::{
    EventHash, Hlc, Itc, Lamport, LwwMap, LwwRegister, Stamp, Unstamped, VersionVector, Write,
    WriteKey,
};

macro_rules! arbitrary {
    ($($type:ty = $strategy:expr;)*) => {$(
        impl Arbitrary for $type {
            type Parameters = ();
            type Strategy = BoxedStrategy<Self>;

            fn arbitrary_with((): ()) -> Self::Strategy {
                $strategy.boxed()
            }
        }
    )*};
}

arbitrary! {
    EventHash = (0..4_u8).prop_map(super::hash);
    Unstamped = Just(Self);
    Lamport = number().prop_map(Self);
    Hlc = (number(), 0..3_u32).prop_map(|(wall, count)| Self { wall, count });
    VersionVector = [number(), number(), number()].prop_map(super::vector);
    Itc = vec((0..4_u8, 0..4_u8, 0..5_u8), 0..12).prop_map(|steps| super::itc(&steps));
}

/// Small numbers, and now and then the greatest.
fn number() -> impl Strategy<Value = u64> {
    prop_oneof![6 => 0..3_u64, 1 => Just(u64::MAX)]
}

impl<S, A> Arbitrary for WriteKey<S, A>
where
    S: Arbitrary + 'static,
    A: Arbitrary + 'static,
{
    type Parameters = (S::Parameters, A::Parameters);
    type Strategy = BoxedStrategy<Self>;

    fn arbitrary_with((stamps, agents): Self::Parameters) -> Self::Strategy {
        let agent = any_with::<A>(agents);
        (
            any_with::<S>(stamps),
            number(),
            agent,
            any_with::<EventHash>(()),
        )
            .prop_map(|(stamp, wall_ts, agent_id, event_hash)| Self {
                stamp,
                wall_ts,
                agent_id,
                event_hash,
            })
            .boxed()
    }
}

/// One in five is redacted.
impl<V, S, A> Arbitrary for Write<V, S, A>
where
    V: Arbitrary + Clone + 'static,
    S: Arbitrary + 'static,
    A: Arbitrary + 'static,
{
    type Parameters = (V::Parameters, (S::Parameters, A::Parameters));
    type Strategy = BoxedStrategy<Self>;

    fn arbitrary_with((values, keys): Self::Parameters) -> Self::Strategy {
        let cell = prop_oneof![
            4 => any_with::<V>(values).prop_map(Cell::Present),
            1 => Just(Cell::Redacted),
        ];
        (any_with::<WriteKey<S, A>>(keys), cell)
            .prop_map(|(key, cell)| Self { key, cell })
            .boxed()
    }
}

/// What is left of a few writes. Give it agents and values of few kinds.
impl<V, S, A> Arbitrary for LwwRegister<V, S, A>
where
    V: Arbitrary + Ord + Clone + 'static,
    S: Arbitrary + Stamp + 'static,
    A: Arbitrary + Ord + 'static,
{
    type Parameters = (V::Parameters, (S::Parameters, A::Parameters));
    type Strategy = BoxedStrategy<Self>;

    fn arbitrary_with(parameters: Self::Parameters) -> Self::Strategy {
        vec(any_with::<Write<V, S, A>>(parameters), 0..5)
            .prop_map(Self::from_iter)
            .boxed()
    }
}

/// A few keys, some of them with several writes. Give it keys of few values.
impl<K, V, S, A> Arbitrary for LwwMap<K, V, S, A>
where
    K: Arbitrary + Ord + Clone + 'static,
    V: Arbitrary + Ord + Clone + 'static,
    S: Arbitrary + Stamp + 'static,
    A: Arbitrary + Ord + Clone + 'static,
{
    type Parameters = (
        K::Parameters,
        (V::Parameters, (S::Parameters, A::Parameters)),
    );
    type Strategy = BoxedStrategy<Self>;

    fn arbitrary_with((keys, writes): Self::Parameters) -> Self::Strategy {
        let write = any_with::<Write<V, S, A>>(writes).prop_map(LwwRegister::from_write);
        vec((any_with::<K>(keys), write), 0..8)
            .prop_map(Self::from_iter)
            .boxed()
    }
}
