//! Scopes: overlays on the base, each read as the join of both.

use std::fmt;
use std::sync::Arc;

use bones_snapshot::Order;

use super::items::Items;
use super::{ItemStore, View};
use crate::error::StoreError;
use crate::log::Frame;
use crate::log_store::LogStore;
use crate::record::{SCOPE_CREATED, SCOPE_DELETED, ScopeRecord};

/// The longest name a scope or a schema can have, in bytes.
const MAX_NAME: usize = 255;

/// Names one incarnation of a scope: a scope that is deleted and made again is another.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ScopeId {
    pub(super) name: Arc<str>,
    pub(super) created: u64,
}

impl ScopeId {
    /// The name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Number of the commit that made it.
    pub fn created(&self) -> u64 {
        self.created
    }

    pub(super) fn record(&self) -> ScopeRecord {
        ScopeRecord {
            name: self.name.to_string(),
            created: self.created,
        }
    }
}

impl From<ScopeRecord> for ScopeId {
    fn from(record: ScopeRecord) -> Self {
        Self {
            name: record.name.into(),
            created: record.created,
        }
    }
}

impl fmt::Display for ScopeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (made by commit {})", self.name, self.created)
    }
}

/// A scope that is alive.
#[derive(Clone)]
pub(super) struct Scope<S: Order> {
    pub(super) id: ScopeId,
    pub(super) items: Items<S>,
}

/// Refuses what can be no name.
pub(super) fn admit_name(name: &str) -> Result<(), StoreError> {
    let why = if name.is_empty() {
        "it is empty"
    } else if name.len() > MAX_NAME {
        "it has more than 255 bytes"
    } else if name.chars().any(char::is_control) {
        "it holds control characters"
    } else {
        return Ok(());
    };
    Err(StoreError::BadName {
        name: name.chars().take(40).collect(),
        why,
    })
}

impl<S: Order> View<S> {
    /// The scopes that are alive, by name.
    pub fn scopes(&self) -> impl Iterator<Item = &ScopeId> {
        self.scopes.values().map(|scope| &scope.id)
    }

    /// The living scope of a name.
    ///
    /// # Errors
    ///
    /// [`StoreError::UnknownScope`] also for one that was deleted, whose content is out of reach at once.
    pub fn scope(&self, name: &str) -> Result<&ScopeId, StoreError> {
        self.overlay(name).map(|scope| &scope.id)
    }

    pub(super) fn overlay(&self, name: &str) -> Result<&Scope<S>, StoreError> {
        self.scopes
            .get(name)
            .ok_or_else(|| StoreError::UnknownScope { name: name.into() })
    }
}

impl<S: Order, L: LogStore> ItemStore<S, L> {
    /// Makes a scope, in a commit of its own.
    ///
    /// What is brought into a scope is seen in reads of the scope and nowhere else. Redactions are the
    /// exception: they hold everywhere.
    ///
    /// # Errors
    ///
    /// [`StoreError::ScopeExists`], [`StoreError::BadName`], [`StoreError::Log`].
    pub fn create_scope(&mut self, name: &str, now_micros: u64) -> Result<ScopeId, StoreError> {
        admit_name(name)?;
        if self.view.scopes.contains_key(name) {
            return Err(StoreError::ScopeExists { name: name.into() });
        }
        let commit = self.commit_frame(Frame::new(SCOPE_CREATED, name), now_micros)?;
        Ok(self.view.add_scope(name, commit))
    }

    /// Deletes a scope, in a commit of its own. Its content cannot be read from now on, and is gone
    /// from the disk after the next compaction.
    ///
    /// # Errors
    ///
    /// [`StoreError::UnknownScope`], [`StoreError::Log`].
    pub fn delete_scope(&mut self, name: &str, now_micros: u64) -> Result<(), StoreError> {
        let id = self.view.scope(name)?.clone();
        let frame = Frame::new(SCOPE_DELETED, id.record().encode());
        self.commit_frame(frame, now_micros)?;
        self.view.remove_scope(&id);
        Ok(())
    }
}

impl<S: Order> View<S> {
    pub(super) fn add_scope(&mut self, name: &str, created: u64) -> ScopeId {
        let id = ScopeId {
            name: name.into(),
            created,
        };
        let scope = Scope {
            id: id.clone(),
            items: Items::new(),
        };
        self.scopes.insert(Arc::clone(&id.name), scope);
        id
    }

    /// False when it is not alive.
    pub(super) fn remove_scope(&mut self, id: &ScopeId) -> bool {
        let alive = self.is_alive(id);
        if alive {
            self.scopes.remove(&id.name);
            self.past.garbage = true;
        }
        alive
    }

    /// Whether this incarnation is alive.
    pub(super) fn is_alive(&self, id: &ScopeId) -> bool {
        self.scopes
            .get(&id.name)
            .is_some_and(|scope| scope.id == *id)
    }
}
