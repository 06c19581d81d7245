//! The log of files as a [`LogStore`].

use std::path::PathBuf;
use std::sync::Arc;

use crate::log::{
    Damage, Entry, Files, Finished, Frame, FramePlace, LogDir, LogError, LogView, Obsolete, Place,
    Rewrite, Sealed, VerifyReport,
};
use crate::log_store::{LogReader, LogRewrite, LogStore, SealedFrames};

impl<F: Files> LogStore for LogDir<F> {
    type Rewrite = Rewrite<F>;
    type Finished = Finished<F>;
    type Obsolete = Obsolete<F>;
    type Reader = LogView<F>;

    fn place(&self) -> PathBuf {
        self.path()
    }

    fn header(&self) -> &[u8] {
        Self::header(self)
    }

    fn commit(&self) -> u64 {
        Self::commit(self)
    }

    fn commit_time_micros(&self) -> u64 {
        Self::commit_time_micros(self)
    }

    fn durable_commit(&self) -> u64 {
        Self::durable_commit(self)
    }

    fn write(&mut self, frames: Vec<Frame>, time_micros: u64) -> Result<u64, LogError> {
        Self::write(self, frames, time_micros)
    }

    fn sync(&mut self) -> Result<u64, LogError> {
        Self::sync(self)
    }

    fn reader(&self) -> LogView<F> {
        self.view()
    }

    fn seams(&self) -> Vec<u64> {
        Self::seams(self)
    }

    fn begin_rewrite_after(&mut self, standing: u64) -> Result<Rewrite<F>, LogError> {
        Self::begin_rewrite_after(self, standing)
    }

    fn publish(&mut self, finished: Finished<F>) -> Result<Obsolete<F>, LogError> {
        self.publish_rewrite(finished)
    }

    fn clear(obsolete: &mut Obsolete<F>) {
        obsolete.unlink();
    }

    fn remove(&mut self, obsolete: Obsolete<F>) -> Result<(), LogError> {
        Self::remove(self, obsolete)
    }

    fn left_behind(&self) -> Vec<String> {
        self.obsolete()
    }

    fn damage_beside(&self) -> Result<Vec<Damage>, LogError> {
        Self::damage_beside(self)
    }

    fn disk_bytes(&self) -> Result<u64, LogError> {
        Self::disk_bytes(self)
    }

    fn parts(&self) -> usize {
        self.segments().len()
    }

    fn kept_aside(&self) -> Result<usize, LogError> {
        Ok(self.kept_tails()?.len())
    }

    fn discard_kept_aside(&mut self) -> Result<(), LogError> {
        self.discard_tails().map(drop)
    }
}

impl<F: Files> LogRewrite for Rewrite<F> {
    type Finished = Finished<F>;

    fn commit(&self) -> u64 {
        Self::commit(self)
    }

    fn push(&mut self, frame: Frame) -> Result<Option<Place>, LogError> {
        Self::push(self, frame).map(Some)
    }

    fn finish(self) -> Result<Finished<F>, LogError> {
        Self::finish(self)
    }
}

impl<F: Files> LogReader for LogView<F> {
    type Cursor = FramePlace<F>;

    fn commit(&self) -> u64 {
        Self::commit(self)
    }

    fn read(&self, cursor: &mut FramePlace<F>) -> Option<Result<Entry, LogError>> {
        Self::read(self, cursor)
    }

    fn verify(&self) -> Result<VerifyReport, LogError> {
        Self::verify(self)
    }

    fn ends(&self) -> Vec<u64> {
        Self::ends(self)
    }

    fn sealed(&self, end: u64) -> Option<Arc<dyn SealedFrames>> {
        Some(Arc::new(Self::sealed(self, end)?))
    }

    fn behind(&self, end: u64) -> Option<FramePlace<F>> {
        Self::behind(self, end)
    }
}

impl<F: Files> SealedFrames for Sealed<F> {
    fn fetch(&self, place: Place) -> Result<Frame, LogError> {
        Self::fetch(self, place)
    }

    fn last(&self, len: usize) -> Result<Option<Frame>, LogError> {
        Self::last(self, len)
    }

    fn name(&self, place: Place) -> String {
        Self::name(self, place)
    }
}
