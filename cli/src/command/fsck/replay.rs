//! Writing what is proven into another store.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use bones_snapshot::Order;
use storage_adapter::log::{Fragment, LogDir, LogError, scan};
use storage_adapter::{AnyStore, ItemStore, Salvage, restore};
use tempfile::Builder;

use super::examine::Found;
use crate::error::CliError;
use crate::store::no_store;

/// A store that was written anew.
pub(super) struct Repair {
    pub(super) into: PathBuf,
    /// Frames from before the damage.
    pub(super) frames: u64,
    /// The number and the time of the last commit among them.
    pub(super) last: Option<(u64, u64)>,
    pub(super) salvaged: Salvaged,
}

/// What was brought over from behind the damage.
#[derive(Default)]
pub(super) struct Salvaged {
    pub(super) events: usize,
    pub(super) snapshots: usize,
    pub(super) redactions: usize,
    /// The commit it came with, if anything did.
    pub(super) commit: Option<u64>,
    /// Frames that check and are not brought over.
    pub(super) left_behind: u64,
}

impl Found {
    /// Writes a new store with everything that was read. It appears whole or not at all; none when nothing
    /// could be read.
    pub(super) fn repair(
        &self,
        target: &Path,
        no_scopes: bool,
    ) -> Result<Option<Repair>, CliError> {
        let Some(scanned) = &self.scanned else {
            return Ok(None);
        };
        let readable = self.readable.as_ref();
        let entries = readable.map_or(&[][..], |readable| &readable.entries);
        let parent = target.parent().filter(|path| !path.as_os_str().is_empty());
        let parent = parent.unwrap_or(Path::new("."));
        // By its name whoever finds it knows what it is, should the repair be killed.
        let name = target.file_name().unwrap_or_default().to_string_lossy();
        let room = Builder::new()
            .prefix(&format!("{name}.unfinished-"))
            .tempdir_in(parent);
        let room = room.map_err(CliError::io("make a directory in", parent))?;
        let made = room.path().join("store");
        let mut log = LogDir::create(&made, &scanned.header)?;
        restore(&mut log, entries.iter().cloned().map(Ok::<_, LogError>))?;
        drop(log);
        // Without an index all of it is read and verified.
        let (mut store, _) = AnyStore::open(&made)?;
        let salvaged = match &mut store {
            _ if self.damage.is_empty() => Salvaged::default(),
            AnyStore::Wall(store) => self.salvage(store, no_scopes)?,
            AnyStore::Itc(store) => self.salvage(store, no_scopes)?,
        };
        drop(store);
        if entries.is_empty() && salvaged.commit.is_none() && !self.damage.is_empty() {
            return Ok(None);
        }
        std::fs::rename(&made, target).map_err(CliError::io("make the directory", target))?;
        Ok(Some(Repair {
            into: target.into(),
            frames: entries.len() as u64,
            last: entries
                .last()
                .map(|last| (last.commit, last.commit_time_micros)),
            salvaged,
        }))
    }

    /// Joins what stands behind the damage into a store that holds what stands before it.
    fn salvage<S: Order>(
        &self,
        store: &mut ItemStore<S>,
        no_scopes: bool,
    ) -> Result<Salvaged, CliError> {
        let mut salvage = if no_scopes {
            Salvage::<S>::without_scopes()
        } else {
            Salvage::new()
        };
        let readable = self.readable.as_ref();
        let mut before = readable.map_or(0, |readable| readable.entries.len());
        // Nobody was told that a torn tail is there.
        let is_torn = |fragment: &Fragment| {
            let torn = self.torn.as_ref();
            torn.is_some_and(|cut| *fragment.file == *cut.file && fragment.offset >= cut.offset)
        };
        scan(&self.source.files(&BTreeMap::new())?, |fragment| {
            if before > 0 {
                before -= 1;
                salvage.pass(&fragment);
            } else if !is_torn(&fragment) {
                salvage.take(&fragment);
            }
        })
        .map_err(no_store)?;
        let mut salvaged = Salvaged {
            left_behind: salvage.left(),
            ..Salvaged::default()
        };
        let last = store.commit_time_micros(store.commit()).unwrap_or(0);
        let time = salvage.time_micros().max(last);
        let known = store.commit();
        for batch in salvage.into_batches() {
            let report = store.apply(batch, time)?;
            salvaged.events = salvaged.events.saturating_add(report.events_added);
            salvaged.snapshots = salvaged.snapshots.saturating_add(report.snapshots_added);
            salvaged.redactions = salvaged.redactions.saturating_add(report.redactions_added);
            let dropped = report.dropped as u64;
            salvaged.left_behind = salvaged.left_behind.saturating_add(dropped);
        }
        salvaged.commit = Some(store.commit()).filter(|commit| *commit > known);
        Ok(salvaged)
    }
}
