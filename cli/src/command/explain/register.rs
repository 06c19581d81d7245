//! Why a register reads as it does.

use std::fmt;

use bones_snapshot::{Order, Register};
use lattice_lww::Write;
use serde::Serialize;

use super::entry::Entry;
use bones_snapshot::AgentId;

/// The winner of a register, and the losers that are held.
#[derive(Serialize)]
pub(super) struct Writes {
    winner: Option<Entry>,
    rule: Option<String>,
    losers: Vec<Lost>,
}

/// A write that is not read.
#[derive(Serialize)]
struct Lost {
    #[serde(flatten)]
    entry: Entry,
    /// Hash of the event it lost to.
    to: String,
    rule: String,
}

impl Writes {
    /// Explains a register; `past` are the registers of single events.
    pub(super) fn of<'a, V: Ord + 'a, S: Order>(
        register: &'a Register<V, S>,
        past: impl Iterator<Item = &'a Register<V, S>>,
        show: impl Fn(&V) -> String,
    ) -> Self {
        let entry = |write: &Write<V, S, AgentId>| Entry {
            key: super::entry::Tuple::of(&write.key),
            value: write.value().map(&show),
        };
        let past: Vec<_> = past.flat_map(Register::writes).collect();
        let explanation = register.explain_history(past);
        let losers = explanation.losers.iter().map(|lost| Lost {
            entry: entry(lost.write),
            to: bones_snapshot::format_hash(&lost.to.key.event_hash),
            rule: lost.rule.to_string(),
        });
        Self {
            winner: explanation.winner.map(entry),
            rule: explanation.rule().map(|rule| rule.to_string()),
            losers: losers.collect(),
        }
    }
}

impl fmt::Display for Writes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(winner) = &self.winner else {
            return writeln!(f, "\n  nobody wrote it");
        };
        writeln!(f, "\n  won     {winner}")?;
        if let Some(rule) = &self.rule {
            writeln!(f, "  because {rule}")?;
        }
        for lost in &self.losers {
            writeln!(f, "\n  lost    {}", lost.entry)?;
            writeln!(f, "  because {} is {}", lost.to, lost.rule)?;
        }
        Ok(())
    }
}
