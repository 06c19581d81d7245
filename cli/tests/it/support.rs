//! Logs to read, and the binary to read them.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use bones_snapshot::{FIELD_COMMENT, SHARD_HEADER, write_line};
use lattice_lww::{ItcClock, Unstamped};
use serde_json::Value;
use storage_adapter::{BadLines, Batch, ItemStore, read_log};
use tempfile::TempDir;

/// A time long after every event of the tests.
pub(crate) const LATER: &str = "2027-01-01T00:00:00Z";
/// 2026-01-01T00:00:00Z in microseconds.
pub(crate) const T0: i64 = 1_767_225_600_000_000;
const HOUR: u64 = 3_600_000_000;

/// What one run of the binary did.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Run {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|e| panic!("{e}: {self:?}"))
    }
}

/// Runs the binary.
pub(crate) fn lattice<S: AsRef<OsStr>>(arguments: &[S]) -> Run {
    let done = Command::new(env!("CARGO_BIN_EXE_lattice"))
        .args(arguments)
        .env("USER", "tester")
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    let run = Run {
        code: done.status.code(),
        out: text(done.stdout),
        err: text(done.stderr),
    };
    assert!(!run.err.contains("panicked"), "{run:?}");
    run
}

/// One event line without a stamp.
pub(crate) fn event(at: i64, agent: &str, event_type: &str, item: &str, data: &str) -> String {
    write_line(T0 + at, agent, "itc:AQ", &[], event_type, item, data)
}

/// One event line with the stamp of a clock, which ticks.
pub(crate) fn stamped(
    clock: &mut ItcClock,
    at: i64,
    agent: &str,
    event_type: &str,
    item: &str,
    data: &str,
) -> String {
    clock.event().unwrap();
    write_line(
        T0 + at,
        agent,
        &clock.to_text_v3(),
        &[],
        event_type,
        item,
        data,
    )
}

/// The hash of a line.
pub(crate) fn hash(line: &str) -> String {
    line.rsplit_once('\t').unwrap().1.to_owned()
}

