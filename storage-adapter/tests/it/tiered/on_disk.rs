//! What lies in the files of a store with a past: a search through every byte of the folder.

use std::fs;
use std::path::{Path, PathBuf};

use bones_snapshot::write_line;
use storage_adapter::log::LogDir;
use storage_adapter::{At, Batch, ItemStore};
use tempfile::TempDir;

use super::model::{HOUR, MINUTE, Pair, compaction, hash, held, line, memory, small};
use crate::log::sim::{Fault, Outcome, SimDisk};

/// The number of the remark that is redacted, and its text.
const SECRET: u64 = 3;
const CANARY: &str = "remark 3 on bn-0";
/// The number of the event and of the remark in the scope.
const IN_SCOPE: u64 = 8;

/// A comment, which no later event replaces.
fn remark(item: &str, n: u64) -> String {
    let data = format!(r#"{{"body":"remark {n} on {item}"}}"#);
    let wall = i64::try_from(n).unwrap();
    write_line(wall, "alice", "itc:AQ", &[], "item.comment", item, &data)
}

struct OnDisk {
    folder: TempDir,
    pair: Pair<LogDir>,
}

impl OnDisk {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = ItemStore::create(&folder.path().join("store")).unwrap();
        let model = memory();
        let pair = Pair { store, model };
        Self { folder, pair }
    }

    /// Forty commits of `bn-0`, ten minutes apart, and a scope with an event of it; compacted, and with a past.
    fn grown() -> Self {
        let mut it = Self::new();
        let scope = it.pair.create_scope("draft", 0);
        for n in 0..40 {
            let over = (n == IN_SCOPE).then_some(&scope);
            let mut lines = vec![line("bn-0", n)];
            if n == SECRET || n == IN_SCOPE {
                lines.push(remark("bn-0", n));
            }
            it.pair.apply(over, &lines, n * 10 * MINUTE);
        }
        it.pair.compact(Some(small()), 8 * HOUR);
        assert!(it.pair.store.commits().count() > 3, "there is a past");
        it
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("store")
    }

    /// The names of the files that hold a text.
    fn holding(&self, text: &str) -> Vec<String> {
        holding(&self.path(), text)
    }

    fn reopened(self) -> Self {
        let (path, Pair { store, model }) = (self.path(), self.pair);
        drop(store);
        let (store, report) = ItemStore::open(&path).unwrap();
        assert_eq!(report.orphans_removed, Vec::<String>::new());
        let pair = Pair { store, model };
        Self { pair, ..self }
    }

    /// Whether any readable moment, of the base or of a scope, shows a text.
    fn shows(&self, text: &str) -> bool {
        shows(&self.pair.store, text)
    }
}

fn holding(path: &Path, text: &str) -> Vec<String> {
    let holds = |bytes: &[u8]| {
        bytes
            .windows(text.len())
            .any(|part| part == text.as_bytes())
    };
    let entries = fs::read_dir(path).unwrap().map(Result::unwrap);
    let found = entries.filter(|entry| holds(&fs::read(entry.path()).unwrap()));
    found
        .map(|f| f.file_name().into_string().unwrap())
        .collect()
}

fn shows<L: storage_adapter::LogStore>(store: &super::model::Store<L>, text: &str) -> bool {
    let names: Vec<&str> = store.scopes().map(storage_adapter::ScopeId::name).collect();
    let holds = |moment: storage_adapter::Moment<'_, _>| {
        let mut states = moment.states().map(Result::unwrap);
        states.any(|(id, state)| String::from_utf8_lossy(&state.encode(id)).contains(text))
    };
    store.commits().any(|(commit, _)| {
        let at = || store.at(At::Commit(commit)).unwrap();
        holds(at()) || names.iter().any(|name| holds(at().in_scope(name).unwrap()))
    })
}

#[test]
fn text_compacted_long_ago_is_masked_at_once_and_in_no_file_after_a_compaction() {
    let mut it = OnDisk::grown();
    // Below the floor, in a state that stands for many events.
    assert!(it.shows(CANARY) && !it.holding(CANARY).is_empty());
    it.pair.redact(&[remark("bn-0", SECRET)], 9 * HOUR);
    assert!(!it.shows(CANARY));
    it.pair.check();
    let mut it = it.reopened();
    assert!(!it.shows(CANARY), "and after a reopening");
    assert!(!it.holding(CANARY).is_empty(), "the files are as they were");
    assert!(it.pair.compact(Some(small()), 9 * HOUR).changed);
    assert_eq!(it.holding(CANARY), Vec::<String>::new());
    it.pair.check();
    let mut it = it.reopened();
    assert!(!it.shows(CANARY));
    it.pair.check();
    assert!(!it.pair.compact(Some(small()), 9 * HOUR).changed);
}

