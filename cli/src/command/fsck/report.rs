//! What was found and what was mended, for people and for scripts.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use serde::Serialize;
use storage_adapter::ItemCheck;
use storage_adapter::log::{CutTail, Damage, RebuiltFrom};

use super::examine::Found;
use super::replay::{Repair, Salvaged};
use crate::error::CliError;
use crate::terminal::{counted, one_line};
use crate::time;

#[derive(Serialize)]
pub(super) struct Report {
    sound: bool,
    /// None when the store has no readable beginning.
    order: Option<&'static str>,
    /// Frames that check, also behind damage.
    frames: u64,
    /// Frames in front of the first damage whose content was verified.
    verified: u64,
    hashes: usize,
    items: usize,
    /// Items whose state is not what their sources say.
    failed: BTreeMap<String, String>,
    damage: Vec<Place>,
    /// What said which files belong to the store and had to be made again: `current`, or `manifest` for both.
    rebuilt: Option<&'static str>,
    torn: Option<Torn>,
    tails: Vec<Tail>,
    repair: Option<Repaired>,
    #[serde(skip)]
    wanted: bool,
}

#[derive(Serialize)]
struct Place {
    file: String,
    offset: u64,
    bytes: u64,
    expected: String,
    found: String,
}

#[derive(Serialize)]
struct Torn {
    file: String,
    offset: u64,
    bytes: u64,
}

#[derive(Serialize)]
struct Tail {
    file: String,
    bytes: u64,
}

#[derive(Serialize)]
struct Repaired {
    #[serde(serialize_with = "crate::output::path")]
    into: PathBuf,
    /// Frames from before the damage.
    frames: u64,
    /// The last commit among them.
    commit: Option<u64>,
    time: Option<String>,
    salvaged: Brought,
    /// Frames that check, but stand behind the damage and are not brought over: of scopes that are in doubt or not in the new
    /// store, or of something else than items.
    left_behind: u64,
}

/// What was brought over from behind the damage.
#[derive(Serialize)]
struct Brought {
    events: usize,
    snapshots: usize,
    redactions: usize,
    /// The commit of the new store that it came with.
    commit: Option<u64>,
}

impl Report {
    pub(super) fn new(found: Found, repair: Option<Repair>, wanted: bool) -> Self {
        let Found {
            source,
            damage,
            torn,
            tails,
            scanned,
            readable,
        } = found;
        let mut report = Self {
            sound: damage.is_empty(),
            order: None,
            frames: scanned.map_or(0, |scanned| scanned.frames),
            verified: 0,
            hashes: 0,
            items: 0,
            failed: BTreeMap::new(),
            damage: damage.into_iter().map(Place::from).collect(),
            rebuilt: source.from.map(|from| match from {
                RebuiltFrom::Manifest => "current",
                _ => "manifest",
            }),
            torn: torn.map(Torn::from),
            tails: tails
                .into_iter()
                .map(|(file, bytes)| Tail { file, bytes })
                .collect(),
            repair: repair.map(Repaired::from),
            wanted,
        };
        if let Some(readable) = readable {
            report.order = Some(readable.order);
            report.verified = readable.entries.len() as u64;
            report.hashes = readable.check.hashes;
            report.items = readable.check.items.len();
            report.sound &= readable.check.is_sound();
            for (item, check) in readable.check.items {
                if let ItemCheck::Failed { why } = check {
                    report.failed.insert(item, why);
                }
            }
        }
        report
    }

    pub(super) fn conclude(&self, store: &Path) -> Result<(), CliError> {
        if self.sound {
            return Ok(());
        }
        let advice = match (&self.repair, self.wanted) {
            (Some(_), _) => "the new store is; import into it the log, or an export of a replica",
            (None, true) => {
                "nothing could be proved, so no store was written; restore a copy, or import the log"
            }
            (None, false) => "restore it from a copy, or say --repair-into NEWDIR",
        };
        Err(CliError::Unsound {
            store: store.into(),
            what: format!(
                "{} damaged, {} failed; {advice}",
                counted(self.damage.len(), "place"),
                counted(self.failed.len(), "item")
            ),
        })
    }
}

