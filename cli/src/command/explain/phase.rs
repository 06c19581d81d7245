//! How the phase came about.

use std::fmt;

use bones_snapshot::{ItemState, Lifecycle, Order};
use lattice_core::Cell;
use serde::Serialize;

use super::entry::Tuple;

/// The moves in the order they are folded in.
#[derive(Serialize)]
pub(super) struct Phases {
    phase: &'static str,
    epoch: u64,
    moves: Vec<Moved>,
}

/// One move, and where the item stands after it.
#[derive(Serialize)]
struct Moved {
    #[serde(flatten)]
    key: Tuple,
    state: &'static str,
    reason: Option<String>,
    redacted: bool,
    epoch: u64,
}

impl Phases {
    pub(super) fn of<S: Order>(state: &ItemState<S>) -> Self {
        let Lifecycle { phase, epoch } = state.lifecycle();
        let reasons = &state.content().moves;
        let moves = state.lifecycle_steps().into_iter().map(|(step, after)| {
            let reason = reasons.get(step);
            let text = reason.and_then(|cell| cell.present()).cloned().flatten();
            Moved {
                key: Tuple::of(&step.key.0),
                state: step.target.as_str(),
                reason: text.map(|text| text.to_string()),
                redacted: reason.is_some_and(Cell::is_redacted),
                epoch: after.epoch,
            }
        });
        Self {
            phase: phase.as_str(),
            epoch,
            moves: moves.collect(),
        }
    }
}

impl fmt::Display for Phases {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "\n  {} in epoch {}: the fold of these moves, in this order",
            self.phase, self.epoch
        )?;
        for step in &self.moves {
            let reason = match (&step.reason, step.redacted) {
                (_, true) => ": [redacted]".into(),
                (Some(reason), _) => format!(": {}", crate::terminal::one_line(reason)),
                (None, _) => String::new(),
            };
            writeln!(
                f,
                "\n  epoch {} {}{reason}\n          {}",
                step.epoch, step.state, step.key
            )?;
        }
        if self.moves.is_empty() {
            writeln!(f, "  there are none: an item begins open in epoch 0")?;
        }
        Ok(())
    }
}
