//! Reading items as they are and as they were.

use std::borrow::Cow;
use std::hint::black_box;

use bones_snapshot::ItemState;
use lattice_benches::measure::{Goal, Role, Row};
use lattice_benches::random::Random;
use lattice_benches::report::Report;
use lattice_core::Bottom;
use storage_adapter::At;

use crate::engines::{Engine, Fjall, Redb};
use crate::import::fill;
use crate::workload::{BATCH, Workload, commit_time};
use crate::{nanos, row};

/// Reads in a round, and rounds.
const READS: usize = 20_000;
const ROUNDS: usize = 9;

/// Point reads of current and of historical state, everything cached.
pub fn report(work: &Workload, report: &mut Report) {
    let dir = tempfile::tempdir().expect("a folder");
    let store = work.store(&dir.path().join("store"));
    let mut fjall = Fjall::new(&dir.path().join("fjall"), true);
    let mut redb = Redb::new(&dir.path().join("redb"));
    fill(work, &mut fjall);
    fill(work, &mut redb);
    fjall.put_states(&store);
    redb.put_states(&store);
    let mut random = Random::new(7);
    let commits = (work.events.len() / BATCH) as u64;
    let asked: Vec<(&str, u64)> = (0..READS)
        .map(|_| {
            let id = &work.ids[random.below(work.ids.len() as u64) as usize];
            (&id[..], 1 + random.below(commits))
        })
        .collect();
    for (id, commit) in asked.iter().take(100) {
        let now = store.state(id).expect("a store").expect("the item");
        assert!(
            fjall.state(id) == *now && redb.state(id) == *now,
            "other states now"
        );
        let then = store.at(At::Commit(*commit)).expect("a moment");
        let then = then
            .state(id)
            .expect("a store")
            .map_or_else(ItemState::bottom, Cow::into_owned);
        assert!(
            fjall.state_at(id, *commit) == then,
            "fjall reads another past"
        );
        assert!(
            redb.state_at(id, *commit) == then,
            "redb reads another past"
        );
    }

    let view = store.view();
    let rows = in_turn(&mut [
        (
            Role::Own,
            "view.state",
            vec![Goal::BestPeer(1.0)],
            READS,
            &mut |n| {
                _ = black_box(view.state(asked[n].0));
            },
        ),
        (
            Role::Peer,
            "fjall get and decode",
            Vec::new(),
            READS,
            &mut |n| {
                black_box(fjall.state(asked[n].0));
            },
        ),
        (
            Role::Peer,
            "redb get and decode",
            Vec::new(),
            READS,
            &mut |n| {
                black_box(redb.state(asked[n].0));
            },
        ),
    ]);
    report.workload(
        "Reads of the current state of an item, cached (ns per read)",
        &rows,
    );

    let few = READS / 10;
    let rows = in_turn(&mut [
        (
            Role::Own,
            "view.at(time).state",
            Vec::new(),
            few,
            &mut |n| {
                let (id, commit) = asked[n];
                let then = view
                    .at(At::Time(commit_time(commit - 1)))
                    .expect("a moment");
                _ = black_box(then.state(id));
            },
        ),
        (
            Role::Own,
            "view.at(commit).state",
            Vec::new(),
            few,
            &mut |n| {
                let (id, commit) = asked[n];
                _ = black_box(view.at(At::Commit(commit)).expect("a moment").state(id));
            },
        ),
        (
            Role::Peer,
            "fjall range, parse and fold",
            Vec::new(),
            few,
            &mut |n| {
                black_box(fjall.state_at(asked[n].0, asked[n].1));
            },
        ),
        (
            Role::Peer,
            "redb range, parse and fold",
            Vec::new(),
            few,
            &mut |n| {
                black_box(redb.state_at(asked[n].0, asked[n].1));
            },
        ),
    ]);
    report.workload("Reads of an item as it was, cached (ns per read)", &rows);
}

type Reader<'a> = (
    Role,
    &'static str,
    Vec<Goal>,
    usize,
    &'a mut dyn FnMut(usize),
);

/// The medians of all, in turn, after a round to warm up.
fn in_turn(readers: &mut [Reader<'_>]) -> Vec<Row> {
    let mut times = vec![Vec::new(); readers.len()];
    for round in 0..=ROUNDS {
        for ((.., reads, read), times) in readers.iter_mut().zip(&mut times) {
            let (nanos, ()) = nanos(|| (0..*reads).for_each(&mut *read));
            if round > 0 {
                times.push(nanos);
            }
        }
    }
    let rows = readers.iter_mut().zip(times);
    rows.map(|((role, name, goals, reads, _), times)| {
        row(*role, name, times, *reads, std::mem::take(goals))
    })
    .collect()
}
