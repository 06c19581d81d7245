//! Stores whose compactions compress what they write.

#![allow(
    clippy::unwrap_used,
    reason = "a test that goes wrong should stop right there; helpers are not seen as tests"
)]

use storage_adapter::log::LogDir;
use storage_adapter::{Compaction, Compression, ItemStore, LogReader, LogStore};

use crate::tiered::model::{HOUR, MINUTE, Pair, Store, compaction, line, small};

fn packing(clock: u64, compression: Option<Compression>) -> Compaction {
    Compaction {
        compression,
        ..compaction(Some(small()), clock)
    }
}

/// A comment, which nothing replaces.
fn remark(n: u64) -> String {
    let body = format!("remark {n} on what there is to say ").repeat(6);
    let data = format!(r#"{{"body":"{body}"}}"#);
    let wall = i64::try_from(n).unwrap();
    bones_snapshot::write_line(wall, "alice", "itc:AQ", &[], "item.comment", "bn-1", &data)
}

/// Sixty commits of four items and a scope, compacted and compressed half way.
fn lived() -> Pair {
    let mut pair = Pair::new();
    let scope = pair.create_scope("draft", 0);
    for n in 0..60 {
        let target = (n % 5 == 0).then_some(&scope);
        pair.apply(
            target,
            &[line(&format!("bn-{}", n % 4), n / 4), remark(n)],
            n * 5 * MINUTE,
        );
        if n == 30 {
            let options = packing(n * 5 * MINUTE, Some(Compression::ZSTD));
            assert!(pair.store.compact(&options).unwrap().changed);
        }
    }
    pair
}

#[test]
fn a_compressed_store_reads_as_if_it_were_not_and_stays_compressed() {
    let mut pair = lived();
    pair.check();
    pair.reopen();
    pair.check();
    assert!(pair.store.is_packed());
    for clock in [6, 7, 30] {
        pair.store.compact(&packing(clock * HOUR, None)).unwrap();
        assert!(pair.store.is_packed());
        pair.check();
        pair.reopen();
        pair.check();
        assert!(
            !pair
                .store
                .compact(&packing(clock * HOUR, None))
                .unwrap()
                .changed
        );
    }
}

#[test]
fn the_form_changes_when_asked_for_and_only_then() {
    let mut pair = lived();
    pair.store.compact(&packing(9 * HOUR, None)).unwrap();
    let small = pair.store.log().disk_bytes().unwrap();
    let whole = packing(9 * HOUR, Some(Compression::None));
    assert!(pair.store.compact(&whole).unwrap().changed);
    assert!(!pair.store.is_packed());
    let large = pair.store.log().disk_bytes().unwrap();
    assert!(small * 2 < large, "{small} of {large}");
    assert!(!pair.store.compact(&whole).unwrap().changed);
    let packed = packing(9 * HOUR, Some(Compression::Zstd { level: 19 }));
    assert!(pair.store.compact(&packed).unwrap().changed);
    assert!(!pair.store.compact(&packed).unwrap().changed);
    pair.check();
}

#[test]
fn redacted_text_leaves_a_compressed_store_as_well() {
    let mut pair = lived();
    pair.store.compact(&packing(9 * HOUR, None)).unwrap();
    pair.redact(&[line("bn-0", 3)], 9 * HOUR);
    pair.store.compact(&packing(9 * HOUR, None)).unwrap();
    pair.check();
    // Written out as it is, to be searched.
    pair.store
        .compact(&packing(9 * HOUR, Some(Compression::None)))
        .unwrap();
    let reader = pair.store.log().reader();
    for frame in reader.frames().map(Result::unwrap) {
        let text = String::from_utf8_lossy(&frame.body);
        assert!(!text.contains(" 3 words of bn-0"));
    }
}

#[test]
fn a_damaged_piece_is_named_by_file_and_byte() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("store");
    let mut store: Store<LogDir> = ItemStore::create(&path).unwrap();
    let events = (0..40).map(|n| crate::tiered::model::held(&line("bn-0", n)));
    let batch = storage_adapter::Batch {
        events: events.collect(),
        ..storage_adapter::Batch::default()
    };
    store.apply(batch, 0).unwrap();
    store
        .compact(&packing(HOUR, Some(Compression::ZSTD)))
        .unwrap();
    let reader = store.log().reader();
    let packed = |frame: &storage_adapter::log::Entry| frame.kind == 13;
    let last = reader.frames().map(Result::unwrap).filter(packed).last();
    let last = last.unwrap();
    drop((reader, store));
    let file = path.join(&*last.file);
    let mut bytes = std::fs::read(&file).unwrap();
    let at = usize::try_from(last.offset).unwrap() + 40;
    if let Some(byte) = bytes.get_mut(at) {
        *byte ^= 1;
    }
    std::fs::write(&file, bytes).unwrap();
    let (store, _) = Store::<LogDir>::open(&path).unwrap();
    let refused = store.state("bn-0").unwrap_err().to_string();
    assert!(refused.contains(&*last.file), "{refused}");
    assert!(
        refused.contains(&format!("at byte {}", last.offset)),
        "{refused}"
    );
}
