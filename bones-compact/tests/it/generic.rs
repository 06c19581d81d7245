//! The same functions on events that are not of bones: the carts of the example `shopping_cart`.

#[path = "../../examples/shopping_cart/cart.rs"]
mod cart;

use bones_compact::{
    CompactState, CompactionPolicy, ItemSources, LatticeEvent, SkipReason, Verdict, VerifyError,
    compact_item, compact_items, extract_snapshot_payload, verify_compaction, verify_lattice_join,
};
use bones_snapshot::EventHash;
use cart::{Act, Cart, CartEvent};
use lattice_core::{Bottom, Dot, JoinSemilattice, Set, join_all, laws};
use proptest::prelude::*;

fn sources(events: Vec<CartEvent>, states: Vec<Cart>) -> ItemSources<CartEvent> {
    ItemSources {
        events,
        states,
        bytes: u64::MAX,
    }
}

fn dot(shopper: usize, seq: u64) -> Dot<String> {
    Dot::new(["ada", "bob", "cy"][shopper % 3].to_owned(), seq)
}

/// Logs of one cart: dots count up per shopper, removals name dots of anybody, also dots not yet
/// seen, clocks are as they please.
fn logs() -> impl Strategy<Value = Vec<CartEvent>> {
    let event = (0..3_usize, 0..5_u64, -2..20_i64, 0..8_u8, 0..9_usize);
    prop::collection::vec(event, 1..20).prop_map(|recipes| {
        let mut seqs = [0_u64; 3];
        let recipes = recipes.into_iter();
        let events = recipes.map(|(shopper, lamport, wall_ts, act, arg)| {
            seqs[shopper] += 1;
            let act = match act {
                0..4 => Act::Put(["milk", "eggs", "tea"][arg % 3].into()),
                4 | 5 => Act::Take(vec![dot(arg, 1 + arg as u64 / 3)]),
                6 => Act::Name(["", "mine", "ours"][arg % 3].into()),
                _ => Act::Pay,
            };
            CartEvent::new("cart-1", dot(shopper, seqs[shopper]), lamport, wall_ts, act)
        });
        events.collect()
    })
}

fn chosen(events: &[CartEvent], mask: u32) -> Set<EventHash> {
    let bits = events.iter().zip((0..32).cycle());
    bits.filter(|(_, bit)| mask >> bit & 1 == 1)
        .map(|(event, _)| event.hash())
        .collect()
}

proptest! {
    #[test]
    fn carts_keep_the_laws(log in logs(), mask: u32) {
        let r = chosen(&log, mask);
        let mut states: Vec<Cart> = log.iter().take(4).map(LatticeEvent::delta).collect();
        states.push(join_all(log.iter().map(LatticeEvent::delta)));
        let redacted = states.iter().cloned().map(|mut state| {
            state.redact(&r);
            state
        });
        let states: Vec<Cart> = states.iter().cloned().chain(redacted).collect();
        laws::check_all(&states);
        for state in &states {
            let bytes = state.encode("cart-1");
            let (id, back) = Cart::decode(&bytes).unwrap();
            prop_assert_eq!((&*id, &back), ("cart-1", state));
        }
    }

    #[test]
    fn carts_compact_in_any_order_and_any_part(
        log in logs(),
        mask in prop_oneof![Just(0), any::<u32>()],
        part: u32,
    ) {
        let r = chosen(&log, mask);
        let once = compact_item("cart-1", &sources(log.clone(), vec![]), &r).unwrap();
        let mut turned = log.clone();
        turned.reverse();
        prop_assert_eq!(&once, &compact_item("cart-1", &sources(turned, vec![]), &r).unwrap());

        let named = chosen(&log, part);
        let (early, late): (Vec<_>, Vec<_>) =
            log.iter().cloned().partition(|event| named.contains(&event.hash()));
        if let Some(old) = compact_item("cart-1", &sources(early, vec![]), &Set::bottom()) {
            let (_, old) = extract_snapshot_payload::<Cart>(&old.payload).unwrap();
            let again = compact_item("cart-1", &sources(late, vec![old]), &r).unwrap();
            prop_assert_eq!(&once, &again);
        }
        let verdict = verify_compaction("cart-1", &once.payload, &log, &r).unwrap();
        prop_assert_eq!(verdict, Verdict::Verified);
    }

}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn changed_bytes_of_a_cart_are_refused(log in logs()) {
        let held = sources(log.clone(), vec![]);
        let true_one = compact_item("cart-1", &held, &Set::bottom()).unwrap();
        let state = held.state(&Set::bottom());
        for at in 0..true_one.payload.len() {
            let mut forged = true_one.payload.clone();
            forged[at] ^= 1;
            let verdict = verify_compaction("cart-1", &forged, &log, &Set::bottom());
            prop_assert!(!matches!(verdict, Ok(Verdict::Verified)), "byte {}", at);
            if let Ok((id, forged)) = Cart::decode(&forged) {
                prop_assert!(&*id != "cart-1" || verify_lattice_join(&state, &forged).is_err());
            }
        }
    }
}

#[test]
fn the_policy_speaks_of_the_phases_of_carts() {
    let put = CartEvent::new("cart-1", dot(0, 1), 1, 5, Act::Put("milk".into()));
    let paid = CartEvent::new("cart-1", dot(0, 2), 2, 6, Act::Pay);
    let policy = CompactionPolicy {
        min_age_days: 0,
        target_phases: vec!["paid".into()],
        ..CompactionPolicy::default()
    };
    let none = Set::bottom();
    let filling = sources(vec![put.clone()], vec![]);
    let (snapshots, report) = compact_items(&[("cart-1", &filling)], &policy, 10, &none);
    assert!(snapshots.is_empty());
    assert_eq!(report.skipped.get("cart-1"), Some(&SkipReason::Phase));
    let full = sources(vec![put, paid], vec![]);
    let (snapshots, _) = compact_items(&[("cart-1", &full)], &policy, 10, &none);
    assert_eq!(snapshots.len(), 1);
    assert_eq!(snapshots[0].compacted_from, 2);
}

#[test]
fn a_redacted_product_is_gone_from_the_bytes_and_stays_gone() {
    let secret = CartEvent::new("cart-1", dot(0, 1), 1, 5, Act::Put("a present".into()));
    let name = CartEvent::new("cart-1", dot(0, 2), 2, 5, Act::Name("for bob".into()));
    let other = CartEvent::new("cart-1", dot(1, 1), 1, 6, Act::Put("milk".into()));
    let held = sources(vec![secret.clone(), name, other], vec![]);
    let before = compact_item("cart-1", &held, &Set::bottom()).unwrap();
    let found = |bytes: &[u8]| bytes.windows(9).any(|window| window == b"a present");
    assert!(found(&before.payload));
    let r = Set::singleton(secret.hash());
    let after = compact_item("cart-1", &held, &r).unwrap();
    assert!(!found(&after.payload));
    let (_, mut cart) = extract_snapshot_payload::<Cart>(&after.payload).unwrap();
    cart.join(secret.delta());
    assert_eq!(cart.products(), ["milk"]);
    assert_eq!(
        (cart.name(), cart.dots_of("milk")),
        (Some("for bob"), vec![dot(1, 1)])
    );
    let stale = verify_compaction("cart-1", &before.payload, &held.events, &r);
    assert!(matches!(stale, Err(VerifyError::Redactions)), "{stale:?}");
}
