//! The vocabulary: what a join-semilattice is, and what some of them can do beside joining.

/// A join-semilattice: a set with a least upper bound for every two elements.
pub trait JoinSemilattice: Eq + Sized {
    /// `self := self ⊔ other`. True iff `self` grew, i.e. iff `!(other <= self)` before the call.
    fn join(&mut self, other: Self) -> bool;

    /// The lattice order: `self <= other`.
    fn leq(&self, other: &Self) -> bool;

    /// Joins a borrowed state; override to clone only what is new.
    fn join_ref(&mut self, other: &Self) -> bool
    where
        Self: Clone,
    {
        self.join(other.clone())
    }

    /// The join as a value.
    #[must_use]
    fn joined(mut self, other: Self) -> Self {
        self.join(other);
        self
    }
}

/// A join-semilattice with a least element.
pub trait Bottom: JoinSemilattice {
    /// The least element.
    fn bottom() -> Self;
    /// True iff `self` is the least element.
    fn is_bottom(&self) -> bool;
}

/// A lattice whose states split into irreducible parts.
pub trait Decompose: Bottom {
    /// Parts whose join is `self`, none of them a join of smaller ones.
    fn decompose(self) -> impl Iterator<Item = Self>;

    /// The join of the parts that `known` does not hold.
    fn delta_since(&self, known: &Self) -> Self
    where
        Self: Clone;
}
