//! Work beside readers and writers.

/// Runs a job that may use several threads on half of them, rounded up, so that readers and writers need not wait for
/// a processor until it is done.
#[cfg(feature = "rayon")]
pub(super) fn beside<T: Send>(job: impl FnOnce() -> T + Send) -> T {
    let threads = rayon::current_num_threads().div_ceil(2);
    let half = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
    match half {
        Ok(half) => half.install(job),
        // The system has no threads to give.
        Err(_) => job(),
    }
}

/// Without the feature `rayon` there is one thread.
#[cfg(not(feature = "rayon"))]
pub(super) fn beside<T>(job: impl FnOnce() -> T) -> T {
    job()
}

#[cfg(all(test, feature = "rayon"))]
mod tests {
    use super::beside;

    #[test]
    fn half_of_the_threads_are_used() {
        for (all, half) in [(1, 1), (2, 1), (3, 2), (8, 4)] {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(all).build();
            let used = pool.map(|pool| pool.install(|| beside(rayon::current_num_threads)));
            assert!(used.is_ok_and(|used| used == half), "of {all} threads");
        }
    }
}
