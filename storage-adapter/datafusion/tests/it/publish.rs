//! Results appear at once, one of them, and readers notice what was changed.

use bones_snapshot::EventHash;
use datafusion::prelude::SessionContext;
use lattice_core::Set;
use lattice_datafusion::generate::{Generate, lines};
use lattice_datafusion::publish::{Draft, MANIFEST, PublishError, Published};
use lattice_datafusion::{CompactOptions, Place, PlaceError, compact};
use lattice_lww::Unstamped;

use crate::support::{Log, Outcomes, assert_same, outcomes, register, session};

fn log() -> Log<Unstamped> {
    Log::new(lines(&Generate::new(2_000, 50)))
}

/// Writes the compaction of the log as a draft.
async fn draft(place: &Place, name: &str) -> Draft {
    let log = log();
    let ctx = session(2, 100);
    register(&ctx, &log.batches(100), 2);
    let plan = compact(&ctx, "events", &CompactOptions::default())
        .await
        .unwrap();
    let draft = Draft::begin(place, name).await.unwrap();
    let rows = plan.execute_stream().await.unwrap();
    let written = draft.write_snapshots(rows).await.unwrap();
    assert_eq!((written.rows, written.files), (50, 1));
    draft.write_redactions(&log.redactions()).await.unwrap();
    draft
}

async fn read(place: &Place) -> (Outcomes, Set<EventHash>) {
    let published = Published::open(place).await.unwrap();
    published.check().await.unwrap();
    let ctx = SessionContext::new();
    let rows = published
        .snapshots(&ctx)
        .await
        .unwrap()
        .collect()
        .await
        .unwrap();
    (outcomes(&rows), published.redactions(&ctx).await.unwrap())
}

#[tokio::test]
async fn a_result_is_published_once_wherever_it_is() {
    let dir = tempfile::tempdir().unwrap();
    let local = Place::open(&dir.path().join("not/yet there").display().to_string()).unwrap();
    let url = Place::open(local.join("by-url").url().as_str()).unwrap();
    let memory = Place::memory("results").unwrap().join("deep/er");
    for place in [local, url, memory] {
        let (first, second) = (draft(&place, "a").await, draft(&place, "b").await);
        assert!(matches!(
            Published::open(&place).await.unwrap_err(),
            PublishError::NotPublished { .. }
        ));
        let manifest = second.publish().await.unwrap();
        assert_eq!(manifest.draft, "b");
        let late = first.publish().await.unwrap_err();
        assert!(matches!(late, PublishError::Published { .. }), "{late}");
        let third = Draft::begin(&place, "c").await.unwrap_err();
        assert!(matches!(third, PublishError::Published { .. }));
        let published = Published::open(&place).await.unwrap();
        assert_eq!(published.manifest(), &manifest);

        let (found, redactions) = read(&place).await;
        assert_same(
            &found,
            &log().compacted(&CompactOptions::default()),
            "read back",
        );
        assert_eq!(redactions, log().redactions());
    }
}

#[tokio::test]
async fn attempts_side_by_side_publish_one() {
    let place = Place::memory("race").unwrap();
    let mut attempts = Vec::new();
    for n in 0..8 {
        attempts.push(draft(&place, &format!("attempt-{n}")).await);
    }
    let all = futures::future::join_all(attempts.into_iter().map(Draft::publish)).await;
    let won: Vec<_> = all.iter().flatten().collect();
    assert_eq!(won.len(), 1);
    let published = Published::open(&place).await.unwrap();
    assert_eq!(published.manifest(), won[0]);
}

#[tokio::test]
async fn what_is_not_in_the_manifest_is_not_read() {
    let dir = tempfile::tempdir().unwrap();
    let place = Place::open(&dir.path().display().to_string()).unwrap();
    let (left, used) = (draft(&place, "left").await, draft(&place, "used").await);
    let manifest = used.publish().await.unwrap();
    let stray = dir.path().join("drafts/used/snapshots/stray.parquet");
    std::fs::copy(dir.path().join(&manifest.snapshots[0].path), stray).unwrap();
    let (found, _) = read(&place).await;
    assert_eq!(found.len(), 50);

    assert!(
        dir.path()
            .join("drafts/left")
            .join("snapshots/part-00000.parquet")
            .exists()
    );
    left.discard().await.unwrap();
    assert!(
        !dir.path()
            .join("drafts/left")
            .join("snapshots/part-00000.parquet")
            .exists()
    );
}

