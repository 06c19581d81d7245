//! Contents replaced over the same resources.

use loom::thread;

use super::support::{File, explore, versions};
use crate::version::Locked;

#[test]
fn a_lease_on_any_contents_is_a_reader_of_the_file_under_them() {
    explore(None, || {
        let versions = versions::<Locked<_>>(0);
        let reader = thread::spawn({
            let versions = versions.clone();
            move || {
                let lease = versions.lease();
                assert_eq!(*lease, 10 * lease.version(), "half an update");
                let file = lease.with(File::read).expect("nobody revoked it");
                assert_eq!(file, lease.version() / 2, "another version's file");
            }
        });
        versions.update(|contents| contents + 10);
        let retired = versions.publish(20, File::new(1));
        let left = retired.try_reclaim().map(File::remove).err();
        reader.join().unwrap();
        assert!(left.is_none_or(|retired| retired.try_reclaim().is_ok()));
        assert_eq!(versions.readers(), [(2, 0)].into());
    });
}

#[test]
fn of_two_updates_none_is_lost() {
    explore(None, || {
        let versions = versions::<Locked<_>>(0);
        let other = thread::spawn({
            let versions = versions.clone();
            move || versions.update(|contents| contents + 1)
        });
        versions.update(|contents| contents + 2);
        other.join().unwrap();
        assert_eq!((*versions.lease(), versions.lease().version()), (3, 2));
    });
}

#[test]
fn an_update_stands_on_the_file_that_is_current() {
    explore(None, || {
        let versions = versions::<Locked<_>>(0);
        let other = thread::spawn({
            let versions = versions.clone();
            move || versions.update(|contents| contents + 10)
        });
        versions.publish(1, File::new(1)).revoke().remove();
        other.join().unwrap();
        let lease = versions.lease();
        assert_eq!(lease.with(File::read), Ok(1));
        assert!([1, 11].contains(&*lease));
    });
}
