//! `lattice fsck`.

mod examine;
mod overlay;
mod replay;
mod report;
mod source;

use std::path::{Path, PathBuf};

use clap::Args;

use self::examine::examine;
use self::report::Report;
use crate::args::StoreArg;
use crate::error::CliError;
use crate::output::Output;
use crate::progress::Progress;
use crate::store::when_free;

/// Look for damage in the files of a store, also of one that does not open, and change none of them.
///
/// Every damaged place is named by file and byte, and what is readable is checked to the last hash. A torn
/// tail, bytes of a write that was never acknowledged, is no damage: opening the store cuts it and keeps it
/// aside. Where the files that say what belongs to the store are lost, they are made again in memory, from the newest
/// manifest or from the segments. The exit code is 0 only if the store is sound.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  lattice fsck --store my.lattice
  lattice fsck --store my.lattice --repair-into mended.lattice
  lattice import .bones --store mended.lattice")]
pub(crate) struct Fsck {
    #[command(flatten)]
    store: StoreArg,
    /// Write a new store with everything that can be proved, and say what is missing: what stands before the
    /// damage commit by commit, and what checks behind it joined in one commit more. Importing the log it came
    /// from, or an export of another replica, brings the rest back. A repair that is killed leaves a folder
    /// NEWDIR.unfinished-..., which may go.
    #[arg(long, value_name = "NEWDIR")]
    repair_into: Option<PathBuf>,
    /// The store never had a scope. Without it, frames behind damage that may have named one are left out.
    #[arg(long, requires = "repair_into")]
    no_scopes: bool,
}

/// True iff a new file of this path would lie in the directory.
fn is_within(path: &Path, dir: &Path) -> bool {
    let parent = path
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty());
    let parent = parent.unwrap_or(Path::new(".")).canonicalize();
    // Where either is not there, whoever comes to need it says so.
    matches!((parent, dir.canonicalize()), (Ok(parent), Ok(dir)) if parent.starts_with(&dir))
}

impl Fsck {
    pub(crate) fn run(self, out: &Output) -> Result<(), CliError> {
        let path = &self.store.path;
        if let Some(target) = self.repair_into.as_ref().filter(|path| path.exists()) {
            return Err(CliError::RepairExists {
                path: target.clone(),
            });
        }
        if let Some(target) = self.repair_into.as_ref().filter(|it| is_within(it, path)) {
            return Err(CliError::RepairWithin {
                path: target.clone(),
                store: path.clone(),
            });
        }
        let progress = Progress::new("reading");
        let found = when_free(&self.store, || examine(path))?;
        drop(progress);
        let repair = match &self.repair_into {
            None => None,
            Some(target) => {
                let _progress = Progress::new("writing");
                found.repair(target, self.no_scopes)?
            }
        };
        let report = Report::new(found, repair, self.repair_into.is_some());
        out.print(&report)?;
        report.conclude(path)
    }
}
