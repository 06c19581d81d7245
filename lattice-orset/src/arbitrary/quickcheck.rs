//! Generators that shrink.

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use lattice_core::{Cell, Dot};
use quickcheck::{Arbitrary, Gen};

use super::from_fates;
use crate::{GSet, OrSet};

impl<T: Arbitrary + Ord> Arbitrary for GSet<T> {
    fn arbitrary(g: &mut Gen) -> Self {
        Vec::arbitrary(g).into_iter().collect()
    }

    fn shrink(&self) -> Box<dyn Iterator<Item = Self>> {
        let elements: Vec<T> = self.iter().cloned().collect();
        Box::new(elements.shrink().map(Self::from_iter))
    }
}

/// Small numbers, and every fate; nothing says that a dot means one event. Give it agents of few
/// values, that two states may know of each other's.
impl<T: Arbitrary + Ord, A: Arbitrary + Ord> Arbitrary for OrSet<T, A> {
    fn arbitrary(g: &mut Gen) -> Self {
        from_fates(Vec::arbitrary(g))
    }

    fn shrink(&self) -> Box<dyn Iterator<Item = Self>> {
        // SUBTLE: a context may hold 2^32 dots. Those with cells shrink one by one; of a run of removed
        // ones only the ends do, and the others go at once.
        let runs = self.context().runs().to_vec();
        let ends = runs.into_iter().flat_map(|run| {
            let ends = [run.first, run.last];
            ends.map(|seq| (Dot::new(run.agent.clone(), seq), None))
        });
        let mut fates: BTreeMap<Dot<A>, Option<Cell<T>>> = ends.collect();
        for (dot, cell) in self.cells() {
            let cell = match cell {
                Cell::Present(element) => Cell::Present(element.clone()),
                Cell::Redacted => Cell::Redacted,
            };
            fates.insert(Dot::new(dot.agent.clone(), dot.seq), Some(cell));
        }
        // INVARIANT: each dot stands there once, so what shrinks names fewer dots or smaller ones, and
        // shrinking ends.
        let fates: Vec<_> = fates.into_iter().collect();
        let whole = self.clone();
        let smaller = fates.shrink().map(from_fates);
        Box::new(smaller.filter(move |state| *state != whole))
    }
}

#[cfg(feature = "im")]
impl<T: Arbitrary + Ord> Arbitrary for crate::im::GSet<T> {
    fn arbitrary(g: &mut Gen) -> Self {
        Self::from(&GSet::arbitrary(g))
    }

    fn shrink(&self) -> Box<dyn Iterator<Item = Self>> {
        let chunked = GSet::from(self);
        Box::new(chunked.shrink().map(|set| Self::from(&set)))
    }
}

/// As for the set in flat chunks.
#[cfg(feature = "im")]
impl<T: Arbitrary + Ord, A: Arbitrary + Ord> Arbitrary for crate::im::OrSet<T, A> {
    fn arbitrary(g: &mut Gen) -> Self {
        Self::from(&OrSet::arbitrary(g))
    }

    fn shrink(&self) -> Box<dyn Iterator<Item = Self>> {
        let chunked = OrSet::from(self);
        Box::new(chunked.shrink().map(|set| Self::from(&set)))
    }
}
