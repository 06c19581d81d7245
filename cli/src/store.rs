//! Opening a store of whatever order.

use std::path::Path;
use std::time::Duration;

use bones_snapshot::{ItemState, Order};
use storage_adapter::log::{LogError, OpenReport};
use storage_adapter::{AnyStore, ItemStore, StoreError};

use crate::args::StoreArg;
use crate::error::CliError;
use crate::output::warning;
use crate::progress::Progress;

/// Something to do with a store of any order.
pub(crate) trait OnStore {
    fn on<S: Order>(self, store: ItemStore<S>) -> Result<(), CliError>;
}

/// Opens the store to write to it, and does it.
pub(crate) fn with_store(store: &StoreArg, task: impl OnStore) -> Result<(), CliError> {
    on_opened(open(store)?, task)
}

/// Opens the store to read it, and does it.
pub(crate) fn with_read_store(store: &StoreArg, task: impl OnStore) -> Result<(), CliError> {
    on_opened(read(store)?, task)
}

/// Does it with a store that is open.
pub(crate) fn on_opened(store: AnyStore, task: impl OnStore) -> Result<(), CliError> {
    match store {
        AnyStore::Wall(store) => task.on(store),
        AnyStore::Itc(store) => task.on(store),
    }
}

/// Opens a store under the order it has, and tells what had to be mended.
pub(crate) fn open(store: &StoreArg) -> Result<AnyStore, CliError> {
    opened(store, AnyStore::open)
}

/// Opens a store to read it, beside others that do. Changes nothing.
pub(crate) fn read(store: &StoreArg) -> Result<AnyStore, CliError> {
    opened(store, AnyStore::open_read_only)
}

/// [`read`] without showing that it takes time.
pub(crate) fn read_quietly(path: &Path) -> Result<AnyStore, CliError> {
    told(path, AnyStore::open_read_only(path))
}

type Opened = Result<(AnyStore, OpenReport), StoreError>;

fn opened(store: &StoreArg, open: fn(&Path) -> Opened) -> Result<AnyStore, CliError> {
    let progress = Progress::new("opening the store");
    let opened = when_free(store, || told(&store.path, open(&store.path)))?;
    drop(progress);
    Ok(opened)
}

/// Opens what may be in use, again and again for as long as was asked.
pub(crate) fn when_free<T>(
    store: &StoreArg,
    mut open: impl FnMut() -> Result<T, CliError>,
) -> Result<T, CliError> {
    const STEP: Duration = Duration::from_millis(20);
    let mut left = Duration::from(store.wait);
    loop {
        let opened = open();
        let is_locked = matches!(
            opened,
            Err(CliError::Store(StoreError::Log(LogError::Locked { .. })))
        );
        if !is_locked || left.is_zero() {
            return opened;
        }
        let step = STEP.min(left);
        std::thread::sleep(step);
        left = left.saturating_sub(step);
    }
}

fn told(path: &Path, opened: Opened) -> Result<AnyStore, CliError> {
    let (store, report) = opened.map_err(|error| match error {
        StoreError::Log(error) => no_store(error),
        error => error.into(),
    })?;
    warn(path, &report);
    Ok(store)
}

/// Refuses to write a file into the directory of a store, by whatever name or link.
pub(crate) fn outside_of_stores(file: &Path) -> Result<(), CliError> {
    // A name that is not there yet lies where its folder does.
    let settled = file.canonicalize().ok();
    let folder = match settled.as_deref().unwrap_or(file).parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let Ok(entries) = folder.read_dir() else {
        // Whoever writes says why it cannot be.
        return Ok(());
    };
    let names: Vec<_> = entries.flatten().map(|entry| entry.file_name()).collect();
    let names: Vec<_> = names.iter().map(|name| name.to_string_lossy()).collect();
    let any = |is: &dyn Fn(&str) -> bool| usize::from(names.iter().any(|name| is(name)));
    let kinds = any(&|name| name == "LOCK")
        + any(&|name| name == "CURRENT")
        + any(&|name| name.starts_with("MANIFEST-"))
        + any(&|name| name.starts_with("seg-"));
    // Also of a store that has lost some of them.
    if kinds < 2 {
        return Ok(());
    }
    Err(CliError::OutputWithin {
        path: file.into(),
        store: folder.into(),
    })
}

