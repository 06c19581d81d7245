//! The system stops, or a call fails, at every numbered call of a life with scopes, schemas, redaction,
//! compactions and a reopening. What comes up again is one of the states that life allows, and the life goes on
//! from there to the same end.

use std::fmt::Write as _;

use storage_adapter::log::LogDir;
use storage_adapter::{At, Batch, Compaction, ItemStore, Reach, StoreError};

use super::model::{HOUR, MINUTE, Store, compaction, hash, held, line, memory, small};
use crate::log::sim::{Fault, Outcome, SimDisk};

type OnDisk = Store<LogDir<SimDisk>>;

#[derive(Debug, Clone, Copy)]
enum Op {
    Apply(u64),
    /// Written and not synced.
    Write(u64),
    InScope(u64),
    CreateScope,
    DeleteScope,
    Begin,
    Complete,
    Abort,
    Redact(u64),
    Pin,
    Compact,
    Forget,
    /// Compacts what is worth it.
    Advance,
    Reopen,
}
use Op::*;

/// Redacted in every life: no file may hold it in the end.
const SECRET: u64 = 2;

const LIVES: [&[Op]; 4] = [
    &[
        Apply(0),
        Apply(1),
        CreateScope,
        InScope(0),
        Apply(SECRET),
        Begin,
        Apply(3),
        Compact,
        Redact(SECRET),
        Apply(4),
        Complete,
        Compact,
        Reopen,
        DeleteScope,
        InScope(1),
        Compact,
        Apply(5),
    ],
    &[
        Apply(0),
        Apply(SECRET),
        Pin,
        Apply(1),
        Begin,
        Forget,
        Apply(3),
        Redact(SECRET),
        Forget,
        Abort,
        CreateScope,
        InScope(2),
        Reopen,
        Compact,
        DeleteScope,
        CreateScope,
        Apply(4),
        Compact,
    ],
    &[
        Apply(0),
        Apply(5),
        Apply(6),
        InScope(7),
        CreateScope,
        InScope(7),
        Advance,
        Apply(1),
        Advance,
        InScope(2),
        Advance,
        Reopen,
        Write(SECRET),
        Advance,
        Redact(SECRET),
        Apply(3),
        Advance,
        Apply(8),
        Advance,
    ],
    &[
        Apply(0),
        Write(1),
        Write(SECRET),
        Apply(3),
        Write(4),
        Compact,
        Write(5),
        Redact(SECRET),
        Write(6),
        Forget,
        Write(7),
        Reopen,
        Apply(8),
    ],
];

/// When the op of this number happens: an hour after the one before.
fn time(number: usize) -> u64 {
    HOUR * u64::try_from(number).unwrap()
}

/// Does one thing to a store. Scopes that are not there are left alone.
fn act<L: storage_adapter::LogStore>(
    store: &mut Store<L>,
    op: Op,
    now: u64,
) -> Result<(), StoreError> {
    let event = |n| Batch {
        events: vec![held(&line("bn-0", n)), held(&line("bn-1", n))],
        ..Batch::default()
    };
    match op {
        Apply(n) => store.apply(event(n), now).map(drop),
        Write(n) => store.write(event(n), now).map(drop),
        InScope(n) => {
            let scope = store.scope("draft").ok().cloned();
            let batch = Batch {
                events: vec![held(&line("bn-2", n))],
                scope,
                ..Batch::default()
            };
            store.apply(batch, now).map(drop)
        }
        CreateScope => store.create_scope("draft", now).map(drop),
        DeleteScope => store.delete_scope("draft", now),
        Begin => store.begin_schema("next", now).map(drop),
        Complete => store.complete_schema(now).map(drop),
        Abort => store.abort_schema(now).map(drop),
        Redact(n) => {
            let lines = [line("bn-0", n), line("bn-1", n)];
            let redactions = lines.iter().map(|line| hash(line)).collect();
            store
                .apply(
                    Batch {
                        redactions,
                        ..Batch::default()
                    },
                    now,
                )
                .map(drop)
        }
        Pin => store.pin(store.commit(), now),
        Compact => store
            .compact(&compaction(Some(small()), now + 20 * MINUTE))
            .map(drop),
        Forget => store.compact(&compaction(None, now)).map(drop),
        Advance => store
            .compact(&Compaction {
                reach: Reach::Worthwhile,
                ..compaction(Some(small()), now + 20 * MINUTE)
            })
            .map(drop),
        Reopen => Ok(()),
    }
}

