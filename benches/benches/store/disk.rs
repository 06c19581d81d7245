//! What is on disk: after compaction, for a compaction of little, and how long it takes to open.

use std::fs;
use std::os::unix::fs::FileExt;
use std::path::Path;

use lattice_benches::report::Report;
use lattice_lww::Unstamped;
use storage_adapter::log::{FRAME_OVERHEAD, LogDir};
use storage_adapter::{Compaction, ItemStore, Reach};

use crate::engines::{Fjall, Redb};
use crate::import::fill;
use crate::workload::{Workload, batch};
use crate::{nanos, quantile};

/// At most so much of the better peer.
const SHARE: f64 = 0.5;
/// Opening takes at most so many times reading the files.
const REOPEN: f64 = 2.0;
/// A compaction when a hundredth of the items changed writes at most so much of what it would write in full.
const LITTLE: f64 = 0.02;

/// Disk, reopening, and what little changes cost.
pub fn report(work: &Workload, report: &mut Report) {
    let dir = tempfile::tempdir().expect("a folder");
    let path = dir.path().join("store");
    let mut store = work.store(&path);
    let imported = store.stats().expect("stats").disk_bytes;
    let all = store
        .compact(&Compaction::at(work.later()))
        .expect("compacted");
    let with_history = all.disk_after;
    let kept = store.commits().count();
    let now_only = Compaction::without_history(work.later());
    let compacted = store.compact(&now_only).expect("compacted").disk_after;
    let peers = peers(work, dir.path());

    println!("\n### Disk for {} bytes of lines\n", work.bytes());
    println!("| contender | bytes | of the lines | asked |");
    println!("|---|---:|---:|---|");
    let share = |bytes: u64| format!("{:.2}", bytes as f64 / work.bytes() as f64);
    println!(
        "| ItemStore as imported | {imported} | {} | |",
        share(imported)
    );
    println!(
        "| ItemStore compacted, {kept} moments readable | {with_history} | {} | |",
        share(with_history)
    );
    let better = peers
        .iter()
        .filter(|peer| !peer.2)
        .map(|peer| peer.1)
        .min()
        .expect("a peer");
    let ratio = compacted as f64 / better as f64;
    let asked = format!("<= {SHARE} of the better peer without compression ({ratio:.3})");
    println!(
        "| **ItemStore compacted, no history** | {compacted} | {} | {} |",
        share(compacted),
        judged(report, &format!("Disk: {asked}"), ratio <= SHARE)
    );
    for (name, bytes, _) in &peers {
        println!("| {name} | {bytes} | {} | |", share(*bytes));
    }

    drop(store);
    reopening(&path, report);
    little(work, &path, report);
}

