//! Bytes that are no payload fail a query with a clear error, and never panic.

use std::sync::Arc;

use bones_snapshot::{Stamped, parse_line, write_line};
use datafusion::arrow::array::{ArrayRef, BinaryArray, RecordBatch, StringArray};
use datafusion::common::DataFusionError;
use datafusion::prelude::SessionContext;
use lattice_datafusion::{Fault, PayloadError, register_all};
use lattice_lww::{Itc, Unstamped};
use proptest::prelude::*;

fn valid() -> Vec<u8> {
    let data = r#"{"description":"from the roof","kind":"bug","labels":["a","b"],"title":"Water"}"#;
    let line = write_line(7, "alice", "-", &[], "item.create", "bn-1", data);
    let event = parse_line(line.as_bytes()).unwrap().unwrap();
    Stamped::<Unstamped>::new(event)
        .unwrap()
        .delta()
        .encode("bn-1")
}

/// Runs a query over rows of one column `delta`, and gives its error.
async fn run(sql: &str, rows: Vec<Vec<u8>>) -> Result<usize, DataFusionError> {
    let ctx = SessionContext::new();
    register_all(&ctx);
    let items: ArrayRef = Arc::new(StringArray::from(vec!["bn-1"; rows.len()]));
    let deltas: ArrayRef = Arc::new(BinaryArray::from_iter_values(rows));
    let batch = RecordBatch::try_from_iter([("item_id", items), ("delta", deltas)]).unwrap();
    ctx.register_batch("events", batch).unwrap();
    ctx.sql(sql).await?.count().await
}

const STRICT: [&str; 7] = [
    "SELECT lattice_join(delta) AS x FROM events",
    "SELECT item_id, lattice_join(delta) AS x FROM events GROUP BY item_id",
    "SELECT lattice_redactions(delta) AS x FROM events",
    "SELECT item_id, lattice_redactions(delta) AS x FROM events GROUP BY item_id",
    "SELECT lattice_json(delta) AS x FROM events WHERE lattice_json(delta) <> ''",
    "SELECT item_id FROM events WHERE lattice_value(delta, 'title') <> ''",
    "SELECT item_id FROM events WHERE lattice_mask(delta, X'') <> X''",
];

async fn refuses(rows: &[Vec<u8>], row: usize) {
    for sql in STRICT {
        // A count leaves out what nobody asks for, so ask for all of it.
        let sql = sql.replace("AS x FROM", "AS x, 1 FROM");
        let sql = format!("SELECT * FROM ({sql}) ORDER BY 1");
        let ctx_rows = rows.to_vec();
        let error = collect(&sql, ctx_rows).await.unwrap_err();
        let found = PayloadError::of(&error);
        let found = found.unwrap_or_else(|| panic!("{sql}: {error}"));
        assert!(matches!(found.why, Fault::Payload(_)), "{sql}: {found}");
        assert_eq!(found.row, row, "{sql}");
        assert!(
            error
                .to_string()
                .contains("payload does not decode: offset "),
            "{error}"
        );
    }
}

async fn collect(sql: &str, rows: Vec<Vec<u8>>) -> Result<(), DataFusionError> {
    let ctx = SessionContext::new();
    register_all(&ctx);
    let items: ArrayRef = Arc::new(StringArray::from(vec!["bn-1"; rows.len()]));
    let deltas: ArrayRef = Arc::new(BinaryArray::from_iter_values(rows));
    let batch = RecordBatch::try_from_iter([("item_id", items), ("delta", deltas)]).unwrap();
    ctx.register_batch("events", batch).unwrap();
    ctx.sql(sql).await?.collect().await?;
    Ok(())
}

#[tokio::test]
async fn every_truncation_is_refused() {
    let valid = valid();
    for end in 0..valid.len() {
        let cut = valid[..end].to_vec();
        let sql = "SELECT item_id, lattice_join(delta) AS x FROM events GROUP BY item_id";
        let error = collect(sql, vec![valid.clone(), cut]).await.unwrap_err();
        let error = PayloadError::of(&error).unwrap();
        assert_eq!(error.row, 1);
        assert!(matches!(error.why, Fault::Payload(_)));
    }
}

