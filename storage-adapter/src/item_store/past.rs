//! Reading the past: which commits are readable, and the state after one of them.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::Arc;

use bones_compact::{Dated, state_at};
use bones_snapshot::{ItemState, Order};
use lattice_core::JoinSemilattice;

use super::View;
use super::id::ItemId;
use super::items::Items;
use super::scope::{Scope, ScopeId};
use crate::error::{HistoryError, StoreError};

/// The commits of a store, as far as they are still told apart.
#[derive(Clone, Default)]
pub(super) struct Past {
    /// Every commit behind it is readable; at or below it only those that `times` holds are.
    pub(super) floor: u64,
    /// The policy clock of the last compaction.
    pub(super) clock: Option<u64>,
    /// Every readable commit with its time.
    pub(super) times: im::OrdMap<u64, u64>,
    /// What the commits behind the floor changed.
    pub(super) touched: im::OrdMap<u64, Arc<[Touched]>>,
    /// The last commits of what compactions wrote and is in force, ascending: each stands for what came behind
    /// the one before.
    pub(super) runs: Arc<Vec<u64>>,
    /// How many compactions there were since the store was opened.
    pub(super) compactions: u64,
    /// Whether the log holds anything of deleted scopes or of migrations that ended.
    pub(super) garbage: bool,
    /// Whether the beginning of the log is compressed.
    pub(super) packed: bool,
}

/// One item that a commit changed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Touched {
    pub(super) scope: Option<ScopeId>,
    pub(super) item: ItemId,
}

impl Past {
    pub(super) fn commit(&self) -> u64 {
        self.times.get_max().map_or(0, |(commit, _)| *commit)
    }

    /// Goes on to the next commit; what it changed is sorted.
    pub(super) fn advance(&mut self, commit: u64, time: u64, touched: Vec<Touched>) {
        self.times.insert(commit, time);
        if !touched.is_empty() {
            self.touched.insert(commit, touched.into());
        }
    }
}

/// A moment to read at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum At {
    /// After the commit of this number.
    Commit(u64),
    /// After the last commit with at most this time, in microseconds.
    Time(u64),
}

/// The state of a store after one of its commits; made by [`View::at`].
pub struct Moment<'v, S: Order> {
    view: &'v View<S>,
    scope: Option<&'v Scope<S>>,
    commit: u64,
    exact: bool,
}

impl<S: Order> View<S> {
    /// Number of the last commit, 0 before the first.
    pub fn commit(&self) -> u64 {
        self.past.commit()
    }

    /// The time given with a readable commit, in microseconds.
    pub fn commit_time_micros(&self, commit: u64) -> Option<u64> {
        self.past.times.get(&commit).copied()
    }

    /// The exact window: every commit from this one on is readable. 0 if all are.
    pub fn floor(&self) -> u64 {
        self.past.floor
    }

    /// The policy clock of the last compaction, in microseconds.
    pub fn policy_clock(&self) -> Option<u64> {
        self.past.clock
    }

    /// Every readable commit with its time in microseconds, ascending.
    pub fn commits(&self) -> impl DoubleEndedIterator<Item = (u64, u64)> {
        self.past
            .times
            .iter()
            .map(|(commit, time)| (*commit, *time))
    }

