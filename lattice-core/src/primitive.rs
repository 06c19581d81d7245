//! The lattices of one and of two elements.

use core::marker::PhantomData;

use crate::{Bottom, Decompose, JoinSemilattice};

/// The lattice of one element.
impl JoinSemilattice for () {
    fn join(&mut self, (): Self) -> bool {
        false
    }

    fn leq(&self, (): &Self) -> bool {
        true
    }
}

impl Bottom for () {
    fn bottom() -> Self {}

    fn is_bottom(&self) -> bool {
        true
    }
}

impl Decompose for () {
    fn decompose(self) -> impl Iterator<Item = Self> {
        core::iter::empty()
    }
}

/// One element, so that a marker field does not keep a struct from being a lattice.
impl<T: ?Sized> JoinSemilattice for PhantomData<T> {
    fn join(&mut self, _: Self) -> bool {
        false
    }

    fn leq(&self, _: &Self) -> bool {
        true
    }
}

impl<T: ?Sized> Bottom for PhantomData<T> {
    fn bottom() -> Self {
        PhantomData
    }

    fn is_bottom(&self) -> bool {
        true
    }
}

impl<T: ?Sized> Decompose for PhantomData<T> {
    fn decompose(self) -> impl Iterator<Item = Self> {
        core::iter::empty()
    }
}

/// `false < true`: a flag that can be raised and not lowered. The join is "or".
///
/// ```
/// use lattice_core::JoinSemilattice;
///
/// let mut archived = false;
/// assert!(archived.join(true));
/// assert!(!archived.join(false));
/// assert!(archived);
/// ```
impl JoinSemilattice for bool {
    fn join(&mut self, other: Self) -> bool {
        let grew = other && !*self;
        *self |= other;
        grew
    }

    fn leq(&self, other: &Self) -> bool {
        !*self || *other
    }
}

impl Bottom for bool {
    fn bottom() -> Self {
        false
    }

    fn is_bottom(&self) -> bool {
        !*self
    }
}

impl Decompose for bool {
    fn decompose(self) -> impl Iterator<Item = Self> {
        self.then_some(true).into_iter()
    }
}
