//! Redactions reach across items, and no result holds what they take away.

use bones_snapshot::{EventHash, format_hash, parse_line, write_line};
use datafusion::arrow::array::AsArray;
use datafusion::physical_plan::displayable;
use lattice_core::Set;
use lattice_datafusion::generate::{self, Generate};
use lattice_datafusion::{CompactOptions, Fault, PayloadError, compact, plan, redactions};
use lattice_lww::Unstamped;

use crate::support::{Log, assert_same, compacted, register, session};

const SECRET: &str = "hunter2";

/// A comment with a secret in one item, and its redaction from another.
fn log() -> Log<Unstamped> {
    let comment = |at, item: &str, body: &str| {
        let data = format!(r#"{{"body":"{body}"}}"#);
        write_line(at, "alice", "-", &[], "item.comment", item, &data)
    };
    let leak = comment(1, "bn-1", SECRET);
    let hash = parse_line(leak.as_bytes()).unwrap().unwrap().hash;
    let data = format!(
        r#"{{"reason":"leak","target_hash":"{}"}}"#,
        format_hash(&hash)
    );
    let redact = write_line(3, "bob", "-", &[], "item.redact", "bn-2", &data);
    Log::new([
        leak,
        comment(2, "bn-1", "fine"),
        comment(2, "bn-2", "well"),
        redact,
    ])
}

fn holds_secret(bytes: &[u8]) -> bool {
    bytes
        .windows(SECRET.len())
        .any(|window| window == SECRET.as_bytes())
}

#[tokio::test]
async fn a_redaction_in_another_item_is_obeyed() {
    let log = log();
    let options = CompactOptions::default();
    let expected = log.compacted(&options);
    for partitions in [1, 2, 7] {
        let ctx = session(partitions, 1);
        register(&ctx, &log.batches(1), partitions);
        let found = compacted(&ctx, &options).await;
        assert_same(&found, &expected, "across items");
        assert!(
            found
                .values()
                .all(|o| !holds_secret(&o.as_ref().unwrap().0))
        );
    }
    // The canary: the same search finds the text where nothing was masked.
    let ctx = session(1, 10);
    register(&ctx, &log.batches(10), 1);
    let joined = ctx.sql("SELECT lattice_join(delta) FROM events WHERE item_id = 'bn-1'");
    let joined = joined.await.unwrap().collect().await.unwrap();
    assert!(holds_secret(
        joined[0].column(0).as_binary::<i32>().value(0)
    ));
}

#[tokio::test]
async fn redactions_known_from_elsewhere_are_obeyed() {
    let all = log();
    let known = all.redactions();
    let without: Vec<String> = all
        .events
        .iter()
        .take(3)
        .map(|(line, _)| line.clone())
        .collect();
    let without = Log::<Unstamped>::new(without);
    let mut options = CompactOptions::default();
    options.redactions = known;
    let ctx = session(2, 10);
    register(&ctx, &without.batches(2), 2);
    let found = compacted(&ctx, &options).await;
    assert_same(&found, &without.compacted(&options), "known from elsewhere");
    assert!(!holds_secret(&found["bn-1"].as_ref().unwrap().0));
}

#[tokio::test]
async fn all_redactions_are_collected_with_and_without_types() {
    let log = log();
    let ctx = session(2, 1);
    register(&ctx, &log.batches(1), 2);
    assert_eq!(redactions(&ctx, "events").await.unwrap(), log.redactions());
    let view = ctx
        .sql("SELECT item_id, delta FROM events")
        .await
        .unwrap()
        .into_view();
    ctx.register_table("untyped", view).unwrap();
    assert_eq!(redactions(&ctx, "untyped").await.unwrap(), log.redactions());
    let ctx = session(2, 1);
    register(&ctx, &[], 1);
    assert_eq!(redactions(&ctx, "events").await.unwrap(), Set::new());
}

/// A table whose types hide a redaction would leave the text of another item unmasked: that is noticed.
#[tokio::test]
async fn types_that_hide_a_redaction_are_noticed() {
    let log = log();
    let ctx = session(2, 10);
    register(&ctx, &log.batches(10), 1);
    let lie = "SELECT item_id, 'item.comment' AS event_type, delta FROM events";
    let view = ctx.sql(lie).await.unwrap().into_view();
    ctx.register_table("lie", view).unwrap();
    let options = CompactOptions::default();
    let plan = compact(&ctx, "lie", &options).await.unwrap();
    let error = plan.collect().await.unwrap_err();
    assert_eq!(
        PayloadError::of(&error).unwrap().why,
        Fault::RedactionUnknown
    );
}

#[tokio::test]
async fn sql_masks_as_the_plan_does() {
    let log = log();
    let ctx = session(2, 2);
    register(&ctx, &log.batches(2), 2);
    let sql = "SELECT item_id, lattice_mask(lattice_join(delta), \
               (SELECT lattice_redactions(delta) FROM events)) AS snapshot \
               FROM events GROUP BY item_id ORDER BY item_id";
    let rows = ctx.sql(sql).await.unwrap().collect().await.unwrap();
    let expected = log.compacted(&CompactOptions::default());
    let mut found = Vec::new();
    for batch in &rows {
        let snapshots = batch.column(1).as_binary::<i32>();
        found.extend((0..batch.num_rows()).map(|row| snapshots.value(row).to_vec()));
    }
    let expected: Vec<Vec<u8>> = expected.into_values().map(|o| o.unwrap().0).collect();
    assert_eq!(found, expected);
}

/// As many as a log of millions of events may have.
#[tokio::test]
async fn many_redactions_are_obeyed() {
    let log = Log::<Unstamped>::new(generate::lines(&Generate::new(4_000, 2_000)));
    let mut options = CompactOptions::default();
    // Of events that nobody here has heard of; those of the log are collected beside them.
    options.redactions = (0..60_000).map(unheard_of).collect();
    assert!(!log.redactions().is_empty());
    let expected = log.compacted(&options);
    let ctx = session(2, 8192);
    register(&ctx, &log.batches(1_000), 2);
    let found = compacted(&ctx, &options).await;
    assert_same(&found, &expected, "many redactions");
}

/// Planners name expressions by what is in them, and expressions above by those below: a list in an expression is
/// spelled out many times over, and 60,000 redactions take minutes.
#[tokio::test]
async fn no_expression_spells_redactions_out() {
    let spelled = async |count: u64| {
        let ctx = session(2, 8192);
        register(&ctx, &log().batches(1), 2);
        let redactions: Set<EventHash> = (0..count).map(unheard_of).collect();
        let options = CompactOptions::default();
        let frame = plan(&ctx, "events", &options, &redactions).await.unwrap();
        let names: usize = frame.schema().fields().iter().map(|f| f.name().len()).sum();
        let logical = frame.logical_plan().display_indent().to_string();
        let physical = frame.create_physical_plan().await.unwrap();
        let physical = displayable(physical.as_ref()).indent(true).to_string();
        names + logical.len() + physical.len()
    };
    let few = spelled(1).await;
    let many = spelled(1_000).await;
    // Once, as the value of the table: "255," is the longest byte.
    assert!(many < few + 1_000 * 32 * 4, "{few} {many}");
}

fn unheard_of(number: u64) -> EventHash {
    let mut hash = [0xff; 32];
    hash[..8].copy_from_slice(&number.to_be_bytes());
    EventHash(hash)
}

#[tokio::test]
async fn redactions_given_by_hand_are_the_second_half() {
    let log = log();
    let ctx = session(1, 10);
    register(&ctx, &log.batches(10), 1);
    let options = CompactOptions::default();
    let planned = plan(&ctx, "events", &options, &log.redactions())
        .await
        .unwrap();
    let found = crate::support::outcomes(&planned.collect().await.unwrap());
    assert_same(&found, &log.compacted(&options), "by hand");
    let planned = plan(&ctx, "events", &options, &Set::new()).await.unwrap();
    let error = planned.collect().await.unwrap_err();
    assert!(
        error
            .to_string()
            .contains("knows of a redaction that is not among those given")
    );
}