/// Everything a reader can see: now, and at every commit that is readable.
fn shown<L: storage_adapter::LogStore>(store: &Store<L>) -> String {
    let view = store.view();
    let scopes: Vec<_> = view.scopes().cloned().collect();
    let mut out = format!(
        "{:?} {:?} {:?} {:?} {}",
        view.digest().unwrap(),
        view.schemas(),
        view.pins(),
        scopes,
        view.floor()
    );
    for (commit, time) in view.commits() {
        let mut hasher = blake3::Hasher::new();
        let mut put = |moment: storage_adapter::Moment<'_, _>| {
            for (id, state) in moment.states().map(Result::unwrap) {
                hasher.update(&state.encode(id));
            }
        };
        let at = || view.at(At::Commit(commit)).unwrap();
        put(at());
        for scope in &scopes {
            put(at().in_scope(scope.name()).unwrap());
        }
        write!(out, " {commit}@{time}:{}", hasher.finalize()).unwrap();
    }
    out
}

/// What is shown after each op of a life without accidents, from none on.
fn expected(life: &[Op]) -> Vec<String> {
    let mut store = memory();
    let mut all = vec![shown(&store)];
    for (number, op) in life.iter().enumerate() {
        act(&mut store, *op, time(number)).unwrap();
        all.push(shown(&store));
    }
    all
}

fn create(disk: &SimDisk) -> Result<OnDisk, StoreError> {
    ItemStore::over(LogDir::create_on(disk.clone(), &OnDisk::header())?)
}

fn open(disk: &SimDisk) -> Result<OnDisk, StoreError> {
    ItemStore::over(LogDir::open_on(disk.clone())?.0)
}

/// A life on a disk, up to the first error. Returns how many ops were acknowledged, and how many
/// of them were durable by then.
fn live(disk: &SimDisk, life: &[Op]) -> (usize, usize) {
    let Ok(mut store) = create(disk) else {
        return (0, 0);
    };
    let mut durable = 0;
    for (number, op) in life.iter().enumerate() {
        if matches!(op, Reopen) {
            drop(store);
            match open(disk) {
                Ok(opened) => store = opened,
                Err(_) => return (number, durable),
            }
        } else if act(&mut store, *op, time(number)).is_err() {
            return (number, durable);
        }
        // What an open has shown is durable too.
        if !matches!(op, Write(_)) {
            durable = number + 1;
        }
    }
    (life.len(), durable)
}

/// What comes up is allowed, stays, and leads to the same end; and in the end no file holds the secret.
fn recovers(disk: &SimDisk, life: &[Op], expected: &[String], done: (usize, usize), what: &str) {
    let (acknowledged, durable) = done;
    let mut store = match open(disk) {
        Ok(store) => store,
        Err(error) if acknowledged == 0 => {
            create(disk).unwrap_or_else(|again| panic!("{what}: {error}; {again}"))
        }
        Err(error) => panic!("{what}: {error}"),
    };
    let now = shown(&store);
    let next = (acknowledged + 1).min(life.len());
    let allowed = durable..=next;
    // The latest that fits: an op that changed nothing need not be told from one that did not happen.
    let reached = allowed.clone().rev().find(|n| expected[*n] == now);
    let Some(reached) = reached else {
        panic!("{what}: after {acknowledged} ops, {durable} durable, none of {allowed:?}: {now}");
    };
    drop(store);
    disk.restart(Outcome::Lost);
    store = open(disk).unwrap_or_else(|error| panic!("{what}: {error}"));
    assert_eq!(
        shown(&store),
        now,
        "{what}: what an open has shown is durable"
    );
    for (number, op) in life.iter().enumerate().skip(reached) {
        act(&mut store, *op, time(number))
            .unwrap_or_else(|error| panic!("{what}: {op:?}: {error}"));
    }
    store.sync().unwrap();
    drop(store);
    disk.restart(Outcome::Lost);
    store = open(disk).unwrap_or_else(|error| panic!("{what}: {error}"));
    assert_eq!(shown(&store), expected[life.len()], "{what}: the end");
    assert!(store.verify(&[]).unwrap().is_sound(), "{what}");
    store
        .compact(&compaction(None, time(life.len() + 1)))
        .unwrap();
    let secret = format!(" {SECRET} words of bn-0");
    for (name, bytes) in disk.files() {
        let holds = bytes
            .windows(secret.len())
            .any(|part| part == secret.as_bytes());
        assert!(!holds, "{what}: {name} holds what was redacted");
    }
}

