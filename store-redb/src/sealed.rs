//! Single frames of parts that never change.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use redb::{ReadOnlyTable, ReadableDatabase};
use storage_adapter::SealedFrames;
use storage_adapter::log::{Frame, LogError, Place};

use crate::database::{Db, io_error};
use crate::parts;
use crate::value::{Key, MARK, decode};

/// How many hold each part: it stays while somebody does.
#[derive(Debug, Default)]
pub(crate) struct Holds(Mutex<BTreeMap<u64, usize>>);

/// The counts while nobody takes or gives back a hold.
pub(crate) struct Counts<'h>(MutexGuard<'h, BTreeMap<u64, usize>>);

impl Holds {
    pub(crate) fn counts(&self) -> Counts<'_> {
        Counts(self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Counts<'_> {
    pub(crate) fn is_held(&self, part: u64) -> bool {
        self.0.contains_key(&part)
    }

    fn take(&mut self, part: u64) {
        let count = self.0.entry(part).or_default();
        *count = count.saturating_add(1);
    }

    fn give_back(&mut self, part: u64) {
        if let Some(count) = self.0.get_mut(&part) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                self.0.remove(&part);
            }
        }
    }
}

/// The parts up to one commit, for reading single frames of them.
///
/// It holds no transaction between reads, so that pages which later commits do without are used again.
pub(crate) struct Sealed {
    db: Arc<Db>,
    holds: Arc<Holds>,
    /// The parts in their order, and the last commit of each.
    parts: Vec<(u64, u64)>,
}

impl Sealed {
    /// `None` if any of the parts is gone.
    pub(crate) fn new(
        db: &Arc<Db>,
        holds: &Arc<Holds>,
        parts: impl IntoIterator<Item = (u64, u64)>,
    ) -> Option<Self> {
        let sealed = Self {
            db: Arc::clone(db),
            holds: Arc::clone(holds),
            parts: parts.into_iter().collect(),
        };
        let mut counts = holds.counts();
        sealed.parts.iter().for_each(|(part, _)| counts.take(*part));
        drop(counts);
        // SUBTLE: after they are held, so that what is there now stays.
        let is_there = |(part, _): &(u64, u64)| sealed.table(*part).is_ok();
        let are_there = sealed.parts.iter().all(is_there);
        are_there.then_some(sealed)
    }

    fn table(&self, part: u64) -> Result<ReadOnlyTable<Key, &'static [u8]>, LogError> {
        let path = &self.db.path;
        let transaction = self.db.engine.begin_read();
        let transaction = transaction.map_err(|error| io_error("read", path, error))?;
        let name = parts::name(part);
        let table = transaction.open_table(parts::table(&name));
        table.map_err(|error| io_error("read", path, error))
    }
}

impl Drop for Sealed {
    fn drop(&mut self) {
        let mut counts = self.holds.counts();
        let parts = self.parts.iter();
        parts.for_each(|(part, _)| counts.give_back(*part));
    }
}

impl SealedFrames for Sealed {
    fn fetch(&self, place: Place) -> Result<Frame, LogError> {
        let corrupt = |found: &str| LogError::Corrupt {
            file: self.name(place).into(),
            offset: place.offset,
            expected: "a frame of a replacement".into(),
            found: found.into(),
        };
        // What replaces commits carries the number of the last of them.
        let held = self.parts.iter().find(|(part, _)| *part == place.part);
        let Some((part, commit)) = held else {
            return Err(corrupt("a part that is not among these"));
        };
        let key = (*commit, place.offset);
        let value = self.table(*part)?.get(key);
        let value = value.map_err(|error| io_error("read", &self.db.path, error))?;
        let value = value.ok_or_else(|| corrupt("nothing"))?;
        let frame = decode(key, value.value()).filter(|(kind, _)| *kind != MARK);
        let (kind, body) = frame.ok_or_else(|| corrupt("a value that does not check"))?;
        Ok(Frame::new(kind, body))
    }

    fn last(&self, len: usize) -> Result<Option<Frame>, LogError> {
        let error = |error: redb::StorageError| io_error("read", &self.db.path, error);
        for (part, end) in self.parts.iter().rev() {
            // What came since may be in the last of them.
            let until = ..=(*end, u64::MAX);
            let mut frames = self.table(*part)?.range(until).map_err(error)?;
            let Some(last) = frames.next_back() else {
                continue;
            };
            let (key, value) = last.map_err(error)?;
            let frame = decode(key.value(), value.value());
            let frame = frame.filter(|(kind, body)| *kind != MARK && body.len() == len);
            return Ok(frame.map(|(kind, body)| Frame::new(kind, body)));
        }
        Ok(None)
    }

    fn name(&self, place: Place) -> String {
        parts::name(place.part)
    }
}
