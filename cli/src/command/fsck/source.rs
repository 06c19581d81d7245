//! The files of a store that may be damaged, as far as they are believed.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use lattice_lww::{Itc, Unstamped};
use storage_adapter::ItemStore;
use storage_adapter::log::{Damage, LogDir, RebuiltFrom, rebuild};

use super::overlay::Overlay;
use crate::error::CliError;
use crate::store::no_store;

/// A directory that is only read, with the files that say what belongs to it, where those had to be made again.
#[derive(Default)]
pub(super) struct Source {
    dir: PathBuf,
    head: Vec<(String, Vec<u8>)>,
    pub(super) from: Option<RebuiltFrom>,
}

impl Source {
    pub(super) fn at(dir: &Path) -> Self {
        Self {
            dir: dir.into(),
            ..Self::default()
        }
    }

    /// The files, with some of them cut, or filled up with zeros, to a given length.
    pub(super) fn files(&self, lengths: &BTreeMap<String, u64>) -> Result<Overlay, CliError> {
        let io = || CliError::io("read", &self.dir);
        let overlay = Overlay::new(&self.dir, lengths).map_err(io())?;
        for (name, content) in &self.head {
            overlay.put(name, content).map_err(io())?;
        }
        Ok(overlay)
    }

    /// Makes `CURRENT` and the manifest again where they do not read, and says what is wrong with them and with what
    /// they should name; none if nothing is there to go by.
    pub(super) fn rebuild(&mut self) -> Result<Option<Vec<Damage>>, CliError> {
        let headers = [
            ItemStore::<Unstamped, LogDir>::header(),
            ItemStore::<Itc, LogDir>::header(),
        ];
        let rebuilt = rebuild(&self.files(&BTreeMap::new())?, &headers).map_err(no_store)?;
        Ok(rebuilt.map(|rebuilt| {
            self.head = rebuilt.files;
            self.from = Some(rebuilt.from);
            rebuilt.damage
        }))
    }
}