#[tokio::test]
async fn every_function_names_the_row_and_the_offset() {
    let valid = valid();
    let mut longer = valid.clone();
    longer.push(0);
    for bad in [
        vec![],
        b"\xff\xff\xff".to_vec(),
        valid[..20].to_vec(),
        longer,
    ] {
        refuses(&[valid.clone(), valid.clone(), bad], 2).await;
    }
}

#[tokio::test]
async fn items_and_orders_are_not_mixed() {
    let data = r#"{"state":"done"}"#;
    let line = |item| {
        write_line(
            7,
            "alice",
            "itc:v3:AQWgA4ABAQI",
            &[],
            "item.move",
            item,
            data,
        )
    };
    let event = |item| parse_line(line(item).as_bytes()).unwrap().unwrap();
    let other = Stamped::<Unstamped>::new(event("bn-2"))
        .unwrap()
        .delta()
        .encode("bn-2");
    let sql = "SELECT item_id, lattice_join(delta) AS x FROM events GROUP BY item_id";
    let error = collect(sql, vec![valid(), other]).await.unwrap_err();
    assert_eq!(
        PayloadError::of(&error).unwrap().to_string(),
        "lattice_join: row 1 of the batch: payload is of item `bn-2`, the group of item `bn-1`: group by the item"
    );
    let stamped = Stamped::<Itc>::new(event("bn-1"))
        .unwrap()
        .delta()
        .encode("bn-1");
    let error = collect(sql, vec![stamped, valid()]).await.unwrap_err();
    assert_eq!(
        PayloadError::of(&error).unwrap().to_string(),
        "lattice_join: row 1 of the batch: payload is ordered by `wall`, the group by `itc`: orders cannot be mixed"
    );
}

#[tokio::test]
async fn lists_of_hashes_are_read_strictly() {
    for (list, length) in [("X'00'", 1), ("X'00ff'", 2)] {
        let sql = format!("SELECT lattice_mask(delta, {list}) AS x FROM events");
        let error = collect(&sql, vec![valid()]).await.unwrap_err();
        let expected = Fault::List { length, entry: 32 };
        assert_eq!(PayloadError::of(&error).unwrap().why, expected);
    }
    let twice = format!("X'{}'", "ab".repeat(64));
    let sql = format!("SELECT lattice_mask(delta, {twice}) AS x FROM events");
    assert!(collect(&sql, vec![valid()]).await.is_err());
    let null = "SELECT lattice_mask(delta, NULL) AS x FROM events";
    let error = collect(null, vec![valid()]).await.unwrap_err();
    let argument = "redactions";
    assert_eq!(
        PayloadError::of(&error).unwrap().why,
        Fault::Null { argument }
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_bytes_decode_or_are_refused(
        bytes in proptest::collection::vec(any::<u8>(), 0..300),
        at in 0..1000_usize,
        flip in 1..=255_u8,
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let mut changed = valid();
        let at = at % changed.len();
        changed[at] ^= flip;
        for bytes in [bytes, changed] {
            // What the functions that never fail say is what those that are strict do.
            let sound = bones_snapshot::SnapshotPayload::<Unstamped>::decode(&bytes).is_ok();
            let rows = || vec![bytes.clone()];
            let verify = "SELECT 1 FROM events WHERE lattice_verify(delta)";
            let fault = "SELECT 1 FROM events WHERE lattice_fault(delta) IS NULL";
            prop_assert_eq!(runtime.block_on(run(verify, rows())).unwrap(), usize::from(sound));
            prop_assert_eq!(runtime.block_on(run(fault, rows())).unwrap(), usize::from(sound));
            for sql in STRICT {
                prop_assert_eq!(runtime.block_on(collect(sql, rows())).is_ok(), sound, "{}", sql);
            }
        }
    }
}
