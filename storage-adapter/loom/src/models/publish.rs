//! A lease taken while a version is published.

use loom::thread;

use super::support::{File, Model, explore, versions};
use crate::version::{Locked, Slot, Version};

/// A reader leases while version 1 replaces version 0, whose file is removed if nobody reads it.
///
/// The lease is one version entirely, is counted, and, since nobody revokes anything, reads.
pub(super) fn lease_against_publish<S>()
where
    S: Slot<Version<u64, File>> + Send + Sync + 'static,
{
    let versions: loom::sync::Arc<Model<S>> = versions(0);
    let reader = thread::spawn({
        let versions = versions.clone();
        move || {
            let lease = versions.lease();
            let read = lease.with(File::read);
            let read = read.expect("a lease that nobody revoked must read");
            assert_eq!(*lease, read, "contents of one version, a file of another");
            assert_eq!(*lease, lease.version());
        }
    });
    let retired = versions.publish(1, File::new(1));
    let left = match retired.try_reclaim() {
        Ok(file) => {
            file.remove();
            None
        }
        Err(retired) => Some(retired),
    };
    reader.join().unwrap();
    if let Some(retired) = left {
        assert_eq!(retired.readers(), 0, "the reader is gone and still counted");
        retired.try_reclaim().unwrap().remove();
    }
}

#[test]
fn a_lease_taken_at_the_publish_point_is_one_version_and_reads() {
    explore(None, lease_against_publish::<Locked<_>>);
}

#[test]
fn a_lease_taken_at_the_publish_point_is_in_the_counts_of_its_version() {
    explore(None, || {
        let versions = versions::<Locked<_>>(0);
        let reader = thread::spawn({
            let versions = versions.clone();
            move || {
                let lease = versions.lease();
                assert_eq!(versions.readers()[&lease.version()], 1);
            }
        });
        let retired = versions.publish(1, File::new(1));
        reader.join().unwrap();
        assert_eq!(versions.readers(), [(1, 0)].into());
        retired.try_reclaim().unwrap().remove();
    });
}

#[test]
fn two_readers_of_two_versions_both_read() {
    explore(Some(4), || {
        let versions = versions::<Locked<_>>(0);
        let readers = [(); 2].map(|()| {
            let versions = versions.clone();
            thread::spawn(move || {
                let lease = versions.lease();
                let read = lease.with(|file| file.number);
                assert_eq!(read.expect("nobody revoked it"), *lease);
            })
        });
        let retired = versions.publish(1, File::new(1));
        let left = retired.try_reclaim().map(File::remove).err();
        for reader in readers {
            reader.join().unwrap();
        }
        assert!(left.is_none_or(|retired| retired.try_reclaim().is_ok()));
    });
}
