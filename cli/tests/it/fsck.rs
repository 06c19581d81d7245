//! `lattice fsck`.

use std::path::Path;

use bones_compact::CompactionPolicy;
use lattice_lww::Unstamped;
use storage_adapter::log::{Frame, LogDir, Place};
use storage_adapter::{Batch, Compaction, HeldEvent, ItemStore};

use crate::support::{
    Bench, compact, digest, exists, fail, files, flip, json, lattice, place_of, project, succeed,
};

type Store = ItemStore<Unstamped>;

/// What `fsck` says of a damaged store; it must change no file.
fn damaged(store: &str, more: &[&str]) -> serde_json::Value {
    let before = files(store);
    let mut arguments = vec!["fsck", "--store", store, "--json"];
    arguments.extend(more);
    let run = lattice(&arguments);
    assert_eq!(run.code, Some(1), "{run:?}");
    assert!(run.err.contains("is not sound"), "{run:?}");
    assert_eq!(files(store), before);
    run.json()
}

/// One item more, in a commit of its own; its lines.
fn import_late(bench: &Bench, store: &str) -> [String; 1] {
    let lines = [crate::support::event(
        40,
        "ada",
        "item.create",
        "bn-late",
        r#"{"title":"Late"}"#,
    )];
    let log = bench.log("late.events", &lines);
    succeed(&["import", &log, "--store", store]);
    lines
}

fn segment(store: &str) -> std::path::PathBuf {
    let all = files(store).into_iter().map(|(path, _)| path);
    all.filter(|path| {
        path.file_name()
            .unwrap()
            .to_str()
            .unwrap()
            .starts_with("seg-")
    })
    .max()
    .unwrap()
}

#[test]
fn a_sound_store_is_sound() {
    let bench = Bench::new();
    for order in ["wall", "itc"] {
        let lines = match order {
            "wall" => project(),
            _ => Vec::new(),
        };
        let store = bench.store(order, order, &lines);
        let before = files(&store);
        let report = json(&["fsck", "--store", &store]);
        assert_eq!(
            (&report["sound"], &report["order"]),
            (&true.into(), &order.into())
        );
        assert_eq!(report["hashes"], lines.len());
        assert_eq!(files(&store), before);
    }
}

#[test]
fn a_torn_tail_is_told_of_and_left() {
    let bench = Bench::new();
    let store = bench.five("store");
    let path = segment(&store);
    let whole = std::fs::read(&path).unwrap();
    std::fs::write(&path, [&whole[..], &[7; 5]].concat()).unwrap();
    let before = files(&store);
    let report = json(&["fsck", "--store", &store]);
    assert_eq!(
        (&report["sound"], &report["torn"]["bytes"]),
        (&true.into(), &5.into())
    );
    assert_eq!(report["torn"]["offset"], whole.len());
    assert_eq!(report["tails"], serde_json::json!([]));
    assert_eq!(files(&store), before);
    // Opening it to write cuts it, and then it is one of those that are kept.
    assert!(
        lattice(&["pin", "1", "--store", &store])
            .err
            .contains("5 bytes")
    );
    let report = json(&["fsck", "--store", &store]);
    assert_eq!(report["torn"], serde_json::Value::Null);
    assert_eq!(report["tails"][0]["bytes"], 5);
}

/// Any byte of any file: named or harmless, never a crash, and nothing is touched.
#[test]
fn damage_is_named_by_file_and_byte() {
    let bench = Bench::new();
    let store = bench.five("store");
    compact(&store);
    let mut places = 0;
    for (path, content) in files(&store) {
        let name = path.file_name().unwrap().to_str().unwrap();
        if name == "LOCK" {
            continue;
        }
        for at in (0..content.len()).step_by(131) {
            flip(&path, at);
            let report = damaged(&store, &[]);
            let damage = report["damage"].as_array().unwrap();
            assert!(
                damage.iter().any(|place| place["file"] == name),
                "{name} {at}: {report}"
            );
            std::fs::write(&path, &content).unwrap();
            places += 1;
        }
    }
    assert!(places > 10);
    succeed(&["fsck", "--store", &store]);
}

