//! `lattice export`.

use std::fmt;
use std::path::{Path, PathBuf};

use bones_snapshot::Order;
use clap::{Args, ValueEnum};
use serde::Serialize;
use storage_adapter::{ItemStore, write_whole};

use crate::args::StoreArg;
use crate::command::items::Views;
use crate::error::CliError;
use crate::output::Output;
use crate::progress::Progress;
use crate::store::{OnStore, outside_of_stores, with_read_store};
use crate::terminal::{bytes, counted};

/// Write what the store knows now to one file.
///
/// Scopes, pins and the past stay behind: a backup of those is a copy of the store's directory. The
/// file appears whole or not at all.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  lattice export --store my.lattice --format snapshots --out my.snapshots
  lattice export --store my.lattice --format bones --out compacted.events
  lattice export --store my.lattice --format json --out items.json")]
pub(crate) struct Export {
    #[command(flatten)]
    store: StoreArg,
    /// What to write.
    #[arg(long, value_enum)]
    format: Format,
    /// The file; one that is there is replaced.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Serialize)]
#[serde(rename_all = "lowercase")]
enum Format {
    /// The state of every item, for `lattice import` of another store.
    Snapshots,
    /// An events file for bones: lines word for word, and one `item.snapshot` for each compact item.
    Bones,
    /// What `lattice items --json` prints.
    Json,
}

/// Who writes the snapshots for bones.
const AGENT: &str = "lattice";

impl Export {
    pub(crate) fn run(self, out: &Output) -> Result<(), CliError> {
        outside_of_stores(&self.out)?;
        let task = Task {
            format: self.format,
            file: &self.out,
            out,
        };
        with_read_store(&self.store, task)
    }
}

struct Task<'a> {
    format: Format,
    file: &'a Path,
    out: &'a Output,
}

impl OnStore for Task<'_> {
    fn on<S: Order>(self, store: ItemStore<S>) -> Result<(), CliError> {
        let progress = Progress::new("writing");
        match self.format {
            Format::Snapshots => store.write_export(self.file)?,
            Format::Bones => {
                let export = store.export_bones(AGENT)?;
                write(self.file, export.text.as_bytes())?;
            }
            Format::Json => {
                let mut json =
                    serde_json::to_vec(&Views::of(&store.now())?).map_err(CliError::Json)?;
                json.push(b'\n');
                write(self.file, &json)?;
            }
        }
        drop(progress);
        let size = std::fs::metadata(self.file).map_err(CliError::io("read", self.file))?;
        self.out.print(&Report {
            file: self.file.into(),
            format: self.format,
            items: store.item_ids().count(),
            bytes: size.len(),
        })
    }
}

fn write(file: &Path, bytes: &[u8]) -> Result<(), CliError> {
    write_whole(file, |out| out.write_all(bytes)).map_err(CliError::io("write", file))
}

#[derive(Serialize)]
struct Report {
    #[serde(serialize_with = "crate::output::path")]
    file: PathBuf,
    format: Format,
    items: usize,
    bytes: u64,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "wrote {}, {} to {}",
            counted(self.items, "item"),
            bytes(self.bytes),
            self.file.display()
        )
    }
}
