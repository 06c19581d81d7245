//! Reading a store that may be damaged.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use bones_snapshot::Order;
use lattice_lww::{Itc, Unstamped};
use storage_adapter::log::{
    CutTail, Damage, Entry, LogDir, LogError, OpenReport, RebuiltFrom, ScanReport, scan,
};
use storage_adapter::{ItemStore, MemoryLog, StoreCheck, StoreError, is_index, restore};

use super::overlay::Overlay;
use super::source::Source;
use crate::error::CliError;
use crate::store::no_store;

/// What was found in the files of a store.
#[derive(Default)]
pub(super) struct Found {
    pub(super) source: Source,
    /// Everything that is not as it was written, in the order of the log.
    pub(super) damage: Vec<Damage>,
    /// The torn tail that opening would cut.
    pub(super) torn: Option<CutTail>,
    /// Torn tails that were cut and are kept, with their lengths.
    pub(super) tails: Vec<(String, u64)>,
    /// What checks frame by frame, also behind damage; none if it is not known what belongs to the store.
    pub(super) scanned: Option<ScanReport>,
    /// What of it could be read; none if the store has no readable beginning.
    pub(super) readable: Option<Readable>,
}

/// What could be read, from the beginning of the log up to the first damage.
pub(super) struct Readable {
    /// Every frame, its check and its content verified.
    pub(super) entries: Vec<Entry>,
    pub(super) check: StoreCheck,
    pub(super) order: &'static str,
}

/// Reads all of a store and changes nothing in its directory.
pub(super) fn examine(dir: &Path) -> Result<Found, CliError> {
    let mut found = Found {
        source: Source::at(dir),
        ..Found::default()
    };
    found.scan(dir)?;
    let mut lengths = BTreeMap::new();
    let Some((log, report)) = found.open(dir, &mut lengths)? else {
        return Ok(found);
    };
    found.torn = report.cut.filter(|cut| !lengths.contains_key(&cut.file));
    if let Some(torn) = &found.torn {
        let is_torn = |damage: &Damage| damage.file == torn.file && damage.offset >= torn.offset;
        found.damage.retain(|damage| !is_torn(damage));
    }
    found.tails = log.kept_tails()?;
    // Opening keeps what it cuts, here only in memory.
    found.tails.retain(|(name, _)| dir.join(name).exists());
    for damage in log.verify()?.damage {
        found.note(damage);
    }

    let mut entries: Vec<Entry> = Vec::new();
    for entry in log.frames() {
        match entry {
            Ok(entry) => entries.push(entry),
            Err(error) => {
                let (damage, _) = place_of(error, dir).map_err(no_store)?;
                found.note(damage);
                if found.source.from == Some(RebuiltFrom::Segments) {
                    forget_last_batch(&mut entries);
                }
                break;
            }
        }
    }
    found.read(&log, entries)?;
    Ok(found)
}

impl Found {
    /// Notes damage once.
    fn note(&mut self, damage: Damage) {
        let same = |known: &Damage| known.file == damage.file && known.offset == damage.offset;
        if !self.damage.iter().any(same) {
            self.damage.push(damage);
        }
    }

    /// Looks at every frame by itself, also where `CURRENT` and the manifest do not say what belongs to the store.
    fn scan(&mut self, dir: &Path) -> Result<(), CliError> {
        let mut scanned = scan(&self.source.files(&BTreeMap::new())?, drop);
        if let Err(error) = scanned {
            let (damage, _) = place_of(error, dir).map_err(no_store)?;
            self.note(damage);
            let Some(more) = self.source.rebuild()? else {
                return Ok(());
            };
            for damage in more {
                self.note(damage);
            }
            scanned = scan(&self.source.files(&BTreeMap::new())?, drop);
        }
        match scanned {
            Ok(scanned) => {
                for damage in &scanned.damage {
                    self.note(damage.clone());
                }
                self.scanned = Some(scanned);
            }
            Err(error) => self.note(place_of(error, dir).map_err(no_store)?.0),
        }
        Ok(())
    }

    /// Opens the log. Where damage stops that it is noted, and the file is taken for one that ends there, or for one
    /// whose lost end is zeros; none when that does not help.
    fn open(
        &mut self,
        dir: &Path,
        lengths: &mut BTreeMap<String, u64>,
    ) -> Result<Option<(LogDir<Overlay>, OpenReport)>, CliError> {
        loop {
            match LogDir::open_on(self.source.files(lengths)?) {
                Ok(opened) => return Ok(Some(opened)),
                Err(error) => {
                    let (place, length) = place_of(error, dir).map_err(no_store)?;
                    let file = place.file.clone();
                    self.note(place);
                    match length {
                        Some(length) if lengths.insert(file, length).is_none() => {}
                        _ => return Ok(None),
                    }
                }
            }
        }
    }