#[test]
fn text_of_a_scope_is_redacted_as_that_of_the_base_is() {
    let mut it = OnDisk::grown();
    let text = "remark 8 on bn-0";
    assert!(it.shows(text) && !it.holding(text).is_empty());
    let scope = it.pair.store.scope("draft").unwrap().clone();
    it.pair.apply(Some(&scope), &[remark("bn-0", 9)], 8 * HOUR);
    it.pair.store.digest().unwrap();
    it.pair.redact(&[remark("bn-0", IN_SCOPE)], 9 * HOUR);
    assert!(!it.shows(text));
    // What was joined before is masked as what is joined anew.
    let known = it.pair.store.digest().unwrap();
    let mut it = it.reopened();
    assert_eq!(it.pair.store.digest().unwrap(), known);
    it.pair.compact(Some(small()), 9 * HOUR);
    assert_eq!(it.holding(text), Vec::<String>::new());
    it.reopened().pair.check();
}

#[test]
fn snapshots_and_events_from_before_the_redaction_come_too_late_to_be_written_in_clear() {
    let mut it = OnDisk::grown();
    let old = it.pair.store.export().unwrap();
    it.pair.redact(&[remark("bn-0", SECRET)], 9 * HOUR);
    it.pair.compact(Some(small()), 9 * HOUR);
    assert_eq!(it.holding(CANARY), Vec::<String>::new());
    let scope = it.pair.store.scope("draft").unwrap().clone();
    for scope in [None, Some(scope)] {
        let told = || Batch {
            scope: scope.clone(),
            payloads: old.payloads.clone(),
            events: vec![held(&remark("bn-0", SECRET)), held(&line("bn-0", 100))],
            ..Batch::default()
        };
        let encoded = old.payloads.iter().map(text_of);
        assert!(encoded.into_iter().any(|bytes| bytes.contains(CANARY)));
        it.pair.store.apply(told(), 10 * HOUR).unwrap();
        it.pair.model.apply(told(), 10 * HOUR).unwrap();
        assert!(!it.shows(CANARY));
        assert_eq!(it.holding(CANARY), Vec::<String>::new());
    }
    it = it.reopened();
    assert!(!it.shows(CANARY));
    it.pair.check();
}

fn text_of(payload: &bones_snapshot::SnapshotPayload<lattice_lww::Unstamped>) -> String {
    String::from_utf8_lossy(&payload.encode()).into_owned()
}

#[test]
fn a_redaction_that_comes_before_its_event_masks_it_in_the_base_and_in_scopes() {
    let mut it = OnDisk::new();
    it.pair.redact(&[remark("bn-0", SECRET)], 0);
    let scope = it.pair.create_scope("draft", MINUTE);
    let mut it = it.reopened();
    for scope in [Some(&scope), None] {
        it.pair
            .apply(scope, &[remark("bn-0", SECRET), remark("bn-0", 4)], HOUR);
        assert!(!it.shows(CANARY) && it.shows("remark 4 on bn-0"));
        assert_eq!(it.holding(CANARY), Vec::<String>::new());
    }
    it.reopened().pair.check();
}

#[test]
fn a_deleted_scope_is_in_no_file_after_a_compaction_nor_after_reopening() {
    let mut it = OnDisk::grown();
    let scope = it.pair.create_scope("doomed", 9 * HOUR);
    it.pair.apply(Some(&scope), &[line("bn-lost", 1)], 9 * HOUR);
    it.pair.compact(Some(small()), 10 * HOUR);
    it.pair.delete_scope("doomed", 11 * HOUR);
    let mut it = it.reopened();
    assert!(it.pair.store.now().in_scope("doomed").is_err());
    assert!(!it.holding("words of bn-lost").is_empty());
    assert!(it.pair.compact(Some(small()), 11 * HOUR).changed);
    for text in ["words of bn-lost", "doomed"] {
        assert_eq!(it.holding(text), Vec::<String>::new(), "{text}");
    }
    let mut it = it.reopened();
    assert!(it.pair.store.now().in_scope("doomed").is_err());
    it.pair.check();
    it.pair.create_scope("doomed", 12 * HOUR);
    let again = it.pair.store.now().in_scope("doomed").unwrap();
    assert!(again.state("bn-lost").unwrap().is_none());
}

