//! `CURRENT` and the manifest made again: exactly where that is possible, and else so that no frame is lost.

use std::collections::BTreeSet;

use storage_adapter::log::{
    FRAME_OVERHEAD, Fragment, LogError, Rebuilt, RebuiltFrom, rebuild, scan,
};

use super::crash::{calls, outcomes, run_to_stop};
use super::sim::{Fault, SimDisk};
use super::story::{self, HEADER, Model, State, Step};

/// The header of the log, behind another that it does not have.
fn headers() -> Vec<Vec<u8>> {
    vec![b"order=itc".to_vec(), HEADER.to_vec()]
}

/// Puts what is made again into the place of what is lost.
fn rebuilt(disk: &SimDisk) -> Option<Rebuilt> {
    let rebuilt = rebuild(disk, &headers()).unwrap()?;
    for (name, content) in &rebuilt.files {
        disk.put(name, content);
    }
    Some(rebuilt)
}

fn manifests(disk: &SimDisk) -> Vec<String> {
    let is_manifest = |name: &String| name.starts_with("MANIFEST");
    disk.files().into_keys().filter(is_manifest).collect()
}

fn scanned(disk: &SimDisk) -> Vec<Fragment> {
    let mut found = Vec::new();
    scan(disk, |fragment| found.push(fragment)).unwrap();
    found
}

/// Kind and body of each frame, which no script writes twice.
fn told(fragments: &[Fragment]) -> BTreeSet<(u8, Vec<u8>)> {
    let told = fragments.iter().map(|f| (f.kind, f.body.clone()));
    told.collect()
}

/// A log in several segments, rewritten or not, with batches behind what the manifest vouches for.
fn log(steps: &[Step]) -> (SimDisk, Model) {
    let disk = SimDisk::default();
    let mut log = story::create(&disk).unwrap();
    let mut model = Model::of(&[3, 7, 21]);
    log.set_segment_target(150);
    for step in steps {
        model.write(&mut log, *step).unwrap();
    }
    assert!(log.segments().len() > 2);
    (disk, model)
}

const PLAIN: [Step; 5] = [
    Step::Append(2),
    Step::Append(3),
    Step::Append(1),
    Step::Append(4),
    Step::Append(2),
];
const REWRITTEN: [Step; 5] = [
    Step::Append(2),
    Step::Append(3),
    Step::Replace(12),
    Step::Append(1),
    Step::Append(2),
];

#[test]
fn a_whole_log_needs_nothing() {
    let (disk, _) = log(&PLAIN);
    assert_eq!(rebuild(&disk, &headers()).unwrap(), None);
    let held = story::open(&disk).unwrap();
    assert!(matches!(
        rebuild(&disk, &headers()),
        Err(LogError::Locked { .. })
    ));
    drop(held);
    let empty = SimDisk::default();
    assert!(matches!(
        rebuild(&empty, &headers()),
        Err(LogError::NotAStore { .. })
    ));
}

#[test]
fn current_is_made_again_to_the_byte() {
    for steps in [PLAIN, REWRITTEN] {
        let (disk, _) = log(&steps);
        let whole = disk.take("CURRENT");
        for harm in [None, Some(&b""[..]), Some(&whole[1..]), Some(&[0; 117])] {
            let disk = disk.copy();
            if let Some(harm) = harm {
                disk.put("CURRENT", harm);
            }
            // No header is asked for: the manifest has it.
            let rebuilt = rebuild(&disk, &[]).unwrap().unwrap();
            assert_eq!(rebuilt.files, [("CURRENT".to_owned(), whole.clone())]);
            assert_eq!(rebuilt.from, RebuiltFrom::Manifest);
            assert_eq!(rebuilt.damage.len(), 1);
            assert_eq!(rebuilt.damage[0].file, "CURRENT");
        }
    }
}

