//! What stands in the way is named, and nothing is left behind.

use std::fs;
use std::io::ErrorKind;
use std::ops::ControlFlow;
use std::path::PathBuf;

use lattice_lww::Unstamped;
use storage_adapter::{FoldError, FoldOptions, fold_logs};

use super::bench::{Bench, expected, fold, options};
use super::support::finished;

fn bench() -> (Bench, Vec<PathBuf>) {
    let bench = Bench::new();
    let inputs = vec![bench.log("log.events", &finished(100))];
    (bench, inputs)
}

#[test]
fn an_output_that_is_there_is_replaced_only_when_told() {
    let (bench, inputs) = bench();
    let output = bench.path("output");
    fs::write(&output, "older").unwrap();
    let error = bench.refuse::<Unstamped>(&inputs, &FoldOptions::default());
    assert!(
        matches!(&error, FoldError::Exists { path } if *path == output),
        "{error:?}"
    );
    let mut options = FoldOptions::default();
    options.replace = true;
    fold::<Unstamped>(&inputs, &output, &options).unwrap();
    assert!(fs::read(&output).unwrap() == expected::<Unstamped>(&inputs));
    assert_eq!(bench.files().len(), 2);
}

/// What comes to stand there while the fold runs is not replaced either.
#[test]
fn an_output_that_appears_meanwhile_is_left_alone() {
    let (bench, inputs) = bench();
    let output = bench.path("output");
    let done = fold_logs::<Unstamped>(&inputs, &output, &FoldOptions::default(), &mut |_| {
        fs::write(&output, "somebody else's").unwrap();
        ControlFlow::Continue(())
    });
    assert!(matches!(done, Err(FoldError::Exists { .. })), "{done:?}");
    assert_eq!(fs::read(&output).unwrap(), b"somebody else's");
    assert_eq!(bench.files().len(), 2);
}

#[test]
fn an_input_is_never_the_output() {
    let (bench, mut inputs) = bench();
    let partial = bench.log("output.partial", &finished(1));
    let mut options = FoldOptions::default();
    options.replace = true;
    inputs.push(partial);
    let error = bench.refuse::<Unstamped>(&inputs, &options);
    assert!(
        matches!(error, FoldError::OutputIsInput { .. }),
        "{error:?}"
    );
    let before = bench.files();
    let done = fold::<Unstamped>(&inputs[..1], &inputs[0], &options);
    assert!(matches!(done, Err(FoldError::OutputIsInput { .. })));
    assert_eq!(bench.files(), before);
}

#[test]
fn outputs_and_inputs_that_cannot_be_are_named() {
    let (bench, inputs) = bench();
    let before = bench.files();
    let missing = bench.path("no/such/folder/output");
    let done = fold::<Unstamped>(&inputs, &missing, &FoldOptions::default());
    assert!(
        matches!(&done, Err(FoldError::Io { path, .. }) if *path == missing),
        "{done:?}"
    );
    let mut options = FoldOptions::default();
    options.spill = Some(bench.path("nowhere"));
    let done = fold::<Unstamped>(&inputs, &bench.path("output"), &options);
    assert!(
        matches!(&done, Err(FoldError::Io { path, .. }) if path.starts_with(bench.path("nowhere"))),
        "{done:?}"
    );
    let gone = [bench.path("gone.events")];
    let done = fold::<Unstamped>(&gone, &bench.path("output"), &FoldOptions::default());
    assert!(matches!(done, Err(FoldError::Source(_))), "{done:?}");
    assert_eq!(bench.files(), before);

    let folder = bench.path("output");
    fs::create_dir(&folder).unwrap();
    options = FoldOptions::default();
    options.replace = true;
    let error = bench.refuse::<Unstamped>(&inputs, &options);
    assert!(
        matches!(&error, FoldError::Io { action: "write", path, .. } if *path == folder),
        "{error:?}"
    );
}

#[test]
fn what_no_fold_left_is_not_removed() {
    let (bench, inputs) = bench();
    let spill = bench.path("output.spill");
    fs::create_dir(&spill).unwrap();
    fs::write(spill.join("part-000001"), "mine").unwrap();
    for marker in ["", "notes on lattices", "lattice spill folder 1"] {
        if !marker.is_empty() {
            fs::write(spill.join("LATTICE-SPILL"), marker).unwrap();
        }
        let error = bench.refuse::<Unstamped>(&inputs, &FoldOptions::default());
        assert!(
            matches!(&error, FoldError::SpillForeign { path } if *path == spill.canonicalize().unwrap()),
            "{marker}: {error:?}"
        );
    }
    // Ours, but for one file.
    fs::write(spill.join("LATTICE-SPILL"), "lattice spill folder 1\n").unwrap();
    fs::write(spill.join("part-of-my-thesis"), "mine").unwrap();
    let error = bench.refuse::<Unstamped>(&inputs, &FoldOptions::default());
    assert!(matches!(error, FoldError::SpillForeign { .. }), "{error:?}");
    fs::remove_dir_all(&spill).unwrap();
    fs::write(&spill, "a file").unwrap();
    let error = bench.refuse::<Unstamped>(&inputs, &FoldOptions::default());
    assert!(matches!(error, FoldError::SpillForeign { .. }), "{error:?}");
}

