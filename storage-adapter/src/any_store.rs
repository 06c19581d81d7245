//! A store whose order is known only once it is open.

use std::path::Path;

use bones_snapshot::Order;
use lattice_lww::{Itc, Unstamped};

use crate::error::StoreError;
use crate::item_store::ItemStore;
use crate::log::{LogDir, OpenReport};
use crate::record::Header;

/// A store under one of the orders there are.
pub enum AnyStore {
    /// By wall clock, agent and hash.
    Wall(ItemStore<Unstamped>),
    /// By interval tree clock first.
    Itc(ItemStore<Itc>),
}

impl AnyStore {
    /// Opens a store under the order it was created with.
    ///
    /// # Errors
    ///
    /// As [`ItemStore::open`], and [`StoreError::UnknownOrder`] for an order of a newer build.
    pub fn open(path: &Path) -> Result<(Self, OpenReport), StoreError> {
        Self::of(path, LogDir::open(path)?)
    }

    /// Opens a store to read it, beside others that do; see [`LogDir::open_read_only`].
    ///
    /// # Errors
    ///
    /// As [`open`](Self::open).
    pub fn open_read_only(path: &Path) -> Result<(Self, OpenReport), StoreError> {
        Self::of(path, LogDir::open_read_only(path)?)
    }

    fn of(
        path: &Path,
        (log, report): (LogDir, OpenReport),
    ) -> Result<(Self, OpenReport), StoreError> {
        let order = Header::decode(log.header(), path)?.order;
        let store = if order == Unstamped::WORD {
            Self::Wall(ItemStore::over(log)?)
        } else if order == Itc::WORD {
            Self::Itc(ItemStore::over(log)?)
        } else {
            return Err(StoreError::UnknownOrder {
                path: path.into(),
                found: order,
            });
        };
        Ok((store, report))
    }

    /// The word for the order.
    pub fn order_word(&self) -> &'static str {
        match self {
            Self::Wall(_) => Unstamped::WORD,
            Self::Itc(_) => Itc::WORD,
        }
    }
}
