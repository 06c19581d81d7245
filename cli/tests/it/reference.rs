//! What `docs/CLI.md` says of JSON and exit codes, and what comes out; and the example line of `docs/FORMAT-EVENTS.md`.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::support::{LATER, event, hash, lattice};

/// The members that the page lists, by heading.
type Page = BTreeMap<String, BTreeSet<String>>;

fn doc(name: &str) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs");
    fs::read_to_string(root.join(name)).unwrap()
}

fn page() -> Page {
    let mut page = Page::new();
    let mut heading = String::new();
    for line in doc("CLI.md").lines() {
        if let Some(name) = line.strip_prefix("### ") {
            name.trim_matches('`').clone_into(&mut heading);
            page.insert(heading.clone(), BTreeSet::new());
        } else if let Some(member) = line
            .strip_prefix("| `")
            .and_then(|row| Some(row.split_once('`')?.0))
            && let Some(section) = page.get_mut(&heading)
        {
            assert!(section.insert(member.to_owned()), "{heading}: {member}");
        }
    }
    page
}

/// What came out of commands under one heading.
#[derive(Default)]
struct Seen {
    /// Every member that has a value, null or not.
    leaves: BTreeSet<String>,
}

impl Seen {
    fn note(&mut self, value: &Value, at: &str, listed: &BTreeSet<String>) {
        let is_map = listed.contains(&format!("{at}{{}}"));
        match value {
            Value::Object(_) | Value::Array(_) | Value::Null if listed.contains(at) => {
                assert!(value.is_null(), "{at} is no value of its own: {value}");
                self.leaves.insert(at.to_owned());
            }
            Value::Object(members) => {
                for (name, member) in members {
                    let below = match (at, is_map) {
                        (_, true) => {
                            self.leaves.insert(format!("{at}{{}}"));
                            continue;
                        }
                        ("", _) => name.clone(),
                        _ => format!("{at}.{name}"),
                    };
                    self.note(member, &below, listed);
                }
            }
            Value::Array(elements) => {
                for element in elements {
                    self.note(element, &format!("{at}[]"), listed);
                }
            }
            // An object that is not there.
            Value::Null if listed.iter().any(|member| is_below(member, at)) => {}
            _ => {
                self.leaves.insert(at.to_owned());
            }
        }
    }
}

/// Whether a member stands in the object `at`.
fn is_below(member: &str, at: &str) -> bool {
    let rest = member.strip_prefix(at);
    rest.is_some_and(|rest| rest.starts_with(['.', '{']))
}

struct Check {
    page: Page,
    seen: BTreeMap<String, Seen>,
}

impl Check {
    fn run(&mut self, heading: &str, code: i32, arguments: &[&str]) -> Vec<Value> {
        let run = lattice(&[arguments, &["--json"]].concat());
        assert_eq!(run.code, Some(code), "{arguments:?}: {run:?}");
        let values: Vec<Value> = run
            .out
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        assert!(!values.is_empty(), "{arguments:?} printed nothing");
        for value in &values {
            self.note(heading, value);
        }
        values
    }

    fn note(&mut self, heading: &str, value: &Value) {
        let listed = self.page.get(heading).expect(heading);
        let seen = self.seen.entry(heading.to_owned()).or_default();
        seen.note(value, "", listed);
    }

    /// Everything that came out is listed; everything that is listed came out, but for `never`.
    fn compare(&self, never: &[&str]) {
        let mut wrong = Vec::new();
        for (heading, listed) in &self.page {
            let none = Seen::default();
            let seen = self.seen.get(heading).unwrap_or(&none);
            let surplus = seen.leaves.difference(listed);
            wrong.extend(surplus.map(|member| format!("not on the page: {heading}: {member}")));
            let missing = listed.difference(&seen.leaves);
            let missing = missing.map(|member| format!("{heading}: {member}"));
            wrong.extend(missing.filter(|member| !never.contains(&member.as_str())));
        }
        assert!(wrong.is_empty(), "{wrong:#?}");
    }
}

/// The segment of a store that holds most, with its bytes.
fn largest_segment(store: &str) -> (PathBuf, Vec<u8>) {
    let files = fs::read_dir(store)
        .unwrap()
        .map(|file| file.unwrap().path());
    let is_segment = |path: &PathBuf| {
        path.file_name()
            .unwrap()
            .to_str()
            .unwrap()
            .starts_with("seg-")
    };
    let segments = files
        .filter(is_segment)
        .map(|path| (path.clone(), fs::read(path).unwrap()));
    segments.max_by_key(|(_, bytes)| bytes.len()).unwrap()
}

