//! The lexicographic product.

use crate::{Bottom, Decompose, JoinSemilattice};

/// The lexicographic product: the first component decides, the second counts where firsts are equal.
///
/// Order: `(a, b) <= (c, d)` iff `a < c`, or `a == c` and `b <= d`.
///
/// # Why the second component needs a bottom
///
/// If `a` and `c` are incomparable, the join's first component is `a ⊔ c`, strictly above both, and
/// the least second component that may stand beside it is bottom: neither `b` nor `d`, nor their
/// join, which would make a state above the least upper bound and break associativity. So the product
/// is a lattice for **every** first component exactly if the second has a bottom to be reset to. If
/// the first component's order is total the reset never happens and any second would do; give it a
/// bottom with [`Option`] all the same, and the type is lawful whatever the first one is.
///
/// ```
/// use lattice_core::{JoinSemilattice, Max, Pair, Set};
///
/// // Total first component: an epoch, and what was collected in it.
/// let mut state = Pair(Max(1), Set::from_iter(["a"]));
/// state.join(Pair(Max(1), Set::from_iter(["b"])));
/// assert_eq!(state, Pair(Max(1), Set::from_iter(["a", "b"])));
/// state.join(Pair(Max(2), Set::from_iter(["c"])));
/// assert_eq!(state, Pair(Max(2), Set::from_iter(["c"])));
///
/// // Incomparable firsts: the second starts over.
/// let mut state = Pair(Set::from_iter([1]), Set::from_iter(["a"]));
/// state.join(Pair(Set::from_iter([2]), Set::from_iter(["b"])));
/// assert_eq!(state, Pair(Set::from_iter([1, 2]), Set::new()));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Pair<A, B>(pub A, pub B);

impl<A: JoinSemilattice, B: Bottom> JoinSemilattice for Pair<A, B> {
    fn join(&mut self, other: Self) -> bool {
        if self.0 == other.0 {
            return self.1.join(other.1);
        }
        if other.0.leq(&self.0) {
            return false;
        }
        if self.0.leq(&other.0) {
            *self = other;
        } else {
            self.0.join(other.0);
            self.1 = B::bottom();
        }
        true
    }

    fn leq(&self, other: &Self) -> bool {
        if self.0 == other.0 {
            self.1.leq(&other.1)
        } else {
            self.0.leq(&other.0)
        }
    }
}

impl<A: Bottom, B: Bottom> Bottom for Pair<A, B> {
    fn bottom() -> Self {
        Self(A::bottom(), B::bottom())
    }

    fn is_bottom(&self) -> bool {
        self.0.is_bottom() && self.1.is_bottom()
    }
}

impl<A: Decompose + Clone, B: Decompose> Decompose for Pair<A, B> {
    fn decompose(self) -> impl Iterator<Item = Self> {
        let Self(first, second) = self;
        // Under one first component, the seconds are the parts; a first beside bottom splits itself.
        let (firsts, seconds) = if second.is_bottom() {
            (Some(first.decompose()), None)
        } else {
            (None, Some((first, second.decompose())))
        };
        let firsts = firsts
            .into_iter()
            .flatten()
            .map(|part| Self(part, B::bottom()));
        let seconds = seconds
            .into_iter()
            .flat_map(|(first, parts)| parts.map(move |part| Self(first.clone(), part)));
        firsts.chain(seconds)
    }
}