#[test]
fn what_stands_before_the_damage_is_repaired_commit_by_commit() {
    let bench = Bench::new();
    let store = bench.five("store");
    let (path, at) = place_of(&store, "filed twice");
    flip(&path, at);
    fail(&["digest", "--store", &store], &["is damaged at byte"]);
    let mended = bench.text("mended");
    let report = damaged(&store, &["--repair-into", &mended]);
    assert_eq!(
        report["damage"][0]["file"],
        path.file_name().unwrap().to_str().unwrap()
    );
    assert_eq!(report["repair"]["commit"], 4);
    assert_eq!(report["repair"]["salvaged"]["events"], 1);
    succeed(&["verify", "--store", &mended]);
    let lines = project();
    // The damaged line is the last.
    assert_eq!(
        digest(&mended),
        digest(&bench.store("all but one", "wall", &lines[..11]))
    );
    // With its history, and ready to take in what is missing.
    let then = json(&["show", "bn-done", "--store", &mended, "--at", "2"]);
    assert_eq!(
        (&then["time"], &then["item"]["phase"]),
        (&"2026-01-01T02:00:00Z".into(), &"doing".into())
    );
    succeed(&[
        "import",
        &bench.log("all.events", &lines),
        "--store",
        &mended,
    ]);
    assert_eq!(digest(&mended), digest(&bench.store("all", "wall", &lines)));
}

#[test]
fn a_compacted_store_keeps_its_commits() {
    let bench = Bench::new();
    let store = bench.five("store");
    succeed(&["scope", "create", "draft", "--store", &store]);
    compact(&store);
    let truth = digest(&store);
    import_late(&bench, &store);
    let (path, at) = place_of(&store, "\"Late\"");
    flip(&path, at);
    let mended = bench.text("mended");
    let report = damaged(&store, &["--repair-into", &mended]);
    assert_eq!(report["repair"]["commit"], 6);
    assert_eq!(digest(&mended), truth);
    let log = json(&["log", "--store", &mended]);
    assert_eq!((&log["floor"], &log["newest"]), (&6.into(), &6.into()));
}

#[test]
fn a_sound_store_is_copied() {
    let bench = Bench::new();
    let store = bench.five("store");
    let copy = bench.text("copy");
    let report = json(&["fsck", "--store", &store, "--repair-into", &copy]);
    assert_eq!(
        (
            &report["repair"]["commit"],
            &report["repair"]["left_behind"]
        ),
        (&5.into(), &0.into())
    );
    assert_eq!(digest(&copy), digest(&store));
    fail(
        &["fsck", "--store", &store, "--repair-into", &copy],
        &["is there already"],
    );
}

#[test]
fn a_store_without_a_beginning_is_said_to_be_lost() {
    let bench = Bench::new();
    let store = bench.five("store");
    let segment = segment(&store);
    let name = segment.file_name().unwrap().to_str().unwrap().to_owned();
    std::fs::remove_file(segment).unwrap();
    let mended = bench.text("mended");
    let report = damaged(&store, &["--repair-into", &mended]);
    assert_eq!(report["damage"][0]["file"], name.as_str());
    assert_eq!(report["repair"], serde_json::Value::Null);
    assert!(!exists(&mended));
}

