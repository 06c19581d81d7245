//! Schema migrations and pins: which commits stay readable whatever their age.

use std::collections::BTreeSet;
use std::sync::Arc;

use bones_snapshot::Order;

use super::scope::admit_name;
use super::{At, ItemStore, View};
use crate::error::StoreError;
use crate::log::Frame;
use crate::log_store::LogStore;
use crate::record::{PIN, SCHEMA, SchemaName, SchemaRecord, UNPIN};

/// A schema, and the commit whose state is kept for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schema {
    /// Its name.
    pub name: Arc<str>,
    /// For the active schema the commit that completed the migration to it, for a pending one the
    /// commit that began it.
    pub commit: u64,
}

impl Schema {
    pub(super) fn record(&self) -> SchemaName {
        SchemaName {
            name: self.name.to_string(),
            commit: self.commit,
        }
    }
}

impl From<SchemaName> for Schema {
    fn from(record: SchemaName) -> Self {
        Self {
            name: record.name.into(),
            commit: record.commit,
        }
    }
}

/// Which schema is in force, and which one is on the way.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Schemas {
    /// The one in force, if any migration ever completed.
    pub active: Option<Schema>,
    /// The one a migration is under way to.
    pub pending: Option<Schema>,
}

impl Schemas {
    /// Takes a record in; `false` when there is no migration that it could end.
    pub(super) fn take(&mut self, record: &SchemaRecord, commit: u64) -> bool {
        match record {
            SchemaRecord::Begun(name) => {
                let name = name.as_str().into();
                self.pending = Some(Schema { name, commit });
                true
            }
            SchemaRecord::Completed => match self.pending.take() {
                Some(Schema { name, .. }) => {
                    self.active = Some(Schema { name, commit });
                    true
                }
                None => false,
            },
            SchemaRecord::Aborted => self.pending.take().is_some(),
        }
    }
}

impl<S: Order> View<S> {
    /// The schema in force and the pending one.
    pub fn schemas(&self) -> &Schemas {
        &self.schemas
    }

    /// Every commit that stays readable whatever its age: those pinned by name, that of the active
    /// schema, and that of a pending migration.
    pub fn pins(&self) -> BTreeSet<u64> {
        let Schemas { active, pending } = &self.schemas;
        let of_schemas = active.iter().chain(pending).map(|schema| schema.commit);
        self.pins.iter().copied().chain(of_schemas).collect()
    }
}

impl<S: Order, L: LogStore> ItemStore<S, L> {
    /// Begins a migration to another schema, in a commit of its own.
    ///
    /// The state after this commit stays readable until the migration completes or is aborted.
    ///
    /// # Errors
    ///
    /// [`StoreError::MigrationPending`], [`StoreError::BadName`], [`StoreError::Log`].
    pub fn begin_schema(&mut self, name: &str, now_micros: u64) -> Result<u64, StoreError> {
        admit_name(name)?;
        if let Some(pending) = &self.view.schemas.pending {
            return Err(StoreError::MigrationPending {
                name: pending.name.to_string(),
            });
        }
        self.commit_schema(&SchemaRecord::Begun(name.into()), now_micros)
    }

    /// Completes the pending migration, in a commit of its own: from now on its state is the one
    /// that stays readable, and that of the schema before it ages like any other.
    ///
    /// # Errors
    ///
    /// [`StoreError::NoMigration`], [`StoreError::Log`].
    pub fn complete_schema(&mut self, now_micros: u64) -> Result<u64, StoreError> {
        self.end_schema(&SchemaRecord::Completed, now_micros)
    }

    /// Gives the pending migration up, in a commit of its own.
    ///
    /// # Errors
    ///
    /// [`StoreError::NoMigration`], [`StoreError::Log`].
    pub fn abort_schema(&mut self, now_micros: u64) -> Result<u64, StoreError> {
        self.end_schema(&SchemaRecord::Aborted, now_micros)
    }

    fn end_schema(&mut self, record: &SchemaRecord, now_micros: u64) -> Result<u64, StoreError> {
        if self.view.schemas.pending.is_none() {
            return Err(StoreError::NoMigration);
        }
        self.commit_schema(record, now_micros)
    }

    fn commit_schema(&mut self, record: &SchemaRecord, now: u64) -> Result<u64, StoreError> {
        let commit = self.commit_frame(Frame::new(SCHEMA, record.encode()), now)?;
        self.view.schemas.take(record, commit);
        // The record that ends a migration makes that which began it superfluous.
        self.view.past.garbage |= !matches!(record, SchemaRecord::Begun(_));
        Ok(commit)
    }

    /// Keeps the state after `commit` readable, whatever its age, until [`unpin`](Self::unpin). A commit that
    /// is pinned already is left as it is.
    ///
    /// # Errors
    ///
    /// [`StoreError::NotReadable`] when the commit is not exactly readable (any more), and
    /// [`StoreError::Log`].
    pub fn pin(&mut self, commit: u64, now_micros: u64) -> Result<(), StoreError> {
        let exact = self.view.at(At::Commit(commit)).is_ok_and(|m| m.is_exact());
        if !exact || commit == 0 {
            return Err(StoreError::NotReadable { commit });
        }
        if !self.view.pins.contains(&commit) {
            self.commit_frame(Frame::new(PIN, commit.to_le_bytes()), now_micros)?;
            Arc::make_mut(&mut self.view.pins).insert(commit);
        }
        Ok(())
    }

    /// Lets a pinned commit age like any other. A commit that is not pinned is left as it is.
    ///
    /// # Errors
    ///
    /// [`StoreError::Log`].
    pub fn unpin(&mut self, commit: u64, now_micros: u64) -> Result<(), StoreError> {
        if self.view.pins.contains(&commit) {
            self.commit_frame(Frame::new(UNPIN, commit.to_le_bytes()), now_micros)?;
            Arc::make_mut(&mut self.view.pins).remove(&commit);
        }
        Ok(())
    }
}