impl From<Repair> for Repaired {
    fn from(repair: Repair) -> Self {
        let Salvaged {
            events,
            snapshots,
            redactions,
            commit,
            left_behind,
        } = repair.salvaged;
        Self {
            into: repair.into,
            frames: repair.frames,
            commit: repair.last.map(|(commit, _)| commit),
            time: repair.last.map(|(_, time)| time::show(time)),
            salvaged: Brought {
                events,
                snapshots,
                redactions,
                commit,
            },
            left_behind,
        }
    }
}

impl From<Damage> for Place {
    fn from(damage: Damage) -> Self {
        Self {
            file: damage.file,
            offset: damage.offset,
            bytes: damage.bytes,
            expected: damage.expected,
            found: damage.found,
        }
    }
}

impl From<CutTail> for Torn {
    fn from(cut: CutTail) -> Self {
        Self {
            file: cut.file,
            offset: cut.offset,
            bytes: cut.bytes,
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "read      {} frames that check; {} of them verified, with {} and {}",
            self.frames,
            self.verified,
            counted(self.hashes, "line"),
            counted(self.items, "item")
        )?;
        if let Some(Torn {
            file,
            offset,
            bytes,
        }) = &self.torn
        {
            writeln!(
                f,
                "torn      {file} from byte {offset} on: {bytes} bytes of a write that was never acknowledged"
            )?;
        }
        for Tail { file, bytes } in &self.tails {
            writeln!(
                f,
                "kept      {file}: {bytes} bytes of a torn write, cut when the store was opened"
            )?;
        }
        writeln!(f, "failed    {}", counted(self.failed.len(), "item"))?;
        for (item, why) in &self.failed {
            writeln!(f, "          {}: {}", one_line(item), one_line(why))?;
        }
        writeln!(f, "damaged   {}", counted(self.damage.len(), "place"))?;
        for Place {
            file,
            offset,
            bytes,
            expected,
            found,
        } in &self.damage
        {
            writeln!(
                f,
                "          {file} at byte {offset}: expected {expected}, found {}; {bytes} bytes",
                one_line(found)
            )?;
        }
        match self.rebuilt {
            None => {}
            Some("current") => writeln!(
                f,
                "read by   the newest manifest, since CURRENT does not tell"
            )?,
            Some(_) => writeln!(
                f,
                "read by   the segments that are there, since no manifest tells; older ones may be among them, and the newest missing"
            )?,
        }
        let Some(repair) = &self.repair else {
            return Ok(());
        };
        write!(f, "repaired  {}: ", repair.into.display())?;
        match (repair.commit, &repair.time) {
            (Some(commit), Some(time)) => writeln!(
                f,
                "{}, up to commit {commit} of {time}",
                counted(repair.frames, "frame")
            )?,
            _ => writeln!(f, "nothing could be brought over commit by commit")?,
        }
        if self.sound {
            return Ok(());
        }
        let brought = &repair.salvaged;
        if let Some(commit) = brought.commit {
            writeln!(
                f,
                "salvaged  {}, {} and {} from behind the damage, up to commit {commit} of the new store",
                counted(brought.events, "event"),
                counted(brought.snapshots, "snapshot"),
                counted(brought.redactions, "redaction")
            )?;
        }
        if self.rebuilt == Some("current")
            && matches!(&self.damage[..], [one] if one.file == "CURRENT")
        {
            return writeln!(
                f,
                "missing   nothing: CURRENT says which manifest is in force, and no more"
            );
        }
        writeln!(
            f,
            "missing   what the damaged bytes held, redactions perhaps among it, and {} behind them that are not brought over",
            counted(repair.left_behind, "frame")
        )
    }
}