/// One that was replaced and is still there tells nothing of what came since.
#[test]
fn an_older_manifest_is_not_believed() {
    let disk = SimDisk::default();
    let mut log = story::create(&disk).unwrap();
    let mut model = Model::of(&[3, 7, 21]);
    model.write(&mut log, Step::Append(1)).unwrap();
    let older: Vec<_> = disk.files().into_iter().collect();
    log.set_segment_target(100);
    for _ in 0..4 {
        model.write(&mut log, Step::Append(2)).unwrap();
    }
    drop(log);
    for name in manifests(&disk) {
        disk.take(&name);
    }
    for (name, bytes) in older
        .iter()
        .filter(|(name, _)| name.starts_with("MANIFEST"))
    {
        disk.put(name, bytes);
    }
    // `CURRENT` says that there was a later one; without it, segments do.
    for gone in [false, true] {
        let disk = disk.copy();
        if gone {
            disk.take("CURRENT");
        }
        assert_eq!(rebuilt(&disk).unwrap().from, RebuiltFrom::Segments);
        let (log, _) = story::open(&disk).unwrap();
        assert_eq!(story::read(&log).unwrap(), model.acked);
    }
}

#[test]
fn of_a_newer_format_nothing_is_made_again() {
    let (disk, _) = log(&PLAIN);
    let newer = b"lattice-log 2 of another kind";
    let check = blake3::derive_key("lattice log 1: current check", newer);
    let check = blake3::Hash::from_bytes(check).to_hex();
    disk.put(
        "CURRENT",
        &[newer, &b" "[..], &check.as_bytes()[..16], b"\n"].concat(),
    );
    assert!(matches!(
        rebuild(&disk, &headers()),
        Err(LogError::NewerFormat { found: 2, .. })
    ));
}

/// Also where both are gone, so that nothing but the segments is left.
#[test]
fn a_log_that_was_never_rewritten_opens_whole_without_a_manifest() {
    for gone in [false, true] {
        let (disk, mut model) = log(&PLAIN);
        let names = manifests(&disk);
        for name in &names {
            let mut bytes = disk.take(name);
            bytes[40] ^= 1;
            if !gone {
                disk.put(name, &bytes);
            }
        }
        if gone {
            disk.take("CURRENT");
        }
        assert_eq!(
            rebuild(&disk, &headers()[..1]).unwrap(),
            None,
            "a header that it has not"
        );
        let rebuilt = rebuilt(&disk).unwrap();
        assert_eq!(rebuilt.from, RebuiltFrom::Segments);
        let damaged = if gone { "CURRENT" } else { &names[0] };
        assert_eq!(rebuilt.damage.len(), 1);
        assert_eq!(rebuilt.damage[0].file, damaged);
        let (mut log, report) = story::open(&disk).unwrap();
        assert_eq!(report.cut, None);
        model.settle(&log);
        model.write(&mut log, Step::Append(2)).unwrap();
        model.write(&mut log, Step::Replace(3)).unwrap();
        assert!(log.verify().unwrap().damage.is_empty());
    }
}

#[test]
fn a_rewritten_log_reads_up_to_what_follows_and_is_scanned_whole() {
    let (disk, model) = log(&REWRITTEN);
    let whole = scanned(&disk);
    for name in manifests(&disk) {
        disk.take(&name);
    }
    rebuilt(&disk).unwrap();
    // The same frames, of the same commits.
    assert_eq!(scanned(&disk), whole);
    assert_eq!(whole.len(), model.acked.len());
    let error = story::open(&disk).and_then(|(log, _)| story::read(&log));
    let error = error.unwrap_err();
    let LogError::Corrupt { file, offset, .. } = error else {
        panic!("{error}")
    };
    let next = whole.iter().find(|f| *f.commits.start() == 3).unwrap();
    // The mark that closes it has the running check of all that was before.
    assert!(file.ends_with(&*next.file));
    assert!(offset > next.offset);
}

