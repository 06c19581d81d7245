//! Messages, and what the network does to them.

use std::collections::BTreeSet;

use bones_snapshot::Order;

use super::{World, clock_failure};
use crate::failure::Failure;
use crate::message::Message;
use crate::step::{Form, StepId};

impl<S: Order> World<S> {
    pub(super) fn send(
        &mut self,
        id: StepId,
        (from, to): (usize, usize),
        form: Form,
        pick: u64,
        redactions: bool,
    ) -> Result<bool, Failure> {
        let Some(sender) = self.replicas.get(from) else {
            return Ok(false);
        };
        let mut message = Message::of(&self.book, sender, form, pick, redactions)?;
        message.from = Some(from);
        message.to = to;
        self.sent.insert(id, message);
        Ok(true)
    }

    pub(super) fn deliver(&mut self, of: StepId) -> Result<bool, Failure> {
        let Some(message) = self.sent.get(&of).cloned() else {
            return Ok(false);
        };
        let side = |n: usize| self.split.is_some_and(|left| left >> n & 1 == 1);
        if message
            .from
            .is_some_and(|from| side(from) != side(message.to))
        {
            self.tally.count("kept apart by a split");
            self.waiting.push(message);
            return Ok(true);
        }
        if !self.arrived.insert(of) {
            self.tally.count("delivered again");
        }
        if self.arrived.range(of + 1..).next().is_some() {
            self.tally.count("delivered out of order");
        }
        self.receive(&message)?;
        Ok(true)
    }

    pub(super) fn heal(&mut self) -> Result<bool, Failure> {
        self.split = None;
        while let Some(message) = self.waiting.pop() {
            self.receive(&message)?;
        }
        Ok(true)
    }

    pub(super) fn receive(&mut self, message: &Message<S>) -> Result<(), Failure> {
        let (at, from) = (message.to, message.from);
        let Some(replica) = self.replicas.get_mut(at) else {
            return Ok(());
        };
        let before = replica.redactions.len();
        replica.receive(&self.book, message)?;
        if from != Some(at) {
            self.tally.count("exchanges");
            self.tally.add("lines delivered", message.lines.len());
            self.tally.add("payloads delivered", message.blobs.len());
        }
        // A clock hears of every event that comes whole, and of all that its writer had heard of.
        let stamped = if from.is_some() {
            message.stamped(&self.book)
        } else {
            BTreeSet::new()
        };
        for event in stamped {
            if let Some(written) = self.book.event(event) {
                replica
                    .clock
                    .observe(&written.stamp)
                    .map_err(clock_failure)?;
                replica.heard.extend(&written.heard);
            }
        }
        if let Some((clock, heard)) = &message.clock {
            replica.clock.join(clock.clone()).map_err(clock_failure)?;
            replica.heard.extend(heard);
        }
        if replica.redactions.len() > before {
            self.soil(at);
        }
        let lines = message.lines.iter().map(|(item, _)| *item);
        let blobs = message.blobs.iter().map(|(item, _)| *item);
        self.dirty.extend(lines.chain(blobs).map(|item| (at, item)));
        Ok(())
    }
}