/// All of it came in one commit, or from one compaction; the damage is in front of nearly everything.
#[test]
fn a_damaged_frame_costs_what_it_holds_and_no_more() {
    let bench = Bench::new();
    let lines = project();
    let store = bench.store("store", "wall", &lines);
    let (path, at) = place_of(&store, "Finished");
    flip(&path, at);
    let mended = bench.text("mended");
    let report = damaged(&store, &["--repair-into", &mended]);
    let repair = &report["repair"];
    assert_eq!(
        (
            &repair["frames"],
            &repair["commit"],
            &repair["salvaged"]["events"]
        ),
        (&0.into(), &serde_json::Value::Null, &11.into())
    );
    assert_eq!(
        digest(&mended),
        digest(&bench.store("all but one", "wall", &lines[1..]))
    );

    let finished: Vec<String> = (0..40)
        .flat_map(|n| crate::support::finished(&format!("bn-{n:02}"), 10 * n))
        .collect();
    let store = bench.store("compacted", "wall", &finished);
    compact(&store);
    let (path, at) = place_of(&store, "What bn-00 is called");
    flip(&path, at);
    let mended = bench.text("mended again");
    let report = damaged(&store, &["--repair-into", &mended]);
    assert_eq!(report["repair"]["salvaged"]["snapshots"], 39);
    assert_eq!(
        digest(&mended),
        digest(&bench.store("all but the first", "wall", &finished[3..]))
    );
    let said = lattice(&[
        "fsck",
        "--store",
        &store,
        "--repair-into",
        &bench.text("said"),
    ]);
    assert!(
        said.out
            .contains("39 snapshots and 0 redactions from behind the damage"),
        "{said:?}"
    );
}

#[test]
fn a_segment_that_is_gone_costs_what_it_held() {
    let bench = Bench::new();
    let store = bench.five("store");
    compact(&store);
    let lines = import_late(&bench, &store);
    let (compacted, _) = place_of(&store, "Half of it is there.");
    std::fs::remove_file(compacted).unwrap();
    let mended = bench.text("mended");
    let report = damaged(&store, &["--repair-into", &mended]);
    assert_eq!(report["repair"]["salvaged"]["events"], 1);
    assert_eq!(
        digest(&mended),
        digest(&bench.store("late", "wall", &lines))
    );
}

/// A few bytes, without which nobody knows which files belong to the store, or to which store they belong.
#[test]
fn without_current_all_comes_back_commit_by_commit() {
    let bench = Bench::new();
    let store = bench.five("store");
    compact(&store);
    import_late(&bench, &store);
    let (truth, log) = (digest(&store), json(&["log", "--store", &store]));
    let current = format!("{store}/CURRENT");
    let whole = std::fs::read(&current).unwrap();
    for (name, harm) in [("flipped", Some(30)), ("gone", None)] {
        match harm {
            Some(at) => flip(Path::new(&current), at),
            None => std::fs::remove_file(&current).unwrap(),
        }
        fail(
            &["digest", "--store", &store],
            &["CURRENT", "`lattice fsck`"],
        );
        let mended = bench.text(name);
        let report = damaged(&store, &["--repair-into", &mended]);
        assert_eq!(report["rebuilt"], "current");
        assert_eq!(report["damage"].as_array().unwrap().len(), 1, "{report}");
        assert_eq!(report["damage"][0]["file"], "CURRENT");
        assert_eq!(report["repair"]["commit"], 6);
        assert_eq!(report["repair"]["left_behind"], 0);
        assert_eq!(digest(&mended), truth);
        assert_eq!(json(&["log", "--store", &mended]), log);
        let again = bench.text(&format!("{name} again"));
        let said = lattice(&["fsck", "--store", &store, "--repair-into", &again]);
        assert!(said.out.contains("missing   nothing"), "{said:?}");
        std::fs::write(&current, &whole).unwrap();
    }
    succeed(&["fsck", "--store", &store]);
}

