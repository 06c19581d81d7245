//! Resources taken away while calls use them.
//!
//! In each model one more lease is kept to the end, so that nothing but the end of a call wakes the owner.

use loom::thread;

use super::support::{File, explore, versions};
use crate::version::Locked;

#[test]
fn a_file_is_not_taken_out_of_a_call_and_expiry_is_for_good() {
    explore(None, || {
        let versions = versions::<Locked<_>>(0);
        let lease = versions.lease();
        let _kept = lease.clone();
        let reader = thread::spawn(move || {
            let first = lease.with(File::read);
            let second = lease.with(File::read);
            assert!(first.is_ok() || second.is_err(), "expired, then not");
            assert_eq!(*lease, 0, "contents stay");
        });
        versions.publish(1, File::new(1)).revoke().remove();
        assert_eq!(versions.lease().with(File::read), Ok(1), "a new lease");
        reader.join().unwrap();
    });
}

#[test]
fn revocation_waits_for_every_call_in_flight() {
    explore(Some(3), || {
        let versions = versions::<Locked<_>>(0);
        let _kept = versions.lease();
        let readers = [(); 2].map(|()| {
            let lease = versions.lease();
            thread::spawn(move || {
                // Either way; the file asserts.
                let _ = lease.with(File::read);
            })
        });
        versions.publish(1, File::new(1)).revoke().remove();
        for reader in readers {
            reader.join().unwrap();
        }
    });
}

#[test]
fn a_call_within_a_call_does_not_wait_for_the_revocation_that_waits_for_it() {
    explore(None, || {
        let versions = versions::<Locked<_>>(0);
        let lease = versions.lease();
        let _kept = lease.clone();
        let reader = thread::spawn(move || {
            let nested = lease.with(|file| {
                let _ = lease.with(File::read);
                file.read()
            });
            assert!(nested.is_err() || nested == Ok(0));
        });
        versions.publish(1, File::new(1)).revoke().remove();
        reader.join().unwrap();
    });
}
