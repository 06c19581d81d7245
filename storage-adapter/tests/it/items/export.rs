//! The export file: read as it was written, or refused.

use std::fs;
use std::path::Path;

use bones_snapshot::{EventHash, Order};
use lattice_core::Set;
use lattice_lww::{Itc, Unstamped};
use storage_adapter::{AnyStore, Export, ExportError, ItemStore, StoreError, is_export};

use super::support::{Place, compact, files, finished, hash, import, line, views};

/// A small export with a redaction, and a store that was not told of it.
fn small(place: &Place) -> (Vec<u8>, ItemStore<Unstamped>) {
    let lines = finished(2);
    let r: Set<EventHash> = [hash(&lines[1]), EventHash([3; 32])].into_iter().collect();
    let full = place.plain::<Unstamped>(&lines, &r);
    let file = place.path("small");
    full.export().unwrap().write(&file).unwrap();
    let store = place.plain::<Unstamped>(&lines[..4], &Set::new());
    (fs::read(file).unwrap(), store)
}

fn read<S: Order>(place: &Place, bytes: &[u8]) -> Result<Export<S>, ExportError> {
    let file = place.path("damaged");
    fs::write(&file, bytes).unwrap();
    Export::read(&file)
}

#[test]
fn an_export_reads_as_it_was_written() {
    let place = Place::new();
    let (bytes, _) = small(&place);
    let export = read::<Unstamped>(&place, &bytes).unwrap();
    assert_eq!((export.redactions.len(), export.payloads.len()), (2, 2));
    let again = place.path("again");
    export.write(&again).unwrap();
    assert_eq!(fs::read(&again).unwrap(), bytes);
    assert!(is_export(&again).unwrap());
    assert!(!Path::new(&format!("{}.partial", again.display())).exists());
}

#[test]
fn equal_knowledge_exports_equal_bytes() {
    let place = Place::new();
    let lines = finished(4);
    let mut turned = lines.clone();
    turned.reverse();
    let raw = place.plain::<Itc>(&lines, &Set::new());
    let mut compacted = place.plain::<Itc>(&turned, &Set::new());
    compact(&mut compacted);
    let (a, b) = (place.path("a"), place.path("b"));
    raw.export().unwrap().write(&a).unwrap();
    compacted.export().unwrap().write(&b).unwrap();
    assert_eq!(fs::read(a).unwrap(), fs::read(b).unwrap());
}

