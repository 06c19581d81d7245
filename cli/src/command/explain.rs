//! `lattice explain`.

mod entry;
mod phase;
mod register;
mod set;

use std::fmt;
use std::path::Path;

use bones_compact::LatticeEvent as _;
use bones_snapshot::{ItemState, Kind, Link, Order, Size, Text, Urgency};
use clap::Args;
use serde::Serialize;
use storage_adapter::ItemStore;

use self::phase::Phases;
use self::register::Writes;
use self::set::Members;
use crate::args::StoreArg;
use crate::error::CliError;
use crate::output::Output;
use crate::store::{OnStore, item, with_read_store};

/// Say why a field reads as it does.
///
/// Prints the write that won with its whole key, the writes that lost as far as they are still
/// held, and the rule that decided. For sets it prints which adds show and which removes count, for
/// the phase every move in the order they are folded in.
#[derive(Debug, Args)]
#[command(after_help = "\
Fields:
  title description kind size urgency parent deleted compact_summary
  phase
  labels assignees links

Examples:
  lattice explain bn-1a2b title --store my.lattice
  lattice explain bn-1a2b phase --store my.lattice --json")]
pub(crate) struct Explain {
    /// Id of the item.
    item: String,
    /// Name of the field.
    field: String,
    #[command(flatten)]
    store: StoreArg,
}

impl Explain {
    pub(crate) fn run(self, out: &Output) -> Result<(), CliError> {
        let task = Task {
            item: &self.item,
            field: &self.field,
            path: &self.store.path,
            out,
        };
        with_read_store(&self.store, task)
    }
}

struct Task<'a> {
    item: &'a str,
    field: &'a str,
    path: &'a Path,
    out: &'a Output,
}

impl OnStore for Task<'_> {
    fn on<S: Order>(self, store: ItemStore<S>) -> Result<(), CliError> {
        let (id, state) = item(&store, self.path, self.item)?;
        // The events still held as lines, without what has been redacted.
        let history: Vec<ItemState<S>> = store
            .lines(id)?
            .map(|line| {
                let mut delta = line.delta();
                delta.redact(store.redactions());
                delta
            })
            .collect();
        let explained = explain(self.field, state, &history)?;
        self.out.print(&Report {
            item_id: id,
            field: self.field,
            order: S::WORD,
            whole: store.is_raw(id)?,
            explained,
        })
    }
}

/// The fields that can be explained.
const FIELDS: [&str; 12] = [
    "title",
    "description",
    "kind",
    "size",
    "urgency",
    "parent",
    "deleted",
    "compact_summary",
    "phase",
    "labels",
    "assignees",
    "links",
];

#[derive(Serialize)]
#[serde(untagged)]
enum Explained {
    Register(Writes),
    Phase(Phases),
    Set(Members),
}

fn explain<S: Order>(
    field: &str,
    state: &ItemState<S>,
    history: &[ItemState<S>],
) -> Result<Explained, CliError> {
    let optional = |value: &Option<Text>| value.as_ref().map_or_else(|| "none".into(), text);
    let content = state.content();
    let past = || history.iter().map(ItemState::content);
    macro_rules! writes {
        ($field:ident, $show:expr) => {
            Explained::Register(Writes::of(
                &content.$field,
                past().map(|content| &content.$field),
                $show,
            ))
        };
    }
    macro_rules! members {
        ($field:ident) => {
            Explained::Set(Members::of(
                [&content.$field],
                past().map(|content| &content.$field),
                text,
            ))
        };
    }
    Ok(match field {
        "title" => writes!(title, text),
        "description" => writes!(description, optional),
        "kind" => writes!(kind, |kind: &Kind| kind.as_str().into()),
        "size" => writes!(size, |size: &Option<Size>| {
            size.map_or("none", Size::as_str).into()
        }),
        "urgency" => writes!(urgency, |urgency: &Urgency| urgency.as_str().into()),
        "parent" => writes!(parent, optional),
        "deleted" => writes!(deleted, bool::to_string),
        "compact_summary" => writes!(compact_summary, text),
        "phase" => Explained::Phase(Phases::of(state)),
        "labels" => members!(labels),
        "assignees" => members!(assignees),
        "links" => Explained::Set(Members::of(
            content.links.values(),
            past().flat_map(|content| content.links.values()),
            link,
        )),
        _ => {
            return Err(CliError::UnknownField {
                field: field.into(),
                fields: FIELDS.to_vec(),
            });
        }
    })
}

fn text(text: &Text) -> String {
    text.to_string()
}

fn link(link: &Link) -> String {
    format!("{} {}", link.link_type, link.target)
}

#[derive(Serialize)]
struct Report<'a> {
    item_id: &'a str,
    field: &'a str,
    order: &'static str,
    /// Whether every event of the item is still at hand.
    whole: bool,
    #[serde(flatten)]
    explained: Explained,
}

impl fmt::Display for Report<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{} {}, ordered by {}",
            self.item_id, self.field, self.order
        )?;
        match &self.explained {
            Explained::Register(writes) => writes.fmt(f)?,
            Explained::Phase(phases) => phases.fmt(f)?,
            Explained::Set(members) => members.fmt(f)?,
        }
        if self.whole {
            return Ok(());
        }
        writeln!(
            f,
            "\nThe item is compact: of the writes that lost, those that can never win are gone."
        )
    }
}
