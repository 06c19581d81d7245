//! What the tests of the item store share.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use bones_compact::CompactionPolicy;
use bones_snapshot::{EventHash, ItemView, Order, parse_line, write_line};
use lattice_core::Set;
use storage_adapter::{
    Batch, Compaction, CompactionOutcome, Export, HeldEvent, ImportReport, ItemStore,
};
use tempfile::TempDir;

/// A folder for the stores and files of one test.
pub(crate) struct Place(TempDir);

impl Place {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub(crate) fn store<S: Order>(&self, name: &str) -> ItemStore<S> {
        ItemStore::create(&self.path(name)).unwrap()
    }

    /// A store that was told these lines and these redactions, and never compacted.
    pub(crate) fn plain<S: Order>(&self, lines: &[String], r: &Set<EventHash>) -> ItemStore<S> {
        let name = format!("plain-{}", fs::read_dir(self.0.path()).unwrap().count());
        let mut store = self.store(&name);
        let batch = Batch {
            redactions: r.clone(),
            ..batch(lines)
        };
        store.apply(batch, 1).unwrap();
        store
    }

    /// Brings all that `from` knows to `to`, by way of a file.
    pub(crate) fn send<S: Order>(
        &self,
        from: &ItemStore<S>,
        to: &mut ItemStore<S>,
    ) -> ImportReport {
        let file = self.path("export");
        from.export().unwrap().write(&file).unwrap();
        to.apply(Export::read(&file).unwrap().into(), 1).unwrap()
    }
}

pub(crate) fn event<S: Order>(line: &str) -> HeldEvent<S> {
    HeldEvent::parse(line.as_bytes()).unwrap()
}

pub(crate) fn hash(line: &str) -> EventHash {
    parse_line(line.as_bytes()).unwrap().unwrap().hash
}

pub(crate) fn batch<S: Order>(lines: &[String]) -> Batch<S> {
    Batch {
        events: lines.iter().map(|line| event(line)).collect(),
        ..Batch::default()
    }
}

pub(crate) fn import<S: Order>(store: &mut ItemStore<S>, lines: &[String]) -> ImportReport {
    store.apply(batch(lines), 1).unwrap()
}

pub(crate) fn redact<S: Order>(store: &mut ItemStore<S>, hashes: &Set<EventHash>) -> ImportReport {
    let batch = Batch {
        redactions: hashes.clone(),
        ..Batch::default()
    };
    store.apply(batch, 1).unwrap()
}

/// A policy under which everything may be compacted.
pub(crate) fn everything() -> CompactionPolicy {
    CompactionPolicy {
        min_age_days: 0,
        target_phases: ["open", "doing", "done", "archived"]
            .map(Into::into)
            .to_vec(),
        include_deleted: true,
        dry_run: false,
        max_snapshot_bytes: u64::MAX,
    }
}

/// Compacts by this policy and keeps no past commit readable.
pub(crate) fn forgetful(policy: &CompactionPolicy, now_micros: u64) -> Compaction {
    Compaction {
        policy: policy.clone(),
        ..Compaction::without_history(now_micros)
    }
}

pub(crate) fn compact<S: Order>(store: &mut ItemStore<S>) -> CompactionOutcome {
    store.compact(&forgetful(&everything(), u64::MAX)).unwrap()
}

/// What a reader sees of every item.
pub(crate) fn views<S: Order>(store: &ItemStore<S>) -> BTreeMap<String, String> {
    let view = |(id, state): (&str, _)| (id.to_owned(), format!("{:?}", ItemView::new(id, state)));
    store.states().map(Result::unwrap).map(view).collect()
}

/// Every file of a directory with its bytes.
pub(crate) fn files(path: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = fs::read_dir(path).unwrap().map(Result::unwrap);
    let file = |entry: fs::DirEntry| {
        let name = entry.file_name().into_string().unwrap();
        (name, fs::read(entry.path()).unwrap())
    };
    entries.map(file).collect()
}

/// A line with a stamp that both orders read.
pub(crate) fn line(wall_ts: i64, event_type: &str, item: &str, data: &str) -> String {
    let stamp = super::history::stamp(usize::try_from(wall_ts.unsigned_abs() % 32).unwrap());
    write_line(wall_ts, "alice", &stamp, &[], event_type, item, data)
}

/// Finished items with enough text for their snapshots to be smaller than their events.
pub(crate) fn finished(items: usize) -> Vec<String> {
    let mut lines = Vec::new();
    for n in 0..items {
        let id = format!("bn-{n}");
        let long = format!("{n} things that were written down twice ").repeat(8);
        let create = format!(r#"{{"description":"{long}","labels":["a","b"],"title":"item {n}"}}"#);
        let update = |title: &str| format!(r#"{{"field":"title","value":"{title}"}}"#);
        lines.push(line(1, "item.create", &id, &create));
        lines.push(line(
            2,
            "item.comment",
            &id,
            &format!(r#"{{"body":"remark on {n}"}}"#),
        ));
        lines.push(line(3, "item.update", &id, &update("second")));
        lines.push(line(4, "item.update", &id, &update("third")));
        lines.push(line(
            5,
            "item.move",
            &id,
            r#"{"reason":"over","state":"done"}"#,
        ));
    }
    lines
}

/// The synthetic log with the dirt of the real ones.
pub(crate) fn dirty_log() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests-e2e/data/dirty/.bones")
}

/// The real logs, or none after saying loudly that they are absent.
pub(crate) fn real_logs() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data/bones-logs");
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

/// Every event line of the files of a folder, in order.
pub(crate) fn lines_of(folder: &Path) -> Vec<String> {
    let nested = folder.join("events");
    let folder = if nested.is_dir() {
        nested
    } else {
        folder.to_owned()
    };
    let mut lines = Vec::new();
    for (name, bytes) in files(&folder) {
        if name.ends_with(".events") {
            let text = String::from_utf8(bytes).unwrap();
            let events = text
                .lines()
                .filter(|line| !line.starts_with('#') && !line.trim().is_empty());
            lines.extend(events.map(str::to_owned));
        }
    }
    lines
}

/// A fixed shuffle: the same seed gives the same order everywhere.
pub(crate) fn shuffled<T: Clone>(list: &[T], seed: u64) -> Vec<T> {
    let mut list = list.to_vec();
    let mut state = seed;
    for at in (1..list.len()).rev() {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        let other = usize::try_from(state >> 33).unwrap() % (at + 1);
        list.swap(at, other);
    }
    list
}
