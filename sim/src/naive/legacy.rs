//! What snapshots by bones stand in for, while events they were made of are away.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{Entry, Known, Place, hash_text};
use crate::fact::{Condensate, Condensed, Element, Hash, Reading, Says, SetOps};

impl Known<'_> {
    /// The events that count as folded in.
    pub(super) fn coverage(&self) -> BTreeSet<Hash> {
        let covered = self.entries.iter().filter(|entry| entry.covered);
        let mut coverage: BTreeSet<Hash> = covered.map(|entry| entry.fact.hash).collect();
        coverage.extend(&self.claims);
        coverage
    }

    /// The snapshots by bones.
    pub(super) fn condensed_entries(&self) -> impl Iterator<Item = (&Entry<'_>, &Condensed)> {
        let entries = self.entries.iter();
        entries.filter_map(|entry| Some((entry, entry.reading().condensed.as_ref()?)))
    }

    /// Those that were made of an event which is away.
    fn open(&self) -> Vec<(&Entry<'_>, &Condensed)> {
        let coverage = self.coverage();
        let all = self.condensed_entries();
        all.filter(|(_, it)| !it.sources.is_subset(&coverage))
            .collect()
    }

    /// The members of a set: of events, but for those that a snapshot knows to be removed, and of snapshots, but for
    /// those that were removed since.
    pub(super) fn members_shown(
        &self,
        ops: impl Fn(&Reading) -> &SetOps,
        list: impl Fn(&Says) -> &Condensate,
    ) -> BTreeSet<Element> {
        let open = self.open();
        let lists: Vec<(&Condensed, &Condensate)> = open
            .iter()
            .filter(|(entry, _)| !entry.redacted)
            .filter_map(|(_, it)| Some((*it, list(it.says.as_ref()?))))
            .collect();
        let set = self.set(ops);
        let mut shown = set.shown(|add, element| {
            let mut lists = lists.iter();
            lists.any(|(it, list)| it.sources.contains(add) && !list.contains_key(element))
        });
        for (it, list) in lists {
            for (element, walls) in list {
                let removed = set.removed_beyond(element, &it.sources);
                if walls
                    .iter()
                    .any(|wall| removed.is_none_or(|at| at <= *wall))
                {
                    shown.insert(element.clone());
                }
            }
        }
        shown
    }

    /// Where the item stood by the snapshots, earliest first: wall clock, epoch, phase.
    pub(super) fn standings(&self) -> Vec<(u64, u64, usize)> {
        let open = self.open();
        let says = open.iter().filter_map(|(_, it)| it.says.as_ref());
        let mut standings: Vec<_> = says.map(|says| says.standing).collect();
        standings.sort_unstable();
        standings
    }

    /// Least wall clock above 0 and greatest that snapshots know of their sources.
    pub(super) fn times_said(&self) -> impl Iterator<Item = u64> {
        let says = self
            .condensed_entries()
            .filter_map(|(_, it)| it.says.as_ref());
        says.flat_map(|says| [says.created, says.updated])
    }

    /// The list of snapshots that stand in for something.
    pub(super) fn legacy(&self) -> Vec<Value> {
        let coverage = self.coverage();
        let mut open = self.open();
        open.sort_by(|(a, _), (b, _)| a.place().cmp(&b.place()));
        let away = |hashes: &BTreeSet<Hash>| -> Vec<Hash> {
            hashes.difference(&coverage).copied().collect()
        };
        let shown = open.iter().map(|(entry, it)| {
            let (wall, agent, hash): Place<'_> = entry.place();
            let comments = it.says.as_ref().map(|says| away(&says.comments));
            let comments: BTreeSet<String> = comments.iter().flatten().map(hash_text).collect();
            json!({
                "hash": hash_text(&hash),
                "author": agent,
                "wall_ts": wall,
                "missing": away(&it.sources).len(),
                "comments": comments,
                "redacted": entry.redacted,
            })
        });
        shown.collect()
    }
}
