//! Reading piece by piece, with an end that cannot be mistaken.

use std::fmt;
use std::iter::FusedIterator;

use super::{Lease, StreamError};

/// An iterator over what a function reads from the resources of a version.
///
/// Made by [`Lease::stream`]. Ends where the function ends. If the resources are reclaimed before, the next item
/// is [`StreamError::Expired`], once, and then it ends: a stream without that item is complete, and one with it is a
/// right beginning. An error of the function is an item like any other; whether it goes on is for the function
/// to say.
///
/// Holds its lease until it ends or is dropped.
pub struct Stream<V, R, F> {
    /// None once it has ended.
    lease: Option<Lease<V, R>>,
    next: F,
}

impl<V, R, F> Stream<V, R, F> {
    pub(super) fn new(lease: Lease<V, R>, next: F) -> Self {
        Self {
            lease: Some(lease),
            next,
        }
    }
}

impl<V, R, F, T, E> Iterator for Stream<V, R, F>
where
    F: FnMut(&V, &R) -> Option<Result<T, E>>,
{
    type Item = Result<T, StreamError<E>>;

    fn next(&mut self) -> Option<Self::Item> {
        let lease = self.lease.as_ref()?;
        let item = match lease.with(|resources| (self.next)(lease, resources)) {
            Ok(Some(item)) => return Some(item.map_err(StreamError::Read)),
            Ok(None) => None,
            Err(expired) => Some(Err(StreamError::Expired(expired))),
        };
        self.lease = None;
        item
    }
}

impl<V, R, F, T, E> FusedIterator for Stream<V, R, F> where F: FnMut(&V, &R) -> Option<Result<T, E>> {}

impl<V, R, F> fmt::Debug for Stream<V, R, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stream")
            .field("lease", &self.lease)
            .finish_non_exhaustive()
    }
}
