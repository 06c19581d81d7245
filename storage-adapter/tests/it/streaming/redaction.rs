//! Redacted text is nowhere after a fold, wherever the redaction stood.

use std::fs;

use bones_snapshot::format_hash;
use lattice_core::Set;
use lattice_lww::{Itc, Unstamped};
use storage_adapter::Export;

use super::bench::{Bench, expected, options};
use super::support::{Place, finished, hash, line};

const SECRET: &str = "tell-nobody-this";

fn secret() -> String {
    let data = format!(r#"{{"body":"{SECRET}"}}"#);
    line(9, "item.comment", "bn-0", &data)
}

fn redaction(of: &str, item: &str) -> String {
    let target = format_hash(&hash(of));
    let data = format!(r#"{{"reason":"a slip","target_hash":"{target}"}}"#);
    line(10, "item.redact", item, &data)
}

fn holds(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|w| w == text.as_bytes())
}

#[test]
fn a_redaction_anywhere_takes_the_text_away_everywhere() {
    let others = finished(3);
    let (told, order) = (secret(), redaction(&secret(), "bn-0"));
    let elsewhere = redaction(&secret(), "bn-2");
    let files: [[Vec<String>; 2]; 5] = [
        [vec![told.clone(), order.clone()], others.clone()],
        [vec![order.clone(), told.clone()], others.clone()],
        [vec![told.clone()], [others.clone(), vec![order]].concat()],
        [
            vec![told.clone()],
            [vec![elsewhere], others.clone()].concat(),
        ],
        [
            vec![told.clone(), told.clone()],
            vec![redaction(&told, "bn-9"), told],
        ],
    ];
    for [first, second] in files {
        let bench = Bench::new();
        let inputs = [
            bench.log("a.events", &first),
            bench.log("b.events", &second),
        ];
        // Without the redaction the same reader finds the text.
        let (shown, _) = bench.fold::<Unstamped>(
            &[bench.log("c.events", &[secret()])],
            &options(1 << 20, 1, None),
        );
        assert!(holds(&shown, SECRET));
        for (memory, workers) in [(1 << 20, 1), (8 << 20, 4)] {
            let options = options(memory, workers, None);
            let (found, report) = bench.fold::<Unstamped>(&inputs, &options);
            assert!(!holds(&found, SECRET));
            assert!(found == expected::<Unstamped>(&inputs));
            assert_eq!(report.redactions, 1);
            let (found, _) = bench.fold::<Itc>(&inputs, &options);
            assert!(!holds(&found, SECRET));
            assert!(found == expected::<Itc>(&inputs));
        }
        // `fold` has looked at every file of the folder: the inputs hold the text, nothing else.
        for (path, bytes) in bench.files() {
            let is_input = path.extension().is_some_and(|e| e == "events");
            assert!(
                is_input || !holds(&bytes.unwrap(), SECRET),
                "{}",
                path.display()
            );
        }
    }
}

#[test]
fn the_redactions_of_an_export_apply_to_the_logs() {
    let bench = Bench::new();
    let place = Place::new();
    let r = Set::singleton(hash(&secret()));
    let knowing = place.plain::<Unstamped>(&finished(1), &r);
    let export = bench.path("export");
    knowing.export().unwrap().write(&export).unwrap();
    let log = bench.log("log.events", &[finished(2), vec![secret()]].concat());
    let inputs = [log.clone(), export];
    let (found, report) = bench.fold::<Unstamped>(&inputs, &options(1 << 20, 1, None));
    assert!(!holds(&found, SECRET) && report.redactions == 1);
    assert!(found == expected::<Unstamped>(&inputs));

    // And those of a log to the payloads of an export.
    let unknowing = place.plain::<Unstamped>(&[secret()], &Set::new());
    let shown = bench.path("shown");
    unknowing.export().unwrap().write(&shown).unwrap();
    assert!(holds(&fs::read(&shown).unwrap(), SECRET));
    let order = bench.log("order.events", &[redaction(&secret(), "bn-7")]);
    let inputs = [shown, order];
    let (found, _) = bench.fold::<Unstamped>(&inputs, &options(1 << 20, 1, None));
    assert!(!holds(&found, SECRET));
    assert!(found == expected::<Unstamped>(&inputs));
}

#[test]
fn many_redactions_are_all_kept() {
    let bench = Bench::new();
    let mut lines = Vec::new();
    for n in 0..900 {
        let data = format!(r#"{{"body":"{SECRET} {n}"}}"#);
        let told = line(n, "item.comment", &format!("bn-{n}"), &data);
        lines.push(redaction(&told, "bn-1"));
        lines.push(redaction(&told, "bn-1"));
        lines.push(told);
    }
    let inputs = [bench.log("log.events", &lines)];
    let (found, report) = bench.fold::<Unstamped>(&inputs, &options(4 << 20, 1, None));
    assert!(!holds(&found, SECRET));
    assert_eq!(report.redactions, 900);
    assert!(found == expected::<Unstamped>(&inputs));
    let output = bench.path("again");
    fs::write(&output, found).unwrap();
    assert_eq!(
        Export::<Unstamped>::read(&output).unwrap().redactions.len(),
        900
    );
}
