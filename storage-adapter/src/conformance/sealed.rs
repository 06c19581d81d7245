//! Single frames of what a replacement wrote.

use super::support::{Part, Told, frames, noise};
use crate::log::{Frame, LogError, Place};
use crate::log_store::{LogReader, LogRewrite, LogStore};

/// Where a log says where frames of a rewrite lie, they can be fetched from there once it is in force: by readers of any
/// later moment, after reopening, and after the replacement is replaced itself. The commit it ends with is then one of
/// the ends, and reading on from there gives the commits behind it. A log that says nothing passes.
///
/// # Panics
///
/// When the contract is broken.
#[track_caller]
pub fn single_frames_are_where_they_were_put<L: LogStore>(
    mut make: impl FnMut(&[u8]) -> L,
    mut reopen: impl FnMut(L) -> L,
) {
    let part = Part::Frames;
    let (mut log, _) = part.filled(&mut make, 3);
    let mut first = frames(70, 9);
    first.push(Frame::new(7, noise(5, 300_000)));
    first.push(Frame::new(8, noise(6, 16)));
    let first_places = put(&mut log, 0, first.clone());
    let mut later = Vec::new();
    for n in 4..7 {
        part.write(&mut log, &mut later, frames(n, 2));
    }
    part.ok("syncing", log.sync());
    if first_places.is_empty() {
        part.holds(
            log.reader().ends().is_empty(),
            "a log that does not say where frames lie must have no ends",
        );
        return;
    }
    for again in [false, true] {
        if again {
            log = reopen(log);
        }
        let reader = log.reader();
        fetches(&reader, 3, &first_places, &first);
        reads_on(&reader, 3, &later);
        no_other_end(&reader);
    }
    // A second run behind the first; then one in place of both.
    let second = frames(80, 4);
    let second_places = put(&mut log, 3, second.clone());
    for again in [false, true] {
        if again {
            log = reopen(log);
        }
        let reader = log.reader();
        fetches(&reader, 3, &first_places, &first);
        fetches(&reader, 6, &first_places, &first);
        fetches(&reader, 6, &second_places, &second);
        reads_on(&reader, 6, &[]);
    }
    let held = part.some("what is sealed", log.reader().sealed(3));
    put(&mut log, 0, frames(90, 2));
    for (place, frame) in first_places.iter().zip(&first) {
        let fetched = part.ok("fetching what was replaced", held.fetch(*place));
        part.holds(fetched == *frame, "what is held must stay as it was");
    }
}

/// Writes frames in place of what lies behind a commit, and returns where they lie.
#[track_caller]
fn put<L: LogStore>(log: &mut L, standing: u64, frames: Vec<Frame>) -> Vec<Place> {
    let part = Part::Frames;
    let mut rewrite = part.ok("beginning a rewrite", log.begin_rewrite_after(standing));
    let pushed = frames.into_iter().map(|frame| rewrite.push(frame));
    let places: Result<Vec<Option<Place>>, LogError> = pushed.collect();
    let places = part.ok("pushing frames", places);
    let finished = part.ok("finishing a rewrite", rewrite.finish());
    let obsolete = part.ok("publishing", log.publish(finished));
    part.ok("removing what was replaced", log.remove(obsolete));
    let said = places.iter().flatten().count();
    part.holds(
        said == 0 || said == places.len(),
        "a log must say of all frames where they lie, or of none",
    );
    places.into_iter().flatten().collect()
}

#[track_caller]
fn fetches<R: LogReader>(reader: &R, end: u64, places: &[Place], frames: &[Frame]) {
    let part = Part::Frames;
    part.holds(
        reader.ends().contains(&end),
        "the end of a replacement must be one of the ends",
    );
    let sealed = part.some("what is sealed", reader.sealed(end));
    for (place, frame) in places.iter().zip(frames).rev() {
        let fetched = part.ok("fetching a frame", sealed.fetch(*place));
        part.holds(
            fetched == *frame,
            "a fetched frame must be the one put there",
        );
    }
    if let Some(frame) = reader
        .frames()
        .map(|entry| part.ok("reading", entry))
        .filter(|e| e.commit <= end)
        .last()
    {
        let last = part.ok("fetching the last frame", sealed.last(frame.body.len()));
        part.holds(
            last.is_some_and(|last| (last.kind, &last.body) == (frame.kind, &frame.body)),
            "the last frame must be the last that a reader gives up to there",
        );
        let other = part.ok("fetching the last frame", sealed.last(frame.body.len() + 1));
        part.holds(
            other.is_none(),
            "the last frame must have the length asked for",
        );
    }
}

#[track_caller]
fn reads_on<R: LogReader>(reader: &R, end: u64, want: &[Told]) {
    let part = Part::Frames;
    let behind = part.some("the place behind an end", reader.behind(end));
    let told = reader.frames_from(behind).map(|entry| {
        let entry = part.ok("reading on", entry);
        (entry.commit, entry.kind, entry.body)
    });
    let want = want.iter();
    let want = want.map(|told| (told.commit, told.kind, told.body.clone()));
    part.holds(
        told.eq(want),
        "reading on behind an end must give the commits behind it",
    );
}

#[track_caller]
fn no_other_end<R: LogReader>(reader: &R) {
    let part = Part::Frames;
    let ends = reader.ends();
    let ascend = ends.windows(2).all(|pair| pair.first() < pair.last());
    part.holds(ascend, "ends must ascend");
    for commit in (0..reader.commit() + 2).filter(|commit| !ends.contains(commit)) {
        part.holds(
            reader.sealed(commit).is_none() && reader.behind(commit).is_none(),
            "nothing is sealed at a commit that is no end",
        );
    }
}
