//! The threads of a fold.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

#[cfg(feature = "rayon")]
use rayon::{ThreadPool, ThreadPoolBuilder};

use super::error::FoldError;

/// Threads that do the same work until there is none left.
///
/// Without the feature `rayon` it is one thread whatever was asked for: the result is the same.
pub(super) struct Crew {
    #[cfg(feature = "rayon")]
    pool: Option<ThreadPool>,
}

impl Crew {
    #[cfg(feature = "rayon")]
    pub(super) fn new(threads: usize) -> Result<Self, FoldError> {
        let build = |threads| {
            let built = ThreadPoolBuilder::new().num_threads(threads).build();
            built.map_err(|error| FoldError::Threads {
                threads,
                why: error.to_string(),
            })
        };
        let pool = Some(threads).filter(|n| *n > 1).map(build).transpose()?;
        Ok(Self { pool })
    }

    #[cfg(not(feature = "rayon"))]
    #[allow(
        clippy::unnecessary_wraps,
        reason = "the signature is that of the other build"
    )]
    pub(super) fn new(_threads: usize) -> Result<Self, FoldError> {
        Ok(Self {})
    }

    /// How many threads there are.
    #[cfg_attr(
        not(feature = "rayon"),
        expect(clippy::unused_self, reason = "there is one thread then")
    )]
    pub(super) fn threads(&self) -> usize {
        #[cfg(feature = "rayon")]
        if let Some(pool) = &self.pool {
            return pool.current_num_threads();
        }
        1
    }

    /// Calls `work` once on every thread. The first error in the order of threads is returned, when
    /// all have come back: it is for `work` to notice that another one failed.
    #[cfg_attr(
        not(feature = "rayon"),
        expect(clippy::unused_self, reason = "there is one thread then")
    )]
    pub(super) fn work(
        &self,
        work: impl Fn() -> Result<(), FoldError> + Sync,
    ) -> Result<(), FoldError> {
        #[cfg(feature = "rayon")]
        if let Some(pool) = &self.pool {
            return pool.broadcast(|_| work()).into_iter().collect();
        }
        work()
    }

    /// Calls `work` for each of the list, whichever thread is free taking the next one. After an error
    /// no more are begun.
    pub(super) fn each<'t, T: Sync>(
        &self,
        list: &'t [T],
        work: impl Fn(&'t T) -> Result<(), FoldError> + Sync,
    ) -> Result<(), FoldError> {
        let next = AtomicUsize::new(0);
        let failed = AtomicBool::new(false);
        self.work(|| {
            while !failed.load(Ordering::Relaxed)
                && let Some(one) = list.get(next.fetch_add(1, Ordering::Relaxed))
            {
                if let Err(error) = work(one) {
                    failed.store(true, Ordering::Relaxed);
                    return Err(error);
                }
            }
            Ok(())
        })
    }
}