#[test]
fn without_a_manifest_the_segments_tell() {
    let bench = Bench::new();
    for compacted in [false, true] {
        let store = bench.five(if compacted {
            "compacted"
        } else {
            "as imported"
        });
        if compacted {
            compact(&store);
            import_late(&bench, &store);
        }
        let truth = digest(&store);
        let is_manifest = |path: &std::path::PathBuf| path.to_string_lossy().contains("MANIFEST");
        let manifest = files(&store).into_iter().map(|(path, _)| path);
        let manifest = manifest.into_iter().find(is_manifest).unwrap();
        flip(&manifest, 20);
        let mended = bench.text(&format!("mended {compacted}"));
        let report = damaged(&store, &["--repair-into", &mended]);
        assert_eq!(report["rebuilt"], "manifest");
        let name = manifest.file_name().unwrap().to_str().unwrap();
        assert_eq!(report["damage"][0]["file"], name);
        assert_eq!(digest(&mended), truth);
        // What a rewrite had replaced is gone, so nothing proves that the next commit is the next.
        let (frames, salvaged) = (5, usize::from(compacted));
        assert_eq!(
            (
                &report["repair"]["commit"],
                &report["repair"]["salvaged"]["events"]
            ),
            (&frames.into(), &salvaged.into()),
            "{report}"
        );
        assert_eq!(report["repair"]["left_behind"], 0);
        // Without either there is nothing to go by.
        for (path, _) in files(&store) {
            if path.to_string_lossy().contains("seg-") {
                std::fs::remove_file(path).unwrap();
            }
        }
        let nothing = bench.text("nothing");
        let report = damaged(&store, &["--repair-into", &nothing]);
        assert_eq!(report["repair"], serde_json::Value::Null);
        assert!(!exists(&nothing));
    }
}

