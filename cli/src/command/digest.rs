//! `lattice digest`.

use std::fmt;

use bones_snapshot::Order;
use clap::Args;
use data_encoding::HEXLOWER;
use serde::Serialize;
use storage_adapter::ItemStore;

use crate::args::StoreArg;
use crate::error::CliError;
use crate::output::Output;
use crate::progress::Progress;
use crate::store::{OnStore, with_read_store};

/// Print one hash over everything the store knows.
///
/// Equal knowledge gives equal digests, whether or not, where or when it was compacted.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  lattice digest --store my.lattice
  test \"$(lattice digest --store mine)\" = \"$(lattice digest --store yours)\"")]
pub(crate) struct Digest {
    #[command(flatten)]
    store: StoreArg,
}

impl Digest {
    pub(crate) fn run(self, out: &Output) -> Result<(), CliError> {
        with_read_store(&self.store, Task { out })
    }
}

struct Task<'a> {
    out: &'a Output,
}

impl OnStore for Task<'_> {
    fn on<S: Order>(self, store: ItemStore<S>) -> Result<(), CliError> {
        let progress = Progress::new("hashing");
        let digest = store.digest()?;
        drop(progress);
        self.out.print(&Report {
            digest: HEXLOWER.encode(&digest),
            order: S::WORD,
            items: store.item_ids().count(),
        })
    }
}

#[derive(Serialize)]
struct Report {
    digest: String,
    order: &'static str,
    items: usize,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.digest)
    }
}
