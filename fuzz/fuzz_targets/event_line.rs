//! Any bytes as a line, and any text as the type and data of a line whose hash is right: no panic,
//! and what parses is covered by its own delta, which reads back from its payload.
#![no_main]

use bones_snapshot::{ItemView, SnapshotPayload, Stamped, bones_snapshot_lines, parse_line, write_line};
use lattice_core::{JoinSemilattice, Set};
use lattice_lww::Unstamped;
use libfuzzer_sys::fuzz_target;

fn check(line: &[u8]) {
    let Ok(Some(event)) = parse_line(line) else {
        return;
    };
    let event = Stamped::<Unstamped>::new(event).expect("a wall store needs no stamp");
    let (hash, item) = (event.event().hash, event.event().item_id.clone());
    let delta = event.delta();
    assert!(delta.coverage().contains(&hash));
    assert!(delta.leq(&delta.clone().joined(event.delta())));

    let payload = SnapshotPayload::new(&item, delta.clone(), &Set::new());
    let read = SnapshotPayload::<Unstamped>::decode(&payload.encode());
    assert_eq!(read.as_ref(), Ok(&payload), "what is written reads back");
    let _ = ItemView::new(&item, &delta);
    for line in bones_snapshot_lines(&item, &delta, "fuzz").unwrap_or_default() {
        assert!(matches!(parse_line(line.as_bytes()), Ok(Some(_))), "what bones gets reads back");
    }
}

fuzz_target!(|line: &[u8]| {
    check(line);
    let mut columns = line.split(|byte| *byte == b'\t').skip(3);
    let mut text = || columns.next().and_then(|column| std::str::from_utf8(column).ok());
    if let (Some(parent), Some(kind), Some(_), Some(data)) = (text(), text(), text(), text()) {
        let parents: Vec<_> = bones_snapshot::parse_hash(parent).into_iter().collect();
        let line = write_line(7, "alice", "itc:AQ", &parents, kind, "bn-1", data);
        check(line.as_bytes());
    }
});
