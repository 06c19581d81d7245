//! Bringing everything in, in batches, one sync each.

use std::fs::File;
use std::io::Write;
use std::path::Path;

use lattice_benches::measure::{Goal, Role, Row};

use crate::engines::{Engine, Fjall, Redb};
use crate::workload::{Batches, Workload, store};
use crate::{nanos, row};

type Import = fn(Batches, &Path);

/// Everyone who imports, in turn.
pub fn rows(work: &Workload) -> Vec<Row> {
    let rounds = (600_000 / work.events.len()).clamp(1, 5);
    let goals = vec![Goal::BestPeer(2.0), Goal::Time("append file", 1.5)];
    let contenders: [(Role, &str, Vec<Goal>, Import); 4] = [
        (
            Role::Own,
            "ItemStore over LogDir",
            goals,
            |batches, path| {
                drop(store(batches, path));
            },
        ),
        (
            Role::Peer,
            "fjall, lines and index",
            Vec::new(),
            |batches, path| {
                put(batches, &mut Fjall::new(path, true));
            },
        ),
        (
            Role::Peer,
            "redb, lines and index",
            Vec::new(),
            |batches, path| {
                put(batches, &mut Redb::new(path));
            },
        ),
        (Role::Floor, "append file", Vec::new(), append),
    ];
    let mut times = vec![Vec::new(); contenders.len()];
    for _ in 0..rounds {
        for ((_, _, _, import), times) in contenders.iter().zip(&mut times) {
            let dir = tempfile::tempdir().expect("a folder");
            let batches = work.batches();
            times.push(nanos(|| import(batches, &dir.path().join("data"))).0);
        }
    }
    let rows = contenders.into_iter().zip(times);
    rows.map(|((role, name, goals, _), times)| row(role, name, times, work.events.len(), goals))
        .collect()
}

/// Brings everything into an engine.
pub fn fill(work: &Workload, engine: &mut impl Engine) {
    put(work.batches(), engine);
}

fn put(batches: Batches, engine: &mut impl Engine) {
    for (events, commit) in batches.into_iter().zip(1..) {
        engine.put(&events, commit);
    }
}

/// Lines one after the other, each batch written at once and synced.
fn append(batches: Batches, path: &Path) {
    let mut file = File::create(path).expect("a file");
    let mut lines = Vec::new();
    for events in batches {
        lines.clear();
        for event in &events {
            lines.extend_from_slice(event.line());
            lines.push(b'\n');
        }
        file.write_all(&lines).expect("written");
        file.sync_data().expect("synced");
    }
}
