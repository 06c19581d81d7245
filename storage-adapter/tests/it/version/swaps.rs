//! Readers that never stop while versions come and go.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use storage_adapter::version::{Expired, Lease, Retired, Versions};

const SWAPS: u64 = 1000;
const READERS: usize = 4;

/// A version of number n shows n many times, so that a mix would be seen.
type Contents = Vec<u64>;

fn contents(number: u64) -> Contents {
    vec![number; 64]
}

/// A file is what its handle says until it is removed.
struct File {
    number: u64,
    removed: AtomicBool,
}

impl File {
    fn new(number: u64) -> Arc<Self> {
        Arc::new(Self {
            number,
            removed: AtomicBool::new(false),
        })
    }

    fn read(&self) -> u64 {
        for _ in 0..2 {
            let removed = self.removed.load(Ordering::SeqCst);
            assert!(!removed, "removed under a reader");
            thread::yield_now();
        }
        self.number
    }

    fn remove(&self) {
        self.removed.store(true, Ordering::SeqCst);
    }
}

/// Reads all of a version, which must be whole. Every second version has a new file, the others are
/// contents over the file before.
fn read(lease: &Lease<Contents, Arc<File>>) -> Result<(), Expired> {
    let number = lease.version();
    assert!(lease.iter().all(|&each| each == number), "a mix");
    let file = lease.with(|file| file.read())?;
    assert_eq!(file, number - number % 2, "the file of another version");
    Ok(())
}

/// Swaps versions under the readers; how many reads came too late.
fn hammer(reclaim: impl Fn(Retired<Arc<File>>) -> Arc<File>) -> usize {
    let versions = Versions::new(contents(0), File::new(0));
    let stop = AtomicBool::new(false);
    let (reads, late) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let readers = || {
        let mut newest = 0;
        while !stop.load(Ordering::Relaxed) {
            let lease = versions.lease();
            assert!(lease.version() >= newest, "time went back");
            newest = lease.version();
            if read(&lease).is_err() {
                late.fetch_add(1, Ordering::Relaxed);
            }
            reads.fetch_add(1, Ordering::Relaxed);
        }
    };
    thread::scope(|scope| {
        let readers = [(); READERS].map(|()| scope.spawn(readers));
        for number in 1..=SWAPS {
            // None of the versions goes by unread.
            let before = reads.load(Ordering::Relaxed);
            while reads.load(Ordering::Relaxed) == before
                && !readers.iter().any(thread::ScopedJoinHandle::is_finished)
            {
                thread::yield_now();
            }
            if number % 2 == 1 {
                versions.update(|_| contents(number));
            } else {
                reclaim(versions.publish(contents(number), File::new(number))).remove();
            }
        }
        stop.store(true, Ordering::Relaxed);
    });
    assert_eq!(versions.readers(), [(SWAPS, 0)].into());
    late.into_inner()
}

#[test]
fn a_thousand_swaps_under_hammering_readers_show_whole_versions_and_no_error() {
    let late = hammer(|retired| retired.reclaim_within(Duration::from_hours(1)));
    assert_eq!(late, 0);
}

#[test]
fn a_thousand_swaps_without_grace_show_whole_versions_or_expiry() {
    hammer(Retired::revoke);
}
