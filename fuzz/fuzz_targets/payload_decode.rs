//! Any bytes as a payload: refused, or written back to the same bytes.
#![no_main]

use bones_snapshot::{ItemView, SnapshotPayload};
use lattice_lww::{Itc, Unstamped};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(payload) = SnapshotPayload::<Unstamped>::decode(bytes) {
        assert_eq!(payload.encode(), bytes);
        let _ = ItemView::new(payload.item_id(), payload.state());
    }
    if let Ok(payload) = SnapshotPayload::<Itc>::decode(bytes) {
        assert_eq!(payload.encode(), bytes);
        let _ = ItemView::new(payload.item_id(), payload.state());
    }
});