/// Each byte of each segment, of a log without a manifest.
#[test]
fn damage_beside_a_lost_manifest_costs_the_commit_that_it_hits() {
    for steps in [PLAIN, REWRITTEN] {
        let (disk, _) = log(&steps);
        let whole = scanned(&disk);
        let all = told(&whole);
        for name in manifests(&disk) {
            disk.take(&name);
        }
        for (name, bytes) in disk.files() {
            if !name.starts_with("seg-") {
                continue;
            }
            for at in 0..bytes.len() {
                let mut bad = bytes.clone();
                bad[at] ^= 0x10;
                let disk = disk.copy();
                disk.put(&name, &bad);
                let rebuilt = rebuilt(&disk).unwrap();
                let found = scanned(&disk);
                let what = || format!("{name}: byte {at}: {rebuilt:?}");
                assert!(told(&found).is_subset(&all), "{}", what());
                let hit = whole
                    .iter()
                    .rfind(|f| *f.file == *name && f.offset <= at as u64);
                let hit = hit.or(whole.iter().find(|f| *f.file == *name));
                // (An active segment may be empty.)
                let hit = hit.map(|hit| hit.commits.clone());
                let next = hit.as_ref().map(|hit| *hit.end() + 1);
                for frame in &whole {
                    // A mark is between two commits.
                    let is_near = hit.as_ref() == Some(&frame.commits)
                        || next == Some(*frame.commits.start());
                    let is_found = found.iter().any(|f| f.body == frame.body);
                    assert!(is_found || is_near, "{} {frame:?}", what());
                    // What is certain is so.
                    for f in found.iter().filter(|f| f.body == frame.body) {
                        assert!(
                            f.commits.contains(frame.commits.start()),
                            "{} {f:?}",
                            what()
                        );
                    }
                }
                let opened = story::open(&disk).and_then(|(log, _)| story::read(&log));
                let read: State = opened.unwrap_or_default();
                let read = read.into_iter().map(|(kind, body, ..)| (kind, body));
                assert!(read.collect::<BTreeSet<_>>().is_subset(&all), "{}", what());
            }
        }
    }
}

/// A segment begins with commits of which no mark can be seen.
#[test]
fn frames_are_not_said_to_be_of_a_commit_that_they_may_not_be_of() {
    let disk = SimDisk::default();
    let mut log = story::create(&disk).unwrap();
    for commit in 1..=3 {
        log.append(story::frames(commit, 1), commit).unwrap();
    }
    drop(log);
    let whole = scanned(&disk);
    let mut bytes = disk.files()[&*whole[0].file].clone();
    for frame in &whole[..2] {
        let at = usize::try_from(frame.offset).unwrap();
        // In the mark that opens the commit, and in the one that closes it.
        bytes[at - 10] ^= 1;
        bytes[at + frame.body.len() + FRAME_OVERHEAD + 10] ^= 1;
    }
    disk.put(&whole[0].file, &bytes);
    for name in manifests(&disk) {
        disk.take(&name);
    }
    rebuilt(&disk).unwrap();
    let commits: Vec<_> = scanned(&disk).into_iter().map(|f| f.commits).collect();
    assert_eq!(commits, [1..=2, 1..=2, 3..=3]);
}

/// The system stops at any call, and `CURRENT` is lost beside that. The newest manifest is the one that was in force or
/// the next one; where it does not check, as it was being written, the segments still tell all that was durable.
#[test]
fn after_any_stop_the_durable_state_is_there_without_current() {
    let (mut exact, mut all) = (0, 0);
    for (script, call) in calls() {
        for outcome in outcomes(4) {
            let (disk, mut model) = run_to_stop(script, call, Fault::StopAfter).unwrap();
            disk.restart(outcome);
            if disk.files().contains_key("CURRENT") {
                disk.take("CURRENT");
            }
            let what = format!("call {call}, {outcome:?}");
            let (_, durable) = model.allowed[0].clone();
            let rebuilt = match rebuild(&disk, &headers()) {
                Ok(Some(rebuilt)) => rebuilt,
                Ok(None) | Err(LogError::NotAStore { .. }) => {
                    assert!(durable.is_empty(), "{what}");
                    continue;
                }
                Err(error) => panic!("{what}: {error}"),
            };
            for (name, content) in &rebuilt.files {
                disk.put(name, content);
            }
            all += 1;
            if rebuilt.from == RebuiltFrom::Manifest {
                exact += 1;
                let (log, _) = story::open(&disk).unwrap_or_else(|e| panic!("{what}: {e}"));
                model.settle(&log);
            } else {
                let found = told(&scanned(&disk));
                for (kind, body, ..) in durable {
                    assert!(found.contains(&(kind, body)), "{what}");
                }
            }
        }
    }
    assert!(exact > 500 && all > exact, "{exact} of {all}");
}
