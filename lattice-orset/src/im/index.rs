//! The live dots of each element.

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::borrow::Borrow;

use im::OrdMap;
use lattice_core::Dot;

/// The live dots of one element: nearly always one.
#[derive(Clone)]
enum Dots<A> {
    One(Dot<A>),
    /// In any order.
    More(Arc<Vec<Dot<A>>>),
}

impl<A> Dots<A> {
    fn as_slice(&self) -> &[Dot<A>] {
        match self {
            Self::One(dot) => core::slice::from_ref(dot),
            Self::More(dots) => dots,
        }
    }
}

/// Elements with their live dots.
// INVARIANT: no element stands here without a dot.
#[derive(Clone)]
pub(super) struct Index<T, A>(OrdMap<T, Dots<A>>);

impl<T, A> Index<T, A> {
    pub(super) fn new() -> Self {
        Self(OrdMap::new())
    }

    /// How many elements there are.
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }
}

impl<T: Ord, A> Index<T, A> {
    /// The elements, ascending.
    pub(super) fn elements(&self) -> Elements<'_, T, A> {
        Elements(self.0.keys())
    }

    /// All dots with their elements, by element.
    pub(super) fn dots(&self) -> impl Iterator<Item = (&Dot<A>, &T)> {
        self.0
            .iter()
            .flat_map(|(element, dots)| dots.as_slice().iter().map(move |dot| (dot, element)))
    }

    /// The dots of an element, none if it is not there.
    pub(super) fn get<Q>(&self, element: &Q) -> &[Dot<A>]
    where
        T: Borrow<Q>,
        Q: Ord + ?Sized,
    {
        self.0.get(element).map_or(&[], Dots::as_slice)
    }
}

impl<T: Ord + Clone, A: Ord + Clone> Index<T, A> {
    /// Adds a dot that is not there yet.
    pub(super) fn add(&mut self, element: T, dot: Dot<A>) {
        match self.0.get_mut(&element) {
            Some(Dots::More(dots)) => Arc::make_mut(dots).push(dot),
            Some(one) => {
                let both = one.as_slice().iter().cloned().chain([dot]).collect();
                *one = Dots::More(Arc::new(both));
            }
            None => {
                self.0.insert(element, Dots::One(dot));
            }
        }
    }

    /// Takes a dot away that is there.
    pub(super) fn remove(&mut self, element: &T, dot: &Dot<A>) {
        let rest = self.get(element).iter().filter(|known| *known != dot);
        let mut rest: Vec<Dot<A>> = rest.cloned().collect();
        let dots = match (rest.pop(), rest.is_empty()) {
            (None, _) => {
                self.0.remove(element);
                return;
            }
            (Some(last), true) => Dots::One(last),
            (Some(last), false) => {
                rest.push(last);
                Dots::More(Arc::new(rest))
            }
        };
        self.0.insert(element.clone(), dots);
    }
}

/// The elements of an index, ascending.
pub(super) struct Elements<'a, T, A>(im::ordmap::Keys<'a, T, Dots<A>>);

impl<'a, T: Ord, A> Iterator for Elements<'a, T, A> {
    type Item = &'a T;

    fn next(&mut self) -> Option<&'a T> {
        self.0.next()
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.0.size_hint()
    }
}