/// The peers, their bytes, and whether they compress. They keep every event, which is what makes their content the
/// same.
fn peers(work: &Workload, dir: &Path) -> [(&'static str, u64, bool); 3] {
    let of_fjall = |name: &str, compressed| {
        let mut engine = Fjall::new(&dir.join(name), compressed);
        fill(work, &mut engine);
        engine.table_bytes()
    };
    let file = dir.join("redb");
    let mut redb = Redb::new(&file);
    fill(work, &mut redb);
    redb.compact();
    drop(redb);
    [
        (
            "fjall, lz4, merged, journals not counted",
            of_fjall("lz4", true),
            true,
        ),
        (
            "fjall, no compression, likewise",
            of_fjall("plain", false),
            false,
        ),
        (
            "redb, compacted",
            fs::metadata(file).expect("the file").len(),
            false,
        ),
    ]
}

/// Opening a compacted store against reading what it opens from, and against reading all files, in turn. No item
/// is read by opening; so reading one right after is timed too.
fn reopening(path: &Path, report: &mut Report) {
    let (index, item) = {
        let (store, _) = ItemStore::<Unstamped>::open(path).expect("the store");
        let middle = store.item_ids().count() / 2;
        let item = store.item_ids().nth(middle).expect("an item").to_owned();
        (Index::of(path, &store), item)
    };
    let [mut opened, mut log, mut first, mut read, mut all] = [const { Vec::new() }; 5];
    for _ in 0..15 {
        all.push(nanos(|| read_all(path)).0);
        read.push(nanos(|| index.read(path)).0);
        log.push(nanos(|| drop(LogDir::open(path).expect("the log"))).0);
        let (time, store) = nanos(|| ItemStore::<Unstamped>::open(path).expect("the store").0);
        opened.push(time);
        let (time, _) = nanos(|| store.state(&item).expect("the item").is_some());
        first.push(time);
    }
    let median = |times| quantile(times, 0.5);
    let (opened, read) = (median(opened), median(read));
    let ratio = opened / read;
    let asked = format!("<= {REOPEN} times reading CURRENT, manifest and index ({ratio:.1})");
    println!("\n### Disk: reopening a compacted store (ms)\n");
    println!("| | ms | asked |\n|---|---:|---|");
    let judged = judged(report, &format!("Reopening: {asked}"), ratio <= REOPEN);
    println!("| **ItemStore::open** | {:.2} | {judged} |", opened / 1e6);
    println!(
        "| of that the log, which lists the folder, takes the lock and syncs | {:.2} | |",
        median(log) / 1e6
    );
    println!(
        "| first read of an item after it | {:.3} | |",
        median(first) / 1e6
    );
    let bytes = index.bytes();
    println!(
        "| _reading CURRENT, manifest and index, {bytes} bytes_ | {:.2} | |",
        read / 1e6
    );
    println!("| _reading all files_ | {:.2} | |", median(all) / 1e6);
}

/// Where the frames of an index lie: file, offset and length.
struct Index(Vec<(String, u64, usize)>);

impl Index {
    /// Frames of a history, of redactions, and of an index.
    const KINDS: [u8; 5] = [3, 12, 14, 15, 16];

    fn of(path: &Path, store: &ItemStore<Unstamped>) -> Self {
        let files = fs::read_dir(path).expect("the folder");
        let names = files.map(|file| file.expect("a file").file_name().into_string());
        let small = names
            .map(|name| name.expect("a name"))
            .filter(|name| name.starts_with("CURRENT") || name.starts_with("MANIFEST"));
        let whole = small.map(|name| {
            let len = fs::metadata(path.join(&name)).expect("the file").len();
            (name, 0, usize::try_from(len).expect("a small file"))
        });
        let frames = store.log().frames().map(|frame| frame.expect("a frame"));
        let frames = frames.filter(|frame| Self::KINDS.contains(&frame.kind));
        let frames = frames.map(|frame| {
            let len = frame.body.len() + FRAME_OVERHEAD;
            (frame.file.to_string(), frame.offset, len)
        });
        Self(whole.chain(frames).collect())
    }

    fn bytes(&self) -> usize {
        self.0.iter().map(|(_, _, len)| len).sum()
    }

    fn read(&self, path: &Path) -> usize {
        let read = |(name, offset, len): &(String, u64, usize)| {
            let file = fs::File::open(path.join(name)).expect("the file");
            let mut bytes = vec![0; *len];
            file.read_exact_at(&mut bytes, *offset).expect("its bytes");
            bytes.len()
        };
        self.0.iter().map(read).sum()
    }
}

fn read_all(path: &Path) -> usize {
    let files = fs::read_dir(path).expect("the folder");
    let read = |file: std::io::Result<fs::DirEntry>| {
        fs::read(file.expect("a file").path())
            .expect("its bytes")
            .len()
    };
    files.map(read).sum()
}

/// What a compaction writes when a hundredth of the items got a comment since the last.
fn little(work: &Workload, path: &Path, report: &mut Report) {
    let (mut store, _) = ItemStore::<Unstamped>::open(path).expect("the store");
    let changed = (work.ids.len() / 100).max(1);
    let later = work.later() + 1;
    store
        .apply(batch(work.comments(changed, 1)), later)
        .expect("a commit");
    let full = store.stats().expect("stats").disk_bytes;
    // Long enough after the comments that their items may be compacted again.
    let options = Compaction {
        reach: Reach::Worthwhile,
        ..Compaction::without_history(later + 60 * 24 * 3_600_000_000)
    };
    let before = written();
    let outcome = store.compact(&options).expect("compacted");
    let bytes = written().zip(before).map(|(after, before)| after - before);
    println!("\n### Disk: bytes a compaction writes when {changed} items changed\n");
    let Some(bytes) = bytes else {
        println!("not measured: this system does not count what a process writes");
        return;
    };
    assert!(outcome.changed, "there was something to compact");
    let ratio = bytes as f64 / full as f64;
    let asked = format!("<= {LITTLE} of a full one ({ratio:.3})");
    let judged = judged(
        report,
        &format!("Compaction of little: {asked}"),
        ratio <= LITTLE,
    );
    println!("| | bytes | asked |\n|---|---:|---|");
    println!("| **ItemStore::compact** | {bytes} | {judged} |");
    println!("| _all of the store_ | {full} | |");
}

/// Bytes this process has handed to the system to write.
fn written() -> Option<u64> {
    let counts = fs::read_to_string("/proc/self/io").ok()?;
    let line = counts
        .lines()
        .find_map(|line| line.strip_prefix("wchar: "))?;
    line.parse().ok()
}

/// Counts something asked, and tells how it went.
pub fn judged(report: &mut Report, what: &str, met: bool) -> String {
    report.count(what, met);
    let asked = what.split_once(": ").map_or(what, |(_, asked)| asked);
    format!("{asked}: {}", if met { "met" } else { "**missed**" })
}
