//! Tests that start processes, one after the other and in a binary of their own.
//!
//! Until it runs its own program, a process that is being started holds copies of all files of the one that starts it,
//! locks included. A store that another test closes just then is still locked when that test opens it again.

use std::path::Path;
use std::process::Command;

use storage_adapter::log::{LogDir, LogError};

#[test]
fn a_second_owner_is_locked_out_in_this_process_and_in_another() {
    const CHILD: &str = "LOG_TEST_LOCKED_STORE";
    if let Some(path) = std::env::var_os(CHILD) {
        assert!(matches!(
            LogDir::open(Path::new(&path)),
            Err(LogError::Locked { .. })
        ));
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("s");
    let log = LogDir::create(&path, b"").unwrap();
    let error = LogDir::open(&path).unwrap_err();
    assert!(matches!(&error, LogError::Locked { path: p } if *p == path.join("LOCK")));
    assert!(
        error
            .to_string()
            .ends_with("is in use elsewhere: close it there, then try again"),
        "{error}"
    );
    let child = Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "a_second_owner_is_locked_out_in_this_process_and_in_another",
        ])
        .env(CHILD, &path)
        .output()
        .unwrap();
    assert!(
        child.status.success(),
        "{}",
        String::from_utf8_lossy(&child.stdout)
    );
    assert!(
        String::from_utf8_lossy(&child.stdout).contains("1 passed"),
        "the child ran the test"
    );
    drop(log);
    assert!(LogDir::open(&path).is_ok());
}
