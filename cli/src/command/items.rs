//! `lattice items`.

use std::fmt;

use bones_snapshot::{ItemView, Order};
use clap::Args;
use serde::Serialize;
use storage_adapter::{ItemStore, Moment, StoreError};
use unicode_width::UnicodeWidthStr;

use crate::args::StoreArg;
use crate::error::CliError;
use crate::moment::{Asked, MomentArgs, Place};
use crate::output::Output;
use crate::store::{OnStore, with_read_store};
use crate::terminal::{counted, cut, one_line, pad, width};

/// List all items, as they are or as they were.
///
/// With `--at` the JSON is one object: `exact`, `commit`, `time`, `scope` and `items`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  lattice items --store my.lattice
  lattice items --store my.lattice --at 2026-05-01T12:00:00Z
  lattice items --store my.lattice --at 12 --scope draft
  lattice items --store my.lattice --json | jq '.[] | select(.phase == \"doing\") | .title'")]
pub(crate) struct Items {
    #[command(flatten)]
    store: StoreArg,
    #[command(flatten)]
    moment: MomentArgs,
}

impl Items {
    pub(crate) fn run(self, out: &Output) -> Result<(), CliError> {
        let asked = self.moment.ask()?;
        with_read_store(&self.store, Task { asked, out })
    }
}

struct Task<'a> {
    asked: Asked,
    out: &'a Output,
}

impl OnStore for Task<'_> {
    fn on<S: Order>(self, store: ItemStore<S>) -> Result<(), CliError> {
        let (moment, place) = self.asked.read(&store)?;
        let items = Views::of(&moment)?;
        match place {
            None => self.out.print(&items),
            Some(place) => self.out.print(&Past { place, items }),
        }
    }
}

/// Every item as it was.
#[derive(Serialize)]
struct Past {
    #[serde(flatten)]
    place: Place,
    items: Views,
}

impl fmt::Display for Past {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}\n{}", self.place, self.items)
    }
}

/// Every item there was at a moment.
#[derive(Serialize)]
#[serde(transparent)]
pub(crate) struct Views(Vec<ItemView>);

impl Views {
    pub(crate) fn of<S: Order>(moment: &Moment<'_, S>) -> Result<Self, StoreError> {
        let views = moment.states().map(|held| {
            let (id, state) = held?;
            Ok(ItemView::new(id, &state))
        });
        views.collect::<Result<_, _>>().map(Self)
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