    /// The state now.
    pub fn now(&self) -> Moment<'_, S> {
        Moment {
            view: self,
            scope: None,
            commit: self.commit(),
            exact: true,
        }
    }

    /// The state at a moment: exactly there if it is still told apart, else at the nearest readable
    /// commit before it, and [`Moment::is_exact`] says which. Redactions known now hold for the past as well.
    ///
    /// O(log commits) for a commit, O(commits) for a time.
    ///
    /// # Errors
    ///
    /// [`HistoryError::Gone`] before the oldest readable commit, [`HistoryError::NotYet`] behind the
    /// newest, [`HistoryError::NothingThen`] for a time before the first commit.
    pub fn at(&self, at: At) -> Result<Moment<'_, S>, HistoryError> {
        let (commit, exact) = match at {
            At::Commit(commit) => self.nearest(commit)?,
            At::Time(micros) => self.last_until(micros)?,
        };
        Ok(Moment {
            view: self,
            scope: None,
            commit,
            exact,
        })
    }

    fn nearest(&self, asked: u64) -> Result<(u64, bool), HistoryError> {
        let newest = self.commit();
        if asked > newest {
            return Err(HistoryError::NotYet { asked, newest });
        }
        if asked >= self.past.floor {
            return Ok((asked, true));
        }
        let before = self.past.times.range(..=asked).next_back();
        let before = before.map(|(commit, _)| *commit);
        let oldest = || self.past.times.get_min().map_or(0, |(commit, _)| *commit);
        before
            .map(|commit| (commit, commit == asked))
            .ok_or_else(|| HistoryError::Gone {
                asked,
                oldest: oldest(),
            })
    }

    fn last_until(&self, micros: u64) -> Result<(u64, bool), HistoryError> {
        let mut after = None;
        for (commit, time) in self.commits().rev() {
            if time <= micros {
                // Commits between this one and the next readable one are forgotten, and the last of them
                // may have been made in time.
                let forgotten = after.is_some_and(|after: u64| after > commit.saturating_add(1));
                return Ok((commit, !forgotten || commit >= self.past.floor));
            }
            after = Some(commit);
        }
        match after {
            Some(oldest) if self.past.floor > 0 && oldest > 1 => Err(HistoryError::GoneThen {
                oldest_micros: self.commit_time_micros(oldest).unwrap_or(0),
            }),
            _ => Err(HistoryError::NothingThen),
        }
    }
}

impl<'v, S: Order> Moment<'v, S> {
    /// The same moment, read in a scope: the base and what the scope lays over it.
    ///
    /// # Errors
    ///
    /// [`StoreError::UnknownScope`] if there is no living scope of this name.
    pub fn in_scope(self, name: &str) -> Result<Self, StoreError> {
        let scope = Some(self.view.overlay(name)?);
        Ok(Self { scope, ..self })
    }

    /// The commit after which this is the state.
    pub fn commit(&self) -> u64 {
        self.commit
    }

    /// Its time in microseconds; 0 before the first commit.
    pub fn time_micros(&self) -> u64 {
        self.view.commit_time_micros(self.commit).unwrap_or(0)
    }

    /// Whether this is the state at the moment asked for, and not at the nearest readable commit before it.
    pub fn is_exact(&self) -> bool {
        self.exact
    }

    /// The state of an item, `None` if nothing was known of it. What an item is now costs O(log items), what
    /// it was a join of what is held of it; what is held is read when it is first needed.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when what is held cannot be read.
    pub fn state(&self, item_id: &str) -> Result<Option<Cow<'v, ItemState<S>>>, StoreError> {
        let base = self.part(&self.view.base, item_id)?;
        let over = match self.scope {
            Some(scope) => self.part(&scope.items, item_id)?,
            None => None,
        };
        Ok(match (base, over) {
            (Some(base), Some(over)) => {
                let mut state = base.into_owned();
                state.join_ref(&over);
                state.redact(&self.view.redactions);
                Some(Cow::Owned(state))
            }
            (base, over) => base.or(over),
        })
    }

    /// Every item of which something was known, in order.
    ///
    /// # Errors
    ///
    /// Each item can be a [`StoreError`], as of [`state`](Self::state).
    pub fn states(
        &self,
    ) -> impl Iterator<Item = Result<(&'v str, Cow<'v, ItemState<S>>), StoreError>> {
        let over = self.scope.into_iter().flat_map(|scope| scope.items.ids());
        let ids: BTreeSet<&'v str> = self.view.base.ids().chain(over).collect();
        ids.into_iter().filter_map(|id| {
            let state = self.state(id).transpose()?;
            Some(state.map(|state| (id, state)))
        })
    }

    /// What one map of items holds of an item at this moment.
    fn part(
        &self,
        items: &'v Items<S>,
        item_id: &str,
    ) -> Result<Option<Cow<'v, ItemState<S>>>, StoreError> {
        let Some(item) = items.get(item_id)? else {
            return Ok(None);
        };
        let (sources, redactions) = (item.sources(), &self.view.redactions);
        let is_until = |commit: Option<u64>| commit.is_some_and(|commit| commit <= self.commit);
        let commit_of = |held: Option<&Dated<_>>| held.map(|held| held.commit);
        Ok(if is_until(commit_of(sources.last())) {
            Some(Cow::Borrowed(item.state(redactions)))
        } else if is_until(commit_of(sources.first())) {
            Some(Cow::Owned(state_at(sources, self.commit, redactions)))
        } else {
            None
        })
    }
}
