//! A run: replicas, the network between them, and the steps that happen to them.

mod compaction;
mod forgery;
mod network;
mod recovery;
mod write;

use std::collections::{BTreeMap, BTreeSet};

use bones_compact::CompactionPolicy;
use bones_snapshot::{EventHash, Order};
use lattice_core::{JoinSemilattice, Set};
use lattice_lww::ItcClock;

use crate::book::{Book, Told};
use crate::check;
use crate::fact::PHASES;
use crate::failure::{Failure, ensure};
use crate::held::Blob;
use crate::message::{Message, picked};
use crate::replica::{Held, Replica};
use crate::step::{Act, Form, ITEMS, Step, StepId};
use crate::tally::Tally;

/// A run under one order.
pub(crate) struct World<S: Order> {
    book: Book<S>,
    replicas: Vec<Replica<S>>,
    /// Messages on their way, by the step that sent them.
    sent: BTreeMap<StepId, Message<S>>,
    arrived: BTreeSet<StepId>,
    /// Messages that wait for the network to heal.
    waiting: Vec<Message<S>>,
    split: Option<u8>,
    backups: BTreeMap<StepId, (usize, Replica<S>)>,
    /// What must be looked at again.
    dirty: BTreeSet<(usize, usize)>,
    tally: Tally,
}

impl<S: Order> World<S> {
    /// Replicas that know nothing, with clocks forked from one another.
    ///
    /// # Errors
    ///
    /// When a clock does not fork.
    pub(crate) fn new(replicas: usize) -> Result<Self, Failure> {
        let mut all: Vec<Replica<S>> = vec![Replica::new(ItcClock::seed())];
        for n in 1..replicas {
            let giver = all.get_mut(n / 2);
            let clock = giver.map(|giver| giver.clock.fork().map_err(clock_failure));
            all.extend(clock.transpose()?.map(Replica::new));
        }
        Ok(Self {
            book: Book::new(),
            replicas: all,
            sent: BTreeMap::new(),
            arrived: BTreeSet::new(),
            waiting: Vec::new(),
            split: None,
            backups: BTreeMap::new(),
            dirty: BTreeSet::new(),
            tally: Tally::default(),
        })
    }

    /// Runs the steps, and then lets everybody hear everything.
    ///
    /// # Errors
    ///
    /// The first check that does not hold.
    pub(crate) fn run(mut self, steps: &[Step]) -> Result<Tally, Failure> {
        for step in steps {
            if self.step(step)? {
                self.tally.count(step.name());
            } else {
                self.tally.count("step without partner");
            }
            // By name and not by place, so that taking steps out moves no check.
            if step.id % 3 == 0 {
                self.check()?;
            }
        }
        self.finish()?;
        Ok(self.tally)
    }

    fn replica(&mut self, at: usize) -> Result<&mut Replica<S>, Failure> {
        let replica = self.replicas.get_mut(at);
        replica.ok_or_else(|| Failure::new("plan", format!("there is no replica {at}")))
    }

    /// One step; whether it found what it names.
    fn step(&mut self, step: &Step) -> Result<bool, Failure> {
        match &step.act {
            Act::Write {
                at,
                item,
                agent,
                wall,
                op,
            } => self.write(step.id, *at, *item, *agent, *wall, op),
            Act::Send {
                from,
                to,
                form,
                pick,
                redactions,
            } => self.send(step.id, (*from, *to), *form, *pick, *redactions),
            Act::Deliver { of } => self.deliver(*of),
            Act::Lose { of } => Ok(self.sent.remove(of).is_some()),
            Act::Split { left } => {
                self.split = Some(*left);
                Ok(true)
            }
            Act::Heal => self.heal(),
            Act::Compact {
                at,
                min_age_days,
                phases,
                deleted,
                dry_run,
                now,
            } => {
                let policy = CompactionPolicy {
                    min_age_days: *min_age_days,
                    target_phases: picked(&PHASES, u64::from(*phases))
                        .into_iter()
                        .map(str::to_owned)
                        .collect(),
                    include_deleted: *deleted,
                    dry_run: *dry_run,
                    ..CompactionPolicy::default()
                };
                self.compact(*at, &policy, *now)
            }
            Act::Fold { at, item, pick } => self.fold(*at, *item, *pick),
            Act::Prune { at } => {
                let dropped = self.replica(*at)?.prune()?;
                self.tally.add("sources dropped", dropped);
                self.soil(*at);
                Ok(dropped > 0)
            }
            Act::Erase { at, of } => {
                let Some(hash) = self.hash_of(*of) else {
                    return Ok(false);
                };
                let replica = self.replica(*at)?;
                replica.told.insert(hash);
                replica.learn(&Set::singleton(hash));
                self.soil(*at);
                Ok(true)
            }
            Act::Backup { at } => {
                let copy = self.replica(*at)?.clone();
                self.backups.insert(step.id, (*at, copy));
                Ok(true)
            }
            Act::Restore { of, fork } => self.restore(*of, *fork),
            Act::Refork { a, b } => self.refork(*a, *b),
            Act::Forge {
                to,
                item,
                lie,
                pick,
            } => self.forge(step.id, *to, *item, lie, *pick),
            Act::Damage { at, item, pick } => self.damage(*at, *item, *pick),
        }
    }

