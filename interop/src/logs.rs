//! Where event lines come from.

use std::io;
use std::path::{Path, PathBuf};
use std::{env, fs};

/// The folder that holds the committed synthetic log.
pub fn dirty() -> PathBuf {
    workspace().join("tests-e2e/data/dirty/.bones/events")
}

/// The folders of the real logs, one per project; `None` when they are not on this machine.
///
/// # Panics
///
/// When `REQUIRE_REAL_LOGS=1` and they are not there.
pub fn real() -> Option<Vec<PathBuf>> {
    let root = env::var_os("BONES_LOGS").map_or_else(
        || workspace().join("../shared/data/bones-logs"),
        PathBuf::from,
    );
    let folders: Vec<PathBuf> = ["bones", "maw", "edict"]
        .iter()
        .map(|name| root.join(name))
        .filter(|folder| folder.is_dir())
        .collect();
    if folders.len() == 3 {
        return Some(folders);
    }
    assert!(
        env::var("REQUIRE_REAL_LOGS").as_deref() != Ok("1"),
        "REQUIRE_REAL_LOGS=1, but {} does not hold the three real logs",
        root.display(),
    );
    eprintln!(
        "!!! SKIPPED: no real logs in {}: nothing was compared",
        root.display()
    );
    None
}

/// All lines of the `.events` files of a folder, in order of file names.
///
/// # Errors
///
/// When the folder or a file cannot be read, or is not UTF-8.
pub fn lines(folder: &Path) -> io::Result<Vec<String>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|e| e == "events") {
            files.push(path);
        }
    }
    files.sort();
    let mut lines = Vec::new();
    for file in files {
        lines.extend(fs::read_to_string(file)?.split('\n').map(str::to_owned));
    }
    Ok(lines)
}

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}