#[test]
fn a_tail_that_was_kept_goes_with_the_text_that_is_redacted() {
    let mut it = OnDisk::grown();
    it.pair.store.apply(batch(SECRET + 100), 9 * HOUR).unwrap();
    let path = it.path();
    let (folder, Pair { store, model }) = (it.folder, it.pair);
    let last = store.log().segments().pop().unwrap();
    drop(store);
    let file = path.join(&last.file);
    let bytes = fs::read(&file).unwrap();
    fs::write(&file, &bytes[..bytes.len() - 1]).unwrap();
    let (store, report) = ItemStore::open(&path).unwrap();
    let kept = report.cut.unwrap().kept;
    let text = "remark 103 on bn-0";
    assert_eq!(holding(&path, text), [kept]);
    let pair = Pair { store, model };
    it = OnDisk { folder, pair };
    it.pair.redact(&[remark("bn-0", SECRET + 100)], 9 * HOUR);
    assert!(it.pair.compact(Some(small()), 9 * HOUR).changed);
    assert_eq!(it.holding(text), Vec::<String>::new());
    it.reopened().pair.check();
}

fn batch(n: u64) -> Batch<lattice_lww::Unstamped> {
    Batch {
        events: vec![held(&line("bn-0", n)), held(&remark("bn-0", n))],
        ..Batch::default()
    }
}

#[test]
fn a_hundred_openings_after_a_compaction_change_no_file() {
    let mut it = OnDisk::grown();
    let files = |it: &OnDisk| {
        let entries = fs::read_dir(it.path()).unwrap().map(Result::unwrap);
        let read = entries.map(|e| (e.file_name(), fs::read(e.path()).unwrap()));
        read.collect::<std::collections::BTreeMap<_, _>>()
    };
    let before = files(&it);
    for cycle in 0..100 {
        it = it.reopened();
        if cycle % 10 == 0 {
            assert!(!it.pair.compact(Some(small()), 8 * HOUR).changed);
        }
    }
    it.pair.check();
    assert!(files(&it) == before);
    // The same with a compaction that has something to do in each cycle.
    for n in 0..20 {
        it.pair.apply(None, &[line("bn-1", n)], (9 + n) * HOUR);
        it.pair.compact(Some(small()), (9 + n) * HOUR + 30 * MINUTE);
        it = it.reopened();
        assert_eq!(files(&it).len(), before.len(), "no file is left behind");
    }
    it.pair.check();
}

/// A store on a simulated disk: twelve commits, then a redaction that nothing on the disk has followed.
fn redacted() -> (SimDisk, super::model::Store<LogDir<SimDisk>>) {
    let disk = SimDisk::default();
    let header = super::model::Store::<LogDir>::header();
    let log = LogDir::create_on(disk.clone(), &header).unwrap();
    let mut store = ItemStore::over(log).unwrap();
    let scope = store.create_scope("draft", 0).unwrap();
    for n in 0..12 {
        store.apply(batch(n), n * 10 * MINUTE).unwrap();
    }
    let over = Batch {
        scope: Some(scope),
        ..batch(SECRET)
    };
    store.apply(over, 2 * HOUR).unwrap();
    store.compact(&compaction(Some(small()), 2 * HOUR)).unwrap();
    let redaction = Batch {
        redactions: std::iter::once(hash(&remark("bn-0", SECRET))).collect(),
        ..Batch::default()
    };
    store.apply(redaction, 3 * HOUR).unwrap();
    disk.no_plan();
    (disk, store)
}

fn sim_holding(disk: &SimDisk, text: &str) -> usize {
    let holds = |bytes: &[u8]| {
        bytes
            .windows(text.len())
            .any(|part| part == text.as_bytes())
    };
    disk.files().values().filter(|bytes| holds(bytes)).count()
}

#[test]
fn a_stop_between_a_redaction_and_the_rewrite_shows_nothing_and_the_rewrite_is_made_up_for() {
    let rewrite = compaction(Some(small()), 3 * HOUR);
    let (disk, mut store) = redacted();
    store.compact(&rewrite).unwrap();
    let calls = disk.calls();
    assert!(calls > 10, "only {calls} calls");
    let mut pending = 0;
    for call in 0..calls {
        for outcome in [Outcome::Kept, Outcome::Lost, Outcome::Part(call)] {
            let (disk, mut store) = redacted();
            let digest = store.digest().unwrap();
            assert!(sim_holding(&disk, CANARY) > 0);
            disk.plan(call, Fault::StopAfter);
            // The last calls are those of cleaning up: the rewrite stands when they stop.
            let _ = store.compact(&rewrite);
            assert!(disk.has_stopped());
            drop(store);
            disk.restart(outcome);
            let what = format!("stop at call {call}, {outcome:?}");
            let (log, _) = LogDir::open_on(disk.clone()).unwrap();
            let mut store = ItemStore::over(log).unwrap();
            assert!(!shows(&store, CANARY), "{what}");
            assert_eq!(store.digest().unwrap(), digest, "{what}");
            pending += usize::from(sim_holding(&disk, CANARY) > 0);
            store.compact(&rewrite).unwrap();
            assert_eq!(sim_holding(&disk, CANARY), 0, "{what}");
            drop(store);
            disk.restart(Outcome::Lost);
            assert_eq!(sim_holding(&disk, CANARY), 0, "{what}: for good");
            let store = ItemStore::over(LogDir::open_on(disk).unwrap().0).unwrap();
            assert!(
                !shows(&store, CANARY) && store.digest().unwrap() == digest,
                "{what}"
            );
        }
    }
    assert!(pending > 10, "only {pending} stops before the rewrite");
}

