//! `lattice redact`.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

use bones_snapshot::{EventHash, HashTextError, Order, format_hash, parse_hash, write_line};
use clap::Args;
use lattice_core::Set;
use lattice_lww::ItcClock;
use serde::Serialize;
use storage_adapter::{Batch, HeldEvent, ItemStore, View};

use crate::args::StoreArg;
use crate::error::CliError;
use crate::output::{Output, warning};
use crate::store::{OnStore, item, with_store};
use crate::terminal::one_line;
use crate::time;

/// Take away what one event says, for good.
///
/// Records an `item.redact` event for the item the event belongs to. What the event wrote is hidden
/// at once, here and wherever the redaction arrives; the next `lattice compact` takes it off the
/// disk. No import brings it back.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  lattice redact blake3:Ml9cf9v-cJMmS8OMizStC-CXTkUF-2xVfSZU6fbyHy4 --reason 'a password' --store my.lattice
  lattice show bn-1a2b --store my.lattice --json | jq '.comments[].hash'")]
pub(crate) struct Redact {
    /// Hash of the event, in hex or base64url.
    hash: String,
    /// Why, for whoever reads the log.
    #[arg(long, value_name = "TEXT")]
    reason: String,
    #[command(flatten)]
    store: StoreArg,
    /// Who redacts [default: $USER, or lattice].
    #[arg(long, value_name = "NAME")]
    agent: Option<String>,
    /// Time of the redaction [default: the clock].
    #[arg(long, value_name = "RFC3339")]
    now: Option<String>,
    /// The item that is told of the redaction [default: the one that holds the event].
    #[arg(long, value_name = "ITEM")]
    item: Option<String>,
}

impl Redact {
    pub(crate) fn run(self, out: &Output) -> Result<(), CliError> {
        let task = Task {
            path: &self.store.path,
            target: hash(&self.hash)?,
            reason: &self.reason,
            agent: agent(self.agent.clone())?,
            now: time::micros_or_now(self.now.as_deref())?,
            item: self.item.as_deref(),
            out,
        };
        with_store(&self.store, task)
    }
}

/// Reads a hash with or without its prefix.
fn hash(text: &str) -> Result<EventHash, CliError> {
    let hash = match parse_hash(text) {
        Err(HashTextError::Prefix) => parse_hash(&format!("blake3:{text}")),
        result => result,
    };
    hash.map_err(|source| CliError::Hash {
        text: text.into(),
        source,
    })
}

/// Who redacts.
fn agent(given: Option<String>) -> Result<String, CliError> {
    let fits = |name: &String| {
        !name.is_empty() && !name.contains(|c: char| c.is_whitespace() || c.is_control())
    };
    match given {
        Some(agent) if fits(&agent) => Ok(agent),
        Some(agent) => Err(CliError::Agent { agent }),
        None => Ok(std::env::var("USER")
            .ok()
            .filter(fits)
            .unwrap_or_else(|| "lattice".into())),
    }
}

struct Task<'a> {
    path: &'a Path,
    target: EventHash,
    reason: &'a str,
    agent: String,
    now: u64,
    item: Option<&'a str>,
    out: &'a Output,
}

impl OnStore for Task<'_> {
    fn on<S: Order>(self, mut store: ItemStore<S>) -> Result<(), CliError> {
        let holder = store.item_of(&self.target)?;
        let told = match self.item {
            Some(id) => Some(item(&store, self.path, id)?.0),
            None => holder,
        };
        let scope = match holder {
            Some(_) => None,
            None => scope_of(&store, &self.target)?,
        };
        if holder.is_none() && scope.is_none() {
            warning(format_args!(
                "no event {} is known here; the redaction takes effect when it arrives",
                format_hash(&self.target)
            ));
        }
        let mut report = Report {
            redacted: format_hash(&self.target),
            item: told.map(str::to_owned),
            event: None,
            known_event: holder.is_some() || scope.is_some(),
            scope,
            already_redacted: store.redactions().contains(&self.target),
        };
        if report.already_redacted {
            return self.out.print(&report);
        }
        let batch = match &report.item {
            Some(item) => {
                let event =
                    redact_event::<S>(item, &self.target, self.reason, &self.agent, self.now)?;
                report.event = Some(format_hash(&event.event().event().hash));
                Batch {
                    events: vec![event],
                    ..Batch::default()
                }
            }
            None => Batch {
                redactions: Set::singleton(self.target),
                ..Batch::default()
            },
        };
        store.apply(batch, time::now())?;
        self.out.print(&report)
    }
}

/// The name of a scope that holds an event.
fn scope_of<S: Order>(view: &View<S>, event: &EventHash) -> Result<Option<String>, CliError> {
    for scope in view.scopes() {
        for held in view.now().in_scope(scope.name())?.states() {
            if held?.1.coverage().contains(event) {
                return Ok(Some(scope.name().to_owned()));
            }
        }
    }
    Ok(None)
}

/// An event of an item that redacts another event, and its line.
pub(crate) fn redact_event<S: Order>(
    item: &str,
    target: &EventHash,
    reason: &str,
    agent: &str,
    now_micros: u64,
) -> Result<HeldEvent<S>, CliError> {
    let target = format_hash(target);
    let data = BTreeMap::from([("reason", reason), ("target_hash", &target)]);
    let data = serde_json::to_string(&data).map_err(CliError::Json)?;
    // A redaction orders itself after nothing: that it exists is all that counts.
    let stamp = ItcClock::seed().to_text_v3();
    let at = i64::try_from(now_micros).unwrap_or(i64::MAX);
    let line = write_line(at, agent, &stamp, &[], "item.redact", item, &data);
    HeldEvent::parse(line.as_bytes()).map_err(CliError::RedactEvent)
}

#[derive(Serialize)]
struct Report {
    redacted: String,
    item: Option<String>,
    event: Option<String>,
    known_event: bool,
    /// The scope that holds the event, where the base does not.
    scope: Option<String>,
    already_redacted: bool,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.already_redacted {
            writeln!(
                f,
                "{} is redacted already; nothing was written",
                self.redacted
            )?;
        } else {
            writeln!(f, "redacted {}", self.redacted)?;
            match (&self.item, &self.event) {
                (Some(item), Some(event)) => writeln!(f, "by event {event} of {item}")?,
                _ => match &self.scope {
                    Some(scope) => writeln!(
                        f,
                        "in the store alone: only scope {} holds the event, so no item of the base tells of it",
                        one_line(scope)
                    )?,
                    None => writeln!(
                        f,
                        "in the store alone: no item holds the event, so no item tells of it"
                    )?,
                },
            }
        }
        writeln!(
            f,
            "next: run `lattice compact`, so that the text leaves the disk"
        )
    }
}
