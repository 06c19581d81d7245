//! What was redacted never shows again, and after a compaction no file holds it.
//!
//! The judge is a reader of files that knows nothing of the store. It first finds each text before
//! the redaction, in the same files by the same means, so that finding nothing afterwards means
//! something.

use std::path::Path;

use bones_compact::LatticeEvent;
use bones_snapshot::{EventHash, Order, bones_snapshot_json, format_hash, write_line};
use lattice_core::Set;
use lattice_lww::{Itc, Unstamped};
use storage_adapter::{CompactionOutcome, Export, HeldEvent, ItemStore};

use super::support::{
    Place, compact, event, everything, files, finished, forgetful, hash, import, line, redact,
    views,
};

/// A text that differs from its JSON form, so that both must be looked for.
const SECRET: &str = "the \"launch\" code\n is naïve: 0000";
/// The same as it stands in an event line.
const SECRET_JSON: &str = r#"the \"launch\" code\n is naïve: 0000"#;

/// Base64 of a text, in both alphabets, from each of three offsets: what stands in the middle of a
/// longer encoding, without the characters that depend on the neighbours.
fn base64_forms(text: &[u8]) -> Vec<Vec<u8>> {
    let alphabets = ["+/", "-_"].map(|last| {
        let letters = (b'A'..=b'Z').chain(b'a'..=b'z').chain(b'0'..=b'9');
        letters.chain(last.bytes()).collect::<Vec<u8>>()
    });
    let mut forms = Vec::new();
    for alphabet in &alphabets {
        for offset in 0..3 {
            let padded = [&vec![0; offset][..], text].concat();
            let bits = padded
                .iter()
                .flat_map(|byte| (0..8).rev().map(move |bit| byte >> bit & 1));
            let bits: Vec<u8> = bits.collect();
            let sixes = bits.chunks_exact(6).map(|six| {
                six.iter()
                    .fold(0_usize, |n, bit| n << 1 | usize::from(*bit))
            });
            let whole: Vec<u8> = sixes.map(|six| alphabet[six]).collect();
            // As many characters hold bits of what stands before.
            forms.push(whole[[0, 2, 3][offset]..].to_vec());
        }
    }
    forms
}

/// Every form in which a text may stand in a file.
fn forms(raw: &str, json: &str) -> Vec<Vec<u8>> {
    let mut forms = Vec::new();
    for text in [raw, json] {
        let bytes = text.as_bytes();
        forms.push(bytes.to_vec());
        forms.push(
            bytes
                .iter()
                .flat_map(|b| format!("{b:02x}").into_bytes())
                .collect(),
        );
        forms.push(
            bytes
                .iter()
                .flat_map(|b| format!("{b:02X}").into_bytes())
                .collect(),
        );
        forms.extend(base64_forms(bytes));
    }
    forms
}

/// The files of a directory in which the text stands in any form.
fn found_in(path: &Path, raw: &str, json: &str) -> Vec<String> {
    let forms = forms(raw, json);
    let holds = |bytes: &[u8]| {
        let mut forms = forms.iter();
        forms.any(|form| bytes.windows(form.len()).any(|window| window == form))
    };
    let files = files(path).into_iter();
    files
        .filter(|(_, bytes)| holds(bytes))
        .map(|(name, _)| name)
        .collect()
}

fn secret_in(path: &Path) -> Vec<String> {
    found_in(path, SECRET, SECRET_JSON)
}

fn shows<S: Order>(store: &ItemStore<S>) -> bool {
    let seen = views(store)
        .into_values()
        .any(|view| view.contains("launch"));
    let lines: Vec<String> = store.item_ids().map(str::to_owned).collect();
    let mut lines = lines.iter().flat_map(|id| store.lines(id).unwrap());
    seen || lines.any(|event| event.line().windows(6).any(|w| w == b"launch"))
}

