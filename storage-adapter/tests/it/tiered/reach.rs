//! Compactions that write no more than is worth it.

use std::collections::BTreeMap;
use std::fs;

use bones_compact::{CompactionPolicy, SkipReason};
use storage_adapter::log::LogDir;
use storage_adapter::{Compaction, CompactionOutcome, ItemStore, Reach, RetentionConfig};
use tempfile::TempDir;

use super::model::{HOUR, MINUTE, Pair, compaction, line, memory, small};

const ITEMS: usize = 200;

struct OnDisk {
    folder: TempDir,
    pair: Pair<LogDir>,
    hours: u64,
    retention: Option<RetentionConfig>,
}

impl OnDisk {
    /// Many items, compacted.
    fn new() -> Self {
        let mut it = Self::empty();
        for n in 0..4 {
            it.change(0..ITEMS, n);
        }
        it.compact(Reach::Worthwhile);
        it
    }

    fn empty() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = ItemStore::create(&folder.path().join("store")).unwrap();
        let model = memory();
        Self {
            folder,
            pair: Pair { store, model },
            hours: 1,
            retention: None,
        }
    }

    /// One commit with the event of this number for each of the items.
    fn change(&mut self, items: std::ops::Range<usize>, n: u64) {
        self.hours += 1;
        let lines: Vec<String> = items
            .map(|item| line(&format!("bn-{item:03}"), n))
            .collect();
        self.pair.apply(None, &lines, self.hours * HOUR);
    }

    /// Compacts when every commit is behind the floor; how many bytes of items that wrote.
    fn compact(&mut self, reach: Reach) -> (CompactionOutcome, u64) {
        let before = self.segments();
        let outcome = self.pair.compact_by(&Compaction {
            reach,
            ..compaction(self.retention, self.hours * HOUR + 20 * MINUTE)
        });
        let after = self.segments();
        let new = after.iter().filter(|(name, _)| !before.contains_key(*name));
        (outcome, new.map(|(_, bytes)| bytes).sum())
    }

    fn segments(&self) -> BTreeMap<String, u64> {
        let files = fs::read_dir(self.folder.path().join("store")).unwrap();
        let files = files.map(|file| {
            let file = file.unwrap();
            let name = file.file_name().into_string().unwrap();
            (name, file.metadata().unwrap().len())
        });
        files.filter(|(name, _)| name.starts_with("seg")).collect()
    }

    fn bytes(&self) -> u64 {
        self.segments().values().sum()
    }

    fn reopen(&mut self) {
        let path = self.folder.path().join("store");
        let aside = ItemStore::create(&self.folder.path().join(format!("{}", self.hours)));
        drop(std::mem::replace(&mut self.pair.store, aside.unwrap()));
        self.pair.store = ItemStore::open(&path).unwrap().0;
    }
}

#[test]
fn after_few_changes_little_is_written() {
    let mut it = OnDisk::new();
    let whole = it.bytes();
    it.change(7..9, 4);
    let (outcome, written) = it.compact(Reach::Worthwhile);
    assert!(outcome.changed && outcome.report.items_compacted > 0);
    assert!(written * 50 < whole, "{written} of {whole} bytes");
    let untouched = outcome.report.skipped_by_reason()[&SkipReason::Untouched];
    assert_eq!(untouched, ITEMS - 2);
    it.pair.check();
    it.reopen();
    it.pair.check();
    // What it left is joined when everything is asked for.
    let (outcome, written) = it.compact(Reach::Everything);
    assert!(outcome.changed && written > whole / 2);
    it.pair.check();
}

#[test]
fn when_nothing_came_nothing_is_written() {
    let mut it = OnDisk::empty();
    it.retention = Some(small());
    for n in 0..20 {
        it.change(n * 10..n * 10 + 10, 0);
    }
    assert!(it.compact(Reach::Worthwhile).0.changed);
    // A long time later all but a few commits can be forgotten. As none of them shares an item with another, that
    // makes nothing smaller, and waits for company.
    it.hours += 10_000;
    let (outcome, written) = it.compact(Reach::Worthwhile);
    assert!(!outcome.changed && written == 0);
    let (outcome, _) = it.compact(Reach::Everything);
    assert!(outcome.changed && outcome.commits_dropped > 0);
    it.pair.check();
}

#[test]
fn commits_are_not_forgotten_for_their_own_sake() {
    let mut it = OnDisk::empty();
    it.retention = Some(small());
    for n in 0..20 {
        it.change(0..10, n);
    }
    it.hours += 10_000;
    let unfinished = Compaction {
        policy: CompactionPolicy::default(),
        reach: Reach::Worthwhile,
        ..compaction(it.retention, it.hours * HOUR)
    };
    assert!(!it.pair.compact_by(&unfinished).changed);
    let all = Compaction {
        reach: Reach::Everything,
        ..unfinished
    };
    assert!(it.pair.compact_by(&all).commits_dropped > 0);
    it.pair.check();
}

#[test]
fn what_has_changed_much_is_written_anew() {
    let mut it = OnDisk::new();
    it.change(0..ITEMS / 2, 4);
    let whole = it.bytes();
    let (outcome, written) = it.compact(Reach::Worthwhile);
    assert!(
        outcome.changed && written > whole / 2,
        "{written} of {whole}"
    );
    it.pair.check();
}

#[test]
fn small_compactions_are_joined_so_that_there_are_never_many() {
    let mut it = OnDisk::new();
    let whole = it.bytes();
    let mut all = 0;
    for n in 4..36 {
        it.change(3..5, n);
        let (_, written) = it.compact(Reach::Worthwhile);
        all += written;
        // The base, at most one for each doubling of what came since, and the open end.
        assert!(it.segments().len() <= 9, "{} segments", it.segments().len());
    }
    assert!(
        all < 4 * whole,
        "{all} bytes written for a store of {whole}"
    );
    it.pair.check();
    it.reopen();
    it.pair.check();
}

#[test]
fn redacted_text_is_reached_however_old() {
    let mut it = OnDisk::new();
    it.change(7..8, 4);
    it.compact(Reach::Worthwhile);
    let canary = "3 words of bn-150 ";
    let holds = |it: &OnDisk| {
        let path = it.folder.path().join("store");
        let names: Vec<String> = it.segments().into_keys().collect();
        names.iter().any(|name| {
            let bytes = fs::read(path.join(name)).unwrap();
            bytes.windows(canary.len()).any(|w| w == canary.as_bytes())
        })
    };
    assert!(holds(&it));
    it.hours += 1;
    it.pair.redact(&[line("bn-150", 3)], it.hours * HOUR);
    let (outcome, _) = it.compact(Reach::Worthwhile);
    assert!(outcome.changed && !holds(&it));
    it.pair.check();
}
