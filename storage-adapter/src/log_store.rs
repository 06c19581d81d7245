//! What a store of items needs of the log under it.

use std::path::PathBuf;
use std::sync::Arc;

use crate::log::{Damage, Entry, Frame, LogError, Place, VerifyReport};

/// A log of commits that can be replaced in one step: all of them, or those behind a seam.
///
/// The store of items above only joins; everything about atomicity and durability is asked here, and
/// `conformance` checks it for any implementation. There are three: [`LogDir`](crate::log::LogDir) (files
/// of its own), [`MemoryLog`](crate::MemoryLog), and one over `redb` in the crate `lattice-redb`.
///
/// # Contract
///
/// - **Order.** Commits are numbered from 1 on without gaps. A reader gets frames in the order of commits,
///   and within one in the order given.
/// - **Atomicity.** A batch is there in full or not at all, for every reader and after every stop.
/// - **Durability.** What [`sync`](Self::sync) returned for survives a loss of power, together with all
///   commits before it. What was only written may be lost from some commit on, never from the middle.
/// - **Replacement.** [`publish`](Self::publish) switches between the whole of the old frames and the whole
///   of the new ones. It makes no commit. Commits made since the rewrite began are as they were, and so are those
///   that it left standing.
/// - **Frames.** Optional: a log may give single frames of what a replacement wrote, by the places that writing them
///   gave. One that does says so of every frame, and has an end ([`LogReader::ends`]) for every replacement in force.
/// - **Failure.** After an error nothing has changed, or the store refuses every write until it is
///   opened again ([`LogError::Poisoned`]) because only that can tell.
pub trait LogStore {
    /// A replacement that is being written. It can be sent to another thread while this one writes on.
    type Rewrite: LogRewrite<Finished = Self::Finished>;
    /// A replacement that is complete and durable, and not yet in force.
    type Finished;
    /// What a replacement left behind, to be removed when no reader needs it.
    type Obsolete;
    /// A consistent view.
    type Reader: LogReader;

    /// Where the log is, for messages.
    fn place(&self) -> PathBuf;

    /// The bytes given when the log was made. O(1).
    fn header(&self) -> &[u8];

    /// Number of the last commit, 0 before the first. O(1).
    fn commit(&self) -> u64;

    /// The time given with it, in microseconds. O(1).
    fn commit_time_micros(&self) -> u64;

    /// Number of the last commit that [`sync`](Self::sync) vouched for. O(1).
    fn durable_commit(&self) -> u64;

    /// Writes one batch as one commit and returns its number. Visible to every reader made from now on,
    /// durable with the next `sync`. A batch without frames writes nothing and returns the last number,
    /// or the error that any other would get from a log that refuses every write.
    ///
    /// # Errors
    ///
    /// [`LogError`]; see the contract.
    fn write(&mut self, frames: Vec<Frame>, time_micros: u64) -> Result<u64, LogError>;

    /// Makes every commit written so far durable, and returns the number of the last.
    ///
    /// # Errors
    ///
    /// [`LogError`]; a failed sync is never retried and believed: no later call succeeds.
    fn sync(&mut self) -> Result<u64, LogError>;

    /// A view of everything committed now, which later commits and replacements do not change. O(1).
    fn reader(&self) -> Self::Reader;

    /// Begins to replace every commit made so far: [`begin_rewrite_after`](Self::begin_rewrite_after) 0.
    ///
    /// # Errors
    ///
    /// [`LogError::Busy`] while another rewrite is alive; [`LogError`].
    fn begin_rewrite(&mut self) -> Result<Self::Rewrite, LogError> {
        self.begin_rewrite_after(0)
    }

    /// The commits, ascending and before the last, that [`begin_rewrite_after`](Self::begin_rewrite_after) can
    /// leave standing. Those that a replacement in force ends with are among them.
    fn seams(&self) -> Vec<u64>;

    /// Begins to replace every commit behind `standing`, which is one of the [`seams`](Self::seams) or 0. The frames
    /// of that and of all commits before it stay as they are, and cost the rewrite nothing.
    ///
    /// # Errors
    ///
    /// [`LogError::NoSeam`]; [`LogError::Busy`] while another rewrite is alive; [`LogError`].
    fn begin_rewrite_after(&mut self, standing: u64) -> Result<Self::Rewrite, LogError>;

    /// Puts a replacement in force, and returns what it left behind.
    ///
    /// # Errors
    ///
    /// [`LogError`]; see the contract.
    fn publish(&mut self, finished: Self::Finished) -> Result<Self::Obsolete, LogError>;

    /// The part of [`remove`](Self::remove) that takes long and needs no owner, who can go on meanwhile. Nobody has to
    /// call it, and what it leaves is for `remove`. By default it does nothing.
    fn clear(_obsolete: &mut Self::Obsolete) {}

    /// Removes what a replacement left behind. What cannot be removed now is tried again later.
    ///
    /// # Errors
    ///
    /// [`LogError`]; the store is as it was.
    fn remove(&mut self, obsolete: Self::Obsolete) -> Result<(), LogError>;

    /// What could not be removed, by name, until it can.
    fn left_behind(&self) -> Vec<String> {
        Vec::new()
    }

