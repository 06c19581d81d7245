//! The log of files as a [`LogStore`].

use std::path::PathBuf;

use crate::log::{Entry, Frame, LogDir, LogError, VerifyReport};
use crate::log_store::{LogReader, LogRewrite, LogStore};

pub struct Buf(u64, u64, Vec<Frame>);
pub struct Read(u64, Vec<Entry>);

impl LogStore for LogDir {
    type Rewrite = Buf;
    type Finished = Buf;
    type Obsolete = ();
    type Reader = Read;
    fn place(&self) -> PathBuf {
        PathBuf::new()
    }
    fn header(&self) -> &[u8] {
        LogDir::header(self)
    }
    fn commit(&self) -> u64 {
        LogDir::commit(self)
    }
    fn commit_time_micros(&self) -> u64 {
        LogDir::commit_time_micros(self)
    }
    fn durable_commit(&self) -> u64 {
        LogDir::commit(self)
    }
    fn write(&mut self, frames: Vec<Frame>, time: u64) -> Result<u64, LogError> {
        self.append(frames, time)
    }
    fn sync(&mut self) -> Result<u64, LogError> {
        Ok(LogDir::commit(self))
    }
    fn reader(&self) -> Read {
        Read(
            LogDir::commit(self),
            self.frames().filter_map(Result::ok).collect(),
        )
    }
    fn begin_rewrite(&mut self) -> Result<Buf, LogError> {
        Ok(Buf(
            LogDir::commit(self),
            LogDir::commit_time_micros(self),
            Vec::new(),
        ))
    }
    fn publish(&mut self, f: Buf) -> Result<(), LogError> {
        self.replace(f.2, f.1).map(drop)
    }
    fn remove(&mut self, (): ()) -> Result<(), LogError> {
        Ok(())
    }
    fn verify(&self) -> Result<VerifyReport, LogError> {
        LogDir::verify(self)
    }
    fn disk_bytes(&self) -> Result<u64, LogError> {
        LogDir::disk_bytes(self)
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
impl LogRewrite for Buf {
    type Finished = Buf;
    fn commit(&self) -> u64 {
        self.0
    }
    fn push(&mut self, frame: Frame) -> Result<(), LogError> {
        self.2.push(frame);
        Ok(())
    }
    fn finish(self) -> Result<Buf, LogError> {
        Ok(self)
    }
}
impl LogReader for Read {
    fn commit(&self) -> u64 {
        self.0
    }
    fn frames(&self) -> impl Iterator<Item = Result<Entry, LogError>> + '_ {
        self.1.iter().cloned().map(Ok)
    }
}
