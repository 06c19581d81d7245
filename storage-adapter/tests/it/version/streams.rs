//! Streams, whole and cut off.

use storage_adapter::version::{Lease, Stream, StreamError, Versions};

/// A file of numbers; contents say how many of them count.
type File = Vec<u32>;

fn numbers(count: u32) -> Versions<usize, File> {
    Versions::new(count as usize, (0..count).collect())
}

/// The numbers of a version, one at a time; the number 13 cannot be read.
fn stream(
    lease: Lease<usize, File>,
) -> Stream<usize, File, impl FnMut(&usize, &File) -> Option<Result<u32, String>>> {
    let mut at = 0;
    lease.stream(move |end, file: &File| {
        let number = *file[..*end].get(at)?;
        at += 1;
        Some(match number {
            13 => Err("unlucky".into()),
            number => Ok(number),
        })
    })
}

#[test]
fn a_stream_that_ends_within_its_grace_is_complete() {
    let versions = numbers(10);
    let mut all = stream(versions.lease());
    let mut read: Vec<_> = all.by_ref().take(4).collect();
    let retired = versions.publish(1, vec![99]);
    read.extend(all);
    assert_eq!(read, (0..10).map(Ok).collect::<Vec<_>>());
    assert_eq!(retired.try_reclaim().unwrap().len(), 10);
}

#[test]
fn a_stream_that_outlives_its_grace_ends_in_an_error_after_a_right_prefix() {
    let versions = numbers(10);
    let mut cut = stream(versions.lease());
    let prefix: Vec<_> = cut.by_ref().take(4).map(Result::unwrap).collect();
    versions.publish(1, vec![99]).revoke();
    assert_eq!(prefix, [0, 1, 2, 3]);
    let error = cut.next().unwrap().unwrap_err();
    assert!(matches!(error, StreamError::Expired(expired) if expired.version == 0));
    assert_eq!(
        error.to_string(),
        "snapshot expired (version 0): open a new one"
    );
    assert!(cut.next().is_none() && cut.next().is_none(), "said once");
}

#[test]
fn a_stream_cut_before_it_could_say_that_it_was_whole_is_cut() {
    let versions = numbers(2);
    let mut cut = stream(versions.lease());
    assert_eq!(cut.by_ref().take(2).flatten().count(), 2);
    versions.publish(1, vec![99]).revoke();
    assert!(matches!(cut.next(), Some(Err(StreamError::Expired(_)))));
}

#[test]
fn a_stream_releases_its_version_at_its_end_or_when_dropped() {
    let versions = numbers(2);
    let mut ended = stream(versions.lease());
    assert_eq!(ended.by_ref().count(), 2);
    assert_eq!(versions.readers(), [(0, 0)].into());
    assert!(ended.next().is_none());

    let mut left = stream(versions.lease());
    left.next();
    assert_eq!(versions.readers(), [(0, 1)].into());
    drop(left);
    assert_eq!(versions.readers(), [(0, 0)].into());

    let mut cut = stream(versions.lease());
    let retired = versions.publish(0, vec![]);
    assert_eq!(retired.readers(), 1);
    retired.revoke();
    cut.next();
    assert_eq!(versions.readers(), [(1, 0)].into());
}

#[test]
fn an_error_of_the_file_is_no_expiry_and_no_end() {
    let versions = numbers(15);
    let mut read = stream(versions.lease()).skip(13);
    assert_eq!(read.next(), Some(Err(StreamError::Read("unlucky".into()))));
    assert_eq!(read.next(), Some(Ok(14)));
    assert_eq!(read.next(), None);
}