#[test]
#[expect(clippy::too_many_lines, reason = "one run of every command")]
fn json_is_as_the_page_says() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (log, wall, itc) = (path("demo.bones"), path("demo"), path("itc"));
    let check = &mut Check {
        page: page(),
        seen: BTreeMap::new(),
    };

    check.run(
        "lattice demo",
        0,
        &["demo", "--items", "60", "--store", &wall],
    );
    let (odd, store) = (path("odd.events"), path("store"));
    let create = event(
        1,
        "ada",
        "item.create",
        "bn-1",
        r#"{"title":"a","labels":["x"],"odd":1}"#,
    );
    let comment = event(2, "bob", "item.comment", "bn-1", r#"{"body":"b"}"#);
    fs::write(&odd, format!("{create}\n{comment}\nno event\n")).unwrap();
    let skip = ["--bad-lines", "skip"];
    check.run(
        "lattice import",
        0,
        &[&["import", &odd, "--store", &store], &skip[..]].concat(),
    );
    check.run(
        "lattice import",
        0,
        &["import", &log, "--store", &itc, "--order", "itc"],
    );
    check.run(
        "lattice fold",
        0,
        &[&["fold", &odd, "--output", &path("fold")], &skip[..]].concat(),
    );
    for format in ["snapshots", "bones", "json"] {
        let out = path(format);
        check.run(
            "lattice export",
            0,
            &["export", "--store", &itc, "--format", format, "--out", &out],
        );
    }

    for store in [&wall, &itc] {
        let items = lattice(&["items", "--store", store, "--json"]).json();
        for item in items.as_array().unwrap() {
            check.note("lattice show", item);
            let id = item["item_id"].as_str().unwrap();
            for field in ["title", "size", "labels", "phase"] {
                check.run(
                    "lattice explain",
                    0,
                    &["explain", id, field, "--store", store],
                );
            }
        }
        check.run("lattice log", 0, &["log", "--store", store]);
        check.run("lattice stats", 0, &["stats", "--store", store]);
        check.run("lattice digest", 0, &["digest", "--store", store]);
        check.run(
            "lattice verify",
            0,
            &["verify", "--store", store, "--sources", &log],
        );
        let later = ["--cutoff", "0s", "--now", LATER];
        let arguments = [&["compact", "--store", store], &later[..]].concat();
        check.run(
            "lattice compact",
            0,
            &[&arguments[..], &["--dry-run"]].concat(),
        );
        check.run("lattice compact", 0, &arguments);
    }

    check.run(
        "lattice redact",
        0,
        &[
            "redact",
            &hash(&comment),
            "--reason",
            "r",
            "--store",
            &store,
        ],
    );
    for at in [1, 2] {
        for (command, heading) in [
            (&["show", "bn-1"][..], "lattice show"),
            (&["items"], "lattice items"),
        ] {
            let at = at.to_string();
            let shown =
                lattice(&[command, &["--store", &store, "--at", &at, "--json"]].concat()).json();
            let mut place = shown.as_object().unwrap().clone();
            let inner = place
                .remove(if command.len() > 1 { "item" } else { "items" })
                .unwrap();
            check.note("A moment", &Value::Object(place));
            match inner.as_array() {
                Some(items) => items
                    .iter()
                    .for_each(|item| check.note("lattice show", item)),
                None => check.note(heading, &inner),
            }
        }
    }
    check.run(
        "lattice pin, lattice unpin",
        0,
        &["pin", "1", "--store", &store],
    );
    check.run("lattice stats", 0, &["stats", "--store", &store]);
    check.run(
        "lattice pin, lattice unpin",
        0,
        &["unpin", "1", "--store", &store],
    );
    check.run(
        "lattice scope create",
        0,
        &["scope", "create", "s", "--store", &store],
    );
    check.run(
        "lattice scope list",
        0,
        &["scope", "list", "--store", &store],
    );
    let in_scope = [
        &["import", &odd, "--scope", "s", "--store", &store],
        &skip[..],
    ]
    .concat();
    check.run("lattice import", 0, &in_scope);
    check.run("lattice stats", 0, &["stats", "--store", &store]);
    let schema = "lattice schema begin, complete, abort, status";
    for action in [
        &["begin", "v1"][..],
        &["complete"],
        &["begin", "v2"],
        &["status"],
        &["abort"],
    ] {
        check.run(
            schema,
            0,
            &[&["schema"], action, &["--store", &store]].concat(),
        );
    }
    check.run("lattice log", 0, &["log", "--store", &store]);
    check.run(
        "lattice watch",
        0,
        &["watch", "--from", "1", "--store", &store],
    );
    check.run(
        "lattice scope delete",
        0,
        &["scope", "delete", "s", "--store", &store],
    );

    // So many commits that some are forgotten.
    for number in 0..12 {
        let name = number.to_string();
        check.run(
            "lattice scope create",
            0,
            &["scope", "create", &name, "--store", &store],
        );
    }
    let all = [
        "--cutoff",
        "0s",
        "--base-interval",
        "1d",
        "--clock",
        "2099-01-01T00:00:00Z",
    ];
    check.run(
        "lattice compact",
        0,
        &[&["compact", "--store", &store], &all[..]].concat(),
    );
    check.run("lattice log", 0, &["log", "--store", &store]);
    check.run(
        "lattice verify",
        0,
        &["verify", "--store", &wall, "--sources", &odd],
    );

    // A write that a stop has torn, before the store is opened and after.
    let torn = path("torn");
    check.run(
        "lattice import",
        0,
        &[&["import", &odd, "--store", &torn], &skip[..]].concat(),
    );
    let (active, bytes) = largest_segment(&torn);
    fs::write(active, &bytes[..bytes.len() - 10]).unwrap();
    check.run("lattice fsck", 0, &["fsck", "--store", &torn]);
    check.run(schema, 0, &["schema", "begin", "v2", "--store", &torn]);
    check.run("lattice fsck", 0, &["fsck", "--store", &torn]);

    // Damage, with commits before it and behind it.
    check.run("lattice fsck", 0, &["fsck", "--store", &store]);
    let (segment, mut bytes) = largest_segment(&store);
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(segment, bytes).unwrap();
    let mended = path("mended");
    check.run(
        "lattice fsck",
        1,
        &["fsck", "--store", &store, "--repair-into", &mended],
    );

    check.compare(&[
        // Snapshots that bones wrote, and states that are not what their events say: tests of their own.
        "lattice fsck: failed{}",
        // A file system that refuses to remove a file.
        "lattice compact: left_behind[]",
        "lattice verify: damage[]",
        "lattice verify: failed{}",
        "lattice show: legacy[].hash",
        "lattice show: legacy[].author",
        "lattice show: legacy[].wall_ts",
        "lattice show: legacy[].missing",
        "lattice show: legacy[].comments[]",
        "lattice show: legacy[].redacted",
    ]);
}