    /// Damage of what readers do not read, such as the list of what the log consists of. Takes little time. By default there
    /// is none.
    ///
    /// # Errors
    ///
    /// [`LogError::Io`] when the system cannot read; damage is in the result.
    fn damage_beside(&self) -> Result<Vec<Damage>, LogError> {
        Ok(Vec::new())
    }

    /// Reads everything and reports all damage: what is [beside](Self::damage_beside), and what a
    /// [reader](LogReader::verify) finds.
    ///
    /// # Errors
    ///
    /// [`LogError::Io`] when the system cannot read; damage is in the report.
    fn verify(&self) -> Result<VerifyReport, LogError> {
        let beside = self.damage_beside()?;
        Ok(self.reader().verify()?.with_damage(beside))
    }

    /// How many bytes the log takes.
    ///
    /// # Errors
    ///
    /// [`LogError`].
    fn disk_bytes(&self) -> Result<u64, LogError>;

    /// How many files, or parts of another kind, it consists of.
    fn parts(&self) -> usize;

    /// How many remains of torn writes are kept aside for the user to look at.
    ///
    /// # Errors
    ///
    /// [`LogError`].
    fn kept_aside(&self) -> Result<usize, LogError> {
        Ok(0)
    }

    /// Removes what is kept aside.
    ///
    /// # Errors
    ///
    /// [`LogError`].
    fn discard_kept_aside(&mut self) -> Result<(), LogError> {
        Ok(())
    }
}

/// A replacement of commits of a [`LogStore`], while it is written.
pub trait LogRewrite {
    /// What it becomes.
    type Finished;

    /// The last commit that is replaced; what is written here carries its number and time.
    fn commit(&self) -> u64;

    /// Adds one frame, and says where it will lie if single frames can be [fetched](LogReader::sealed).
    ///
    /// # Errors
    ///
    /// [`LogError`]; nothing in force has changed.
    fn push(&mut self, frame: Frame) -> Result<Option<Place>, LogError>;

    /// Makes all of it durable.
    ///
    /// # Errors
    ///
    /// [`LogError`]; nothing in force has changed.
    fn finish(self) -> Result<Self::Finished, LogError>;
}

/// A consistent view of a [`LogStore`].
pub trait LogReader {
    /// A place in it, at first the beginning. It holds nothing open, so that who has only a place keeps
    /// no file from being removed.
    type Cursor: Default;

    /// The last commit in it.
    fn commit(&self) -> u64;

    /// The frame at the cursor, each check verified, and the cursor behind it; `None` at the end. After an
    /// error there is no more to read from that cursor.
    fn read(&self, cursor: &mut Self::Cursor) -> Option<Result<Entry, LogError>>;

    /// Reads everything in it, from where it lies now, and reports all damage instead of stopping at the first.
    ///
    /// # Errors
    ///
    /// [`LogError::Io`] when the system cannot read; damage is in the report.
    fn verify(&self) -> Result<VerifyReport, LogError>;

    /// The commits behind which the log goes on in another part, ascending: those at which replacements in force end are
    /// among them, the last commit included. Of a log that cannot give single frames, none.
    fn ends(&self) -> Vec<u64> {
        Vec::new()
    }

    /// Single frames of what lies before one of the [`ends`](Self::ends); `None` for any other commit. A log may also give
    /// none once it has [removed](LogStore::remove) what they lie in.
    fn sealed(&self, _end: u64) -> Option<Arc<dyn SealedFrames>> {
        None
    }

    /// The place behind one of the [`ends`](Self::ends); `None` for any other commit.
    fn behind(&self, _end: u64) -> Option<Self::Cursor> {
        None
    }

    /// Every frame in order. Ends after the first error.
    fn frames(&self) -> impl Iterator<Item = Result<Entry, LogError>> + '_ {
        self.frames_from(Self::Cursor::default())
    }

    /// Every frame behind a place, in order. Ends after the first error.
    fn frames_from(
        &self,
        mut cursor: Self::Cursor,
    ) -> impl Iterator<Item = Result<Entry, LogError>> + '_ {
        let mut ended = false;
        std::iter::from_fn(move || {
            let next = (!ended).then(|| self.read(&mut cursor)).flatten();
            ended = !matches!(next, Some(Ok(_)));
            next
        })
    }
}

/// Single frames of a part of a log that never changes.
///
/// It keeps what it reads from readable, also when the log does without that; on some systems it thereby keeps
/// the bytes of removed files on the medium. So whoever holds one lets it go when what is replaced has to be gone.
pub trait SealedFrames: Send + Sync {
    /// The frame at a place that [`LogRewrite::push`] gave, its check verified.
    ///
    /// # Errors
    ///
    /// [`LogError`] when it is damaged, not there, or cannot be read.
    fn fetch(&self, place: Place) -> Result<Frame, LogError>;

    /// The last frame, if its body has this length; `None` if it has another, or is damaged.
    ///
    /// # Errors
    ///
    /// [`LogError`] when it cannot be read.
    fn last(&self, len: usize) -> Result<Option<Frame>, LogError>;

    /// What holds a place, for messages.
    fn name(&self, place: Place) -> String;
}
