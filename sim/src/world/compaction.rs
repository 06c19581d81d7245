//! Compaction, and what must hold of it.

use bones_compact::{CompactionPolicy, ItemSources, SkipReason, compact_items};
use bones_snapshot::Order;

use super::World;
use crate::book::Book;
use crate::check;
use crate::failure::{Failure, ensure};
use crate::held::{Blob, HeldEvent};
use crate::laws::no_leak;
use crate::message::{fold, told_by};
use crate::replica::{Replica, sources};
use crate::step::ITEMS;
use crate::tamper;

impl<S: Order> World<S> {
    pub(super) fn compact(
        &mut self,
        at: usize,
        policy: &CompactionPolicy,
        now: u64,
    ) -> Result<bool, Failure> {
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
    pub(super) fn after_compaction(
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

    pub(super) fn fold(&mut self, at: usize, item: usize, pick: u64) -> Result<bool, Failure> {
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
}