    /// Checks what the frames hold, up to the first that does not hold what it should.
    fn read(&mut self, log: &LogDir<Overlay>, mut entries: Vec<Entry>) -> Result<(), CliError> {
        let is_whole = self.damage.is_empty();
        loop {
            let result = match check::<Unstamped>(log, &entries) {
                Err(StoreError::Order { .. }) => check::<Itc>(log, &entries),
                result => result,
            };
            match result {
                Ok((order, check, index)) => {
                    if let Some(found) = index.filter(|_| is_whole) {
                        let last = entries.iter().rfind(|entry| is_index(entry.kind));
                        self.note(Damage {
                            file: last.map_or_else(String::new, |entry| entry.file.to_string()),
                            offset: last.map_or(0, |entry| entry.offset),
                            bytes: last.map_or(0, |entry| entry.body.len() as u64),
                            expected: "an index of what stands before it".into(),
                            found,
                        });
                    }
                    self.readable = Some(Readable {
                        entries,
                        check,
                        order,
                    });
                    return Ok(());
                }
                Err(StoreError::Frame { offset, why, .. }) => {
                    // A log in memory counts its frames, and has none of the index.
                    let place = usize::try_from(offset).unwrap_or(usize::MAX);
                    let told = entries.iter().enumerate();
                    let mut told = told.filter(|(_, entry)| !is_index(entry.kind));
                    let Some((place, entry)) = told.nth(place) else {
                        return Err(CliError::Fsck { what: why });
                    };
                    self.note(Damage {
                        file: entry.file.to_string(),
                        offset: entry.offset,
                        bytes: entry.body.len() as u64,
                        expected: "what its kind says".into(),
                        found: format!("something else ({why})"),
                    });
                    entries.truncate(place);
                }
                Err(error) => return Err(error.into()),
            }
        }
    }
}

/// Forgets the frames of a batch that was not proven to follow the one before: the mark that closes it would have.
fn forget_last_batch(entries: &mut Vec<Entry>) {
    let place = |entry: &Entry| (Arc::clone(&entry.file), entry.commit);
    let Some(last) = entries.last().map(place) else {
        return;
    };
    while entries.last().map(place).as_ref() == Some(&last) {
        entries.pop();
    }
}

/// Verifies the content of frames under an order, and what the index of their log says of them.
fn check<S: Order>(
    log: &LogDir<Overlay>,
    entries: &[Entry],
) -> Result<(&'static str, StoreCheck, Option<String>), StoreError> {
    let mut copy = MemoryLog::new(log.header());
    restore(&mut copy, entries.iter().cloned().map(Ok::<_, LogError>))?;
    let check = ItemStore::<S, _>::over(copy)?.verify(&[])?;
    let index = ItemStore::<S, LogDir<Overlay>>::check_index(&log.view())?;
    Ok((S::WORD, check, index))
}

/// Where the damage is, and the length to take the file for; the error itself when it is about
/// something else.
fn place_of(error: LogError, dir: &Path) -> Result<(Damage, Option<u64>), LogError> {
    let name = |file: &Path| {
        let name = file.file_name().unwrap_or_default();
        name.to_string_lossy().into_owned()
    };
    match error {
        LogError::Corrupt {
            file,
            offset,
            expected,
            found,
        } => {
            let file = name(&file);
            let len = std::fs::metadata(dir.join(&file)).map_or(0, |about| about.len());
            // The other files are read whole or not at all, and without its head a segment is none.
            let usable = file.starts_with("seg-") && offset > 0;
            let damage = Damage {
                file,
                offset,
                bytes: len.saturating_sub(offset),
                expected,
                found,
            };
            Ok((damage, usable.then_some(offset)))
        }
        LogError::Short {
            file,
            expected,
            found,
        } => {
            let damage = Damage {
                file: name(&file),
                offset: found,
                bytes: expected.saturating_sub(found),
                expected: format!("{expected} bytes"),
                found: format!("{found} bytes"),
            };
            Ok((damage, Some(expected)))
        }
        LogError::Missing { file } => {
            let damage = Damage {
                file: name(&file),
                offset: 0,
                bytes: 0,
                expected: "a file".into(),
                found: "none".into(),
            };
            Ok((damage, None))
        }
        error => Err(error),
    }
}