fn calls_of(life: &[Op]) -> u64 {
    let disk = SimDisk::default();
    assert_eq!(live(&disk, life).0, life.len());
    disk.calls()
}

#[test]
fn every_stop_at_every_call_leaves_an_allowed_state_that_goes_on_to_the_same_end() {
    let mut points = 0;
    for life in LIVES {
        let expected = expected(life);
        for call in 0..calls_of(life) {
            for fault in [Fault::StopBefore, Fault::StopHalfway, Fault::StopAfter] {
                let outcomes = [
                    Outcome::Kept,
                    Outcome::Lost,
                    Outcome::Part(call),
                    Outcome::Part(call + 1000),
                ];
                for outcome in outcomes {
                    let disk = SimDisk::default();
                    disk.plan(call, fault);
                    let done = live(&disk, life);
                    assert!(disk.has_stopped());
                    disk.restart(outcome);
                    let what = format!("{fault:?} at call {call}, {outcome:?}");
                    recovers(&disk, life, &expected, done, &what);
                    points += 1;
                }
            }
        }
    }
    assert!(points >= 2000, "only {points} crash points");
    eprintln!("{points} crash points");
}

#[test]
fn every_call_that_fails_leaves_an_allowed_state_that_goes_on_to_the_same_end() {
    for life in LIVES {
        let expected = expected(life);
        for call in 0..calls_of(life) {
            for fault in [Fault::Fails, Fault::FailsAfter, Fault::Full] {
                let disk = SimDisk::default();
                disk.plan(call, fault);
                let done = live(&disk, life);
                disk.no_plan();
                disk.free_space();
                for outcome in [Outcome::Kept, Outcome::Lost] {
                    let disk = disk.copy();
                    disk.restart(outcome);
                    let what = format!("{fault:?} at call {call}, {outcome:?}");
                    recovers(&disk, life, &expected, done, &what);
                }
            }
        }
    }
}

#[test]
fn a_full_disk_during_compaction_leaves_the_store_as_it_was_and_room_lets_it_through() {
    let life = LIVES[0];
    let until = life.iter().position(|op| matches!(op, Compact)).unwrap();
    let ready = || {
        let disk = SimDisk::default();
        assert_eq!(live(&disk, &life[..until]).0, until);
        (open(&disk).unwrap(), disk)
    };
    let (mut whole, disk) = ready();
    disk.no_plan();
    act(&mut whole, Compact, time(until)).unwrap();
    let mut refused = 0;
    for call in 0..disk.calls() {
        let (mut store, disk) = ready();
        let before = shown(&store);
        disk.plan(call, Fault::Full);
        let outcome = act(&mut store, Compact, time(until));
        disk.no_plan();
        disk.free_space();
        if outcome.is_err() {
            refused += 1;
            assert_eq!(shown(&store), before, "call {call}");
            if store.log().poisoned().is_none() {
                // CURRENT, LOCK, the manifest, and the segments: nothing of the attempt is left.
                let left: Vec<String> = disk.files().into_keys().collect();
                let named = 3 + store.log().segments().len();
                assert_eq!(left.len(), named, "call {call}: {left:?}");
                act(&mut store, Compact, time(until)).unwrap();
                assert_eq!(shown(&store), shown(&whole), "call {call}");
            }
        }
    }
    assert!(refused > 3, "only {refused} calls ran into the full disk");
}
