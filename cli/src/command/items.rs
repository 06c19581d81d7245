//! `lattice items`.

use std::fmt;

use bones_snapshot::{ItemView, Order};
use clap::Args;
use serde::Serialize;
use storage_adapter::ItemStore;
use unicode_width::UnicodeWidthStr;

use crate::args::StoreArg;
use crate::error::CliError;
use crate::output::Output;
use crate::store::{OnStore, with_store};
use crate::terminal::{counted, cut, one_line, pad, width};

/// List all items.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  lattice items --store my.lattice
  lattice items --store my.lattice --json | jq '.[] | select(.phase == \"doing\") | .title'")]
pub(crate) struct Items {
    #[command(flatten)]
    store: StoreArg,
}

impl Items {
    pub(crate) fn run(self, out: &Output) -> Result<(), CliError> {
        with_store(&self.store.path, Task { out })
    }
}

struct Task<'a> {
    out: &'a Output,
}

impl OnStore for Task<'_> {
    fn on<S: Order>(self, store: ItemStore<S>) -> Result<(), CliError> {
        self.out.print(&Views::of(&store))
    }
}

/// Every item of a store.
#[derive(Serialize)]
#[serde(transparent)]
pub(crate) struct Views(Vec<ItemView>);

impl Views {
    pub(crate) fn of<S: Order>(store: &ItemStore<S>) -> Self {
        let views = store.states().map(|(id, state)| ItemView::new(id, state));
        Self(views.collect())
    }
}

/// What stands for a value that has been redacted.
pub(crate) const REDACTED: &str = "[redacted]";

impl fmt::Display for Views {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rows = self.0.iter().map(|view| {
            let phase = view.phase.as_str();
            let phase = if view.deleted { "deleted" } else { phase };
            [
                one_line(&view.item_id),
                phase.to_owned(),
                view.kind.map_or(REDACTED, |k| k.as_str()).to_owned(),
                view.urgency.map_or(REDACTED, |u| u.as_str()).to_owned(),
                one_line(view.title.as_deref().unwrap_or(REDACTED)),
            ]
        });
        let header = ["ITEM", "PHASE", "KIND", "URGENCY", "TITLE"].map(str::to_owned);
        let rows: Vec<_> = std::iter::once(header).chain(rows).collect();
        let mut widths = [0_usize; 5];
        for row in &rows {
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = (*width).max(cell.width());
            }
        }
        let room = width();
        for row in &rows {
            let cells = row.iter().zip(widths).map(|(cell, width)| pad(cell, width));
            let line = cells.collect::<Vec<_>>().join("  ");
            writeln!(f, "{}", cut(line.trim_end(), room))?;
        }
        writeln!(f, "{}", counted(self.0.len(), "item"))
    }
}