/// The secret as a comment on `bn-0`.
fn leak() -> String {
    let data = format!(r#"{{"body":"{SECRET_JSON}"}}"#);
    line(9, "item.comment", "bn-0", &data)
}

/// Every kind of event that carries text, each with the secret in it, and one that was never
/// secret beside it.
fn secrets() -> Vec<String> {
    let lines = finished(1);
    let mut secret = Vec::new();
    let mut add = |n: i64, event_type: &str, data: &str| {
        let data = data.replace("SECRET", SECRET_JSON);
        secret.push(line(10 + n, event_type, "bn-0", &data));
    };
    add(0, "item.create", r#"{"description":"SECRET","title":"x"}"#);
    add(
        1,
        "item.create",
        r#"{"labels":["SECRET","ok"],"title":"x"}"#,
    );
    add(2, "item.update", r#"{"field":"title","value":"SECRET"}"#);
    add(3, "item.update", r#"{"field":"labels","value":["SECRET"]}"#);
    add(
        4,
        "item.update",
        r#"{"field":"labels","value":{"action":"add","label":"SECRET"}}"#,
    );
    add(5, "item.update", r#"{"field":"colour","value":"SECRET"}"#);
    add(6, "item.comment", r#"{"body":"SECRET"}"#);
    add(7, "item.comment", r#"{"body":"ok","extra":{"SECRET":1}}"#);
    add(8, "item.move", r#"{"reason":"SECRET","state":"done"}"#);
    add(9, "item.assign", r#"{"action":"assign","agent":"SECRET"}"#);
    add(10, "item.link", r#"{"link_type":"SECRET","target":"bn-9"}"#);
    add(11, "item.delete", r#"{"reason":"SECRET"}"#);
    add(12, "item.compact", r#"{"summary":"SECRET"}"#);
    add(13, "item.later", r#"{"SECRET":"SECRET"}"#);
    assert!(secret.iter().all(|secret| !lines.contains(secret)));
    secret
}

fn redact_event(target: EventHash, n: i64) -> String {
    let data = format!(
        r#"{{"reason":"not for you","target_hash":"{}"}}"#,
        format_hash(&target)
    );
    line(50 + n, "item.redact", "bn-0", &data)
}

#[test]
fn the_reader_of_files_finds_every_form() {
    let place = Place::new();
    let folder = place.path("folder");
    std::fs::create_dir(&folder).unwrap();
    assert!(secret_in(&folder).is_empty());
    for (n, form) in forms(SECRET, SECRET_JSON).into_iter().enumerate() {
        std::fs::write(
            folder.join("file"),
            [b"before", &form[..], b"behind"].concat(),
        )
        .unwrap();
        assert_eq!(secret_in(&folder), ["file"], "form {n}");
    }
    // Also out of the middle of longer encodings, as another program makes them.
    for (before, encoded) in [
        ("", "dGhlICJsYXVuY2giIGNvZGUKIGlzIG5hw692ZTogMDAwMA=="),
        ("a", "YXRoZSAibGF1bmNoIiBjb2RlCiBpcyBuYcOvdmU6IDAwMDA="),
        ("ab", "YWJ0aGUgImxhdW5jaCIgY29kZQogaXMgbmHDr3ZlOiAwMDAw"),
    ] {
        std::fs::write(folder.join("file"), encoded).unwrap();
        assert_eq!(secret_in(&folder), ["file"], "after {before:?}");
    }
    std::fs::write(folder.join("file"), "the launch code is 0001").unwrap();
    assert!(secret_in(&folder).is_empty());
}

/// When the redaction comes, and as what.
#[derive(Debug, Clone, Copy)]
enum When {
    Before,
    Raw,
    Compacted,
}

/// One secret event: redacted at some time, as a bare hash or by an imported event; then told again
/// in every way there is.
fn never_again<S: Order>(secret: &str, when: When, by_event: bool) {
    let case = format!("{when:?}, by event: {by_event}, {secret}");
    let place = Place::new();
    let path = place.path("store");
    let lines = [finished(1), vec![secret.to_owned()]].concat();
    let target = hash(secret);
    let order = redact_event(target, 0);

    // Told before anybody redacted: an old export, and the log itself.
    let old = place.path("old-export");
    place
        .plain::<S>(&lines, &Set::new())
        .export()
        .unwrap()
        .write(&old)
        .unwrap();
    let bytes = std::fs::read(&old).unwrap();
    assert!(bytes.windows(6).any(|w| w == b"launch"), "{case}");

    let mut store = place.store::<S>("store");
    let redact_it = |store: &mut ItemStore<S>| {
        let report = if by_event {
            import(store, std::slice::from_ref(&order))
        } else {
            redact(store, &Set::singleton(target))
        };
        assert_eq!(report.redactions_added, 1, "{case}");
    };
    if matches!(when, When::Before) {
        redact_it(&mut store);
        import(&mut store, &lines);
    } else {
        import(&mut store, &lines);
        assert!(shows(&store) && !secret_in(&path).is_empty(), "{case}");
        if matches!(when, When::Compacted) {
            assert!(compact(&mut store).changed, "{case}");
            assert!(shows(&store) && !secret_in(&path).is_empty(), "{case}");
        }
        redact_it(&mut store);
    }
    assert!(!shows(&store), "{case}");
    if matches!(when, When::Before) {
        // Masked before anything was written.
        assert!(secret_in(&path).is_empty(), "{case}");
    }
    compact(&mut store);
    assert!(
        secret_in(&path).is_empty(),
        "{case}: {:?}",
        secret_in(&path)
    );

    let digest = store.digest().unwrap();
    let told = files(&path);
    for _ in 0..2 {
        store.apply(Export::read(&old).unwrap().into(), 1).unwrap();
        import(&mut store, &lines);
        assert!(!shows(&store), "{case}");
        assert_eq!(store.digest().unwrap(), digest, "{case}");
        assert_eq!(files(&path), told, "{case}: nothing new was told");
    }
    drop(store);
    let (mut store, _) = ItemStore::<S>::open(&path).unwrap();
    assert!(
        !shows(&store) && store.digest().unwrap() == digest,
        "{case}"
    );
    assert!(!compact(&mut store).changed, "{case}");

    // Others hear of the redaction from the export, and of the secret never.
    let mut other = place.plain::<S>(&lines, &Set::new());
    place.send(&store, &mut other);
    assert!(!shows(&other), "{case}");
    assert_eq!(other.digest().unwrap(), digest, "{case}");
    let told = std::fs::read(place.path("export")).unwrap();
    assert!(!told.windows(6).any(|w| w == b"launch"), "{case}");
}

#[test]
fn every_text_of_every_event_stays_redacted() {
    for secret in secrets() {
        for when in [When::Before, When::Raw, When::Compacted] {
            for by_event in [false, true] {
                never_again::<Unstamped>(&secret, when, by_event);
            }
        }
    }
}

#[test]
fn every_text_stays_redacted_under_stamps() {
    for secret in secrets().iter().step_by(3) {
        never_again::<Itc>(secret, When::Compacted, true);
        never_again::<Itc>(secret, When::Raw, false);
    }
}

/// A title and a label of `bn-0` with the secret in them, each an event of its own.
fn repeated() -> [String; 2] {
    let update = |n, data: &str| {
        line(
            n,
            "item.update",
            "bn-0",
            &data.replace("SECRET", SECRET_JSON),
        )
    };
    [
        update(10, r#"{"field":"title","value":"SECRET"}"#),
        update(
            11,
            r#"{"field":"labels","value":{"action":"add","label":"SECRET"}}"#,
        ),
    ]
}

/// The line in which bones repeats what these events of `bn-0` say, `understood` or from a bones that is newer than
/// any.
fn condensed(lines: &[String], understood: bool) -> String {
    let events: Vec<_> = lines.iter().map(|line| event::<Unstamped>(line)).collect();
    let state = HeldEvent::fold(&events);
    let mut json = bones_snapshot_json("bn-0", &state);
    if !understood {
        json["_format"] = 99.into();
    }
    let parents: Vec<EventHash> = lines.iter().map(|line| hash(line)).collect();
    let data = format!(r#"{{"state":{json}}}"#);
    write_line(
        40,
        "bones",
        "itc:AQ",
        &parents,
        "item.snapshot",
        "bn-0",
        &data,
    )
}

/// Bones repeats the texts of events in snapshots of its own: a redaction takes them out of those lines as well.
#[test]
fn text_that_a_snapshot_by_bones_repeats_goes_with_the_event_that_said_it() {
    let raw = finished(1);
    for secret in repeated() {
        for (understood, when) in [true, false].into_iter().flat_map(|understood| {
            [When::Before, When::Raw, When::Compacted].map(|when| (understood, when))
        }) {
            let case = format!("{when:?}, understood: {understood}, {secret}");
            let lines = [raw.clone(), vec![secret.clone()]].concat();
            let snapshot = condensed(&lines, understood);
            assert!(snapshot.contains("launch"), "{case}");
            let target = Set::singleton(hash(&secret));
            let place = Place::new();
            let path = place.path("store");
            let mut store = place.store::<Unstamped>("store");
            // The event itself is nowhere: what it said stands in the snapshot alone.
            let told = [raw.clone(), vec![snapshot]].concat();
            if matches!(when, When::Before) {
                redact(&mut store, &target);
                import(&mut store, &told);
                assert!(secret_in(&path).is_empty(), "{case}: written in clear");
            } else {
                import(&mut store, &told);
                assert!(shows(&store) && !secret_in(&path).is_empty(), "{case}");
                if matches!(when, When::Compacted) {
                    assert!(compact(&mut store).changed, "{case}");
                }
                redact(&mut store, &target);
            }
            assert!(!shows(&store), "{case}");
            for commit in store.since(0).into_iter().flatten() {
                let items = commit.unwrap().items.into_iter();
                let mut events = items.flat_map(|item| item.events);
                let tells = |event: &HeldEvent<_>| event.line().windows(6).any(|w| w == b"launch");
                assert!(!events.any(tells), "{case}: watched");
            }
            assert!(!store.is_raw("bn-0").unwrap(), "{case}");
            let before = (store.digest().unwrap(), views(&store));
            // Left alone by the policy: masked where it is.
            compact_nothing(&mut store);
            assert_eq!(secret_in(&path), Vec::<String>::new(), "{case}");
            assert_eq!((store.digest().unwrap(), views(&store)), before, "{case}");
            assert!(!compact_nothing(&mut store).changed, "{case}");
            let files_then = files(&path);
            assert_eq!(import(&mut store, &told).events_added, 0, "{case}");
            assert_eq!(files(&path), files_then, "{case}");
            assert_eq!(
                place.plain::<Unstamped>(&told, &target).digest().unwrap(),
                before.0,
                "{case}"
            );
            drop(store);
            let (mut store, _) = ItemStore::<Unstamped>::open(&path).unwrap();
            assert!(
                !shows(&store) && store.digest().unwrap() == before.0,
                "{case}"
            );
            compact(&mut store);
            assert_eq!(secret_in(&path), Vec::<String>::new(), "{case}");
            assert_eq!(store.digest().unwrap(), before.0, "{case}");
        }
    }
}

/// A compaction that no item is eligible for.
fn compact_nothing<S: Order>(store: &mut ItemStore<S>) -> CompactionOutcome {
    let nothing = bones_compact::CompactionPolicy {
        target_phases: vec![],
        include_deleted: false,
        ..everything()
    };
    store.compact(&forgetful(&nothing, u64::MAX)).unwrap()
}

#[test]
fn items_left_uncompacted_keep_masked_deltas() {
    let place = Place::new();
    let path = place.path("store");
    let secret = leak();
    let lines = [finished(2), vec![secret.clone()]].concat();
    let mut store = place.store::<Unstamped>("store");
    import(&mut store, &lines);
    assert!(!compact_nothing(&mut store).changed);
    redact(&mut store, &Set::singleton(hash(&secret)));
    assert!(!shows(&store), "also before the files are rewritten");
    assert!(!store.is_raw("bn-0").unwrap() && store.is_raw("bn-1").unwrap());
    assert!(!secret_in(&path).is_empty());
    let before = (store.digest().unwrap(), views(&store));

    let outcome = compact_nothing(&mut store);
    assert!(outcome.changed);
    assert_eq!(
        (outcome.items_masked, outcome.report.items_compacted),
        (1, 0)
    );
    assert!(secret_in(&path).is_empty());
    assert_eq!((store.digest().unwrap(), views(&store)), before);
    // The other lines are still lines.
    let stats = store.stats().unwrap();
    assert_eq!(
        (stats.events_raw, stats.states, stats.events_covered),
        (10, 1, 11)
    );
    assert!(!store.is_raw("bn-0").unwrap() && store.is_raw("bn-1").unwrap());
    assert_eq!(store.lines("bn-0").unwrap().count(), 5);

    let told = files(&path);
    assert!(
        !compact_nothing(&mut store).changed,
        "there is nothing left to mask"
    );
    assert_eq!(import(&mut store, &lines).events_added, 0);
    drop(store);
    let (store, _) = ItemStore::<Unstamped>::open(&path).unwrap();
    assert_eq!((store.digest().unwrap(), views(&store)), before);
    assert_eq!(files(&path), told);
    let plain = place.plain::<Unstamped>(&lines, &Set::singleton(hash(&secret)));
    assert_eq!(store.digest().unwrap(), plain.digest().unwrap());
}

#[test]
fn foreign_snapshots_left_beside_raw_events_are_masked_too() {
    let place = Place::new();
    let path = place.path("store");
    let secret = leak();
    let lines = [finished(1), vec![secret.clone()]].concat();
    let other = place.plain::<Unstamped>(&lines, &Set::new());
    let mut store = place.store::<Unstamped>("store");
    import(&mut store, &lines[..3]);
    place.send(&other, &mut store);
    assert!(!secret_in(&path).is_empty());
    redact(&mut store, &Set::singleton(hash(&secret)));
    let outcome = compact_nothing(&mut store);
    assert_eq!(outcome.items_masked, 1);
    assert!(secret_in(&path).is_empty() && !shows(&store));
    assert!(!compact_nothing(&mut store).changed);
}

#[test]
fn a_dry_run_leaves_the_text_where_it_is_and_says_so() {
    let place = Place::new();
    let path = place.path("store");
    let secret = leak();
    let mut store = place.store::<Unstamped>("store");
    import(&mut store, &[finished(1), vec![secret.clone()]].concat());
    redact(&mut store, &Set::singleton(hash(&secret)));
    let before = files(&path);
    let dry = bones_compact::CompactionPolicy {
        dry_run: true,
        ..everything()
    };
    let outcome = store.compact(&forgetful(&dry, u64::MAX)).unwrap();
    assert!(!outcome.changed && outcome.items_masked == 0);
    assert_eq!(files(&path), before);
}

#[test]
fn redacting_what_is_unknown_waits_for_it() {
    let place = Place::new();
    let path = place.path("store");
    let secret = leak();
    let mut store = place.store::<Unstamped>("store");
    let report = redact(&mut store, &Set::singleton(hash(&secret)));
    assert_eq!((report.redactions_added, report.items), (1, 0));
    let told = files(&path);
    assert_eq!(
        redact(&mut store, &Set::singleton(hash(&secret))).redactions_added,
        0
    );
    assert_eq!(files(&path), told);
    drop(store);
    let (mut store, _) = ItemStore::<Unstamped>::open(&path).unwrap();
    assert!(store.redactions().contains(&hash(&secret)));
    import(&mut store, std::slice::from_ref(&secret));
    assert!(!shows(&store) && secret_in(&path).is_empty());
    assert!(
        views(&store)["bn-0"].contains("body: None"),
        "{}",
        views(&store)["bn-0"]
    );
}

#[test]
fn a_redaction_in_the_same_import_comes_first() {
    let place = Place::new();
    let secret = leak();
    let order = redact_event(hash(&secret), 0);
    for (n, lines) in [[secret.clone(), order.clone()], [order, secret]]
        .iter()
        .enumerate()
    {
        let name = format!("store-{n}");
        let mut store = place.store::<Unstamped>(&name);
        import(&mut store, lines);
        assert!(!shows(&store) && secret_in(&place.path(&name)).is_empty());
    }
}

#[test]
fn a_redact_event_of_another_item_counts_as_well() {
    let place = Place::new();
    let path = place.path("store");
    let secret = leak();
    let data = format!(r#"{{"target_hash":"{}"}}"#, format_hash(&hash(&secret)));
    let order = line(9, "item.redact", "bn-1", &data);
    let mut store = place.store::<Unstamped>("store");
    import(&mut store, std::slice::from_ref(&secret));
    import(&mut store, std::slice::from_ref(&order));
    assert!(!shows(&store));
    compact(&mut store);
    assert!(secret_in(&path).is_empty());
    let digest = store.digest().unwrap();
    drop(store);
    let (store, _) = ItemStore::<Unstamped>::open(&path).unwrap();
    assert!(!shows(&store) && store.digest().unwrap() == digest);
}

#[test]
fn the_redact_event_itself_can_be_redacted_and_still_counts() {
    let place = Place::new();
    let secret = leak();
    let order = redact_event(hash(&secret), 0);
    let mut store = place.store::<Unstamped>("store");
    import(&mut store, &[secret.clone(), order.clone()]);
    redact(&mut store, &Set::singleton(hash(&order)));
    compact(&mut store);
    drop(store);
    let (store, _) = ItemStore::<Unstamped>::open(&place.path("store")).unwrap();
    assert!(store.redactions().contains(&hash(&secret)));
    assert!(!shows(&store) && !views(&store)["bn-0"].contains("not for you"));
    assert!(found_in(&place.path("store"), "not for you", "not for you").is_empty());
}

#[test]
fn a_torn_tail_does_not_keep_what_was_redacted() {
    let place = Place::new();
    let path = place.path("store");
    let secret = leak();
    let mut store = place.store::<Unstamped>("store");
    import(&mut store, &finished(1));
    import(&mut store, std::slice::from_ref(&secret));
    drop(store);
    // The end of the last batch never reached the disk.
    let segment = files(&path)
        .into_iter()
        .rfind(|(name, _)| name.starts_with("seg-"))
        .unwrap();
    std::fs::write(path.join(&segment.0), &segment.1[..segment.1.len() - 1]).unwrap();
    let (mut store, report) = ItemStore::<Unstamped>::open(&path).unwrap();
    let kept = report.cut.unwrap().kept;
    assert!(!shows(&store));
    assert_eq!(secret_in(&path), [kept], "the cut bytes are kept aside");

    redact(&mut store, &Set::singleton(hash(&secret)));
    let outcome = compact_nothing(&mut store);
    assert!(outcome.changed);
    assert!(secret_in(&path).is_empty());
    assert!(!compact_nothing(&mut store).changed);
}
