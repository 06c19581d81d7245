//! Who counts as a reader, and until when.

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::thread;

use storage_adapter::version::{Lease, Versions};

#[test]
fn readers_of_each_version_are_counted() {
    let versions = Versions::new('a', ());
    let first = versions.lease();
    let second = versions.lease();
    versions.update(|_| 'b');
    let third = versions.lease();
    versions.update(|_| 'c');
    let retired = versions.publish('d', ());
    let other = third.clone();
    assert_eq!(versions.readers(), [(0, 2), (1, 2), (3, 0)].into());
    assert_eq!((*third, *other, other.version()), ('b', 'b', 1));
    assert_eq!(retired.readers(), 4);

    drop((first, third));
    assert_eq!(versions.readers(), [(0, 1), (1, 1), (3, 0)].into());
    drop((second, other));
    assert_eq!(versions.readers(), [(3, 0)].into());
    assert_eq!(retired.readers(), 0);
}

#[test]
fn a_lease_on_older_contents_is_a_reader_of_the_files_under_them() {
    let versions = Versions::new("one frame", "file 1");
    let lease = versions.lease();
    versions.update(|_| "two frames");
    let retired = versions.publish("two frames, compact", "file 2");

    let retired = retired.try_reclaim().expect_err("the lease reads file 1");
    assert_eq!(lease.with(|&file| file), Ok("file 1"));
    drop(lease);
    assert_eq!(retired.try_reclaim().unwrap(), "file 1");
}

#[test]
fn a_reader_dropped_without_a_word_releases_its_file() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("seg-1");
    fs::write(&path, "text").unwrap();
    let versions = Versions::new((), path.clone());

    let read = |lease: Lease<(), PathBuf>| lease.with(|path| fs::read_to_string(path).unwrap());
    assert_eq!(read(versions.lease()).unwrap(), "text"); // and never closed it
    let released = versions.publish((), dir.path().join("seg-2")).try_reclaim();
    fs::remove_file(released.unwrap()).unwrap();
    assert!(!path.exists());
}

#[test]
fn a_reader_that_panics_is_released_and_harms_no_other() {
    let versions = Versions::new(7, "file");
    let other = versions.lease();
    thread::scope(|scope| {
        let holding = scope.spawn(|| {
            let _lease = versions.lease();
            panic!("while it holds a lease");
        });
        let reading = scope.spawn(|| {
            let read: Result<(), _> = versions.lease().with(|_| panic!("in the middle of a read"));
            read
        });
        assert!(holding.join().is_err() && reading.join().is_err());
    });
    assert_eq!(versions.readers(), [(0, 1)].into());
    assert_eq!(other.with(|&file| file), Ok("file"));

    let retired = versions.publish(8, "file 2");
    assert_eq!(retired.readers(), 1);
    drop(other);
    assert_eq!(retired.try_reclaim().unwrap(), "file"); // nor is a call thought to be in flight
}

#[test]
fn a_reader_in_a_cancelled_task_is_released() {
    let versions = Versions::new((), "file");
    {
        let lease = versions.lease();
        let mut task = pin!(async move {
            std::future::pending::<()>().await;
            drop(lease);
        });
        let polled = task.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        assert_eq!(polled, Poll::Pending);
        assert_eq!(versions.readers(), [(0, 1)].into());
    }
    assert_eq!(versions.readers(), [(0, 0)].into());
    assert!(versions.publish((), "file 2").try_reclaim().is_ok());
}

#[test]
fn contents_go_with_the_last_lease_on_them() {
    let contents = Arc::new("index");
    let watch = Arc::downgrade(&contents);
    let versions = Versions::new(contents, ());
    let lease = versions.lease();
    versions.update(|_| Arc::new("next"));
    assert!(watch.upgrade().is_some());
    drop(lease);
    assert!(watch.upgrade().is_none());
}

#[test]
fn an_update_that_panics_changes_nothing() {
    let versions = Versions::new(1, "file");
    let update = || versions.update(|_| panic!("no contents to be had"));
    assert!(catch_unwind(AssertUnwindSafe(update)).is_err());
    assert_eq!(versions.readers(), [(0, 0)].into());
    assert_eq!(*versions.lease(), 1);

    versions.update(|contents| contents + 1);
    assert_eq!(*versions.lease(), 2);
    assert_eq!(versions.publish(3, "file 2").try_reclaim().unwrap(), "file");
}

#[test]
fn leases_outlive_the_right_to_reclaim_and_the_versions() {
    let handle = Arc::new("file");
    let watch = Arc::downgrade(&handle);
    let versions = Versions::new(1, handle);
    let lease = versions.lease();
    drop(versions.publish(2, Arc::new("file 2")));
    let newest = versions.lease();
    drop(versions);

    assert_eq!((*lease, lease.with(|file| **file)), (1, Ok("file")));
    assert_eq!((*newest, newest.with(|file| **file)), (2, Ok("file 2")));
    drop(lease);
    assert!(watch.upgrade().is_none(), "nobody can read it any more");
}
