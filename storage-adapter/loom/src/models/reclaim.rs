//! The last lease goes while the owner waits for it, or looks.

use loom::thread;
use std::time::Duration;

use super::support::{File, explore, versions};
use crate::version::Locked;

/// Longer than any model.
const GRACE: Duration = Duration::from_secs(1);

#[test]
fn the_owner_who_waits_is_woken_by_the_last_lease() {
    explore(None, || {
        let versions = versions::<Locked<_>>(0);
        let lease = versions.lease();
        let reader = thread::spawn(move || {
            let read = lease.with(File::read);
            assert_eq!(read, Ok(0), "expired within its grace");
        });
        // A wake-up that got lost would be a deadlock.
        versions
            .publish(1, File::new(1))
            .reclaim_within(GRACE)
            .remove();
        reader.join().unwrap();
    });
}

#[test]
fn the_last_of_two_leases_wakes_the_owner() {
    explore(Some(3), || {
        let versions = versions::<Locked<_>>(0);
        let readers = [(); 2].map(|()| {
            let lease = versions.lease();
            thread::spawn(move || {
                // A clone, so that the lease which the owner saw goes before the last one.
                let last = lease.clone();
                drop(lease);
                assert_eq!(last.with(|file| file.number), Ok(0));
            })
        });
        versions
            .publish(1, File::new(1))
            .reclaim_within(GRACE)
            .remove();
        for reader in readers {
            reader.join().unwrap();
        }
    });
}

#[test]
fn what_is_reclaimed_without_waiting_has_no_reader() {
    explore(None, || {
        let versions = versions::<Locked<_>>(0);
        let lease = versions.lease();
        let retired = versions.publish(1, File::new(1));
        let reader = thread::spawn(move || {
            assert_eq!(lease.with(File::read), Ok(0), "nobody revoked it");
        });
        let left = retired.try_reclaim().map(File::remove).err();
        reader.join().unwrap();
        assert!(left.is_none_or(|retired| retired.try_reclaim().is_ok()));
    });
}
