//! A reader's hold on a version.

use std::fmt;
use std::ops::Deref;

use super::sync::Arc;
use super::{Expired, Stream, Version};

/// A reader of one version. Derefs to its contents.
///
/// Cloning makes another reader of the same version. Dropping releases it, by a panic too. The last lease
/// of a replaced version drops its contents.
///
/// Contents can be read as long as the lease lives. Resources can be used until they are reclaimed, which is
/// some time after a version with other resources was published; from then on every call of
/// [`with`](Self::with) is [`Expired`]. What was read before stays right.
pub struct Lease<V, R> {
    version: Arc<Version<V, R>>,
}

impl<V, R> Lease<V, R> {
    /// A lease on a version that was entered for it.
    pub(super) fn counted(version: Arc<Version<V, R>>) -> Self {
        Self { version }
    }

    /// Which version this is: 0 for the first, and one more with each update and publication.
    pub fn version(&self) -> u64 {
        self.version.tally.version
    }

    /// Runs `f` on the resources.
    ///
    /// Calls wait for nobody, and run side by side. Whoever reclaims the resources waits for `f`: let it be one
    /// piece of I/O, and never reclaim them inside of it.
    ///
    /// # Errors
    ///
    /// [`Expired`], without a call of `f`, if the resources were taken back, or are about to be by somebody
    /// who waits for another call to end.
    pub fn with<T>(&self, f: impl FnOnce(&R) -> T) -> Result<T, Expired> {
        self.version.rack.with(f).ok_or(Expired {
            version: self.version(),
        })
    }

    /// An iterator over what `next` reads, piece by piece, until it returns `None`.
    ///
    /// `next` is given the contents and the resources, and keeps its place itself. The stream is the reader
    /// from here on (clone the lease to keep one), and releases the version where it ends.
    ///
    /// ```
    /// use storage_adapter::version::{StreamError, Versions};
    ///
    /// let versions = Versions::new(3, "abc"); // so many letters, in this file
    /// let mut at = 0;
    /// let mut stream = versions.lease().stream(move |&end, file: &&str| {
    ///     at += 1;
    ///     (at <= end).then(|| file.get(at - 1..at).ok_or("short file"))
    /// });
    /// assert_eq!(stream.next(), Some(Ok("a")));
    ///
    /// versions.publish(0, "").revoke();
    /// assert!(matches!(stream.next(), Some(Err(StreamError::Expired(_)))));
    /// assert_eq!(stream.next(), None);
    /// ```
    pub fn stream<T, E, F>(self, next: F) -> Stream<V, R, F>
    where
        F: FnMut(&V, &R) -> Option<Result<T, E>>,
    {
        Stream::new(self, next)
    }
}

impl<V, R> Deref for Lease<V, R> {
    type Target = V;

    fn deref(&self) -> &V {
        &self.version.contents
    }
}

impl<V, R> Clone for Lease<V, R> {
    fn clone(&self) -> Self {
        self.version.enter();
        Self::counted(Arc::clone(&self.version))
    }
}

impl<V, R> Drop for Lease<V, R> {
    fn drop(&mut self) {
        self.version.leave();
    }
}

impl<V, R> fmt::Debug for Lease<V, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lease")
            .field("version", &self.version())
            .finish_non_exhaustive()
    }
}
