//! A store of work items: raw events and snapshots over a durable log.

mod apply;
mod changes;
mod compact;
mod held;
mod id;
mod indexed;
mod items;
mod load;
mod past;
mod schema;
mod scope;
mod stats;
mod verify;
mod view;

use std::ops::Deref;
use std::path::Path;

use bones_snapshot::Order;

pub use apply::{Batch, ImportReport};
pub use changes::{CommitChanges, ItemChange};
pub use compact::{Compaction, CompactionOutcome, Compression, Reach};
pub(crate) use compact::{LogFacts, Plan, Replacement};
pub use held::HeldEvent;
pub use load::Salvage;
pub use past::{At, Moment};
pub use schema::{Schema, Schemas};
pub use scope::ScopeId;
pub(crate) use stats::LogStats;
pub use stats::Stats;
pub use verify::{ItemCheck, StoreCheck};
pub use view::View;

use self::indexed::OpenFrames;
use crate::error::StoreError;
use crate::log::{Frame, LogDir, LogError, OpenReport};
use crate::log_store::LogStore;
use crate::record::Header;

/// A durable store of work items under one order, over any log.
///
/// Whatever an `Ok` acknowledged is on the medium. The store derefs to its [`View`] of now, and a clone of that is a
/// consistent snapshot in O(1). Opening reads an index of what compactions wrote, and all that came since; an item
/// that lies where the index says is read, and verified, when it is first asked for. Without an index all is read.
pub struct ItemStore<S: Order, L: LogStore = LogDir> {
    log: L,
    view: View<S>,
    /// The view of the last durable commit, while there are later ones.
    // INVARIANT: no reader is shown, and nothing is taken for known, what the log has lost in a failed sync.
    durable: Option<View<S>>,
    /// What items of this view, and of views before it, are read from.
    open: OpenFrames,
}

impl<S: Order> ItemStore<S> {
    /// Creates a store in a directory that is empty or not there yet.
    ///
    /// # Errors
    ///
    /// [`StoreError::Log`].
    pub fn create(path: &Path) -> Result<Self, StoreError> {
        Self::over(LogDir::create(path, &Self::header())?)
    }

    /// Opens a store. Verifies what it reads, which is not every item: [`verify`](Self::verify) goes over all of it.
    ///
    /// O(items + what came since the last compaction).
    ///
    /// # Errors
    ///
    /// [`StoreError`] when there is none, it is in use, damaged, newer, or of another order.
    pub fn open(path: &Path) -> Result<(Self, OpenReport), StoreError> {
        let (log, report) = LogDir::open(path)?;
        Ok((Self::over(log)?, report))
    }

    /// Opens a store to read it, beside others that do; see [`LogDir::open_read_only`].
    ///
    /// # Errors
    ///
    /// As [`open`](Self::open).
    pub fn open_read_only(path: &Path) -> Result<(Self, OpenReport), StoreError> {
        let (log, report) = LogDir::open_read_only(path)?;
        Ok((Self::over(log)?, report))
    }
}

impl<S: Order, L: LogStore> ItemStore<S, L> {
    /// The header that a log must be made with to hold a store of items under this order.
    pub fn header() -> Vec<u8> {
        Header::encode(S::WORD)
    }

    /// The store in a log, which was made with [`header`](Self::header). Reads as much of it as [`open`](ItemStore::open) does.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when it is not a log of items, damaged, newer, or of another order.
    ///
    /// ```
    /// use lattice_lww::Unstamped;
    /// use storage_adapter::{ItemStore, MemoryLog};
    ///
    /// let log = MemoryLog::new(&ItemStore::<Unstamped>::header());
    /// let store = ItemStore::<Unstamped, _>::over(log)?;
    /// assert_eq!(store.item_ids().count(), 0);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn over(log: L) -> Result<Self, StoreError> {
        let path = log.place();
        let header = Header::decode(log.header(), &path)?;
        if header.order != S::WORD {
            return Err(StoreError::Order {
                path,
                expected: S::WORD.into(),
                found: header.order,
            });
        }
        let view = load::view(&log.reader())?;
        let mut open = OpenFrames::default();
        view.note(&mut open);
        Ok(Self {
            log,
            view,
            durable: None,
            open,
        })
    }

    /// What the store knows now, as a value of its own. O(1).
    pub fn view(&self) -> View<S> {
        self.view.clone()
    }

    /// The log under the store.
    pub fn log(&self) -> &L {
        &self.log
    }

    /// Makes every commit durable, and returns the number of the last.
    ///
    /// # Errors
    ///
    /// [`StoreError::Log`]. The store is read-only then, shows what it knows to be durable, and only opening it again
    /// tells what is.
    pub fn sync(&mut self) -> Result<u64, StoreError> {
        match self.log.sync() {
            Ok(commit) => {
                self.durable = None;
                Ok(commit)
            }
            Err(error) => {
                self.roll_back();
                Err(error.into())
            }
        }
    }

    /// Writes frames as one commit, or asks whether that would be possible, if there are none.
    fn write_log(&mut self, frames: Vec<Frame>, now_micros: u64) -> Result<u64, StoreError> {
        let written = self.log.write(frames, now_micros);
        self.settled(written)
    }

    /// The result of a call of the log. One that fails may have cut commits that were not durable: they are no longer
    /// shown then.
    fn settled<T>(&mut self, result: Result<T, LogError>) -> Result<T, StoreError> {
        if self.log.commit() < self.view.commit() {
            self.roll_back();
        }
        Ok(result?)
    }

    fn roll_back(&mut self) {
        if let Some(durable) = self.durable.take() {
            self.view = durable;
        }
    }

    /// Writes one frame as a commit of its own.
    fn commit_frame(&mut self, frame: Frame, now_micros: u64) -> Result<u64, StoreError> {
        self.write_log(vec![frame], now_micros)?;
        let commit = self.sync()?;
        self.view.past.advance(commit, now_micros, Vec::new());
        Ok(commit)
    }
}

impl<S: Order, L: LogStore> Deref for ItemStore<S, L> {
    type Target = View<S>;

    fn deref(&self) -> &View<S> {
        &self.view
    }
}
