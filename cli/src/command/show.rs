//! `lattice show`.

use std::fmt;
use std::path::Path;

use bones_snapshot::{ItemView, Order, Text};
use clap::Args;
use serde::Serialize;
use storage_adapter::ItemStore;

use crate::args::StoreArg;
use crate::command::items::REDACTED;
use crate::error::CliError;
use crate::moment::{Asked, MomentArgs, Place};
use crate::output::Output;
use crate::store::{OnStore, unknown, with_read_store};
use crate::terminal::{counted, harmless, one_line};
use crate::time;

/// Show one item, as it is or as it was.
///
/// With `--at` the JSON is one object: `exact`, `commit`, `time`, `scope` and `item`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  lattice show bn-1a2b --store my.lattice
  lattice show bn-1a2b --store my.lattice --at 12
  lattice show bn-1a2b --store my.lattice --at 2026-05-01T12:00:00Z --scope draft
  lattice show bn-1a2b --store my.lattice --json")]
pub(crate) struct Show {
    /// Id of the item.
    item: String,
    #[command(flatten)]
    store: StoreArg,
    #[command(flatten)]
    moment: MomentArgs,
}

impl Show {
    pub(crate) fn run(self, out: &Output) -> Result<(), CliError> {
        let task = Task {
            item: &self.item,
            path: &self.store.path,
            asked: self.moment.ask()?,
            out,
        };
        with_read_store(&self.store, task)
    }
}

struct Task<'a> {
    item: &'a str,
    path: &'a Path,
    asked: Asked,
    out: &'a Output,
}

impl OnStore for Task<'_> {
    fn on<S: Order>(self, store: ItemStore<S>) -> Result<(), CliError> {
        let (moment, place) = self.asked.read(&store)?;
        // Ids are in lower case wherever they are read.
        let id = self.item.trim().to_lowercase();
        let Some(state) = moment.state(&id)? else {
            let now = self.asked.now(&store)?;
            if now.state(&id)?.is_some() {
                return Err(CliError::NotThen {
                    item: id,
                    commit: moment.commit(),
                });
            }
            return Err(unknown(self.path, self.item, store.item_ids()));
        };
        let item = Page(ItemView::new(&id, &state));
        match place {
            None => self.out.print(&item),
            Some(place) => self.out.print(&Past { place, item }),
        }
    }
}

/// One item as it was.
#[derive(Serialize)]
struct Past {
    #[serde(flatten)]
    place: Place,
    item: Page,
}

impl fmt::Display for Past {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}\n{}", self.place, self.item)
    }
}

/// One item as a page.
#[derive(Serialize)]
#[serde(transparent)]
struct Page(ItemView);

impl fmt::Display for Page {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let view = &self.0;
        let title = one_line(view.title.as_deref().unwrap_or(REDACTED));
        writeln!(f, "{}  {title}", one_line(&view.item_id))?;
        let phase = view.phase.as_str();
        let deleted = if view.deleted { ", deleted" } else { "" };
        let reopened = match view.epoch {
            0 => String::new(),
            times => format!(", went back {times} times"),
        };
        row(f, "phase", &format!("{phase}{deleted}{reopened}"))?;
        row(f, "kind", view.kind.map_or(REDACTED, |k| k.as_str()))?;
        row(f, "urgency", view.urgency.map_or(REDACTED, |u| u.as_str()))?;
        row(f, "size", view.size.map_or("", |s| s.as_str()))?;
        row(f, "parent", view.parent.as_deref().unwrap_or(""))?;
        row(f, "labels", &view.labels.join(", "))?;
        row(f, "assignees", &view.assignees.join(", "))?;
        for link in &view.links {
            row(f, "link", &format!("{} {}", link.link_type, link.target))?;
        }
        row(f, "created", &time::show(view.created_at))?;
        row(f, "updated", &time::show(view.updated_at))?;
        row(
            f,
            "covers",
            &format!(
                "{} from {} to {}",
                counted(view.compacted_from, "event"),
                time::show(view.earliest_ts),
                time::show(view.latest_ts)
            ),
        )?;
        for snapshot in &view.legacy {
            let comments = match snapshot.comments.len() {
                0 => String::new(),
                n => format!(", {} among them", counted(n, "comment")),
            };
            let redacted = if snapshot.redacted {
                "; its lists are redacted"
            } else {
                ""
            };
            let (by, at) = (&snapshot.origin.author, time::show(snapshot.origin.wall_ts));
            let missing = counted(snapshot.missing, "event");
            let told = format!(
                "{missing} not at hand{comments}, as a snapshot by {by} at {at} tells{redacted}"
            );
            row(f, "stands for", &told)?;
        }
        for hash in &view.redacted {
            row(f, "redacted", hash)?;
        }
        section(f, "summary", view.compact_summary.as_ref())?;
        section(f, "description", view.description.as_ref())?;
        for step in &view.moves {
            let reason = step
                .reason
                .as_ref()
                .map_or(String::new(), |r| format!(": {r}"));
            let (when, who) = (time::show(step.origin.wall_ts), &step.origin.author);
            row(
                f,
                "moved",
                &format!("{when} to {} by {who}{reason}", step.state.as_str()),
            )?;
        }
        for comment in &view.comments {
            let origin = &comment.origin;
            let head = format!(
                "comment by {} at {} ({})",
                origin.author,
                time::show(origin.wall_ts),
                origin.hash
            );
            section(
                f,
                &one_line(&head),
                Some(comment.body.as_ref().unwrap_or(&REDACTED.into())),
            )?;
        }
        for other in &view.other {
            let origin = &other.origin;
            let what = other.event_type.as_deref().unwrap_or(REDACTED);
            let data = other.data.as_ref().map_or(REDACTED, |data| data.get());
            let head = format!(
                "not understood: {what} by {} at {} ({})",
                origin.author,
                time::show(origin.wall_ts),
                origin.hash
            );
            section(f, &one_line(&head), Some(&data.into()))?;
        }
        Ok(())
    }
}

/// One line of the head; nothing when there is nothing to say.
fn row(f: &mut fmt::Formatter<'_>, name: &str, value: &str) -> fmt::Result {
    if value.is_empty() {
        return Ok(());
    }
    writeln!(f, "  {name:<10} {}", one_line(value))
}

/// A longer text under its name, indented.
fn section(f: &mut fmt::Formatter<'_>, name: &str, text: Option<&Text>) -> fmt::Result {
    let Some(text) = text else {
        return Ok(());
    };
    writeln!(f, "\n  {name}")?;
    for line in harmless(text).lines() {
        writeln!(f, "    {line}")?;
    }
    Ok(())
}
