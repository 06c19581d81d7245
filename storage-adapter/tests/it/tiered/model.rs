//! A store beside one that is told the same and never compacts.

use std::collections::BTreeMap;
use std::time::Duration;

use bones_compact::{LatticeEvent, RetentionConfig};
use bones_snapshot::{EventHash, write_line};
use lattice_core::Set;
use lattice_lww::Unstamped;
use storage_adapter::{
    At, Batch, Compaction, CompactionOutcome, HeldEvent, HistoryError, ItemStore, LogStore,
    MemoryLog, Moment, Reach, ScopeId, View,
};

use crate::items::support::everything;

pub(crate) type Store<L = MemoryLog> = ItemStore<Unstamped, L>;

pub(crate) const MINUTE: u64 = 60_000_000;
pub(crate) const HOUR: u64 = 60 * MINUTE;

pub(crate) fn memory() -> Store {
    ItemStore::over(MemoryLog::new(&Store::<MemoryLog>::header())).unwrap()
}

pub(crate) fn held(line: &str) -> HeldEvent<Unstamped> {
    HeldEvent::parse(line.as_bytes()).unwrap()
}

pub(crate) fn hash(line: &str) -> EventHash {
    held(line).hash()
}

/// The `n`th event of an item: a long title, so that snapshots are smaller than events.
pub(crate) fn line(item: &str, n: u64) -> String {
    let words = format!("{n} words of {item} ").repeat(6);
    let data = if n == 0 {
        format!(r#"{{"kind":"task","title":"{words}"}}"#)
    } else {
        format!(r#"{{"field":"title","value":"{words}"}}"#)
    };
    let kind = if n == 0 { "item.create" } else { "item.update" };
    let wall = i64::try_from(n).unwrap();
    write_line(wall, "alice", "itc:AQ", &[], kind, item, &data)
}

/// Ten minutes exact, then baselines of ten minutes, two of them to a tier.
pub(crate) fn small() -> RetentionConfig {
    RetentionConfig {
        cutoff: Duration::from_mins(10),
        base_interval: Duration::from_mins(10),
        slots_per_tier: 2,
        multiplier: 2,
    }
}

pub(crate) fn compaction(retention: Option<RetentionConfig>, clock_micros: u64) -> Compaction {
    Compaction {
        policy: everything(),
        retention,
        now_micros: u64::MAX,
        clock_micros,
        accept_clock_jump: true,
        compression: None,
        reach: Reach::Everything,
    }
}

/// Two stores that are told the same things at the same times; one of them compacts.
pub(crate) struct Pair<L: LogStore = MemoryLog> {
    pub(crate) store: Store<L>,
    pub(crate) model: Store,
}

impl Pair {
    pub(crate) fn new() -> Self {
        Self {
            store: memory(),
            model: memory(),
        }
    }

    /// Closes the store and opens it again.
    pub(crate) fn reopen(&mut self) {
        self.store = ItemStore::over(self.store.log().clone()).unwrap();
    }
}

impl<L: LogStore> Pair<L> {
    pub(crate) fn apply(&mut self, scope: Option<&ScopeId>, lines: &[String], at: u64) -> u64 {
        let batch = || Batch {
            events: lines.iter().map(|line| held(line)).collect(),
            scope: scope.cloned(),
            ..Batch::default()
        };
        let report = self.store.apply(batch(), at).unwrap();
        assert_eq!(self.model.apply(batch(), at).unwrap(), report);
        report.commit
    }

    pub(crate) fn redact(&mut self, lines: &[String], at: u64) {
        let batch = || Batch {
            redactions: lines.iter().map(|line| hash(line)).collect::<Set<_>>(),
            ..Batch::default()
        };
        let report = self.store.apply(batch(), at).unwrap();
        assert_eq!(self.model.apply(batch(), at).unwrap(), report);
    }

    pub(crate) fn create_scope(&mut self, name: &str, at: u64) -> ScopeId {
        let id = self.store.create_scope(name, at).unwrap();
        assert_eq!(self.model.create_scope(name, at).unwrap(), id);
        id
    }

    pub(crate) fn delete_scope(&mut self, name: &str, at: u64) {
        self.store.delete_scope(name, at).unwrap();
        self.model.delete_scope(name, at).unwrap();
    }

    pub(crate) fn compact(
        &mut self,
        retention: Option<RetentionConfig>,
        clock: u64,
    ) -> CompactionOutcome {
        self.compact_by(&compaction(retention, clock))
    }

    pub(crate) fn compact_by(&mut self, options: &Compaction) -> CompactionOutcome {
        let digest = self.store.digest().unwrap();
        let outcome = self.store.compact(options).unwrap();
        assert_eq!(self.store.digest().unwrap(), digest, "what is known now");
        outcome
    }

    /// Everything that can be read, at every commit there ever was, is what the model says.
    pub(crate) fn check(&self) {
        let (store, model) = (&*self.store, &*self.model);
        assert_eq!(store.digest().unwrap(), model.digest().unwrap());
        assert_eq!(store.commit(), model.commit());
        assert_eq!(store.schemas(), model.schemas());
        assert_eq!(store.pins(), model.pins());
        let readable: Vec<u64> = store.commits().map(|(commit, _)| commit).collect();
        for n in 0..=model.commit() {
            match store.at(At::Commit(n)) {
                Ok(moment) => {
                    let nearest = readable.iter().rev().find(|commit| **commit <= n);
                    let whole = n >= store.floor();
                    assert_eq!(
                        moment.is_exact(),
                        whole || nearest == Some(&n),
                        "commit {n}"
                    );
                    let actual = if whole { n } else { *nearest.unwrap() };
                    assert_eq!(moment.commit(), actual, "commit {n}");
                    same_at(store, model, actual);
                }
                Err(HistoryError::Gone { asked, oldest }) => {
                    assert_eq!((asked, oldest), (n, readable[0]));
                    assert!(n < oldest && n < store.floor());
                }
                Err(other) => panic!("commit {n}: {other}"),
            }
            match store.since(n) {
                Ok(changes) => {
                    assert!(n >= store.floor());
                    let told = |c: storage_adapter::CommitChanges<'_, _>| format!("{c:?}");
                    let ours: Vec<String> = changes.map(Result::unwrap).map(told).collect();
                    let theirs = model.since(n).unwrap();
                    let theirs: Vec<String> = theirs.map(Result::unwrap).map(told).collect();
                    assert_eq!(ours, theirs, "since {n}");
                }
                Err(error) => {
                    let (asked, resume) = (n, store.floor());
                    assert_eq!(error, HistoryError::Compacted { asked, resume });
                    assert!(n < store.floor());
                }
            }
        }
    }
}

/// Base and every living scope are the same in both after this commit.
fn same_at(store: &View<Unstamped>, model: &View<Unstamped>, commit: u64) {
    let read = |moment: Moment<'_, Unstamped>| -> BTreeMap<String, Vec<u8>> {
        let states = moment.states().map(Result::unwrap);
        states
            .map(|(id, state)| (id.to_owned(), state.encode(id)))
            .collect()
    };
    let at = |view: &View<Unstamped>| read(view.at(At::Commit(commit)).unwrap());
    assert_eq!(at(store), at(model), "commit {commit}");
    for scope in model.scopes() {
        let name = scope.name();
        let at = |view: &View<Unstamped>| {
            read(view.at(At::Commit(commit)).unwrap().in_scope(name).unwrap())
        };
        assert_eq!(at(store), at(model), "commit {commit} in scope {name}");
    }
}