/// A small project: one finished item, one at work, one deleted.
pub(crate) fn project() -> Vec<String> {
    let create = |at, item, title: &str| {
        let data = format!(
            r#"{{"description":"What {title} is about.","kind":"task","title":"{title}"}}"#
        );
        event(at, "ada", "item.create", item, &data)
    };
    vec![
        create(1, "bn-done", "Finished"),
        event(
            2,
            "ada",
            "item.update",
            "bn-done",
            r#"{"field":"labels","value":{"action":"add","label":"docs"}}"#,
        ),
        event(
            3,
            "bob",
            "item.assign",
            "bn-done",
            r#"{"action":"assign","agent":"bob"}"#,
        ),
        event(4, "bob", "item.move", "bn-done", r#"{"state":"doing"}"#),
        event(
            5,
            "bob",
            "item.comment",
            "bn-done",
            r#"{"body":"Half of it is there.\nThe rest follows."}"#,
        ),
        event(
            6,
            "bob",
            "item.comment",
            "bn-done",
            r#"{"body":"And the rest, as promised, in one go."}"#,
        ),
        event(
            7,
            "bob",
            "item.move",
            "bn-done",
            r#"{"reason":"it works","state":"done"}"#,
        ),
        create(8, "bn-work", "At work"),
        event(
            9,
            "ada",
            "item.link",
            "bn-work",
            r#"{"link_type":"blocks","target":"bn-done"}"#,
        ),
        event(10, "ada", "item.move", "bn-work", r#"{"state":"doing"}"#),
        create(11, "bn-gone", "Deleted"),
        event(
            12,
            "ada",
            "item.delete",
            "bn-gone",
            r#"{"reason":"filed twice"}"#,
        ),
    ]
}

/// An item that is finished: three events.
pub(crate) fn finished(item: &str, at: i64) -> Vec<String> {
    let title = format!(r#"{{"kind":"task","title":"What {item} is called"}}"#);
    let body = format!(r#"{{"body":"What there is to say of {item}, at some length."}}"#);
    vec![
        event(at, "ada", "item.create", item, &title),
        event(at + 1, "bob", "item.comment", item, &body),
        event(at + 2, "bob", "item.move", item, r#"{"state":"done"}"#),
    ]
}

/// A directory with logs and stores.
pub(crate) struct Bench {
    dir: TempDir,
}

impl Bench {
    pub(crate) fn new() -> Self {
        Self {
            dir: TempDir::new().unwrap(),
        }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub(crate) fn text(&self, name: &str) -> String {
        self.path(name).to_str().unwrap().to_owned()
    }

    /// Writes an events file.
    pub(crate) fn log(&self, name: &str, lines: &[String]) -> String {
        let mut text = format!("{SHARD_HEADER}\n{FIELD_COMMENT}\n");
        for line in lines {
            text.push_str(line);
            text.push('\n');
        }
        std::fs::write(self.path(name), text).unwrap();
        self.text(name)
    }

    /// A new store of an order with these lines.
    pub(crate) fn store(&self, name: &str, order: &str, lines: &[String]) -> String {
        let log = self.log(&format!("{name}.events"), lines);
        let store = self.text(name);
        succeed(&["import", &log, "--store", &store, "--order", order]);
        store
    }

    /// A new store with the project in five commits, one an hour, the first an hour into 2026. The finished
    /// item is open after the first, doing after the second and done after the third, the fourth brings the
    /// one at work and the fifth the deleted one.
    pub(crate) fn five(&self, name: &str) -> String {
        let lines = project();
        let commits = [
            &lines[..3],
            &lines[3..5],
            &lines[5..7],
            &lines[7..10],
            &lines[10..],
        ];
        self.history(name, &commits.map(<[String]>::to_vec))
    }

    /// A new store with a commit for each of these, one an hour from the first hour of 2026 on.
    pub(crate) fn history(&self, name: &str, commits: &[Vec<String>]) -> String {
        let mut store = ItemStore::<Unstamped>::create(&self.path(name)).unwrap();
        for (lines, hour) in commits.iter().zip(1..) {
            let log = self.log(&format!("{name}-{hour}.events"), lines);
            let read = read_log(log.as_ref(), BadLines::Stop, &mut |_| {}).unwrap();
            let batch = Batch {
                events: read.events,
                ..Batch::default()
            };
            let time = u64::try_from(T0).unwrap() + hour * HOUR;
            store.apply(batch, time).unwrap();
        }
        self.text(name)
    }
}

/// Runs a command that has to succeed, without a word on standard error.
pub(crate) fn succeed(arguments: &[&str]) -> Run {
    let run = lattice(arguments);
    assert_eq!(
        (run.code, &*run.err),
        (Some(0), ""),
        "{arguments:?}: {run:?}"
    );
    run
}

/// Runs a command that has to fail: exit code 1, nothing but the error on standard error, which says
/// all of `says`.
pub(crate) fn fail(arguments: &[&str], says: &[&str]) -> Run {
    let run = lattice(arguments);
    assert_eq!(run.code, Some(1), "{arguments:?}: {run:?}");
    assert!(run.err.starts_with("error: "), "{run:?}");
    for word in says {
        assert!(run.err.contains(word), "`{word}` in {run:?}");
    }
    run
}

/// The JSON a command prints.
pub(crate) fn json(arguments: &[&str]) -> Value {
    let mut arguments = arguments.to_vec();
    arguments.push("--json");
    succeed(&arguments).json()
}

pub(crate) fn digest(store: &str) -> String {
    let digest = succeed(&["digest", "--store", store]).out;
    assert_eq!(digest.trim().len(), 64, "{digest}");
    digest
}

/// Every file of a folder with its content.
pub(crate) fn files(folder: &str) -> Vec<(PathBuf, Vec<u8>)> {
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| (path.clone(), std::fs::read(path).unwrap()))
        .collect();
    files.sort();
    files
}

/// Whether any file of a folder holds the text.
pub(crate) fn holds(folder: &str, text: &str) -> bool {
    let found = |content: &[u8]| content.windows(text.len()).any(|w| w == text.as_bytes());
    files(folder).iter().any(|(_, content)| found(content))
}

/// Compacts everything that is finished.
pub(crate) fn compact(store: &str) -> Value {
    json(&[
        "compact",
        "--store",
        store,
        "--min-age-days",
        "0",
        "--now",
        LATER,
        "--no-history",
    ])
}

/// Lets go of all history of [`Bench::five`] but the first and the last commit, which is the floor then.
pub(crate) fn thin_out(store: &str) -> Value {
    json(&[
        "compact",
        "--store",
        store,
        "--cutoff",
        "0s",
        "--base-interval",
        "1d",
        "--clock",
        "2026-01-03T00:00:00Z",
        "--now",
        LATER,
    ])
}

/// The segment that holds the text, and where.
pub(crate) fn place_of(store: &str, text: &str) -> (PathBuf, usize) {
    let found = files(store).into_iter().find_map(|(path, content)| {
        let at = content
            .windows(text.len())
            .position(|w| w == text.as_bytes())?;
        Some((path, at))
    });
    found.unwrap()
}

/// Changes one bit of a file.
pub(crate) fn flip(path: &Path, at: usize) {
    let mut content = std::fs::read(path).unwrap();
    content[at] ^= 0x20;
    std::fs::write(path, content).unwrap();
}

pub(crate) fn exists(path: &str) -> bool {
    Path::new(path).exists()
}