#[test]
fn what_a_killed_fold_left_is_removed_by_the_next() {
    let (bench, inputs) = bench();
    let spill = bench.path("output.spill");
    for files in [
        &[][..],
        &["LATTICE-SPILL"],
        &["LATTICE-SPILL", "part-000001", "run-000017"],
    ] {
        fs::create_dir(&spill).unwrap();
        for file in files {
            fs::write(spill.join(file), "lattice spill folder 1\nand so on").unwrap();
        }
        fs::write(bench.path("output.partial"), "half").unwrap();
        let done = fold::<Unstamped>(&inputs, &bench.path("output"), &FoldOptions::default());
        done.unwrap();
        assert_eq!(bench.files().len(), 2, "{files:?}");
        fs::remove_file(bench.path("output")).unwrap();
    }
}

#[test]
fn two_folds_into_one_output_do_not_meet() {
    let (bench, inputs) = bench();
    let output = bench.path("output");
    let mut refused = 0;
    fold_logs::<Unstamped>(&inputs, &output, &FoldOptions::default(), &mut |now| {
        // Near the end the folder is gone already, and the output not there yet.
        if now.done == 0 {
            let second = fold::<Unstamped>(&inputs, &output, &FoldOptions::default());
            assert!(
                matches!(&second, Err(FoldError::SpillInUse { path }) if path.ends_with("output.spill")),
                "{second:?}"
            );
            refused += 1;
        }
        ControlFlow::Continue(())
    })
    .unwrap();
    assert!(refused > 1);
    assert_eq!(bench.files().len(), 2);
}

#[test]
fn the_folder_to_spill_into_can_be_chosen() {
    let (bench, inputs) = bench();
    fs::create_dir(bench.path("elsewhere")).unwrap();
    let mut options = options(1 << 20, 1, None);
    options.spill = Some(bench.path("elsewhere"));
    let mut seen = Vec::new();
    fold_logs::<Unstamped>(&inputs, &bench.path("output"), &options, &mut |_| {
        for entry in fs::read_dir(bench.path("elsewhere")).unwrap() {
            seen.push(entry.unwrap().file_name().into_string().unwrap());
        }
        assert!(!bench.path("output.spill").exists());
        ControlFlow::Continue(())
    })
    .unwrap();
    seen.dedup();
    let [name] = &seen[..] else {
        panic!("{seen:?}");
    };
    let (hash, kind) = name
        .strip_prefix("output-")
        .unwrap()
        .split_once('.')
        .unwrap();
    assert_eq!((hash.len(), kind), (16, "spill"));
    assert_eq!(fs::read_dir(bench.path("elsewhere")).unwrap().count(), 0);
}

/// What is spilled is as secret as the log.
#[cfg(unix)]
#[test]
fn nobody_else_may_look_into_what_is_spilled() {
    use std::os::unix::fs::PermissionsExt;

    let (bench, inputs) = bench();
    let mut looked = 0;
    fold_logs::<Unstamped>(
        &inputs,
        &bench.path("output"),
        &options(1 << 20, 1, None),
        &mut |_| {
            let spill = bench.path("output.spill");
            if let Ok(meta) = fs::metadata(&spill) {
                assert_eq!(meta.permissions().mode() & 0o777, 0o700);
                for entry in fs::read_dir(spill).unwrap() {
                    let meta = entry.unwrap().metadata().unwrap();
                    assert_eq!(meta.permissions().mode() & 0o077, 0);
                    looked += 1;
                }
            }
            ControlFlow::Continue(())
        },
    )
    .unwrap();
    assert!(looked > 3);
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_told_of() {
    let (bench, inputs) = bench();
    let full = PathBuf::from("/dev/full");
    let before = bench.files();
    let mut options = FoldOptions::default();
    let done = fold::<Unstamped>(&inputs, &full, &options);
    assert!(matches!(done, Err(FoldError::NoRoom { .. })), "{done:?}");
    options.spill = Some(bench.path(""));
    let done = fold::<Unstamped>(&inputs, &full, &options);
    assert!(
        matches!(&done, Err(FoldError::Io { path, source, .. })
            if *path == full && source.kind() == ErrorKind::StorageFull),
        "{done:?}"
    );
    assert_eq!(bench.files(), before);
}

/// Somebody removes or changes what was spilled while the fold runs.
#[test]
fn spilled_files_that_change_are_noticed() {
    for damage in 0..3 {
        let (bench, inputs) = bench();
        let mut options = FoldOptions::default();
        options.partitions = std::num::NonZeroUsize::new(1);
        let done = fold_logs::<Unstamped>(&inputs, &bench.path("output"), &options, &mut |now| {
            let part = bench.path("output.spill").join("part-000001");
            if now.phase == storage_adapter::FoldPhase::Fold && part.exists() {
                let mut bytes = fs::read(&part).unwrap();
                match damage {
                    0 => bytes.truncate(bytes.len() / 2),
                    1 => bytes[200] ^= 1,
                    _ => bytes[0] = 9,
                }
                fs::write(&part, bytes).unwrap();
            }
            ControlFlow::Continue(())
        });
        let done = done.map(|_| ());
        assert!(
            matches!(done, Err(FoldError::SpillDamaged { .. })),
            "{damage}: {done:?}"
        );
        assert_eq!(bench.files().len(), 1);
    }
}
