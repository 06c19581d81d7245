//! What the tests share: logs, the one-machine compaction they are compared with, and sessions.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bones_compact::{CompactionPolicy, ItemSources, compact_item, compact_items};
use bones_snapshot::{EventData, EventHash, Order, SnapshotId, Stamped, parse_line};
use datafusion::arrow::array::{Array, AsArray, RecordBatch};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, UInt64Type};
use datafusion::datasource::MemTable;
use datafusion::prelude::{SessionConfig, SessionContext};
use lattice_core::Set;
use lattice_datafusion::{CompactOptions, EventsBuilder, register_all, schema};

/// What became of an item: its snapshot and how many events it stands for, or why there is none.
pub(crate) type Outcome = Result<(Vec<u8>, u64), String>;
pub(crate) type Outcomes = BTreeMap<String, Outcome>;

/// The events of a log that read under an order, each once, with their lines.
pub(crate) struct Log<S: Order> {
    pub(crate) events: Vec<(String, Stamped<S>)>,
}

impl<S: Order> Log<S> {
    pub(crate) fn new(lines: impl IntoIterator<Item = String>) -> Self {
        let mut seen = BTreeSet::new();
        let mut events = Vec::new();
        for line in lines {
            let Ok(Some(event)) = parse_line(line.as_bytes()) else {
                continue;
            };
            if let Ok(event) = Stamped::new(event)
                && seen.insert(event.event().hash)
            {
                events.push((line, event));
            }
        }
        Self { events }
    }

    pub(crate) fn redactions(&self) -> Set<EventHash> {
        let targets = self
            .events
            .iter()
            .filter_map(|(_, e)| match e.event().data {
                EventData::Redact(target) => Some(target),
                _ => None,
            });
        targets.collect()
    }

    fn sources(&self) -> BTreeMap<&str, ItemSources<Stamped<S>>> {
        let mut items: BTreeMap<&str, ItemSources<Stamped<S>>> = BTreeMap::new();
        for (line, event) in &self.events {
            let item = items.entry(&event.event().item_id).or_insert(ItemSources {
                events: vec![],
                states: vec![],
                bytes: 0,
            });
            item.events.push(event.clone());
            item.bytes += line.len() as u64;
        }
        items
    }

    /// The compaction on one machine that everything is compared with.
    pub(crate) fn compacted(&self, options: &CompactOptions) -> Outcomes {
        let mut redactions = self.redactions();
        redactions.extend(options.redactions.iter().copied());
        let sources = self.sources();
        let Some((policy, now)) = &options.policy else {
            let one = |(id, sources): (&&str, &ItemSources<Stamped<S>>)| {
                let snapshot = compact_item(id, sources, &redactions).unwrap();
                let from = snapshot.compacted_from as u64;
                ((*id).to_owned(), Ok((snapshot.payload, from)))
            };
            return sources.iter().map(one).collect();
        };
        let items: Vec<(&str, &ItemSources<_>)> = sources.iter().map(|(id, s)| (*id, s)).collect();
        let (snapshots, report) = compact_items(&items, policy, *now, &redactions);
        let mut outcomes = Outcomes::new();
        for snapshot in snapshots {
            let from = snapshot.compacted_from as u64;
            outcomes.insert(snapshot.item_id.into(), Ok((snapshot.payload, from)));
        }
        for (item, reason) in report.skipped {
            outcomes.insert(item, Err(reason.as_str().to_owned()));
        }
        assert_eq!(outcomes.len(), sources.len());
        outcomes
    }

    /// The events as batches of so many rows.
    pub(crate) fn batches(&self, rows: usize) -> Vec<RecordBatch> {
        let mut events = EventsBuilder::new(true);
        let mut batches = Vec::new();
        for some in self.events.chunks(rows) {
            for (line, event) in some {
                events.push(line, event, &Set::new()).unwrap();
            }
            batches.push(events.finish().unwrap());
        }
        batches
    }
}

/// A session with the functions, of so many partitions and rows in a batch.
pub(crate) fn session(partitions: usize, batch_rows: usize) -> SessionContext {
    let config = SessionConfig::new()
        .with_target_partitions(partitions)
        .with_batch_size(batch_rows);
    let ctx = SessionContext::new_with_config(config);
    register_all(&ctx);
    ctx
}