/// What names the scope is in a part of the compaction that is gone, and no manifest tells of it.
#[test]
fn what_may_be_of_a_scope_is_not_shown_without_it() {
    let bench = Bench::new();
    let store = bench.text("store");
    let mut log = LogDir::create(Path::new(&store), &Store::header()).unwrap();
    log.set_segment_target(200);
    let mut items = Store::over(log).unwrap();
    let scope = items.create_scope("draft", 1).unwrap();
    for n in 0..6 {
        let id = format!("bn-{n}");
        let line =
            crate::support::event(40, "ada", "item.create", &id, r#"{"title":"Kept apart"}"#);
        let events = vec![HeldEvent::parse(line.as_bytes()).unwrap()];
        let scope = (n > 0).then(|| scope.clone());
        let batch = Batch {
            scope,
            events,
            ..Batch::default()
        };
        items.apply(batch, 2 + n).unwrap();
    }
    let policy = CompactionPolicy {
        min_age_days: 0,
        ..CompactionPolicy::default()
    };
    items
        .compact(&Compaction {
            policy,
            ..Compaction::at(u64::MAX)
        })
        .unwrap();
    let last = |kind: u8| {
        let frames = items.log().frames().map(Result::unwrap);
        frames
            .filter(|frame| frame.kind == kind)
            .last()
            .unwrap()
            .file
    };
    let (named, history) = (last(4), last(12));
    drop(items);
    for gone in [named, history] {
        let copy = bench.text(&format!("without {gone}"));
        std::fs::create_dir(&copy).unwrap();
        for (path, content) in files(&store) {
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            if name != *gone && !name.starts_with("MANIFEST") {
                std::fs::write(format!("{copy}/{name}"), content).unwrap();
            }
        }
        let mended = format!("{copy} mended");
        let report = damaged(&copy, &["--repair-into", &mended]);
        assert_eq!(report["rebuilt"], "manifest");
        if exists(&mended) {
            let shown = lattice(&["items", "--store", &mended]);
            assert!(
                (1..6).all(|n| !shown.out.contains(&format!("bn-{n}"))),
                "{shown:?}"
            );
        }
    }
}

#[test]
fn the_damaged_store_is_no_place_for_the_new_one() {
    let bench = Bench::new();
    let store = bench.five("store");
    let before = files(&store);
    let within = format!("{store}/mended");
    fail(
        &["fsck", "--store", &store, "--repair-into", &within],
        &["is in", "name a directory elsewhere"],
    );
    assert_eq!(files(&store), before);
}

/// A frame whose check is right and that holds nothing: found in its own commit, not in the first.
#[test]
fn what_does_not_read_is_named_by_file_and_byte_in_any_commit() {
    let bench = Bench::new();
    let store = bench.five("store");
    let (mut log, _) = LogDir::open(Path::new(&store)).unwrap();
    let whole = log.frames().count();
    log.append([Frame::new(1, *b"no event")], 9_000_000_000_000_000)
        .unwrap();
    let bad = log.frames().last().unwrap().unwrap();
    log.append([Frame::new(3, [7; 32])], 9_000_000_000_000_001)
        .unwrap();
    drop(log);
    let mended = bench.text("mended");
    let report = damaged(&store, &["--repair-into", &mended]);
    let place = &report["damage"][0];
    assert_eq!(place["file"], *bad.file);
    assert_eq!(place["offset"], bad.offset, "{report}");
    assert_eq!(report["repair"]["frames"], whole);
    assert_eq!(report["repair"]["commit"], 5);
}

/// An integer in MessagePack.
fn packed(number: u64) -> Vec<u8> {
    match u8::try_from(number) {
        Ok(small @ 0..0x80) => vec![small],
        _ => [&[0xcd], &u16::try_from(number).unwrap().to_be_bytes()[..]].concat(),
    }
}

/// Writes a compacted store anew, with an index that gives the last source another length.
fn lie(store: &str) {
    let (mut log, _) = LogDir::open(Path::new(store)).unwrap();
    let frames: Vec<_> = log.frames().map(Result::unwrap).collect();
    let mut rewrite = log.begin_rewrite().unwrap();
    let (mut history, mut block) = (None, None);
    let pair = |place: Place| [packed(place.part), packed(place.offset)].concat();
    for mut frame in frames {
        match frame.kind {
            14 => {
                // Not in a scope, and in one segment.
                assert_eq!(frame.body[..4], [0x92, 0xc0, 0x92, 0x91]);
                let part = history.map(|place: Place| place.part);
                frame.body[4] = part.unwrap().try_into().unwrap();
                *frame.body.last_mut().unwrap() ^= 0x40;
                assert_ne!(frame.body.last(), Some(&0));
            }
            15 => {
                let (history, block) = (pair(history.unwrap()), pair(block.unwrap()));
                let parts = [
                    &[0x94, 0x92],
                    &history[..],
                    &[0xc0, 0x91, 0x92],
                    &block,
                    &[0xc2],
                ];
                frame.body = parts.concat();
                let hash = *blake3::hash(&frame.body).as_bytes();
                let place = rewrite.push(Frame::new(15, frame.body)).unwrap();
                let footer = [place.part, place.offset].map(u64::to_le_bytes).concat();
                let footer = [&footer[..], &hash[..16]].concat();
                rewrite.push(Frame::new(16, footer)).unwrap();
                break;
            }
            _ => {}
        }
        let place = rewrite.push(Frame::new(frame.kind, frame.body)).unwrap();
        match frame.kind {
            12 => history = Some(place),
            14 => block = Some(place),
            _ => {}
        }
    }
    let finished = rewrite.finish().unwrap();
    let obsolete = log.publish_rewrite(finished).unwrap();
    log.remove(obsolete).unwrap();
}

/// It is damage, and a repaired store does without.
#[test]
fn an_index_that_lies_is_damage_and_not_brought_over() {
    let bench = Bench::new();
    let store = bench.five("store");
    compact(&store);
    let truth = digest(&store);
    lie(&store);
    fail(&["digest", "--store", &store], &["by the index", "`fsck`"]);
    let mended = bench.text("mended");
    let report = damaged(&store, &["--repair-into", &mended]);
    let place = &report["damage"][0];
    assert_eq!(place["expected"], "an index of what stands before it");
    assert!(exists(&format!(
        "{store}/{}",
        place["file"].as_str().unwrap()
    )));
    assert_eq!(report["repair"]["salvaged"]["events"], 0);
    succeed(&["verify", "--store", &mended]);
    assert_eq!(digest(&mended), truth);
}