#[test]
fn a_file_that_cannot_be_removed_is_named_and_gone_after_the_next_open() {
    let rewrite = compaction(Some(small()), 3 * HOUR);
    let (disk, mut store) = redacted();
    store.compact(&rewrite).unwrap();
    let trace = disk.trace();
    let unlink = |line: &String| line.starts_with("unlink seg-");
    let call = u64::try_from(trace.iter().position(unlink).unwrap()).unwrap();
    let (disk, mut store) = redacted();
    disk.plan(call, Fault::Fails);
    let outcome = store.compact(&rewrite).unwrap();
    assert!(outcome.changed);
    disk.no_plan();
    let left = store.log().obsolete();
    assert_eq!(outcome.left_behind, left);
    assert_eq!(left.len(), 1, "it is said to be there: {left:?}");
    assert!(disk.files().contains_key(&left[0]));
    drop(store);
    let (log, report) = LogDir::open_on(disk.clone()).unwrap();
    assert_eq!(report.orphans_removed, left);
    assert!(log.obsolete().is_empty() && !disk.files().contains_key(&left[0]));
    assert_eq!(sim_holding(&disk, CANARY), 0);
}

#[test]
fn a_store_of_which_nothing_is_left_goes_the_way_of_any_other() {
    let trace = |doomed: bool| {
        let disk = SimDisk::default();
        let header = super::model::Store::<LogDir>::header();
        let log = LogDir::create_on(disk.clone(), &header).unwrap();
        let mut store = ItemStore::over(log).unwrap();
        for name in ["one", "two"] {
            let scope = store.create_scope(name, 0).unwrap();
            let over = Batch {
                scope: Some(scope),
                ..batch(1)
            };
            store.apply(over, 1).unwrap();
        }
        store.delete_scope("one", 2).unwrap();
        if doomed {
            store.delete_scope("two", 3).unwrap();
        }
        let names: Vec<String> = disk.files().into_keys().collect();
        disk.no_plan();
        assert!(store.compact(&compaction(None, HOUR)).unwrap().changed);
        assert_eq!(sim_holding(&disk, "remark 1 on bn-0") == 0, doomed);
        let old = names.iter().filter(|n| n.starts_with("seg-"));
        assert!(old.clone().count() > 0);
        assert!(old.into_iter().all(|n| !disk.files().contains_key(n)));
        drop(store);
        let store: super::model::Store<LogDir<SimDisk>> =
            ItemStore::over(LogDir::open_on(disk.clone()).unwrap().0).unwrap();
        assert_eq!(store.item_ids().count(), 0);
        assert_eq!(store.scopes().count(), usize::from(!doomed));
        disk.trace()
    };
    let calls = |doomed: bool| trace(doomed).iter().filter(|l| !l.is_empty()).count();
    assert_eq!(calls(true), calls(false));
}

#[test]
fn a_scope_that_is_not_compacted_keeps_what_was_written_into_it() {
    let mut it = OnDisk::new();
    let one = it.pair.create_scope("one-event", 0);
    let two = it.pair.create_scope("many-events", 0);
    it.pair.apply(Some(&one), &[line("bn-0", 0)], 1);
    it.pair.apply(
        Some(&two),
        &[line("bn-0", 0), line("bn-0", 1), line("bn-0", 2)],
        2,
    );
    for n in 0..60 {
        it.pair.apply(None, &[line("bn-1", n)], n * 10 * MINUTE);
    }
    // No item is old enough to be held as a snapshot, yet history goes; then each may be.
    let mut strict = compaction(Some(small()), 12 * HOUR);
    strict.policy.min_age_days = 1_000_000;
    strict.now_micros = 12 * HOUR;
    let outcome = it.pair.store.compact(&strict).unwrap();
    assert!(outcome.commits_dropped > 10 && outcome.scope_items_compacted == 0);
    for round in 0..2 {
        assert!(it.pair.store.floor() > 4, "both were written before it");
        it.pair.check();
        it = it.reopened();
        it.pair.check();
        let outcome = it.pair.compact(Some(small()), (13 + round) * HOUR);
        assert_eq!(outcome.scope_items_compacted > 0, round == 0);
    }
}
