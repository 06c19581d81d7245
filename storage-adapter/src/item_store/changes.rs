//! What came when: the commits of the exact window, one by one.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use bones_compact::{LatticeEvent, Source};
use bones_snapshot::Order;

use super::View;
use super::held::HeldEvent;
use super::past::Touched;
use super::scope::ScopeId;
use crate::error::HistoryError;

/// One commit, and the items it changed.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct CommitChanges<'v, S: Order> {
    /// Its number.
    pub commit: u64,
    /// The time given with it, in microseconds.
    pub time_micros: u64,
    /// The items, of the base first, then scope by scope. Empty for commits that changed no item.
    pub items: Vec<ItemChange<'v, S>>,
}

/// What one commit brought of one item.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ItemChange<'v, S: Order> {
    /// The scope it was brought into, `None` for the base.
    pub scope: Option<&'v ScopeId>,
    /// The item.
    pub item_id: &'v str,
    /// Events that came, without those that are redacted.
    pub events: Vec<&'v HeldEvent<S>>,
    /// How many states came: snapshots of other stores, and what is left of redacted events.
    pub states: usize,
}

impl<S: Order> View<S> {
    /// Every commit behind `commit`, in order and without gaps. What is deleted or redacted by now is left out
    /// of them.
    ///
    /// # Errors
    ///
    /// [`HistoryError::Compacted`] when commits behind `commit` are no longer told apart: read the state at
    /// the commit it names, and resume from there. [`HistoryError::NotYet`] behind the newest.
    pub fn since(
        &self,
        commit: u64,
    ) -> Result<impl Iterator<Item = CommitChanges<'_, S>>, HistoryError> {
        let newest = self.commit();
        if commit > newest {
            let asked = commit;
            return Err(HistoryError::NotYet { asked, newest });
        }
        if commit < self.past.floor {
            let (asked, resume) = (commit, self.past.floor);
            return Err(HistoryError::Compacted { asked, resume });
        }
        let later = self.past.times.range(commit.saturating_add(1)..);
        Ok(later.map(|(commit, time)| {
            let touched = self.past.touched.get(commit).map_or(&[][..], |t| t);
            let change = |touched| self.change(*commit, touched);
            CommitChanges {
                commit: *commit,
                time_micros: *time,
                items: touched.iter().filter_map(change).collect(),
            }
        }))
    }

    fn change<'v>(&'v self, commit: u64, touched: &'v Touched) -> Option<ItemChange<'v, S>> {
        let items = match &touched.scope {
            None => &self.base,
            Some(id) if self.is_alive(id) => &self.scopes.get(&id.name)?.items,
            Some(_) => return None,
        };
        let item = items.get(&touched.item)?;
        let from = item.sources().partition_point(|held| held.commit < commit);
        let came = item.sources().iter().skip(from);
        let mut change = ItemChange {
            scope: touched.scope.as_ref(),
            item_id: &touched.item,
            events: Vec::new(),
            states: 0,
        };
        for held in came.take_while(|held| held.commit == commit) {
            match &held.source {
                Source::Event(event) if !self.redactions.contains(&event.hash()) => {
                    change.events.push(event);
                }
                _ => change.states = change.states.saturating_add(1),
            }
        }
        Some(change)
    }

    /// What the commits behind the floor changed, from what is held.
    pub(super) fn find_touched(&mut self) {
        let mut touched: BTreeMap<u64, BTreeSet<Touched>> = BTreeMap::new();
        let base = self.base.iter().map(|(id, item)| (None, id, item));
        let scopes = self.scopes.values().flat_map(|scope| {
            let of_scope = move |(id, item)| (Some(&scope.id), id, item);
            scope.items.iter().map(of_scope)
        });
        for (scope, id, item) in base.chain(scopes) {
            for held in item.sources().iter().rev() {
                if held.commit <= self.past.floor {
                    break;
                }
                touched.entry(held.commit).or_default().insert(Touched {
                    scope: scope.cloned(),
                    item: Arc::clone(id),
                });
            }
        }
        self.past.touched = touched
            .into_iter()
            .map(|(commit, items)| (commit, Arc::from_iter(items)))
            .collect();
    }
}