#[tokio::test]
async fn changed_files_are_noticed() {
    let dir = tempfile::tempdir().unwrap();
    let place = Place::open(&dir.path().display().to_string()).unwrap();
    let manifest = draft(&place, "a").await.publish().await.unwrap();
    let published = Published::open(&place).await.unwrap();
    for file in manifest.files() {
        let path = dir.path().join(&file.path);
        let sound = std::fs::read(&path).unwrap();
        let mut changed = sound.clone();
        changed[10] ^= 1;
        std::fs::write(&path, &changed).unwrap();
        let error = published.check().await.unwrap_err();
        assert!(
            matches!(
                &error,
                PublishError::File {
                    what: "its BLAKE3",
                    ..
                }
            ),
            "{error}"
        );
        std::fs::write(&path, &sound[1..]).unwrap();
        let error = published.check().await.unwrap_err();
        assert!(
            matches!(
                &error,
                PublishError::File {
                    what: "its size",
                    ..
                }
            ),
            "{error}"
        );
        std::fs::remove_file(&path).unwrap();
        let error = published.check().await.unwrap_err();
        assert!(
            matches!(&error, PublishError::Store { action: "read", .. }),
            "{error}"
        );
        std::fs::write(&path, &sound).unwrap();
        published.check().await.unwrap();
    }
}

#[tokio::test]
async fn manifests_are_read_strictly() {
    let dir = tempfile::tempdir().unwrap();
    let place = Place::open(&dir.path().display().to_string()).unwrap();
    let file = |path: &str| {
        format!(
            r#"{{"format":1,"draft":"a","snapshots":[{{"path":"{path}","bytes":1,"blake3":""}}],"redactions":[]}}"#
        )
    };
    for (json, why) in [
        (String::new(), "EOF while parsing"),
        ("{}".to_owned(), "missing field `format`"),
        (
            r#"{"format":2}"#.to_owned(),
            "its format is 2, this build reads 1",
        ),
        (
            r#"{"format":1,"draft":"a"}"#.to_owned(),
            "missing field `snapshots`",
        ),
        (
            file("../elsewhere"),
            "`../elsewhere` leads out of the folder",
        ),
        (file("/etc/passwd"), "`/etc/passwd` leads out of the folder"),
    ] {
        std::fs::write(dir.path().join(MANIFEST), json).unwrap();
        let error = Published::open(&place).await.unwrap_err();
        assert!(matches!(error, PublishError::Manifest { .. }));
        assert!(error.to_string().contains(why), "{error}");
    }
}

#[tokio::test]
async fn drafts_have_names_of_their_own() {
    let place = Place::memory("names").unwrap();
    draft(&place, "a").await;
    let error = Draft::begin(&place, "a").await.unwrap_err();
    assert!(matches!(error, PublishError::DraftExists { .. }));
    for name in ["", "a/b", "..", "ä"] {
        let error = Draft::begin(&place, name).await.unwrap_err();
        assert!(matches!(error, PublishError::DraftName { .. }));
    }
}

#[test]
fn locations_that_lead_nowhere_are_refused() {
    for location in ["ftp://host/folder", "s3:///folder", "memory://here/"] {
        let error = Place::open(location).unwrap_err();
        assert!(
            matches!(error, PlaceError::Location { .. }),
            "{location}: {error}"
        );
    }
    let error = Place::open("s3://bucket/folder");
    if cfg!(feature = "s3") {
        assert_eq!(
            error.unwrap().join("a").url().as_str(),
            "s3://bucket/folder/a/"
        );
    } else {
        let error = error.unwrap_err().to_string();
        assert!(error.ends_with("build with the feature `s3`"), "{error}");
    }
    let place = Place::open("/data").unwrap();
    assert_eq!(place.join("../a//./b/").url().as_str(), "file:///data/a/b/");
}
