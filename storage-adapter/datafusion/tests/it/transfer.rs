//! Logs and stores out to tables and back.

use std::path::Path;
use std::sync::Arc;

use bones_snapshot::{SnapshotPayload, format_hash, parse_line, write_line};
use datafusion::arrow::array::{ArrayRef, BinaryArray, RecordBatch, StringArray, UInt64Array};
use datafusion::prelude::{ParquetReadOptions, SessionContext};
use lattice_datafusion::generate::{Generate, lines};
use lattice_datafusion::logs::{
    ExportLog, TransferError, event_lines, export_log, export_store, import_events,
    import_published, snapshot_payloads,
};
use lattice_datafusion::publish::Published;
use lattice_datafusion::{CompactOptions, Place, redactions};
use lattice_lww::Unstamped;
use storage_adapter::{BadLines, Batch, ItemStore, MemoryLog, SourceError, read_log};

use crate::support::{Log, assert_same, compacted, real_logs, session};

type Store = ItemStore<Unstamped, MemoryLog>;

fn store() -> Store {
    ItemStore::over(MemoryLog::new(&ItemStore::<Unstamped>::header())).unwrap()
}

fn told(log: &Path, bad_lines: BadLines) -> Store {
    let mut store = store();
    let events = read_log(log, bad_lines, &mut |_| {}).unwrap().events;
    let batch = Batch {
        events,
        ..Batch::default()
    };
    store.apply(batch, 1).unwrap();
    store
}

/// Writes a log of two files.
fn write_log(folder: &Path, lines: &[String]) {
    std::fs::create_dir_all(folder).unwrap();
    let (first, second) = lines.split_at(lines.len() / 2);
    std::fs::write(folder.join("2026-01.events"), first.join("\n")).unwrap();
    std::fs::write(folder.join("2026-02.events"), second.join("\r\n") + "\r\n").unwrap();
}

async fn events(ctx: &SessionContext, place: &Place) -> datafusion::dataframe::DataFrame {
    place.register(ctx);
    let options = ParquetReadOptions::default();
    ctx.read_parquet(place.url().as_str(), options)
        .await
        .unwrap()
}

#[tokio::test]
async fn a_log_goes_out_and_comes_back() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("log");
    let all: Vec<String> = lines(&Generate::new(3_000, 60)).collect();
    write_log(&folder, &all);
    let log = Log::<Unstamped>::new(all.clone());
    for (keep_lines, place) in [
        (
            true,
            Place::open(&dir.path().join("kept").display().to_string()).unwrap(),
        ),
        (false, Place::memory("left").unwrap()),
    ] {
        let mut options = ExportLog::default();
        options.keep_lines = keep_lines;
        let exported = export_log::<Unstamped>(&folder, &place, &options)
            .await
            .unwrap();
        assert_eq!(
            (exported.events, exported.files, exported.skipped),
            (3_000, 2, 0)
        );
        assert_eq!(exported.redactions, log.redactions().len());

        let ctx = session(2, 500);
        let table = events(&ctx, &place).await;
        ctx.register_table("events", table.clone().into_view())
            .unwrap();
        let found = compacted(&ctx, &CompactOptions::default()).await;
        assert_same(
            &found,
            &log.compacted(&CompactOptions::default()),
            "exported",
        );

        let mut back = store();
        let known = redactions(&ctx, "events").await.unwrap();
        let report = import_events(table.clone(), known, &mut back, 1)
            .await
            .unwrap();
        assert_eq!(report.events_read + report.snapshots_read, 3_000);
        assert_eq!(
            back.digest().unwrap(),
            told(&folder, BadLines::Stop).digest().unwrap()
        );

        let mut found = Vec::new();
        for batch in table
            .sort_by(vec![datafusion::prelude::col("wall_ts")])
            .unwrap()
            .collect()
            .await
            .unwrap()
        {
            found.extend(event_lines(&batch).unwrap());
        }
        let redacted = log.redactions();
        for (line, found) in all.iter().zip(found) {
            let hash = parse_line(line.as_bytes()).unwrap().unwrap().hash;
            let kept = keep_lines && !redacted.contains(&hash);
            assert_eq!(found, kept.then(|| line.clone()));
        }
    }
}

