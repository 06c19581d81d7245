//! Writing events.

use bones_snapshot::{EventHash, Order, format_hash, write_line};

use super::{World, clock_failure};
use crate::failure::Failure;
use crate::message::Message;
use crate::replica::Replica;
use crate::says;
use crate::step::{AGENTS, Op, StepId};

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
        let (kind, data) = match op {
            Op::Data { kind, data, .. } => (*kind, data.clone()),
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
        let parent = self.book.events().last().filter(|_| id.is_multiple_of(3));
        let parents: Vec<_> = parent
            .map(|(_, last)| last.held.event().event().hash)
            .into_iter()
            .collect();
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
}
