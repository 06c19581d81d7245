//! `lattice watch`.

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use serde_json::Value;

use crate::support::{Bench, event, fail, hash, project, succeed, thin_out};

#[test]
fn every_commit_behind_is_one_line_of_json() {
    let bench = Bench::new();
    let store = bench.five("store");
    let out = succeed(&["watch", "--from", "3", "--store", &store, "--json"]).out;
    let commits: Vec<Value> = out
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(commits.len(), 2);
    assert_eq!(
        (&commits[0]["commit"], &commits[1]["commit"]),
        (&4.into(), &5.into())
    );
    assert_eq!(commits[1]["time"], "2026-01-01T05:00:00Z");
    let lines = project();
    let event = &commits[1]["items"][0]["events"][1];
    assert_eq!(event["line"], lines[11].as_str());
    assert_eq!(event["hash"], hash(&lines[11]).as_str());
    assert_eq!(
        succeed(&["watch", "--from", "5", "--store", &store]).out,
        ""
    );
}

#[test]
fn people_read_items_and_lines() {
    let bench = Bench::new();
    let store = bench.five("store");
    let out = succeed(&["watch", "--from", "4", "--store", &store]).out;
    assert!(
        out.starts_with("commit 5 of 2026-01-01T05:00:00Z: 1 item\n  bn-gone\n    17672256"),
        "{out}"
    );
    assert_eq!(out.lines().count(), 4, "{out}");
}

#[test]
fn a_commit_that_is_compacted_says_where_to_resume() {
    let bench = Bench::new();
    let store = bench.five("store");
    thin_out(&store);
    for from in ["0", "1", "4"] {
        fail(
            &["watch", "--from", from, "--store", &store],
            &[
                "no longer told apart",
                "lattice items --at 5",
                "lattice watch --from 5",
            ],
        );
    }
    succeed(&["watch", "--from", "5", "--store", &store]);
    fail(
        &["watch", "--from", "6", "--store", &store],
        &["commit 6 is not made yet"],
    );
}

/// Follows a store; killed when dropped.
struct Follower(Child);

impl Follower {
    fn new(store: &str, from: &str) -> (Self, ChildStdout) {
        let mut child = Command::new(env!("CARGO_BIN_EXE_lattice"))
            .args(["watch", "--from", from, "--store", store, "--json"])
            .args(["--follow", "--every", "20ms"])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let out = child.stdout.take().unwrap();
        (Self(child), out)
    }
}

impl Drop for Follower {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Others write while somebody follows, and each side waits for the other's lock.
#[test]
fn following_prints_what_comes() {
    let bench = Bench::new();
    let store = bench.five("store");
    let (held, _) = storage_adapter::AnyStore::open(store.as_ref()).unwrap();
    let (_follower, out) = Follower::new(&store, "4");
    let (send, lines) = mpsc::channel();
    std::thread::spawn(move || {
        for line in BufReader::new(out).lines() {
            if send.send(line.unwrap()).is_err() {
                break;
            }
        }
    });
    assert!(lines.recv_timeout(Duration::from_millis(300)).is_err());
    drop(held);
    let next = || -> Value {
        let line = lines.recv_timeout(Duration::from_mins(1)).unwrap();
        serde_json::from_str(&line).unwrap()
    };
    assert_eq!(next()["commit"], 5);
    for commit in 6..9 {
        let line = event(
            commit,
            "ada",
            "item.create",
            &format!("bn-{commit}"),
            r#"{"title":"T"}"#,
        );
        let log = bench.log("new.events", &[line]);
        let import = ["import", &*log, "--store", &*store];
        // The follower may be reading just now.
        while crate::support::lattice(&import).code != Some(0) {}
        let seen = next();
        assert_eq!(seen["commit"], commit);
        assert_eq!(seen["items"][0]["item_id"], format!("bn-{commit}"));
    }
}

#[test]
fn following_ends_when_nobody_reads() {
    let bench = Bench::new();
    let lines: Vec<String> = (0..3_000)
        .map(|n| {
            event(
                n,
                "ada",
                "item.create",
                &format!("bn-{n}"),
                r#"{"title":"fills the pipe"}"#,
            )
        })
        .collect();
    let store = bench.store("store", "wall", &lines);
    let (mut follower, mut out) = Follower::new(&store, "0");
    out.read_exact(&mut [0; 10]).unwrap();
    drop(out);
    assert_eq!(follower.0.wait().unwrap().code(), Some(0));
}