#[tokio::test]
async fn no_text_of_a_redacted_event_is_exported() {
    const SECRET: &str = "hunter2";
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("log");
    let leak = write_line(
        1,
        "alice",
        "-",
        &[],
        "x.hunter2",
        "bn-1",
        r#"{"a":"hunter2"}"#,
    );
    let hash = parse_line(leak.as_bytes()).unwrap().unwrap().hash;
    let data = format!(r#"{{"target_hash":"{}"}}"#, format_hash(&hash));
    let redact = write_line(2, "bob", "-", &[], "item.redact", "bn-2", &data);
    // Uncompressed text would be found in the files; compressed it is found in the rows.
    let shows = async |lines: &[String], name: &str| {
        write_log(&folder, lines);
        let place = Place::open(&dir.path().join(name).display().to_string()).unwrap();
        let mut options = ExportLog::default();
        options.keep_lines = true;
        export_log::<Unstamped>(&folder, &place, &options)
            .await
            .unwrap();
        let ctx = session(1, 10);
        let rows = events(&ctx, &place).await.collect().await.unwrap();
        format!("{rows:?}").contains(SECRET)
            || format!("{rows:?}").contains(
                &format!("{:?}", SECRET.as_bytes())
                    .trim_matches(['[', ']'])
                    .to_owned(),
            )
    };
    assert!(
        shows(std::slice::from_ref(&leak), "before").await,
        "the canary does not see the text"
    );
    assert!(!shows(&[leak, redact], "after").await);
}

#[tokio::test]
async fn lines_that_do_not_read_are_named_or_counted() {
    let dir = tempfile::tempdir().unwrap();
    let log = dir.path().join("bad.events");
    let good = write_line(
        1,
        "alice",
        "-",
        &[],
        "item.move",
        "bn-1",
        r#"{"state":"done"}"#,
    );
    std::fs::write(&log, format!("# comment\n\n{good}\nnonsense\n{good}\n")).unwrap();
    let place = Place::memory("bad").unwrap();
    let mut options = ExportLog::default();
    let error = export_log::<Unstamped>(&log, &place, &options)
        .await
        .unwrap_err();
    assert!(
        matches!(error, TransferError::Line { line: 4, .. }),
        "{error}"
    );
    options.skip_bad_lines = true;
    let exported = export_log::<Unstamped>(&log, &place, &options)
        .await
        .unwrap();
    assert_eq!((exported.events, exported.skipped), (2, 1));

    std::fs::write(&log, format!("# bones event log v2\n{good}\n")).unwrap();
    let error = export_log::<Unstamped>(&log, &place, &options)
        .await
        .unwrap_err();
    assert!(
        matches!(error, TransferError::Line { line: 1, .. }),
        "{error}"
    );
    let error = export_log::<Unstamped>(dir.path().join("none").as_path(), &place, &options).await;
    assert!(matches!(
        error.unwrap_err(),
        TransferError::Log(SourceError::Io { .. })
    ));
    let empty = dir.path().join("empty");
    std::fs::create_dir(&empty).unwrap();
    let error = export_log::<Unstamped>(&empty, &place, &options)
        .await
        .unwrap_err();
    assert!(matches!(
        error,
        TransferError::Log(SourceError::NoEvents { .. })
    ));
}

#[tokio::test]
async fn a_store_goes_out_and_joins_another() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("log");
    let all: Vec<String> = lines(&Generate::new(3_000, 700)).collect();
    write_log(&folder, &all);
    let whole = told(&folder, BadLines::Stop);
    let place = Place::open(&dir.path().join("out").display().to_string()).unwrap();
    let manifest = export_store(&whole.view(), &place, "first").await.unwrap();
    assert_eq!(manifest.snapshots.len(), 1);
    let published = Published::open(&place).await.unwrap();

    let mut empty = store();
    let report = import_published(&published, &mut empty, 1).await.unwrap();
    assert_eq!((report.snapshots_read, report.snapshots_added), (700, 700));
    assert_eq!(empty.digest().unwrap(), whole.digest().unwrap());

    // A store that knows half of it comes to the same, and importing again changes nothing.
    let mut half = told(&folder.join("2026-02.events"), BadLines::Stop);
    import_published(&published, &mut half, 1).await.unwrap();
    assert_eq!(half.digest().unwrap(), whole.digest().unwrap());
    let again = import_published(&published, &mut half, 1).await.unwrap();
    assert_eq!(again.snapshots_added, 0);
}