/// The error of a log, with what to do when there is none.
pub(crate) fn no_store(error: LogError) -> CliError {
    match error {
        error @ LogError::NotAStore { .. } => CliError::NoStore(error),
        error => StoreError::from(error).into(),
    }
}

/// Tells what opening mended, or left.
fn warn(path: &Path, report: &OpenReport) {
    if let Some(cut) = &report.cut {
        warning(format_args!(
            "{} ended in {} bytes of a write that was never acknowledged; they were cut at byte {} and kept in {}",
            path.join(&cut.file).display(),
            cut.bytes,
            cut.offset,
            path.join(&cut.kept).display(),
        ));
    }
    if let Some(torn) = &report.torn {
        warning(format_args!(
            "{} ends in {} bytes of a write that was never acknowledged; they are not read, and the next command that writes will \
             cut them at byte {} and keep them in a file of their own",
            path.join(&torn.file).display(),
            torn.bytes,
            torn.offset,
        ));
    }
    for orphan in &report.orphans_left {
        warning(format_args!(
            "{} belongs to nothing and cannot be removed; the next command tries again",
            path.join(orphan).display(),
        ));
    }
}

/// The state of an item, by an id as people type it.
pub(crate) fn item<'a, S: Order>(
    store: &'a ItemStore<S>,
    path: &Path,
    item: &str,
) -> Result<(&'a str, &'a ItemState<S>), CliError> {
    // Ids are in lower case wherever they are read.
    let wanted = item.trim().to_lowercase();
    let found = store.item_ids().find(|id| **id == *wanted);
    if let Some(id) = found
        && let Some(state) = store.state(id)?
    {
        return Ok((id, state));
    }
    Err(unknown(path, item, store.item_ids()))
}

/// The error for an item that is not there, with what may have been meant.
pub(crate) fn unknown<'a>(path: &Path, item: &str, ids: impl Iterator<Item = &'a str>) -> CliError {
    CliError::UnknownItem {
        store: path.into(),
        item: item.into(),
        near: near(&item.trim().to_lowercase(), ids),
    }
}

/// Up to three ids that look like the one that is not there, the nearest first.
fn near<'a>(wanted: &str, ids: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut scored: Vec<(usize, &str)> = ids
        .map(|id| (distance(wanted, id), id))
        .filter(|(far, id)| *far <= 2 || (wanted.len() > 2 && id.contains(wanted)))
        .collect();
    scored.sort_unstable();
    scored.truncate(3);
    scored.into_iter().map(|(_, id)| id.to_owned()).collect()
}

/// Edit distance: how many characters to add, take away or change.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = i;
        let mut left = i.saturating_add(1);
        for (cell, y) in row.iter_mut().skip(1).zip(&b) {
            let above = *cell;
            let changed = diagonal.saturating_add(usize::from(x != *y));
            left = changed
                .min(above.saturating_add(1))
                .min(left.saturating_add(1));
            diagonal = above;
            *cell = left;
        }
        if let Some(first) = row.first_mut() {
            *first = i.saturating_add(1);
        }
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::{distance, near};

    #[test]
    fn distance_counts_edits() {
        assert_eq!(distance("", "abc"), 3);
        assert_eq!(distance("abc", ""), 3);
        assert_eq!(distance("bn-12ab", "bn-12ab"), 0);
        assert_eq!(distance("bn-12ab", "bn-21ab"), 2);
        assert_eq!(distance("kitten", "sitting"), 3);
    }

    #[test]
    fn near_ids_come_closest_first() {
        let ids = ["bn-1a2", "bn-1a3", "bn-9z9", "bn-1a2.1"];
        assert_eq!(
            near("bn-1a", ids.into_iter()),
            ["bn-1a2", "bn-1a3", "bn-1a2.1"]
        );
        assert!(near("nothing", ids.into_iter()).is_empty());
    }
}
