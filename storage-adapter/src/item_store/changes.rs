//! What came when: the commits of the exact window, one by one.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use bones_compact::{LatticeEvent, Source};
use bones_snapshot::Order;

use super::View;
use super::held::HeldEvent;
use super::id::ItemId;
use super::past::Touched;
use super::scope::ScopeId;
use crate::error::{HistoryError, StoreError};

/// One commit, and the items it changed.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct CommitChanges<'v, S: Order> {
    /// Its number.
    pub commit: u64,
    /// The time given with it, in microseconds.
    pub time_micros: u64,
    /// The items, of the base first, then scope by scope. Empty for commits that brought nothing of any item.
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
    /// Events that came, without those that are redacted or repeat what one said that is.
    pub events: Vec<&'v HeldEvent<S>>,
    /// How many states came: snapshots of other stores, and what is left of redacted events.
    pub states: usize,
}

impl<S: Order> View<S> {
    /// Every commit behind `commit`, in order and without gaps. What is deleted or redacted by now is left out
    /// of them.
    ///
    /// A redaction by an event is told as that event. One that came by itself, or in a snapshot, changes what items show and
    /// is in no commit here, and so is the deletion of a scope: who mirrors text takes the difference of
    /// [`redactions`](View::redactions) and [`scopes`](View::scopes) to those it knew.
    ///
    /// # Errors
    ///
    /// [`HistoryError::Compacted`] when commits behind `commit` are no longer told apart: read the state at
    /// the commit it names, and resume from there. [`HistoryError::NotYet`] behind the newest. Each commit can be
    /// a [`StoreError`] when an item it changed cannot be read.
    pub fn since(
        &self,
        commit: u64,
    ) -> Result<impl Iterator<Item = Result<CommitChanges<'_, S>, StoreError>>, HistoryError> {
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
            let change = |touched| self.change(*commit, touched).transpose();
            Ok(CommitChanges {
                commit: *commit,
                time_micros: *time,
                items: touched
                    .iter()
                    .filter_map(change)
                    .collect::<Result<_, _>>()?,
            })
        }))
    }

    fn change<'v>(
        &'v self,
        commit: u64,
        touched: &'v Touched,
    ) -> Result<Option<ItemChange<'v, S>>, StoreError> {
        let items = match &touched.scope {
            None => Some(&self.base),
            Some(id) => {
                let scope = self.scopes.get(&id.name).filter(|scope| scope.id == *id);
                scope.map(|scope| &scope.items)
            }
        };
        let item = items.map(|items| items.get(&touched.item)).transpose()?;
        let Some(item) = item.flatten() else {
            return Ok(None);
        };
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
                Source::Event(event) if !event.tells_redacted(&self.redactions) => {
                    change.events.push(event);
                }
                _ => change.states = change.states.saturating_add(1),
            }
        }
        Ok(Some(change))
    }

    /// What the commits behind the floor changed, from what is held.
    pub(super) fn find_touched(&mut self) {
        let mut touched: BTreeMap<u64, BTreeSet<Touched>> = BTreeMap::new();
        let floor = self.past.floor;
        let base = self.base.behind(floor).map(|came| (None, came));
        let scopes = self.scopes.values().flat_map(|scope| {
            let came = scope.items.behind(floor);
            came.map(move |came| (Some(&scope.id), came))
        });
        for (scope, (commit, item)) in base.chain(scopes) {
            touched.entry(commit).or_default().insert(Touched {
                scope: scope.cloned(),
                item: ItemId::from(item),
            });
        }
        self.past.touched = touched
            .into_iter()
            .map(|(commit, items)| (commit, Arc::from_iter(items)))
            .collect();
    }
}