#[tokio::test]
async fn real_logs_go_out_and_come_back() {
    for path in real_logs() {
        let place = Place::memory("real").unwrap();
        let mut options = ExportLog::default();
        options.keep_lines = true;
        options.skip_bad_lines = true;
        let exported = export_log::<Unstamped>(&path, &place, &options)
            .await
            .unwrap();
        assert!(exported.events > 0);
        let ctx = session(2, 1000);
        let table = events(&ctx, &place).await;
        ctx.register_table("events", table.clone().into_view())
            .unwrap();
        let known = redactions(&ctx, "events").await.unwrap();
        let mut back = store();
        import_events(table, known, &mut back, 1).await.unwrap();
        assert_eq!(
            back.digest().unwrap(),
            told(&path, BadLines::Skip).digest().unwrap()
        );
    }
}

#[tokio::test]
async fn wrong_tables_are_refused() {
    let line = write_line(
        1,
        "alice",
        "-",
        &[],
        "item.move",
        "bn-1",
        r#"{"state":"done"}"#,
    );
    let log = Log::<Unstamped>::new([line]);
    let payload = log.compacted(&CompactOptions::default())["bn-1"]
        .clone()
        .unwrap()
        .0;
    let items = |id: &str| -> ArrayRef { Arc::new(StringArray::from(vec![id])) };
    let bytes = |bytes: &[u8]| -> ArrayRef { Arc::new(BinaryArray::from_iter_values([bytes])) };
    let read = |columns: Vec<(&str, ArrayRef)>| {
        let batch = RecordBatch::try_from_iter(columns).unwrap();
        let payloads: Result<Vec<SnapshotPayload<Unstamped>>, _> = snapshot_payloads(&batch);
        payloads.map(|payloads| payloads.len())
    };
    let sound = vec![("item_id", items("bn-1")), ("snapshot", bytes(&payload))];
    assert_eq!(read(sound).unwrap(), 1);

    let error = read(vec![("id", items("bn-1"))]).unwrap_err();
    let expected =
        "the table has no column `item_id`: its columns are id; it takes one of schema::snapshots";
    assert_eq!(error.to_string(), expected);
    let numbers: ArrayRef = Arc::new(UInt64Array::from(vec![1]));
    let error = read(vec![("item_id", items("bn-1")), ("snapshot", numbers)]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "column `snapshot` is UInt64, expected bytes"
    );
    let error = read(vec![
        ("item_id", items("bn-1")),
        ("snapshot", bytes(b"junk")),
    ])
    .unwrap_err();
    assert!(
        matches!(error, TransferError::Payload { row: 0, .. }),
        "{error}"
    );
    let error = read(vec![
        ("item_id", items("bn-2")),
        ("snapshot", bytes(&payload)),
    ])
    .unwrap_err();
    assert!(
        matches!(
            error,
            TransferError::Contradiction {
                column: "item_id",
                ..
            }
        ),
        "{error}"
    );
    let id = ("snapshot_id", bytes(&[0; 32]));
    let error = read(vec![
        ("item_id", items("bn-1")),
        ("snapshot", bytes(&payload)),
        id,
    ])
    .unwrap_err();
    assert!(
        matches!(
            error,
            TransferError::Contradiction {
                column: "snapshot_id",
                ..
            }
        ),
        "{error}"
    );

    let batch = log.batches(1).remove(0);
    let mut columns = batch.columns().to_vec();
    let other = write_line(
        2,
        "alice",
        "-",
        &[],
        "item.move",
        "bn-1",
        r#"{"state":"done"}"#,
    );
    for (line, word) in [
        (other.as_str(), "event_hash"),
        ("nonsense", "expected 8"),
        ("# no", "no event"),
    ] {
        columns[8] = items(line);
        let batch = RecordBatch::try_new(batch.schema(), columns.clone()).unwrap();
        let error = event_lines(&batch).unwrap_err().to_string();
        assert!(
            error.starts_with("row 0: ") && error.contains(word),
            "{error}"
        );
    }
}