/// What stands between quotes or back-quotes in a text, of those that `is` wants.
fn quoted(text: &str, quote: char, is: impl Fn(&str) -> bool) -> BTreeSet<String> {
    let quoted = text.split(quote).skip(1).step_by(2);
    quoted.filter(|q| is(q)).map(str::to_owned).collect()
}

/// A part of a source file, from one text to the next of another.
fn part<'a>(source: &'a str, from: &str, to: &str) -> &'a str {
    let (_, part) = source.split_once(from).unwrap();
    part.split_once(to).unwrap().0
}

#[test]
fn the_line_of_the_format_page_reads() {
    let page = doc("FORMAT-EVENTS.md");
    let shown = page
        .lines()
        .find(|line| line.starts_with("1767225600000000→") && line.contains("→blake3:"))
        .unwrap();
    let hashed = shown.rsplit_once('→').unwrap().0;
    assert!(page.contains(&format!("has the hash of `{hashed}` and a `\\n`, ")));
    let length = hashed.chars().count() + 1;
    assert!(
        page.contains(&format!("`\\n`, {length}\nbytes.")),
        "{length}"
    );

    let line = shown.replace('→', "\t");
    let event = bones_snapshot::parse_line(line.as_bytes())
        .unwrap()
        .unwrap();
    assert_eq!(bones_snapshot::format_hash(&event.hash), hash(&line));
    assert_eq!(
        event.data,
        bones_snapshot::EventData::Comment("Works now.".into())
    );
    let header = format!(
        "{}\n{}\n",
        bones_snapshot::SHARD_HEADER,
        bones_snapshot::FIELD_COMMENT
    );
    assert!(page.contains(&header));
}

#[test]
fn the_format_page_has_the_types_and_errors_of_the_source() {
    let page = doc("FORMAT-EVENTS.md");
    let source = |name: &str| {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../bones-snapshot/src");
        fs::read_to_string(root.join(name)).unwrap()
    };
    let rows = |from: &str| -> BTreeSet<String> {
        let table = part(&page, from, "\n\n").lines().skip(1);
        let first = |row: &str| row.split('|').nth(1).unwrap().to_owned();
        table
            .flat_map(|row| quoted(&first(row), '`', |_| true))
            .collect()
    };

    let data = source("data.rs");
    let known = part(&data, "pub(crate) fn interpret(", "\n}\n");
    let known = quoted(known, '"', |q| q.starts_with("item."));
    assert_eq!(rows("| type | members | does |\n"), known);

    let lines = source("line.rs");
    let kinds = part(&lines, "pub enum LineErrorKind {\n", "\n}\n").lines();
    let variant = |line: &str| {
        let line = line.strip_prefix("    ")?;
        let name: String = line
            .chars()
            .take_while(char::is_ascii_alphanumeric)
            .collect();
        (!name.is_empty()).then_some(name)
    };
    let kinds: BTreeSet<String> = kinds.filter_map(variant).collect();
    assert_eq!(rows("| error | when |\n"), kinds);
}
