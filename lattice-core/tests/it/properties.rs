//! The laws on random states, of every instance, through proptest and through quickcheck. Small universes
//! are looked at in full in [`instances`](crate::instances).

#[cfg(feature = "proptest")]
mod by_proptest;
#[cfg(feature = "quickcheck")]
mod by_quickcheck;
mod roll;
