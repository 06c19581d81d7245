//! The peers: each event line under its hash, and an index from item and commit to the hashes.
//!
//! That is less than a store of items does on import, which also joins the state of every item. Where current
//! state is read, the peers are given it in a table of its own, as canonical payloads, without the time that takes.

use std::path::Path;

use bones_compact::LatticeEvent;
use bones_snapshot::{ItemState, SnapshotPayload};
use fjall::{Database, Keyspace, KeyspaceCreateOptions, PersistMode};
use lattice_core::{Bottom, Set};
use lattice_lww::Unstamped;
use redb::{ReadableDatabase, TableDefinition};
use storage_adapter::{HeldEvent, View};

use crate::workload::held;

const LINES: TableDefinition<'static, &[u8], &[u8]> = TableDefinition::new("lines");
const INDEX: TableDefinition<'static, &[u8], &[u8]> = TableDefinition::new("index");
const STATES: TableDefinition<'static, &[u8], &[u8]> = TableDefinition::new("states");

/// What both engines are asked for.
pub trait Engine {
    /// Writes a batch in one transaction, durable when it returns.
    fn put(&mut self, events: &[HeldEvent<Unstamped>], commit: u64);
    /// Writes the states of all items.
    fn put_states(&mut self, view: &View<Unstamped>);
    /// The state of an item, decoded.
    fn state(&self, id: &str) -> ItemState<Unstamped>;
    /// The state of an item as it was after a commit: its events until then, read, parsed and folded.
    fn state_at(&self, id: &str, commit: u64) -> ItemState<Unstamped>;
}

/// The key of an event in the index, or with `u32::MAX` the end of its commit.
fn place(id: &str, commit: u64, number: u32) -> Vec<u8> {
    [
        id.as_bytes(),
        &[0],
        &commit.to_be_bytes(),
        &number.to_be_bytes(),
    ]
    .concat()
}

fn payload(id: &str, state: &ItemState<Unstamped>) -> Vec<u8> {
    SnapshotPayload::new(id, state.clone(), &Set::bottom()).encode()
}

fn decoded(bytes: &[u8]) -> ItemState<Unstamped> {
    SnapshotPayload::decode(bytes)
        .expect("a payload")
        .into_parts()
        .1
}

fn folded(lines: &[Vec<u8>]) -> ItemState<Unstamped> {
    let events: Vec<_> = lines.iter().map(|line| held(line)).collect();
    HeldEvent::fold(&events)
}

/// `fjall`: an LSM tree.
pub struct Fjall {
    db: Database,
    lines: Keyspace,
    index: Keyspace,
    states: Keyspace,
}

impl Fjall {
    /// A database in an empty folder, compressed as it is by default or not at all.
    pub fn new(path: &Path, compressed: bool) -> Self {
        let mut builder = Database::builder(path);
        if !compressed {
            builder = builder.journal_compression(fjall::CompressionType::None);
        }
        let db = builder.open().expect("a database");
        let options = || {
            let options = KeyspaceCreateOptions::default();
            if compressed {
                return options;
            }
            options.data_block_compression_policy(fjall::config::CompressionPolicy::disabled())
        };
        let keyspace = |name| db.keyspace(name, options).expect("a keyspace");
        Self {
            lines: keyspace("lines"),
            index: keyspace("index"),
            states: keyspace("states"),
            db,
        }
    }

    /// Bytes of its tables once everything is flushed and merged; journals are not counted.
    pub fn table_bytes(&self) -> u64 {
        let tables = [&self.lines, &self.index];
        for table in tables {
            table.rotate_memtable_and_wait().expect("flushed");
            table.major_compact().expect("compacted");
        }
        tables.iter().map(|table| table.disk_space()).sum()
    }
}

