//! Grace, revocation, and what a reader sees of them.

use std::error::Error;
use std::sync::mpsc::{self, TryRecvError};
use std::thread;
use std::time::{Duration, Instant};

use storage_adapter::version::Versions;

/// So long that a test which waits for all of it has failed.
const LONG: Duration = Duration::from_hours(1);

/// Long enough for a thread to come to where it waits; too short fails no test.
const MOMENT: Duration = Duration::from_millis(20);

#[test]
fn without_grace_a_lease_expires_at_once() {
    let versions = Versions::new("old", "file 1");
    let lease = versions.lease();
    let file = versions
        .publish("new", "file 2")
        .reclaim_within(Duration::ZERO);
    assert_eq!(file, "file 1");
    let expired = lease.with(|&file| file).unwrap_err();
    assert_eq!(expired.version, 0);
    assert_eq!(*lease, "old");
}

#[test]
fn expiry_names_the_version_and_the_remedy() {
    let versions = Versions::new((), ());
    versions.update(|()| ());
    let lease = versions.lease();
    versions.publish((), ()).revoke();
    let expired: Box<dyn Error> = lease.with(|()| ()).unwrap_err().into();
    assert_eq!(
        expired.to_string(),
        "snapshot expired (version 1): open a new one"
    );
}

#[test]
fn an_expired_reader_leases_again_and_gets_the_new_version() {
    let versions = Versions::new(1, "file 1");
    let mut lease = versions.lease();
    versions.publish(2, "file 2").revoke();
    assert!(lease.with(|_| ()).is_err());
    lease = versions.lease();
    assert_eq!((*lease, lease.version()), (2, 1));
    assert_eq!(lease.with(|&file| file), Ok("file 2"));
}

#[test]
fn clones_expire_together() {
    let versions = Versions::new((), "file");
    let lease = versions.lease();
    let clone = lease.clone();
    versions.publish((), "file 2").revoke();
    assert!(lease.with(|_| ()).is_err() && clone.with(|_| ()).is_err());
    assert!(clone.clone().with(|_| ()).is_err());
}

#[test]
fn a_lease_reads_all_through_its_grace_and_not_after() {
    let versions = Versions::new((), "file 1");
    let lease = versions.lease();
    let retired = versions.publish((), "file 2");
    thread::scope(|scope| {
        let (began, beginning) = mpsc::channel();
        let owner = scope.spawn(move || {
            began.send(()).unwrap();
            took(|| retired.reclaim_within(10 * MOMENT))
        });
        beginning.recv().unwrap();
        // One read may come too late only when the grace is over, and so are all behind it.
        while lease.with(|&file| assert_eq!(file, "file 1")).is_ok() {
            thread::yield_now();
        }
        let (file, time) = owner.join().unwrap();
        assert_eq!(file, "file 1");
        assert!(time >= 10 * MOMENT, "expired after {time:?}");
    });
    assert!(lease.with(|_| ()).is_err());
}

#[test]
fn grace_ends_with_the_last_lease() {
    let versions = Versions::new((), "file 1");
    let leases = [versions.lease(), versions.lease()];
    let retired = versions.publish((), "file 2");
    thread::scope(|scope| {
        let owner = scope.spawn(|| took(|| retired.reclaim_within(LONG)));
        for lease in leases {
            thread::sleep(MOMENT);
            assert_eq!(lease.with(|&file| file), Ok("file 1"), "within its grace");
        }
        let (file, time) = owner.join().unwrap();
        assert_eq!(file, "file 1");
        assert!(time < LONG);
    });
}

#[test]
fn revocation_waits_for_the_call_in_flight_and_lets_no_other_begin() {
    let versions = Versions::new((), "file 1");
    let (reading, other) = (versions.lease(), versions.lease());
    let retired = versions.publish((), "file 2");
    let (enter, entered) = mpsc::channel();
    let (go, gone) = mpsc::channel();
    thread::scope(|scope| {
        let reader = scope.spawn(move || {
            let read = reading.with(|&file| {
                enter.send(()).unwrap();
                gone.recv().unwrap();
                file
            });
            (read, reading.with(|&file| file))
        });
        entered.recv().unwrap();
        let (done, revoked) = mpsc::channel();
        scope.spawn(move || done.send(retired.revoke()).unwrap());

        // Not drawn out by others: they are expired while the owner still waits.
        while other.with(|_| ()).is_ok() {
            thread::yield_now();
        }
        thread::sleep(MOMENT);
        assert_eq!(revoked.try_recv(), Err(TryRecvError::Empty));

        go.send(()).unwrap();
        assert_eq!(revoked.recv(), Ok("file 1"));
        let (first, second) = reader.join().unwrap();
        assert_eq!(first, Ok("file 1"), "a call that began ends");
        assert!(second.is_err());
    });
}

#[test]
fn a_call_that_panics_ends_the_wait_for_it() {
    let versions = Versions::new((), "file 1");
    let lease = versions.lease();
    let retired = versions.publish((), "file 2");
    let (enter, entered) = mpsc::channel();
    thread::scope(|scope| {
        let reader = scope.spawn(move || {
            lease.with(|_| {
                enter.send(()).unwrap();
                thread::sleep(MOMENT);
                panic!("in the middle of a read");
            })
        });
        entered.recv().unwrap();
        assert_eq!(retired.revoke(), "file 1");
        assert!(reader.join().is_err());
    });
}

#[test]
fn a_lease_held_for_ever_blocks_neither_writers_nor_new_readers() {
    let versions = Versions::new(0, "file");
    let held = versions.lease();
    let mut retired = Vec::new();
    for number in 1..=1000 {
        if number % 2 == 0 {
            versions.update(|_| number);
        } else {
            retired.push(versions.publish(number, "file"));
        }
        assert_eq!(*versions.lease(), number);
    }
    // One version is held, and one set of files; all others can go.
    assert_eq!(versions.readers(), [(0, 1), (1000, 0)].into());
    let left = retired.into_iter().map(|old| old.try_reclaim().err());
    assert_eq!(left.flatten().count(), 1);
    assert_eq!((*held, held.with(|&file| file)), (0, Ok("file")));
}

/// What `f` returns, and how long it took.
fn took<T>(f: impl FnOnce() -> T) -> (T, Duration) {
    #[allow(clippy::disallowed_methods, reason = "grace is a time")]
    let start = Instant::now();
    (f(), start.elapsed())
}
