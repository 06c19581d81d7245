//! Replicas that come back from a backup, and clock ids that change hands.

use bones_snapshot::Order;

use super::{World, clock_failure};
use crate::failure::Failure;
use crate::step::StepId;

impl<S: Order> World<S> {
    pub(super) fn restore(&mut self, of: StepId, fork: Option<usize>) -> Result<bool, Failure> {
        let Some((at, mut replica)) = self.backups.get(&of).cloned() else {
            return Ok(false);
        };
        match fork {
            None => self.book.honest_clocks = false,
            // The peer may be the lost replica itself, as long as nobody else has its clock.
            Some(peer) => {
                let giver = self.replica(peer)?;
                let clock = giver.clock.fork().map_err(clock_failure)?;
                let heard = giver.heard.clone();
                let old = std::mem::replace(&mut replica.clock, clock);
                replica.clock.join(old.peek()).map_err(clock_failure)?;
                replica.heard.extend(heard);
            }
        }
        replica.reopen()?;
        *self.replica(at)? = replica;
        self.soil(at);
        Ok(true)
    }

    pub(super) fn refork(&mut self, a: usize, b: usize) -> Result<bool, Failure> {
        let other = self.replica(b)?;
        let (clock, heard) = (other.clock.clone(), other.heard.clone());
        let giver = self.replica(a)?;
        if giver.clock.join(clock).is_err() {
            // One of them is a copy of the other: an old clock was restored.
            return Ok(false);
        }
        giver.heard.extend(heard);
        let clock = giver.clock.fork().map_err(clock_failure)?;
        let heard = giver.heard.clone();
        let other = self.replica(b)?;
        other.clock = clock;
        other.heard = heard;
        Ok(true)
    }
}
