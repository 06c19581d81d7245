//! Compacting events of one's own: two shoppers fill a cart, the log shrinks, nobody can tell.
//!
//! `cargo run -p bones-compact --example shopping_cart`
#![allow(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "an example stops where it goes wrong"
)]

mod cart;

use bones_compact::{
    CompactionPolicy, ItemSources, LatticeEvent, Verdict, compact_items, extract_snapshot_payload,
    verify_compaction,
};
use cart::{Act, Cart, CartEvent};
use lattice_core::{Dot, Set};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let dot = |shopper: &str, seq| Dot::new(shopper.to_owned(), seq);
    let put = |product: &str| Act::Put(product.to_owned());
    let name = Act::Name("party for carol".into());
    let events = vec![
        CartEvent::new("cart-1", dot("ada", 1), 1, 100, put("milk")),
        CartEvent::new("cart-1", dot("ada", 2), 2, 200, put("a present for bob")),
        // Bob takes the milk he has seen; Ada puts in another, which he has not.
        CartEvent::new(
            "cart-1",
            dot("bob", 1),
            2,
            150,
            Act::Take(vec![dot("ada", 1)]),
        ),
        CartEvent::new("cart-1", dot("ada", 3), 3, 300, put("milk")),
        CartEvent::new("cart-1", dot("bob", 2), 3, 310, name),
        CartEvent::new("cart-1", dot("ada", 4), 4, 400, Act::Pay),
    ];
    let sources = ItemSources {
        bytes: 4096, // what the log takes on this disk
        events: events.clone(),
        states: vec![],
    };

    // Bob need not know of his present: the event stays, its text goes.
    let redactions = Set::singleton(events[1].hash());
    let policy = CompactionPolicy {
        min_age_days: 0,
        target_phases: vec!["paid".into()],
        ..CompactionPolicy::default()
    };
    let (snapshots, report) = compact_items(&[("cart-1", &sources)], &policy, 400, &redactions);
    let snapshot = snapshots
        .first()
        .ok_or("the cart is paid, so it compacts")?;
    println!(
        "{} events -> {} bytes",
        report.events_replaced,
        snapshot.payload.len()
    );

    let (id, cart) = extract_snapshot_payload::<Cart>(&snapshot.payload)?;
    assert_eq!((&*id, cart.name()), ("cart-1", Some("party for carol")));
    assert_eq!(cart.products(), ["milk"]);
    println!("{id} holds {:?}", cart.products());

    let verdict = verify_compaction("cart-1", &snapshot.payload, &events, &redactions)?;
    assert_eq!(verdict, Verdict::Verified);
    // A snapshot of fewer events is true as well, but not one that only claims to hold them.
    let cut = &snapshot.payload[..snapshot.payload.len() - 1];
    assert!(verify_compaction("cart-1", cut, &events, &redactions).is_err());
    println!("verified: exactly the join of its events");
    Ok(())
}