impl Engine for Fjall {
    fn put(&mut self, events: &[HeldEvent<Unstamped>], commit: u64) {
        let mut batch = self.db.batch().durability(Some(PersistMode::SyncAll));
        for (event, number) in events.iter().zip(0..) {
            let hash = event.hash();
            batch.insert(&self.lines, &hash.0[..], event.line());
            batch.insert(
                &self.index,
                place(event.item_id(), commit, number),
                &hash.0[..],
            );
        }
        batch.commit().expect("a commit");
    }

    fn put_states(&mut self, view: &View<Unstamped>) {
        for (id, state) in view.states().map(|held| held.expect("an item")) {
            self.states
                .insert(id, payload(id, state))
                .expect("an insert");
        }
    }

    fn state(&self, id: &str) -> ItemState<Unstamped> {
        let bytes = self.states.get(id).expect("a read").expect("the item");
        decoded(&bytes)
    }

    fn state_at(&self, id: &str, commit: u64) -> ItemState<Unstamped> {
        let range = self
            .index
            .range(place(id, 0, 0)..=place(id, commit, u32::MAX));
        let line = |guard: fjall::Guard| {
            let hash = guard.value().expect("a read");
            self.lines
                .get(&hash)
                .expect("a read")
                .expect("the line")
                .to_vec()
        };
        folded(&range.map(line).collect::<Vec<_>>())
    }
}

/// `redb`: a copy-on-write B-tree.
pub struct Redb(redb::Database);

impl Redb {
    /// A database in a file that is not there yet.
    pub fn new(path: &Path) -> Self {
        let db = redb::Database::create(path).expect("a database");
        let change = db.begin_write().expect("a transaction");
        for table in [LINES, INDEX, STATES] {
            change.open_table(table).expect("a table");
        }
        change.commit().expect("a commit");
        Self(db)
    }

    /// Makes the file as small as the engine can.
    pub fn compact(&mut self) {
        self.0.compact().expect("compacted");
    }
}

impl Engine for Redb {
    fn put(&mut self, events: &[HeldEvent<Unstamped>], commit: u64) {
        let change = self.0.begin_write().expect("a transaction");
        {
            let mut lines = change.open_table(LINES).expect("a table");
            let mut index = change.open_table(INDEX).expect("a table");
            for (event, number) in events.iter().zip(0..) {
                let hash = event.hash();
                lines.insert(&hash.0[..], event.line()).expect("an insert");
                let place = place(event.item_id(), commit, number);
                index.insert(&place[..], &hash.0[..]).expect("an insert");
            }
        }
        change.commit().expect("a commit");
    }

    fn put_states(&mut self, view: &View<Unstamped>) {
        let change = self.0.begin_write().expect("a transaction");
        {
            let mut states = change.open_table(STATES).expect("a table");
            for (id, state) in view.states().map(|held| held.expect("an item")) {
                let payload = payload(id, state);
                states
                    .insert(id.as_bytes(), &payload[..])
                    .expect("an insert");
            }
        }
        change.commit().expect("a commit");
    }

    fn state(&self, id: &str) -> ItemState<Unstamped> {
        let read = self.0.begin_read().expect("a transaction");
        let states = read.open_table(STATES).expect("a table");
        decoded(
            states
                .get(id.as_bytes())
                .expect("a read")
                .expect("the item")
                .value(),
        )
    }

    fn state_at(&self, id: &str, commit: u64) -> ItemState<Unstamped> {
        let read = self.0.begin_read().expect("a transaction");
        let (index, lines) = (
            read.open_table(INDEX).expect("a table"),
            read.open_table(LINES).expect("a table"),
        );
        let (from, to) = (place(id, 0, 0), place(id, commit, u32::MAX));
        let range = index.range(&from[..]..=&to[..]).expect("a range");
        let line =
            |pair: Result<(redb::AccessGuard<'_, &[u8]>, redb::AccessGuard<'_, &[u8]>), _>| {
                let (_, hash) = pair.expect("a read");
                lines
                    .get(hash.value())
                    .expect("a read")
                    .expect("the line")
                    .value()
                    .to_vec()
            };
        folded(&range.map(line).collect::<Vec<_>>())
    }
}