/// Registers batches as the table `events`, dealt out to so many partitions.
pub(crate) fn register(ctx: &SessionContext, batches: &[RecordBatch], partitions: usize) {
    let mut dealt = vec![Vec::new(); partitions];
    for (n, batch) in batches.iter().enumerate() {
        dealt[n % partitions].push(batch.clone());
    }
    let table = MemTable::try_new(schema::events(), dealt).unwrap();
    ctx.register_table("events", Arc::new(table)).unwrap();
}

/// What `compact` makes of the table `events`.
pub(crate) async fn compacted(ctx: &SessionContext, options: &CompactOptions) -> Outcomes {
    let plan = lattice_datafusion::compact(ctx, "events", options)
        .await
        .unwrap();
    outcomes(&plan.collect().await.unwrap())
}

/// Rows of `schema::snapshots` as a map; checks the ids.
pub(crate) fn outcomes(batches: &[RecordBatch]) -> Outcomes {
    let mut all = Outcomes::new();
    for batch in batches {
        let text = |name| cast(batch.column_by_name(name).unwrap(), &DataType::Utf8).unwrap();
        let bytes = |name| cast(batch.column_by_name(name).unwrap(), &DataType::Binary).unwrap();
        let (items, words) = (text("item_id"), text("outcome"));
        let (items, words) = (items.as_string::<i32>(), words.as_string::<i32>());
        let (ids, snapshots) = (bytes("snapshot_id"), bytes("snapshot"));
        let (ids, snapshots) = (ids.as_binary::<i32>(), snapshots.as_binary::<i32>());
        let from = batch
            .column_by_name("compacted_from")
            .unwrap()
            .as_primitive::<UInt64Type>();
        for row in 0..batch.num_rows() {
            let outcome = if words.value(row) == "compacted" {
                let snapshot = snapshots.value(row).to_vec();
                assert_eq!(ids.value(row), SnapshotId::of(&snapshot).0);
                Ok((snapshot, from.value(row)))
            } else {
                assert!(ids.is_null(row) && snapshots.is_null(row) && from.is_null(row));
                Err(words.value(row).to_owned())
            };
            let again = all.insert(items.value(row).to_owned(), outcome);
            assert!(again.is_none(), "item {} has two rows", items.value(row));
        }
    }
    all
}

/// Compares, naming the item that differs instead of printing all bytes.
pub(crate) fn assert_same(found: &Outcomes, expected: &Outcomes, what: &str) {
    let ids = |all: &Outcomes| all.keys().cloned().collect::<Vec<_>>();
    assert_eq!(ids(found), ids(expected), "{what}: other items");
    for (item, outcome) in expected {
        let found = &found[item];
        let short = |outcome: &Outcome| match outcome {
            Ok((payload, from)) => format!("{} bytes from {from} events", payload.len()),
            Err(reason) => reason.clone(),
        };
        let (a, b) = (short(found), short(outcome));
        assert!(
            found == outcome,
            "{what}: item {item}: found {a}, expected {b}"
        );
    }
}

/// A policy under which every outcome occurs, and the time it is asked at.
pub(crate) fn policy(log_end_micros: u64) -> CompactOptions {
    let policy = CompactionPolicy {
        min_age_days: 1,
        ..CompactionPolicy::default()
    };
    CompactOptions::with_policy(policy, log_end_micros)
}

/// The real logs, or none after saying loudly that they are absent.
pub(crate) fn real_logs() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/bones-logs");
    let logs = ["bones", "maw", "edict"].map(|name| root.join(name));
    let present: Vec<PathBuf> = logs.into_iter().filter(|path| path.is_dir()).collect();
    if present.is_empty() {
        let required = std::env::var_os("REQUIRE_REAL_LOGS").is_some();
        assert!(
            !required,
            "REQUIRE_REAL_LOGS is set, but there are no real logs"
        );
        eprintln!("SKIPPED: no real logs at hand, this test shows nothing");
    }
    present
}

/// The lines of all events files of a log.
pub(crate) fn lines_of(log: &Path) -> Vec<String> {
    let nested = log.join("events");
    let folder = if nested.is_dir() {
        nested
    } else {
        log.to_owned()
    };
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|e| e == "events"))
        .collect();
    files.sort();
    let text = |file: &PathBuf| std::fs::read_to_string(file).unwrap();
    let lines = |text: String| text.lines().map(str::to_owned).collect::<Vec<_>>();
    files.iter().map(text).flat_map(lines).collect()
}
