//! What every test of a cluster needs: one at a time, a limit, a log and its snapshots.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use bones_compact::{ItemSources, compact_item};
use bones_snapshot::{EventHash, Stamped, parse_line};
use datafusion::arrow::array::AsArray;
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::DataType;
use datafusion::arrow::record_batch::RecordBatch;
use futures::TryStreamExt;
use lattice_cluster::settings::STACK_BYTES;
use lattice_cluster::{ClusterError, JobOptions, LocalCluster, News, Tries, compaction, run};
use lattice_core::{JoinSemilattice, Set};
use lattice_datafusion::CompactOptions;
use lattice_datafusion::generate::{self, Generate};
use lattice_lww::Unstamped;
use tempfile::TempDir;

/// The binary under test.
pub(crate) const BINARY: &str = env!("CARGO_BIN_EXE_lattice-cluster");

/// Snapshots by item.
pub(crate) type Snapshots = BTreeMap<String, Vec<u8>>;

/// Clusters run one at a time: beside each other they would starve each other's heartbeats.
static ALONE: Mutex<()> = Mutex::new(());

/// Runs a test alone and within a limit, on a stack that plans of unoptimised code fit on.
pub(crate) fn alone(limit: Duration, test: impl AsyncFnOnce() + Send) {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let run = || {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .thread_stack_size(STACK_BYTES)
            .build()
            .unwrap();
        let done = runtime.block_on(async { tokio::time::timeout(limit, test()).await });
        assert!(done.is_ok(), "not done within {} s", limit.as_secs());
    };
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(STACK_BYTES);
        if let Err(panic) = thread.spawn_scoped(scope, run).unwrap().join() {
            std::panic::resume_unwind(panic);
        }
    });
}

/// A made-up log in Parquet files, and its snapshots without any engine.
pub(crate) struct Log {
    folder: TempDir,
    pub(crate) snapshots: Snapshots,
}

impl Log {
    pub(crate) fn new(events: u64) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut what = Generate::new(events, events / 20);
        what.files = NonZeroUsize::new(16).unwrap();
        generate::parquet(folder.path(), &what).unwrap();
        Self {
            folder,
            snapshots: without_engine(&what),
        }
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn urls(&self) -> Vec<String> {
        vec![format!("{}/", self.path().display())]
    }
}

/// The snapshots of a log as the compaction of one process makes them, and as a fold of deltas, one by one, does.
fn without_engine(what: &Generate) -> Snapshots {
    let mut items: BTreeMap<String, ItemSources<Stamped<Unstamped>>> = BTreeMap::new();
    let mut redactions: Set<EventHash> = Set::new();
    for line in generate::lines(what) {
        let event = parse_line(line.as_bytes()).unwrap().unwrap();
        let event = Stamped::new(event).unwrap();
        redactions.join_ref(event.delta().redacted());
        let sources = items
            .entry(event.event().item_id.to_string())
            .or_insert_with(|| ItemSources {
                events: Vec::new(),
                states: Vec::new(),
                bytes: 0,
            });
        sources.events.push(event);
    }
    assert!(!redactions.is_empty());
    let mut snapshots = Snapshots::new();
    for (item, sources) in items {
        let snapshot = compact_item(&item, &sources, &redactions).unwrap().payload;
        let mut folded = sources
            .events
            .iter()
            .map(Stamped::delta)
            .reduce(|mut all, delta| {
                all.join(delta);
                all
            });
        let folded = folded.as_mut().unwrap();
        folded.redact(&redactions);
        assert!(snapshot == folded.encode(&item), "{item}");
        snapshots.insert(item, snapshot);
    }
    snapshots
}

/// One try of whatever length, so that what survives survived in the engine.
pub(crate) fn one_try(cluster: &LocalCluster) -> JobOptions {
    JobOptions {
        scheduler: cluster.scheduler().clone(),
        partitions: 8,
        tries: Tries {
            count: 1,
            ..Tries::default()
        },
    }
}

/// Compacts a log on a cluster.
pub(crate) async fn compacted(
    options: &JobOptions,
    log: &Log,
    report: &(dyn Fn(News<'_>) + Sync),
) -> Result<Snapshots, ClusterError> {
    run(options, report, async |ctx, _| {
        compaction::register_events(&ctx, &log.urls()).await?;
        let (_, batches) = compaction::snapshots(&ctx, &CompactOptions::default()).await?;
        Ok(by_item(&batches.try_collect::<Vec<_>>().await?))
    })
    .await
}

/// The snapshots in batches; an item may occur once.
pub(crate) fn by_item(batches: &[RecordBatch]) -> Snapshots {
    let mut snapshots = Snapshots::new();
    for batch in batches {
        let column = |name, kind| cast(batch.column_by_name(name).unwrap(), kind).unwrap();
        let items = column("item_id", &DataType::Utf8);
        let payloads = column("snapshot", &DataType::Binary);
        let (items, payloads) = (items.as_string::<i32>(), payloads.as_binary::<i32>());
        for row in 0..batch.num_rows() {
            let twice = snapshots.insert(items.value(row).to_owned(), payloads.value(row).to_vec());
            assert!(twice.is_none(), "{} is there twice", items.value(row));
        }
    }
    snapshots
}

/// That two sets of snapshots are the same, told without printing megabytes.
pub(crate) fn assert_same(found: &Snapshots, expected: &Snapshots) {
    assert_eq!(found.len(), expected.len(), "items");
    for (item, snapshot) in expected {
        assert!(
            found.get(item) == Some(snapshot),
            "the snapshot of {item} differs"
        );
    }
}