    fn hash_of(&self, step: StepId) -> Option<EventHash> {
        let (_, written) = self.book.of_step(step)?;
        Some(written.held.event().event().hash)
    }

    /// Everything of a replica must be looked at again.
    fn soil(&mut self, at: usize) {
        self.dirty.extend((0..ITEMS.len()).map(|item| (at, item)));
    }

    fn check(&mut self) -> Result<(), Failure> {
        for (at, item) in std::mem::take(&mut self.dirty) {
            if let Some(replica) = self.replicas.get(at) {
                check::item(&self.book, at, replica, item)?;
                self.tally.count("items checked");
            }
        }
        Ok(())
    }

    /// Everything arrives, everybody sends everything to everybody: then all hold the same.
    fn finish(&mut self) -> Result<(), Failure> {
        self.check()?;
        self.heal()?;
        let late: Vec<_> = self
            .sent
            .iter()
            .filter(|(id, _)| !self.arrived.contains(id))
            .collect();
        let late: Vec<Message<S>> = late
            .into_iter()
            .map(|(_, message)| message.clone())
            .collect();
        for message in late {
            self.receive(&message)?;
        }
        self.check()?;
        let n = self.replicas.len();
        // Two rounds along the ring bring everything to everybody; lines where there are lines.
        for hop in 0..2 * n {
            let (from, to) = (hop % n, (hop + 1) % n);
            let form = if hop % 3 == 0 {
                Form::Mixed
            } else {
                Form::Export
            };
            for (form, pick) in [(form, 0x5555_5555_5555_5555), (Form::Export, u64::MAX)] {
                let Some(sender) = self.replicas.get(from) else {
                    continue;
                };
                let mut message = Message::of(&self.book, sender, form, pick, true)?;
                message.from = Some(from);
                message.to = to;
                self.receive(&message)?;
            }
        }
        self.check()?;
        self.converged()?;
        let policy = CompactionPolicy {
            min_age_days: 0,
            target_phases: PHASES.map(str::to_owned).to_vec(),
            include_deleted: true,
            ..CompactionPolicy::default()
        };
        for at in 0..n {
            self.compact(at, &policy, u64::MAX)?;
        }
        self.check()?;
        self.converged()
    }

    /// All replicas hold the same, byte for byte.
    fn converged(&self) -> Result<(), Failure> {
        let Some((first, others)) = self.replicas.split_first() else {
            return Ok(());
        };
        let bytes = |held: &Held<S>, item: usize, redactions: &Set<EventHash>| {
            Blob::new(
                Replica::<S>::name(item),
                held.state(),
                redactions,
                Told::default(),
            )
            .bytes
        };
        for (n, other) in (1..).zip(others) {
            ensure(other.redactions == first.redactions, "converge", || {
                format!("r0 and r{n} know other redactions after hearing everything")
            })?;
            ensure(
                other.items.keys().eq(first.items.keys()),
                "converge",
                || format!("r0 and r{n} know other items after hearing everything"),
            )?;
            for (item, held) in &first.items {
                let same = other.items.get(item).is_some_and(|theirs| {
                    bytes(held, *item, &first.redactions) == bytes(theirs, *item, &other.redactions)
                });
                ensure(same, "converge", || {
                    let name = Replica::<S>::name(*item);
                    format!("r0 and r{n} hold other bytes of {name} after hearing everything")
                })?;
                let theirs = other.items.get(item).map(Held::state);
                let joined = theirs.map(|theirs| held.state().clone().joined(theirs.clone()));
                ensure(joined.as_ref() == Some(held.state()), "converge", || {
                    "equal states join to another one".to_owned()
                })?;
            }
        }
        Ok(())
    }
}

fn clock_failure(error: lattice_lww::ItcError) -> Failure {
    Failure::new("clock", error.to_string())
}
