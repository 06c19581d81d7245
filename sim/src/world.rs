//! A run: replicas, the network between them, and the steps that happen to them.

use std::collections::{BTreeMap, BTreeSet};

use bones_compact::{CompactionPolicy, ItemSources, SkipReason, compact_items};
use bones_snapshot::{EventHash, Order, SnapshotPayload, format_hash, write_line};
use lattice_core::{JoinSemilattice, Set};
use lattice_lww::ItcClock;

use crate::book::{Book, Part, Told, twisted};
use crate::check;
use crate::fact::PHASES;
use crate::failure::{Failure, ensure};
use crate::held::{Blob, HeldEvent};
use crate::message::{Message, fold, picked, told_by};
use crate::replica::{Held, Replica, no_leak, sources};
use crate::says;
use crate::step::{AGENTS, Act, Form, ITEMS, Lie, Op, Step, StepId};
use crate::tally::Tally;
use crate::tamper;

/// An event that never comes.
const NOBODY: EventHash = EventHash([0xee; 32]);

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

    fn write(
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
        let stamp = if id % 2 == 0 {
            clock.to_text_v1()
        } else {
            clock.to_text_v3()
        };
        let agent = AGENTS.get(agent).copied().unwrap_or("?");
        let parent = self.book.events().last();
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

    fn send(
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

    fn deliver(&mut self, of: StepId) -> Result<bool, Failure> {
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

    fn heal(&mut self) -> Result<bool, Failure> {
        self.split = None;
        while let Some(message) = self.waiting.pop() {
            self.receive(&message)?;
        }
        Ok(true)
    }

    fn receive(&mut self, message: &Message<S>) -> Result<(), Failure> {
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

    fn compact(&mut self, at: usize, policy: &CompactionPolicy, now: u64) -> Result<bool, Failure> {
        let Some(replica) = self.replicas.get_mut(at) else {
            return Ok(false);
        };
        let mut held: Vec<(usize, ItemSources<HeldEvent<S>>)> = Vec::new();
        for (item, h) in &replica.items {
            held.push((*item, sources(*item, h)?));
        }
        let list: Vec<_> = held
            .iter()
            .map(|(n, h)| (Replica::<S>::name(*n), h))
            .collect();
        let (snapshots, report) = compact_items(&list, policy, now, &replica.redactions);
        for (item, h) in &replica.items {
            check::policy(&self.book, replica, *item, h, policy, now, &report)?;
        }
        if policy.dry_run {
            return ensure(snapshots.is_empty(), "policy", || {
                "a dry run made snapshots".into()
            })
            .map(|()| true);
        }
        for snapshot in snapshots {
            let item = ITEMS
                .iter()
                .position(|id| **id == *snapshot.item_id)
                .unwrap_or(0);
            let Some(h) = replica.items.get(&item) else {
                continue;
            };
            let told = told_by(&self.book, h, &replica.redactions);
            let before = held
                .iter()
                .find(|(n, _)| *n == item)
                .map_or(0, |(_, h)| h.bytes);
            let grows = snapshot.payload.len() as u64 > before;
            ensure(
                !grows || !told.masked.is_empty() || !told.listed.is_empty(),
                "policy",
                || {
                    format!(
                        "a snapshot of {} is larger than what it replaces",
                        snapshot.item_id
                    )
                },
            )?;
            let blob = Blob {
                bytes: snapshot.payload.into(),
                told,
            };
            check::snapshot(
                &self.book,
                item,
                &blob,
                &replica.redactions,
                &mut self.tally,
            )?;
            tamper::refused(
                &self.book,
                item,
                &blob,
                &replica.redactions,
                now,
                &mut self.tally,
            )?;
            self.tally.count("items compacted");
            self.tally.add("events replaced", h.events.len());
            replica.replace(item, &blob)?;
        }
        for (name, reason) in &report.skipped {
            self.tally.count(match reason {
                SkipReason::WouldGrow => "items that would grow",
                SkipReason::AlreadyCompact => "items already compact",
                _ => "items left alone by policy",
            });
            let item = ITEMS.iter().position(|id| *id == name).unwrap_or(0);
            if !replica.redactions.is_empty() && replica.mask(&self.book, item)? {
                self.tally.count("items masked");
            }
        }
        Self::after_compaction(&self.book, replica, policy, now)?;
        self.soil(at);
        Ok(true)
    }

    /// No redacted text is left, in whatever form, and compacting again changes nothing.
    fn after_compaction(
        book: &Book<S>,
        replica: &Replica<S>,
        policy: &CompactionPolicy,
        now: u64,
    ) -> Result<(), Failure> {
        for bytes in replica.bytes() {
            no_leak(
                book,
                bytes,
                &replica.redactions,
                "what is held after compaction",
            )?;
        }
        let mut held = Vec::new();
        for (item, h) in &replica.items {
            let shown = format!("{:?}", h.state());
            no_leak(
                book,
                shown.as_bytes(),
                &replica.redactions,
                "the debug output",
            )?;
            held.push((Replica::<S>::name(*item), sources(*item, h)?));
        }
        let list: Vec<_> = held.iter().map(|(name, h)| (*name, h)).collect();
        let (snapshots, _) = compact_items(&list, policy, now, &replica.redactions);
        ensure(snapshots.is_empty(), "idempotent", || {
            "compacting twice is not compacting once".to_owned()
        })
    }

    fn fold(&mut self, at: usize, item: usize, pick: u64) -> Result<bool, Failure> {
        let Some(replica) = self.replicas.get_mut(at) else {
            return Ok(false);
        };
        let Some(h) = replica.items.get(&item) else {
            return Ok(false);
        };
        let Some(blob) = fold(&self.book, replica, item, h, pick)? else {
            return Ok(false);
        };
        check::snapshot(
            &self.book,
            item,
            &blob,
            &replica.redactions,
            &mut self.tally,
        )?;
        tamper::refused(
            &self.book,
            item,
            &blob,
            &replica.redactions,
            pick,
            &mut self.tally,
        )?;
        replica.replace(item, &blob)?;
        self.dirty.insert((at, item));
        Ok(true)
    }

    fn restore(&mut self, of: StepId, fork: Option<usize>) -> Result<bool, Failure> {
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

    fn refork(&mut self, a: usize, b: usize) -> Result<bool, Failure> {
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

    fn forge(
        &mut self,
        id: StepId,
        to: usize,
        item: usize,
        lie: &Lie,
        pick: u64,
    ) -> Result<bool, Failure> {
        let events: Vec<_> = self.book.events_of(item).map(|(event, _)| event).collect();
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
    fn damage(&mut self, at: usize, item: usize, pick: u64) -> Result<bool, Failure> {
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
            dry_run: false,
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
