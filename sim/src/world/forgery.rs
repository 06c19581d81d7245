//! Payloads that are not what they say.

use std::collections::BTreeSet;

use bones_snapshot::{Order, SnapshotPayload};
use lattice_core::Set;

use super::World;
use crate::atom::{Part, twisted};
use crate::book::Told;
use crate::failure::{Failure, ensure};
use crate::held::Blob;
use crate::message::{Message, picked};
use crate::replica::Replica;
use crate::step::{Lie, StepId};
use crate::tamper;

impl<S: Order> World<S> {
    pub(super) fn forge(
        &mut self,
        id: StepId,
        to: usize,
        item: usize,
        lie: &Lie,
        pick: u64,
    ) -> Result<bool, Failure> {
        let events: Vec<_> = self.book.sayings_of(item).map(|(event, _)| event).collect();
        let some = picked(&events, pick);
        let others: Vec<_> = events
            .into_iter()
            .filter(|event| !some.contains(event))
            .collect();
        let mut atoms = Vec::new();
        let mut item = item;
        match lie {
            Lie::Claim => {
                for event in picked(&some, pick.rotate_left(31)) {
                    atoms.extend(self.book.forge(Part::Event, event, None));
                }
                for event in others {
                    atoms.extend(self.book.forge(Part::Claim, event, None));
                }
            }
            Lie::Foreign { .. } => {
                for event in some {
                    atoms.extend(self.book.forge(Part::Foreign, event, None));
                }
            }
            Lie::Twist { of, kind, data } => {
                let Some((event, written)) = self.book.of_step(*of) else {
                    return Ok(false);
                };
                if written.held.event().repeats().is_some() {
                    return Ok(false);
                }
                item = written.item;
                let hash = written.held.event().event().hash;
                let forged = twisted(written.held.event(), kind, data)?;
                self.book.carries(id, hash);
                atoms.extend(self.book.forge(Part::Twist, event, Some(forged)));
            }
        }
        if atoms.is_empty() {
            return Ok(false);
        }
        let atoms: BTreeSet<_> = atoms.into_iter().collect();
        let masked = *lie == Lie::Foreign { masked: true };
        let told = Told {
            masked: if masked {
                atoms.clone()
            } else {
                BTreeSet::new()
            },
            atoms,
            listed: BTreeSet::new(),
        };
        let nothing = Set::new();
        let told = self.book.under(told, &nothing);
        let state = self.book.state(&told, &nothing);
        let mut message = Message::empty(None, to);
        let blob = Blob::new(Replica::<S>::name(item), &state, &nothing, told);
        message.blobs.push((item, blob));
        self.receive(&message)?;
        Ok(true)
    }

    /// Damaged bytes are refused, or are the canonical bytes of another state.
    pub(super) fn damage(&mut self, at: usize, item: usize, pick: u64) -> Result<bool, Failure> {
        let replica = self.replica(at)?;
        let Some(held) = replica.items.get(&item) else {
            return Ok(false);
        };
        let name = Replica::<S>::name(item);
        let blob = Blob::new(name, held.state(), &replica.redactions, Told::default());
        for bytes in tamper::damaged(&blob.bytes, pick) {
            let read = SnapshotPayload::<S>::decode(&bytes);
            self.tally.count(if read.is_ok() {
                "damage that reads"
            } else {
                "damage refused"
            });
            let strict = read.is_err() || read.is_ok_and(|payload| payload.encode() == bytes);
            ensure(strict, "strict", || {
                "a payload that is not canonical was read".to_owned()
            })?;
        }
        Ok(true)
    }
}
