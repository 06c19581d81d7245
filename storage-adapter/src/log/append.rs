//! Writing batches, and making them durable.

use super::dir::LogDir;
use super::error::LogError;
use super::files::{DataFile, Files};
use super::frame::Frame;
use super::manifest::MAX_SEGMENTS;
use super::segment::{BatchWriter, Cursor, SEGMENT_HEAD, Stamp};

impl<F: Files> LogDir<F> {
    /// Appends one batch as one commit and returns its number: [`write`](Self::write), then
    /// [`sync`](Self::sync).
    ///
    /// `Ok` means that the batch is on the medium. After `Err`, or a crash on the way, it is not
    /// part of the store, unless syncing itself failed: then the owner is poisoned and opening
    /// again tells. A batch without frames writes nothing and returns the last number.
    ///
    /// # Errors
    ///
    /// [`LogError::ReservedKind`], [`LogError::FrameTooLarge`], [`LogError::Io`] (unless
    /// [`poisoned`](Self::poisoned), the store goes on: free some space and try again),
    /// [`LogError::Poisoned`].
    ///
    /// ```
    /// use storage_adapter::log::{Frame, LogDir, LogError};
    ///
    /// let dir = tempfile::tempdir()?;
    /// let mut log = LogDir::create(&dir.path().join("store"), b"")?;
    /// let refused = log.append([Frame::new(1, *b"good"), Frame::new(0, *b"bad")], 1);
    /// assert!(matches!(refused, Err(LogError::ReservedKind { index: 1 })));
    /// assert_eq!(log.frames().count(), 0); // all or nothing
    /// assert_eq!(log.append([Frame::new(1, *b"good")], 1)?, 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn append(
        &mut self,
        frames: impl IntoIterator<Item = Frame>,
        commit_time_micros: u64,
    ) -> Result<u64, LogError> {
        self.write(frames, commit_time_micros)?;
        self.sync()
    }

    /// Writes one batch as one commit and returns its number.
    ///
    /// From then on every reader of the running system sees it. It is durable with the next
    /// [`sync`](Self::sync): a loss of power before may take it, and every commit behind it, never one
    /// from the middle. A batch without frames writes nothing and returns the last number.
    ///
    /// # Errors
    ///
    /// As [`append`](Self::append). The commits written before stay.
    ///
    /// ```
    /// use storage_adapter::log::{Frame, LogDir};
    ///
    /// let dir = tempfile::tempdir()?;
    /// let mut log = LogDir::create(&dir.path().join("store"), b"")?;
    /// log.write([Frame::new(1, *b"a")], 1)?;
    /// log.write([Frame::new(1, *b"b")], 2)?;
    /// assert_eq!((log.commit(), log.durable_commit()), (2, 0));
    /// assert_eq!(log.sync()?, 2); // one sync for both
    /// assert_eq!(log.durable_commit(), 2);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn write(
        &mut self,
        frames: impl IntoIterator<Item = Frame>,
        commit_time_micros: u64,
    ) -> Result<u64, LogError> {
        self.writable()?;
        let mut frames = frames.into_iter().peekable();
        if frames.peek().is_none() {
            return Ok(self.end.commit);
        }
        self.cut_leftover()?;
        // SUBTLE: the other half of what a manifest can list is for the segments of a rewrite.
        let many = self.parts.len() >= MAX_SEGMENTS / 2;
        if self.end.at >= self.segment_target.max(SEGMENT_HEAD + 1) && !many {
            self.begin_segment()?;
        }
        // INVARIANT: set before the first byte is written, so that also after a panic of `frames`
        // the next write starts by cutting.
        self.dirty = true;
        match self.write_batch(frames, commit_time_micros) {
            Ok(end) => {
                self.dirty = false;
                self.end = end;
                Ok(end.commit)
            }
            Err(error) => {
                // Best effort: the next write does it again if it fails now.
                let _ = self.cut_leftover();
                Err(error)
            }
        }
    }

    /// Makes every commit written so far durable, with one sync, and returns the number of the last.
    ///
    /// # Errors
    ///
    /// [`LogError::Io`]: the owner is poisoned; what was not durable is cut again as far as that is
    /// possible, and opening again tells what is left of it. [`LogError::Poisoned`].
    pub fn sync(&mut self) -> Result<u64, LogError> {
        self.writable()?;
        self.cut_leftover()?;
        if self.durable != self.end {
            self.sync_active()?;
        }
        Ok(self.durable.commit)
    }

    /// The number of the last commit that is known to be durable.
    pub fn durable_commit(&self) -> u64 {
        self.durable.commit
    }

    fn write_batch(
        &self,
        frames: impl Iterator<Item = Frame>,
        time: u64,
    ) -> Result<Cursor, LogError> {
        let path = self.shared.files.path(&self.active_name());
        let failed = || LogError::io("write to", &path);
        let stamp = Stamp {
            commit: self.end.commit.saturating_add(1),
            time,
            durable: self.durable.commit,
        };
        let mut batch = BatchWriter::begin(&*self.active, self.key.clone(), &self.end, stamp)
            .map_err(failed())?;
        for (frame, index) in frames.zip(0..) {
            frame.admit(index)?;
            batch.push(&frame).map_err(failed())?;
        }
        batch.finish().map_err(failed())
    }

    /// Cuts what a failed write left behind the last batch, and syncs the cut: else the next batch could
    /// end up, after a crash, in front of remains of this one.
    fn cut_leftover(&mut self) -> Result<(), LogError> {
        if !self.dirty {
            return Ok(());
        }
        let path = self.shared.files.path(&self.active_name());
        self.active
            .truncate(self.end.at)
            .map_err(LogError::io("cut", path))?;
        self.sync_active()?;
        self.dirty = false;
        Ok(())
    }

    /// The one place that moves `durable`.
    fn sync_active(&mut self) -> Result<(), LogError> {
        self.shared.syncs.count();
        if let Err(error) = self.active.sync() {
            // SUBTLE: the system may now show bytes that it will never write. Cut them while we
            // know: a later open would read them as good, build on them, and lose what it built at
            // the next loss of power.
            let _ = self.active.truncate(self.durable.at);
            self.end = self.durable;
            return Err(self.shared.sync_failed(error, &self.active_name()));
        }
        self.durable = self.end;
        Ok(())
    }
}
