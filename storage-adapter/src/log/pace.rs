//! How a rewrite leaves the medium to the owner that appends beside it.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::stopwatch::Stopwatch;

/// So much is written between two syncs. A medium that is given everything at once makes the owner's syncs wait
/// for all of it.
const ALONE: u64 = 4 << 20;
/// The same while the owner syncs too.
const BESIDE: u64 = 256 << 10;

/// Beside an owner a rewrite rests so many times as long as its sync took,
const REST: u32 = 3;
/// and never longer than this.
const LONGEST: Duration = Duration::from_millis(100);

/// How often the owner has synced what it appended.
#[derive(Default)]
pub(super) struct OwnerSyncs(AtomicU64);

impl OwnerSyncs {
    pub(super) fn count(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    fn so_far(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// The pace of a rewrite: fast where the owner rests, with small steps and pauses where it syncs.
#[derive(Default)]
pub(super) struct Pace {
    seen: u64,
    is_beside: bool,
}

impl Pace {
    /// Begins where the owner is now.
    pub(super) fn new(owner: &OwnerSyncs) -> Self {
        Self {
            seen: owner.so_far(),
            is_beside: false,
        }
    }

    /// Whether so many bytes are to be synced before more are written.
    pub(super) fn is_due(&mut self, unsynced: u64, owner: &OwnerSyncs) -> bool {
        self.is_beside |= owner.so_far() != self.seen;
        unsynced >= if self.is_beside { BESIDE } else { ALONE }
    }

    /// Syncs, and leaves the medium to the owner for a while if that is at work.
    pub(super) fn sync<E>(
        &mut self,
        owner: &OwnerSyncs,
        sync: impl FnOnce() -> Result<(), E>,
    ) -> Result<(), E> {
        let watch = Stopwatch::start();
        sync()?;
        if self.is_beside {
            std::thread::sleep(watch.passed().saturating_mul(REST).min(LONGEST));
        }
        let now = owner.so_far();
        self.is_beside = now != self.seen;
        self.seen = now;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::{ALONE, BESIDE, OwnerSyncs, Pace};

    #[test]
    fn steps_are_small_only_while_the_owner_syncs() {
        let owner = OwnerSyncs::default();
        owner.count();
        let mut pace = Pace::new(&owner);
        let sync = |pace: &mut Pace| pace.sync(&owner, || Ok::<_, ()>(())).unwrap();
        assert!(!pace.is_due(ALONE - 1, &owner) && pace.is_due(ALONE, &owner));

        owner.count();
        assert!(!pace.is_due(BESIDE - 1, &owner) && pace.is_due(BESIDE, &owner));
        sync(&mut pace);
        assert!(pace.is_due(BESIDE, &owner), "it synced since the last step");
        sync(&mut pace);
        assert!(!pace.is_due(BESIDE, &owner), "it rests");
    }
}
