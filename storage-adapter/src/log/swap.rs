//! Compaction beside appends, as the owner sees it: a rewrite is begun, goes its own way, and is put in
//! force in one step.

use std::sync::Arc;

use super::dir::LogDir;
use super::error::LogError;
use super::files::Files;
use super::frame::Frame;
use super::manifest::Segment;
use super::name;
use super::obsolete::Obsolete;
use super::rewrite::{Finished, Rewrite};
use super::segment::SEGMENT_HEAD;
use super::shared::Token;

impl<F: Files> LogDir<F> {
    /// Begins to replace everything committed so far. It is made durable, and the active segment is closed
    /// if it holds a batch, so that later commits go to later segments.
    ///
    /// # Errors
    ///
    /// [`LogError::Busy`] while another rewrite is alive; [`LogError::Io`]: nothing has changed, or the
    /// owner is poisoned; [`LogError::Poisoned`].
    pub fn begin_rewrite(&mut self) -> Result<Rewrite<F>, LogError> {
        self.begin_rewrite_after(0)
    }

    /// The commits before the last that end with a segment, ascending.
    pub fn seams(&self) -> Vec<u64> {
        self.ends().map(|(_, commit)| commit).collect()
    }

    /// As [`begin_rewrite`](Self::begin_rewrite), of what lies behind a commit that ends with a segment.
    ///
    /// # Errors
    ///
    /// [`LogError::NoSeam`] if `standing` is neither 0 nor one of the [`seams`](Self::seams); as there.
    pub fn begin_rewrite_after(&mut self, standing: u64) -> Result<Rewrite<F>, LogError> {
        self.writable()?;
        let all = std::iter::once((0, 0));
        let found = all.chain(self.ends()).find(|(_, end)| *end == standing);
        let (kept, _) = found.ok_or_else(|| LogError::NoSeam {
            path: self.path(),
            commit: standing,
        })?;
        let token = Token::take(&self.shared)?;
        self.sync()?;
        if self.end.at > SEGMENT_HEAD {
            self.begin_segment()?;
        }
        Ok(Rewrite::new(self, kept, token))
    }

    /// Every commit before the last that ends with a segment, and how many segments there are up to there.
    fn ends(&self) -> impl Iterator<Item = (usize, u64)> {
        let pairs = self.manifest.segments.windows(2);
        // The segments of one rewrite all begin and end with one commit.
        let end = |pair: &[Segment]| match pair {
            [a, b] => (a.last < b.first && a.last > 0 && a.last < self.commit()).then_some(a.last),
            _ => None,
        };
        (1..)
            .zip(pairs)
            .filter_map(move |(kept, pair)| Some((kept, end(pair)?)))
    }

    /// Puts a rewrite in force: from now on the store is its segments, and those that were begun since
    /// [`begin_rewrite`](Self::begin_rewrite). It makes no commit of its own; every commit written so far
    /// is durable then.
    ///
    /// Readers go on as they are. What they may still need is for the caller to know: `Obsolete` names
    /// the files that the store does without, and [`remove`](Self::remove) takes them off the disk.
    ///
    /// # Errors
    ///
    /// [`LogError::Io`]: the files of the rewrite are removed and nothing has changed. If a sync or the
    /// rename failed, the owner is poisoned: reads go on with the old state, nothing is removed that
    /// either state needs, and opening again decides which of the two it is. [`LogError::Poisoned`];
    /// [`LogError::Foreign`].
    pub fn publish_rewrite(&mut self, rewrite: Finished<F>) -> Result<Obsolete<F>, LogError> {
        self.own(Arc::ptr_eq(&self.shared, &rewrite.made.shared))?;
        self.sync()?;
        let Finished {
            replaced,
            kept,
            parts,
            made,
            token: _token,
        } = rewrite;
        // INVARIANT: segments are only added at the end while a rewrite lives, so those that it saw are
        // still the first ones. The last one of them was empty then, and stays.
        let seen = replaced.parts.len().saturating_sub(1);
        let now = self.parts_now();
        let standing = now.iter().take(kept).cloned();
        let since = now.iter().skip(seen).cloned();
        let parts: Vec<_> = standing.chain(parts).chain(since).collect();
        let old = self.publish(parts, made)?;
        let stays = |id| self.parts.iter().any(|part| part.segment.id == id);
        let gone = now.iter().filter(|part| !stays(part.segment.id));
        let manifest = name::manifest(old.id);
        Ok(Obsolete::new(
            &self.shared,
            self.removal_step,
            gone,
            manifest,
        ))
    }

    /// Removes the files that a publication left behind. What cannot be removed is listed by
    /// [`obsolete`](Self::obsolete), and tried again at the next removal and at the next open.
    ///
    /// # Errors
    ///
    /// [`LogError::Io`] when the directory cannot be synced: the owner is poisoned.
    /// [`LogError::Poisoned`]: the next open removes them. [`LogError::Foreign`].
    pub fn remove(&mut self, obsolete: Obsolete<F>) -> Result<(), LogError> {
        self.own(obsolete.is_of(&self.shared))?;
        let mut names = obsolete.into_names();
        names.append(&mut self.shared.obsolete());
        if let Err(poisoned) = self.writable() {
            *self.shared.obsolete() = names;
            return Err(poisoned);
        }
        self.shared.unlink(names);
        self.shared.sync_dir()
    }

    /// Replaces everything that is stored by these frames and returns the number of the last commit, which
    /// stays what it was: a [`Rewrite`] begun, filled, published and cleaned up in one call.
    ///
    /// `Ok` means that the new state is on the medium.
    ///
    /// # Errors
    ///
    /// As [`begin_rewrite`](Self::begin_rewrite), [`Rewrite::push`] and
    /// [`publish_rewrite`](Self::publish_rewrite).
    ///
    /// ```
    /// use storage_adapter::log::{Frame, LogDir};
    ///
    /// let dir = tempfile::tempdir()?;
    /// let mut log = LogDir::create(&dir.path().join("store"), b"")?;
    /// log.append([Frame::new(1, *b"a"), Frame::new(1, *b"b")], 10)?;
    /// assert_eq!(log.replace([Frame::new(9, *b"ab")])?, 1);
    /// let entry = log.frames().next().unwrap()?;
    /// assert_eq!((entry.kind, &entry.body[..]), (9, &b"ab"[..]));
    /// assert_eq!((entry.commit, entry.commit_time_micros), (1, 10));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn replace(&mut self, frames: impl IntoIterator<Item = Frame>) -> Result<u64, LogError> {
        let mut rewrite = self.begin_rewrite()?;
        for frame in frames {
            rewrite.push(frame)?;
        }
        let obsolete = self.publish_rewrite(rewrite.finish()?)?;
        // The new state stands whatever comes of this; a failure poisons, as any failed sync does.
        let _ = self.remove(obsolete);
        Ok(self.commit())
    }

    fn own(&self, is_ours: bool) -> Result<(), LogError> {
        if is_ours {
            return Ok(());
        }
        let path = self.shared.files.path("");
        Err(LogError::Foreign { path })
    }
}
