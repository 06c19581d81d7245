//! Flipped bits, missing and short files, newer formats: named, never read, nothing deleted.

use storage_adapter::log::LogError;

use super::sim::SimDisk;
use super::story::{self, Model, Step};

/// A store with a rewritten segment and two more in the manifest, batches behind it, and the state.
fn small() -> (SimDisk, Model) {
    let disk = SimDisk::default();
    let mut log = story::create(&disk).unwrap();
    let mut model = Model::of(&[0, 7, 21]);
    for step in [Step::Append(2), Step::Replace(2), Step::Append(1)] {
        model.write(&mut log, step).unwrap();
    }
    log.set_segment_target(0);
    model.write(&mut log, Step::Append(1)).unwrap();
    log.set_segment_target(u64::MAX);
    model.write(&mut log, Step::Append(1)).unwrap();
    assert_eq!(log.segments().len(), 3);
    (disk, model)
}

fn open_and_read(disk: &SimDisk) -> Result<story::State, LogError> {
    story::open(disk).and_then(|(log, _)| story::read(&log))
}

#[test]
fn every_flipped_bit_is_an_error_that_names_its_file() {
    let (disk, model) = small();
    assert_eq!(open_and_read(&disk).unwrap(), model.acked);
    let files = disk.files();
    for (name, bytes) in &files {
        for bit in 0..bytes.len() * 8 {
            let mut bad = bytes.clone();
            bad[bit / 8] ^= 1 << (bit % 8);
            let disk = disk.copy();
            disk.put(name, &bad);
            let error = open_and_read(&disk)
                .err()
                .unwrap_or_else(|| panic!("{name}: bit {bit} was not seen"));
            let LogError::Corrupt { file, offset, .. } = &error else {
                panic!("{name}: bit {bit}: {error}")
            };
            assert!(file.ends_with(name), "{name}: bit {bit}: {error}");
            assert!(*offset <= (bit / 8) as u64, "{name}: bit {bit}: {error}");
            let mut want = files.clone();
            want.insert(name.clone(), bad);
            assert_eq!(
                disk.files(),
                want,
                "{name}: bit {bit}: nothing else changed"
            );
        }
    }
}

#[test]
fn verify_finds_all_damage_and_goes_on_behind_it() {
    let (disk, model) = small();
    let (log, _) = story::open(&disk).unwrap();
    let whole = log.verify().unwrap();
    assert!(whole.damage.is_empty());
    assert_eq!(whole.frames, model.acked.len() as u64);
    assert_eq!(
        whole.bytes,
        log.segments().iter().map(|s| s.bytes).sum::<u64>()
    );

    // Damage while the owner is open, one frame in each segment, head and body.
    let places: Vec<(String, u64)> = log
        .frames()
        .map(|e| e.map(|e| (e.file.to_string(), e.offset)).unwrap())
        .collect();
    let first = places.first().unwrap();
    let last = places.last().unwrap();
    assert_ne!(first.0, last.0);
    for (in_frame, (name, offset)) in [(3, first), (6, last)] {
        let mut bytes = disk.files()[name].clone();
        bytes[usize::try_from(*offset).unwrap() + in_frame] ^= 0x10;
        disk.put(name, &bytes);
    }
    let report = log.verify().unwrap();
    let found: Vec<(String, u64)> = report
        .damage
        .iter()
        .map(|d| (d.file.clone(), d.offset))
        .collect();
    assert_eq!(found, [first.clone(), last.clone()]);
    assert!(
        report
            .damage
            .iter()
            .all(|d| d.bytes >= 13 && !d.expected.is_empty() && !d.found.is_empty())
    );
    assert_eq!(report.frames, whole.frames - 2);

    // A damaged manifest, and a missing segment.
    let (manifest, bytes) = disk
        .files()
        .into_iter()
        .find(|(name, _)| name.starts_with("MANIFEST"))
        .unwrap();
    disk.put(&manifest, &bytes[1..]);
    disk.take(&first.0);
    let report = log.verify().unwrap();
    let files: Vec<&str> = report.damage.iter().map(|d| d.file.as_str()).collect();
    assert_eq!(
        files,
        [manifest.as_str(), first.0.as_str(), last.0.as_str()]
    );
}

#[test]
fn batches_that_check_one_by_one_must_also_be_the_ones_committed() {
    // The bytes of a segment as it was before its last batch: every frame checks, and one commit is
    // missing.
    let disk = SimDisk::default();
    let mut log = story::create(&disk).unwrap();
    log.append(story::frames(1, 1), 1).unwrap();
    let older = disk.files();
    log.append(story::frames(2, 1), 2).unwrap();
    let segment = log.segments()[0].file.clone();
    disk.put(&segment, &older[&segment]);
    let error = story::read(&log).unwrap_err();
    assert!(matches!(error, LogError::Short { .. }), "{error}");

    // The same frames under another header do not check.
    let other = SimDisk::default();
    drop(storage_adapter::log::LogDir::create_on(other.clone(), b"order=itc").unwrap());
    other.put(&segment, &older[&segment]);
    assert!(matches!(
        open_and_read(&other),
        Err(LogError::Corrupt { offset: 16, .. })
    ));
}

