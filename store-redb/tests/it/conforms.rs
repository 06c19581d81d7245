//! The checks that every log has to pass.

use lattice_redb::{RedbFinished, RedbLog, RedbReader, RedbRewrite};
use storage_adapter::conformance as checks;
use storage_adapter::{LogStore, SharedStore};

/// Makes logs in a folder, one file each.
fn maker(dir: &tempfile::TempDir) -> impl FnMut(&[u8]) -> RedbLog {
    let path = dir.path().to_path_buf();
    let mut made = 0;
    move |header| {
        made += 1;
        RedbLog::create(&path.join(made.to_string()), header).unwrap()
    }
}

#[test]
fn the_log_over_redb_conforms() {
    let dir = tempfile::tempdir().unwrap();
    checks::check(maker(&dir), |log| {
        let path = log.place();
        drop(log);
        RedbLog::open(&path).unwrap()
    });
}

#[test]
fn it_conforms_when_the_process_is_killed_instead_of_closing_it() {
    let dir = tempfile::tempdir().unwrap();
    let mut copies = 0;
    // The file as it is while the log is open is what a killed process leaves.
    checks::check(maker(&dir), |log| {
        copies += 1;
        let copy = dir.path().join(format!("copy-{copies}"));
        std::fs::copy(log.place(), &copy).unwrap();
        RedbLog::open(&copy).unwrap()
    });
}

#[test]
fn threads_share_it() {
    fn send<T: Send>() {}
    fn sync<T: Sync>() {}
    let dir = tempfile::tempdir().unwrap();
    checks::check_threads(maker(&dir));
    send::<RedbLog>();
    send::<RedbRewrite>();
    send::<RedbFinished>();
    send::<RedbReader>();
    sync::<RedbReader>();
    sync::<SharedStore<lattice_lww::Unstamped, RedbLog>>();
}
