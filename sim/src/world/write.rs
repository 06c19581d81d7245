//! Writing events.

use std::collections::BTreeSet;

use bones_snapshot::{EventHash, Order, format_hash, write_line};
use serde_json::{Value, json};

use super::{World, clock_failure};
use crate::book::{EventId, Told};
use crate::check::known;
use crate::failure::Failure;
use crate::message::{Message, picked};
use crate::replica::Replica;
use crate::says;
use crate::step::{AGENTS, Bones, Op, StepId};

/// An event that never comes.
const NOBODY: EventHash = EventHash([0xee; 32]);

impl<S: Order> World<S> {
    pub(super) fn write(
        &mut self,
        id: StepId,
        at: usize,
        item: usize,
        agent: usize,
        wall: i64,
        op: &Op,
    ) -> Result<bool, Failure> {
        let mut sources = Vec::new();
        let (kind, data) = match op {
            Op::Data { kind, data, .. } => (*kind, data.clone()),
            Op::Condense { pick, by } => {
                let heard = self.replica(at)?.heard.clone();
                let known = self.book.sayings_of(item);
                let known: Vec<_> = known
                    .map(|(event, _)| event)
                    .filter(|e| heard.contains(e))
                    .collect();
                sources = picked(&known, *pick);
                (
                    "item.snapshot",
                    self.condensed(id, item, &sources, *by).to_string(),
                )
            }
            Op::Redact { of, hex } => {
                let target = of.map_or(Some(NOBODY), |of| self.hash_of(of));
                let Some(target) = target else {
                    return Ok(false);
                };
                let text = if *hex {
                    format!("blake3:{}", data_encoding::HEXLOWER.encode(&target.0))
                } else {
                    format_hash(&target)
                };
                let reason = says::canary(id);
                let data = serde_json::json!({"reason": reason, "target_hash": text});
                ("item.redact", data.to_string())
            }
        };
        let replica = self.replica(at)?;
        replica.clock.event().map_err(clock_failure)?;
        let clock = replica.clock.clone();
        let heard = replica.heard.clone();
        let stamp = if id.is_multiple_of(2) {
            clock.to_text_v1()
        } else {
            clock.to_text_v3()
        };
        let agent = AGENTS.get(agent).copied().unwrap_or("?");
        // Mostly without parents, which a snapshot drops: short lines are those it may outgrow.
        let last = self.book.events().last().filter(|_| id.is_multiple_of(3));
        let parents: Vec<EventHash> = if kind == "item.snapshot" {
            let named = sources.iter().filter_map(|event| self.book.event(*event));
            named
                .map(|source| source.held.event().event().hash)
                .collect()
        } else {
            let last = last.map(|(_, last)| last.held.event().event().hash);
            last.into_iter().collect()
        };
        let name = Replica::<S>::name(item);
        let line = write_line(wall, agent, &stamp, &parents, kind, name, &data);
        let event = self.book.write(id, item, &line, &clock, heard)?;
        let Some(written) = self.book.event(event) else {
            return Ok(false);
        };
        let heard = written.heard.clone();
        let mut message = Message::empty(Some(at), at);
        message.lines.push((item, written.held.clone()));
        self.tally.count("events");
        self.receive(&message)?;
        self.replica(at)?.heard.extend(heard);
        Ok(true)
    }

    /// The data of a snapshot that bones makes of these events.
    fn condensed(&self, id: StepId, item: usize, sources: &[EventId], by: Bones) -> Value {
        let atoms = sources.iter().filter_map(|event| self.book.event(*event));
        let told = Told {
            atoms: atoms.map(|event| event.held.atom()).collect(),
            ..Told::default()
        };
        let stamp = |event| self.book.stamp_json(event);
        let stamp: Option<&dyn Fn(EventId) -> Value> =
            (S::CAUSAL || by == Bones::Stamping).then_some(&stamp);
        let mut state = known(&self.book, item, &told, &BTreeSet::new(), |known| {
            known.condensed(stamp, by == Bones::Forgetful)
        });
        if let Some(state) = state.as_object_mut() {
            if by == Bones::Newer {
                state.insert("_format".to_owned(), 99.into());
            }
            if id.is_multiple_of(4) {
                state.insert("note".to_owned(), says::canary(id).into());
            }
        }
        json!({ "state": state })
    }
}