#[test]
fn written_item_by_item_it_is_the_same_to_the_byte() {
    let place = Place::new();
    let lines = finished(3_000);
    let r: Set<EventHash> = [hash(&lines[1]), EventHash([3; 32])].into_iter().collect();
    let mut store = place.plain::<Unstamped>(&lines[..lines.len() - 9], &r);
    let compared = |store: &ItemStore<Unstamped>| {
        let (whole, each) = (place.path("whole"), place.path("each"));
        store.write_export(&each).unwrap();
        let each = fs::read(each).unwrap();
        store.export().unwrap().write(&whole).unwrap();
        assert!(fs::read(&whole).unwrap() == each, "{} bytes", each.len());
        let read = Export::<Unstamped>::read(&whole).unwrap();
        let states = store.states().map(|held| held.unwrap().1.clone());
        assert!(read.payloads.iter().map(|p| p.state().clone()).eq(states));
        each
    };
    let raw = compared(&store);
    compact(&mut store);
    assert!(compared(&store) == raw);
    // Of some items more came since: they lie between those that are read in passing.
    let late = [0, 1, 1_023, 1_024, 1_025, 2_998, 2_999];
    let late = late.map(|n| line(9, "item.comment", &format!("bn-{n}"), r#"{"body":"late"}"#));
    assert_eq!(import(&mut store, &late).events_added, 7);
    import(&mut store, &lines[lines.len() - 9..]);
    assert!(compared(&store) != raw);
}

#[test]
fn an_export_that_cannot_be_written_leaves_the_old_one() {
    let place = Place::new();
    let (bytes, store) = small(&place);
    let file = place.path("small");
    fs::write(format!("{}.partial", file.display()), "another").unwrap();
    let refused = store.write_export(&file).unwrap_err();
    assert!(
        matches!(&refused, StoreError::Export(ExportError::Io { path, .. }) if *path == file),
        "{refused}"
    );
    assert_eq!(fs::read(&file).unwrap(), bytes);
}

#[test]
fn every_changed_byte_is_a_typed_error_and_the_store_stays_as_it_was() {
    let place = Place::new();
    let (bytes, store) = small(&place);
    let before = store.digest().unwrap();
    for at in 0..bytes.len() {
        for change in [1, 0x80, 0xff] {
            let mut damaged = bytes.clone();
            damaged[at] ^= change;
            match read::<Unstamped>(&place, &damaged).err() {
                Some(ExportError::NotAnExport { .. }) => assert!(at < 18, "byte {at}"),
                Some(ExportError::NewerFormat { found, .. }) => {
                    assert_eq!((at, found), (18, 1 ^ change));
                }
                Some(ExportError::Order { .. }) => assert_eq!(at, 19),
                Some(ExportError::Damaged { offset, .. }) => assert!(offset <= bytes.len() as u64),
                Some(ExportError::Payload { start, .. }) => assert!(start <= bytes.len() as u64),
                other => panic!("byte {at}: {other:?}"),
            }
        }
    }
    assert_eq!(store.digest().unwrap(), before);
}

#[test]
fn a_cut_or_lengthened_export_is_damaged() {
    let place = Place::new();
    let (bytes, _) = small(&place);
    for length in 0..bytes.len() {
        let refused = read::<Unstamped>(&place, &bytes[..length]).err();
        assert!(
            matches!(refused, Some(ExportError::Damaged { .. })),
            "{length}: {refused:?}"
        );
    }
    let longer = [&bytes[..], &[0]].concat();
    let refused = read::<Unstamped>(&place, &longer).err().unwrap();
    assert!(
        refused.to_string().contains("bytes follow the end"),
        "{refused}"
    );
}

#[test]
fn lengths_that_lie_do_not_take_memory() {
    let place = Place::new();
    let (bytes, _) = small(&place);
    // The number of redactions, the number of items, the length of the first payload.
    let items_at = 20 + 8 + 2 * 32;
    for at in [20, items_at, items_at + 8] {
        let mut damaged = bytes.clone();
        damaged[at..at + 8].copy_from_slice(&u64::MAX.to_le_bytes());
        let refused = read::<Unstamped>(&place, &damaged).err();
        assert!(
            matches!(refused, Some(ExportError::Damaged { .. })),
            "{at}: {refused:?}"
        );
    }
}

#[test]
fn orders_do_not_mix() {
    let place = Place::new();
    let (bytes, store) = small(&place);
    let refused = read::<Itc>(&place, &bytes).err().unwrap();
    assert!(
        matches!(
            refused,
            ExportError::Order {
                expected: "itc",
                ..
            }
        ),
        "{refused}"
    );
    assert!(
        refused.to_string().contains("orders cannot be mixed"),
        "{refused}"
    );
    // A payload of another order in an export that claims to be of ours.
    let mut disguised = bytes.clone();
    disguised[19] ^= 1;
    let refused = read::<Itc>(&place, &disguised).err();
    assert!(
        matches!(refused, Some(ExportError::Payload { .. })),
        "{refused:?}"
    );

    drop(store);
    let path = place.path("walled");
    drop(ItemStore::<Unstamped>::create(&path).unwrap());
    let before = files(&path);
    let refused = ItemStore::<Itc>::open(&path).err().unwrap();
    assert!(matches!(refused, StoreError::Order { .. }), "{refused}");
    assert!(
        refused
            .to_string()
            .contains("created with order `wall`, not `itc`"),
        "{refused}"
    );
    assert_eq!(files(&path), before);
    let (any, _) = AnyStore::open(&path).unwrap();
    assert_eq!(any.order_word(), "wall");
}

#[test]
fn a_failed_write_leaves_the_old_file() {
    let place = Place::new();
    let (bytes, store) = small(&place);
    let file = place.path("kept");
    fs::write(&file, &bytes).unwrap();
    // The name for the unfinished file is taken by a folder.
    fs::create_dir(place.path("kept.partial")).unwrap();
    let refused = store.export().unwrap().write(&file).unwrap_err();
    assert!(
        matches!(
            refused,
            ExportError::Io {
                action: "write",
                ..
            }
        ),
        "{refused}"
    );
    assert_eq!(fs::read(&file).unwrap(), bytes);
    let missing = Export::<Unstamped>::read(&place.path("missing"))
        .err()
        .unwrap();
    assert!(
        matches!(missing, ExportError::Io { action: "open", .. }),
        "{missing}"
    );
}

#[test]
fn a_reader_of_an_export_never_sees_what_was_redacted() {
    let place = Place::new();
    let (bytes, mut store) = small(&place);
    assert!(
        !bytes
            .windows(6)
            .any(|w| w == b"remark" && bytes.windows(11).any(|w| w == b"remark on 0"))
    );
    assert!(views(&store)["bn-0"].contains("remark on 0"));
    let export = read::<Unstamped>(&place, &bytes).unwrap();
    let report = store.apply(export.into(), 1).unwrap();
    assert_eq!(report.redactions_added, 2);
    assert!(!views(&store)["bn-0"].contains("remark on 0"));
    assert!(views(&store)["bn-1"].contains("remark on 1"));
}
