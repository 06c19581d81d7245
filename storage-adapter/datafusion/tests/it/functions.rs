//! Functions of one payload, and the SQL that the README shows.

use bones_snapshot::{ItemView, write_line};
use datafusion::arrow::array::{Array, ArrayRef, AsArray, LargeBinaryArray, RecordBatch};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::DataType;
use datafusion::prelude::SessionContext;
use lattice_datafusion::CompactOptions;
use lattice_datafusion::generate::{Generate, lines};
use lattice_lww::Unstamped;
use std::sync::Arc;

use crate::support::{Log, register, session};

async fn texts(ctx: &SessionContext, sql: &str) -> Vec<Option<String>> {
    let batches = ctx.sql(sql).await.unwrap().collect().await.unwrap();
    let mut texts = Vec::new();
    for batch in batches {
        let column = cast(batch.column(0), &DataType::Utf8).unwrap();
        let column = column.as_string::<i32>();
        let text = |row| column.is_valid(row).then(|| column.value(row).to_owned());
        texts.extend((0..column.len()).map(text));
    }
    texts
}

fn item() -> Vec<String> {
    let line = |at, kind, data| write_line(at, "alice", "-", &[], kind, "bn-1", data);
    let create = r#"{"kind":"bug","labels":["roof","wet"],"size":"m","title":"Water"}"#;
    vec![
        line(5, "item.create", create),
        line(6, "item.move", r#"{"state":"doing"}"#),
        line(7, "item.comment", r#"{"body":"it \"rains\""}"#),
    ]
}

async fn with_item() -> SessionContext {
    let ctx = session(1, 100);
    register(&ctx, &Log::<Unstamped>::new(item()).batches(10), 1);
    let view = "SELECT item_id, lattice_join(delta) AS snapshot FROM events GROUP BY item_id \
                UNION ALL SELECT 'none', NULL";
    let items = ctx.sql(view).await.unwrap().into_view();
    ctx.register_table("items", items).unwrap();
    ctx
}

#[tokio::test]
async fn fields_read_as_people_expect() {
    let ctx = with_item().await;
    let field = async |name: &str| {
        let sql = format!("SELECT lattice_value(snapshot, '{name}') FROM items ORDER BY item_id");
        let mut values = texts(&ctx, &sql).await;
        assert_eq!(values.len(), 2);
        assert_eq!(values[1], None, "null for null");
        values.remove(0)
    };
    let some = |text: &str| Some(text.to_owned());
    assert_eq!(field("title").await, some("Water"));
    assert_eq!(field("size").await, some("m"));
    assert_eq!(field("description").await, None);
    assert_eq!(field("deleted").await, some("false"));
    assert_eq!(field("phase").await, some("doing"));
    assert_eq!(field("epoch").await, some("0"));
    assert_eq!(field("labels").await, some(r#"["roof","wet"]"#));
    assert_eq!(field("created_at").await, some("5"));
    assert_eq!(field("compacted_from").await, some("3"));
    assert!(
        field("comments")
            .await
            .unwrap()
            .contains(r#""body":"it \"rains\"""#)
    );
}

/// The names are those of the JSON that people see, and so are the values.
#[tokio::test]
async fn fields_are_those_of_the_json() {
    let log = Log::<Unstamped>::new(lines(&Generate::new(3_000, 40)));
    let ctx = session(1, 100);
    register(&ctx, &log.batches(1000), 1);
    let sql =
        "SELECT lattice_json(lattice_join(delta)) FROM events GROUP BY item_id ORDER BY item_id";
    let jsons = texts(&ctx, sql).await;
    assert_eq!(jsons.len(), 40);
    for name in ItemView::FIELDS {
        let sql = format!(
            "SELECT lattice_value(lattice_join(delta), '{name}') FROM events GROUP BY item_id ORDER BY item_id"
        );
        for (json, value) in jsons.iter().zip(texts(&ctx, &sql).await) {
            let json: serde_json::Value = serde_json::from_str(json.as_ref().unwrap()).unwrap();
            let expected = match &json[name] {
                // Shown only where there is something.
                serde_json::Value::Null if name == "legacy" => Some("[]".to_owned()),
                serde_json::Value::Null => None,
                serde_json::Value::String(text) => Some(text.clone()),
                list @ serde_json::Value::Array(_) => {
                    let value: serde_json::Value = serde_json::from_str(&value.unwrap()).unwrap();
                    assert_eq!(&value, list);
                    continue;
                }
                other => Some(other.to_string()),
            };
            assert_eq!(value, expected, "{name}");
        }
    }
}

#[tokio::test]
async fn an_unknown_field_fails_while_planning() {
    let ctx = with_item().await;
    let sql = "SELECT lattice_value(snapshot, 'titel') FROM items";
    let error = ctx.sql(sql).await.map(|_| ()).unwrap_err().to_string();
    assert!(
        error.contains("no field `titel`: the fields are item_id, title, description, kind"),
        "{error}"
    );
    // One that is known only row by row fails when it is met.
    let sql = "SELECT lattice_value(snapshot, concat('ti', item_id)) FROM items";
    let error = ctx
        .sql(sql)
        .await
        .unwrap()
        .collect()
        .await
        .unwrap_err()
        .to_string();
    assert!(error.contains("no field `tibn-1`"), "{error}");
}

#[tokio::test]
async fn constants_are_computed_without_rows() {
    let ctx = with_item().await;
    assert_eq!(
        texts(&ctx, "SELECT lattice_verify(X'00')").await,
        [Some("false".to_owned())]
    );
    assert_eq!(texts(&ctx, "SELECT lattice_verify(NULL)").await, [None]);
    let fault = texts(&ctx, "SELECT lattice_fault(X'00')")
        .await
        .remove(0)
        .unwrap();
    assert!(fault.starts_with("offset 0: "), "{fault}");
    let sql = "SELECT lattice_fault(snapshot) FROM items";
    assert_eq!(texts(&ctx, sql).await, [None, None]);
    let sql = "SELECT lattice_verify(snapshot) FROM items ORDER BY item_id";
    assert_eq!(texts(&ctx, sql).await, [Some("true".to_owned()), None]);
}

#[tokio::test]
async fn wrong_types_fail_while_planning() {
    let ctx = with_item().await;
    for (sql, expected) in [
        (
            "lattice_join(item_id)",
            "lattice_join takes (Binary | LargeBinary | BinaryView), found (Utf8",
        ),
        (
            "lattice_json(bytes)",
            "lattice_json takes (Binary | LargeBinary | BinaryView), found (UInt64)",
        ),
        (
            "lattice_value(delta)",
            "lattice_value takes (Binary | LargeBinary | BinaryView, Utf8), found (Binary",
        ),
        ("lattice_bytes(event_hash)", "lattice_bytes takes (Binary"),
    ] {
        let error = ctx.sql(&format!("SELECT {sql} FROM events")).await;
        let error = error.map(|_| ()).unwrap_err().to_string();
        assert!(error.contains(expected), "{sql}: {error}");
    }
}

#[tokio::test]
async fn bytes_count_each_event_once() {
    let log = Log::<Unstamped>::new(item());
    let length: usize = log.events.iter().map(|(line, _)| line.len()).sum();
    let mut batches = log.batches(2);
    batches.extend(log.batches(1));
    let ctx = session(3, 1);
    register(&ctx, &batches, 3);
    let sql = "SELECT lattice_bytes(event_hash, bytes) FROM events GROUP BY item_id";
    assert_eq!(texts(&ctx, sql).await, [Some(length.to_string())]);
    let sql = "SELECT lattice_bytes(event_hash, bytes) FROM events WHERE false";
    assert_eq!(texts(&ctx, sql).await, [Some("0".to_owned())]);
    let sql = "SELECT lattice_redactions(delta) IS NULL FROM events WHERE false";
    assert_eq!(texts(&ctx, sql).await, [Some("false".to_owned())]);
}

#[tokio::test]
async fn aggregates_honour_filters_distinct_order_and_frames() {
    let ctx = with_item().await;
    let count = |join: &str| format!("SELECT lattice_value({join}, 'compacted_from') FROM events");
    let some = |text: &str| Some(text.to_owned());
    let filtered = count("lattice_join(delta) FILTER (WHERE event_type <> 'item.comment')");
    assert_eq!(texts(&ctx, &filtered).await, [some("2")]);
    assert_eq!(
        texts(&ctx, &count("lattice_join(DISTINCT delta)")).await,
        [some("3")]
    );
    let ordered = count("lattice_join(delta ORDER BY wall_ts DESC)");
    assert_eq!(texts(&ctx, &ordered).await, [some("3")]);
    let history = count("lattice_join(delta) OVER (ORDER BY wall_ts)");
    assert_eq!(
        texts(&ctx, &history).await,
        [some("1"), some("2"), some("3")]
    );
    let nothing = "SELECT lattice_json(lattice_join(delta)) FROM events WHERE false";
    assert_eq!(texts(&ctx, nothing).await, [None]);
}

#[tokio::test]
async fn large_binary_stays_large() {
    let log = Log::<Unstamped>::new(item());
    let deltas = log
        .events
        .iter()
        .map(|(_, event)| event.delta().encode("bn-1"));
    let deltas: Vec<Vec<u8>> = deltas.collect();
    let column: ArrayRef = Arc::new(deltas.iter().map(Some).collect::<LargeBinaryArray>());
    let ctx = session(2, 1);
    let batch = RecordBatch::try_from_iter([("delta", column)]).unwrap();
    ctx.register_batch("large", batch).unwrap();
    let joined = ctx
        .sql("SELECT lattice_join(delta) AS x FROM large")
        .await
        .unwrap();
    let batches = joined.collect().await.unwrap();
    assert_eq!(
        batches[0].schema().field(0).data_type(),
        &DataType::LargeBinary
    );
    let expected = log.compacted(&CompactOptions::default());
    let expected = &expected["bn-1"].as_ref().unwrap().0;
    assert_eq!(
        batches[0].column(0).as_binary::<i64>().value(0),
        &expected[..]
    );
}

/// Every statement in the documentation runs, and gives rows.
#[tokio::test]
async fn the_sql_of_the_documentation_runs() {
    let ctx = with_item().await;
    let pages = [
        include_str!("../../README.md"),
        include_str!("../../../../docs/ENGINE.md"),
    ];
    let mut ran = 0;
    for page in pages {
        for block in page.split("```sql\n").skip(1) {
            let block = block.split("```").next().unwrap();
            for statement in block.split(';').filter(|s| !s.trim().is_empty()) {
                let rows = ctx.sql(statement).await.unwrap().count().await.unwrap();
                // The item of the documentation is `bn-1`; what looks for damage finds none.
                assert_eq!(
                    rows == 0,
                    statement.contains("NOT lattice_verify"),
                    "{statement}"
                );
                ran += 1;
            }
        }
    }
    assert_eq!(ran, 5);
}