#[test]
fn a_missing_file_is_named_and_nothing_is_deleted() {
    let (disk, _) = small();
    for name in disk.files().into_keys().filter(|name| name != "LOCK") {
        let disk = disk.copy();
        disk.take(&name);
        let before = disk.files();
        let error = open_and_read(&disk).unwrap_err();
        assert!(
            matches!(&error, LogError::Missing { file } if file.ends_with(&name)),
            "{name}: {error}"
        );
        assert_eq!(disk.files(), before);
        // And no new store is made over it.
        let error = story::create(&disk).unwrap_err();
        let refused = matches!(
            error,
            LogError::Missing { .. } | LogError::AlreadyAStore { .. }
        );
        assert!(refused, "{name}: {error}");
        assert_eq!(disk.files(), before);
    }
}

#[test]
fn a_file_shorter_than_its_manifest_says_is_named_and_nothing_is_deleted() {
    let (disk, _) = small();
    let (log, _) = story::open(&disk).unwrap();
    let sealed = log.segments()[0].clone();
    drop(log);
    let bytes = disk.files()[&sealed.file].clone();
    for len in 0..bytes.len() {
        let disk = disk.copy();
        disk.put(&sealed.file, &bytes[..len]);
        let before = disk.files();
        let error = story::open(&disk).unwrap_err();
        let LogError::Short {
            file,
            expected,
            found,
        } = &error
        else {
            panic!("{error}")
        };
        assert!(file.ends_with(&sealed.file));
        assert_eq!((*expected, *found), (sealed.bytes, len as u64));
        assert_eq!(disk.files(), before);
    }
    for name in [
        "CURRENT".to_owned(),
        disk.files()
            .into_keys()
            .find(|n| n.starts_with("MANIFEST"))
            .unwrap(),
    ] {
        let bytes = disk.files()[&name].clone();
        for len in 0..bytes.len() {
            let disk = disk.copy();
            disk.put(&name, &bytes[..len]);
            assert!(
                matches!(story::open(&disk), Err(LogError::Corrupt { .. })),
                "{name} cut to {len}"
            );
        }
    }
}

#[test]
fn a_newer_format_is_refused_by_number() {
    let (disk, _) = small();
    let line = "lattice-log 7 something that only the newer format knows";
    let check = blake3::Hash::from_bytes(blake3::derive_key(
        "lattice log 1: current check",
        line.as_bytes(),
    ));
    disk.put(
        "CURRENT",
        format!("{line} {}\n", &check.to_hex()[..16]).as_bytes(),
    );
    let before = disk.files();
    let error = story::open(&disk).unwrap_err();
    assert!(matches!(
        error,
        LogError::NewerFormat {
            found: 7,
            supported: 1,
            ..
        }
    ));
    assert_eq!(
        error.to_string(),
        "/sim/CURRENT has format 7, this build reads up to 1: use a newer build"
    );
    assert_eq!(disk.files(), before);
}

#[test]
fn arbitrary_bytes_in_any_file_are_an_error_and_no_panic() {
    use super::rng::Rng;
    let (disk, model) = small();
    let files: Vec<(String, Vec<u8>)> = disk
        .files()
        .into_iter()
        .filter(|(name, _)| name != "LOCK")
        .collect();
    for seed in 0..3000 {
        let mut rng = Rng(seed);
        let (name, bytes) = &files[rng.below(files.len())];
        let mut bad = bytes.clone();
        for _ in 0..=rng.below(4) {
            let at = rng.below(bad.len());
            match rng.below(4) {
                0 => bad.truncate(at + 1),
                1 => bad[at] = u8::try_from(rng.below(256)).unwrap(),
                2 => bad.insert(at, u8::try_from(rng.below(256)).unwrap()),
                _ => drop(bad.splice(at..(at + 9).min(bad.len()), std::iter::repeat_n(0xff, 4))),
            }
        }
        let disk = disk.copy();
        disk.put(name, &bad);
        if let Ok(state) = open_and_read(&disk) {
            // Only a tail can be gone.
            assert!(model.acked.starts_with(&state), "seed {seed}");
        }
    }
}

#[test]
fn data_without_current_is_never_taken_for_a_create_that_did_not_finish() {
    let disk = SimDisk::default();
    let mut log = story::create(&disk).unwrap();
    let empty = disk.copy();
    log.append(story::frames(1, 1), 1).unwrap();
    drop(log);
    disk.take("CURRENT");
    let before = disk.files();
    assert!(matches!(
        story::create(&disk),
        Err(LogError::Missing { .. })
    ));
    assert!(matches!(story::open(&disk), Err(LogError::Missing { .. })));
    assert_eq!(disk.files(), before);
    // Without any commit there is nothing to lose.
    empty.take("CURRENT");
    assert!(matches!(
        story::open(&empty),
        Err(LogError::NotAStore { .. })
    ));
    assert!(story::create(&empty).is_ok());
}
