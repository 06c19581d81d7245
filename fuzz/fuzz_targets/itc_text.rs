//! Any text as an interval tree clock: no panic, one canonical form, a lawful order.
#![no_main]

use lattice_lww::{ItcClock, Stamp};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|texts: (&str, &str)| {
    let (Ok(a), Ok(b)) = (ItcClock::from_text(texts.0), ItcClock::from_text(texts.1)) else {
        return;
    };
    let again = ItcClock::from_text(&a.to_text_v3()).expect("own text reads back");
    assert!(again == a);
    let (x, y) = (a.stamp(), b.stamp());
    assert!(x.leq(&x));
    if x.leq(&y) && y.leq(&x) {
        assert!(x == y, "the order is not antisymmetric");
    }
    let mut bytes = Vec::new();
    x.encode(&mut bytes);
    assert!(lattice_lww::Itc::decode(&bytes).is_ok_and(|back| back == x));
});
