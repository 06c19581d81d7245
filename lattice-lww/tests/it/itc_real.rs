//! Every stamp of three real event logs.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use lattice_core::laws;
use lattice_lww::{Itc, ItcClock, LwwRegister, Stamp};

use crate::write::write;

/// The logs, or `None` with a loud word when they are not at hand.
fn logs() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data/bones-logs");
    if folder.is_dir() {
        return Some(folder);
    }
    assert!(
        std::env::var_os("REQUIRE_REAL_LOGS").is_none_or(|value| value != "1"),
        "REQUIRE_REAL_LOGS=1, and {} is missing",
        folder.display(),
    );
    eprintln!("SKIPPED: real logs not found at {}", folder.display());
    None
}

/// The third column of every line of every shard, by log.
fn stamps(folder: &Path) -> BTreeMap<String, Vec<String>> {
    let mut stamps: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for log in std::fs::read_dir(folder)
        .expect("a folder")
        .flatten()
        .filter(|it| it.path().is_dir())
    {
        let name = log.file_name().to_string_lossy().into_owned();
        for shard in std::fs::read_dir(log.path()).expect("a folder").flatten() {
            if shard
                .path()
                .extension()
                .is_none_or(|extension| extension != "events")
            {
                continue;
            }
            let text = std::fs::read_to_string(shard.path()).expect("a readable shard");
            let lines = text
                .lines()
                .filter(|line| !line.is_empty() && !line.starts_with('#'));
            let third =
                lines.map(|line| line.split('\t').nth(2).expect("eight columns").to_owned());
            stamps.entry(name.clone()).or_default().extend(third);
        }
    }
    stamps
}

#[test]
fn every_real_stamp_reads_back_as_it_was() {
    let Some(folder) = logs() else { return };
    let mut count = 0;
    for text in stamps(&folder).into_values().flatten() {
        let clock = ItcClock::from_text(&text).unwrap_or_else(|error| panic!("{text}: {error}"));
        let back = if text.starts_with("itc:v1:") {
            clock.to_text_v1()
        } else {
            clock.to_text_v3()
        };
        assert_eq!(back, text);
        // Across the forms, and as a stamp alone.
        assert_eq!(
            ItcClock::from_text(&clock.to_text_v1()).as_ref(),
            Ok(&clock)
        );
        assert_eq!(
            ItcClock::from_text(&clock.to_text_v3()).as_ref(),
            Ok(&clock)
        );
        let mut bytes = Vec::new();
        clock.stamp().encode(&mut bytes);
        assert_eq!(Itc::decode(&bytes), Ok(clock.stamp()));
        count += 1;
    }
    assert_eq!(count, 8_800, "all lines of the three logs");
}

#[test]
fn the_order_of_stamps_is_the_order_of_clocks() {
    let Some(folder) = logs() else { return };
    let mut concurrent = 0_u32;
    for texts in stamps(&folder).into_values() {
        let step = texts.len() / 150 + 1;
        let clocks: Vec<_> = texts
            .iter()
            .step_by(step)
            .map(|text| ItcClock::from_text(text).expect("legal"))
            .collect();
        let stamps: Vec<_> = clocks.iter().map(ItcClock::stamp).collect();
        for (a, x) in clocks.iter().zip(&stamps) {
            for (b, y) in clocks.iter().zip(&stamps) {
                assert_eq!(x.leq(y), a.leq(b), "{a:?} {b:?}");
                concurrent += u32::from(x.causal_cmp(y).is_none());
            }
        }
    }
    assert!(
        concurrent > 100,
        "real logs have concurrent writes, found {concurrent}"
    );
}

#[test]
fn registers_over_real_stamps_keep_the_laws() {
    let Some(folder) = logs() else { return };
    for texts in stamps(&folder).into_values() {
        let step = texts.len() / 24 + 1;
        let registers: Vec<_> = texts
            .iter()
            .step_by(step)
            .zip(0_u8..)
            .map(|(text, at)| {
                let stamp = ItcClock::from_text(text).expect("legal").stamp();
                // A wall clock that runs against the log.
                LwwRegister::from_write(write(stamp, 200 - u64::from(at), at % 3, at, at))
            })
            .collect();
        laws::check_all(&registers);
    }
}
