//! `submit` and `demo` as a person or a script meets them.

use std::process::{Command, Output};
use std::time::Duration;

use datafusion::prelude::SessionContext;
use lattice_cluster::LocalCluster;
use lattice_datafusion::Place;
use lattice_datafusion::generate::{self, Generate};
use lattice_datafusion::publish::Published;

use crate::harness::{BINARY, Log, alone, assert_same, by_item};

const LIMIT: Duration = Duration::from_mins(3);

fn submit(cluster: &LocalCluster, arguments: &[&str]) -> Output {
    Command::new(BINARY)
        .arg("submit")
        .args(arguments)
        .args([
            "--scheduler",
            &cluster.scheduler().to_string(),
            "--partitions",
            "4",
        ])
        .output()
        .unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

#[test]
fn a_log_is_compacted_and_published_once() {
    alone(LIMIT, async || {
        let log = Log::new(20_000);
        let cluster = LocalCluster::start(BINARY.as_ref(), &["a"], 2)
            .await
            .unwrap();
        let into = cluster.folder().join("out").to_str().unwrap().to_owned();
        let compact = ["compact", &log.urls()[0], "--into", &into];
        let output = submit(&cluster, &compact);
        assert!(output.status.success(), "{}", stderr(&output));
        assert!(
            stderr(&output).contains("\ncompaction: stage "),
            "{}",
            stderr(&output)
        );

        let published = Published::open(&Place::open(&into).unwrap()).await.unwrap();
        published.check().await.unwrap();
        let ctx = SessionContext::new();
        let snapshots = published
            .snapshots(&ctx)
            .await
            .unwrap()
            .collect()
            .await
            .unwrap();
        assert_same(&by_item(&snapshots), &log.snapshots);

        let manifest = std::fs::read(format!("{into}/manifest.json")).unwrap();
        let again = submit(&cluster, &compact);
        assert_eq!(again.status.code(), Some(1));
        assert!(
            stderr(&again).contains("holds a published result already"),
            "{}",
            stderr(&again)
        );
        assert_eq!(
            std::fs::read(format!("{into}/manifest.json")).unwrap(),
            manifest
        );
    });
}

#[test]
fn sql_runs_on_the_cluster_with_the_functions() {
    alone(LIMIT, async || {
        let log = Log::new(2_000);
        let cluster = LocalCluster::start(BINARY.as_ref(), &["a"], 1)
            .await
            .unwrap();
        let table = format!("events={}", log.urls()[0]);
        let query = "SELECT count(*) AS items, count(lattice_value(payload, 'title')) AS titles FROM \
                     (SELECT item_id, lattice_join(delta) AS payload FROM events GROUP BY item_id)";
        let output = submit(&cluster, &["sql", query, "--table", &table]);
        assert!(output.status.success(), "{}", stderr(&output));
        let printed = String::from_utf8(output.stdout).unwrap();
        let items = log.snapshots.len().to_string();
        assert_eq!(printed.matches(&items).count(), 2, "{printed}");

        let output = submit(
            &cluster,
            &["sql", "SELECT nothing FROM events", "--table", &table],
        );
        assert_eq!(output.status.code(), Some(4));
        assert!(stderr(&output).contains("nothing"), "{}", stderr(&output));
        assert!(!stderr(&output).contains("try 2"), "{}", stderr(&output));
    });
}

#[test]
fn a_scheduler_that_is_not_there_is_tried_a_few_times() {
    let output = Command::new(BINARY)
        .args([
            "submit",
            "sql",
            "SELECT 1",
            "--scheduler",
            "127.0.0.1:1",
            "--tries",
            "2",
        ])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(5), "{}", stderr(&output));
    let said = stderr(&output);
    assert!(
        said.contains("try 1 failed: no scheduler answers at 127.0.0.1:1"),
        "{said}"
    );
    assert!(said.contains("error: gave up after 2 tries"), "{said}");
}

#[test]
fn a_job_past_its_deadline_is_cancelled() {
    alone(LIMIT, async || {
        let log = Log::new(2_000);
        // Nobody will ever run it.
        let cluster = LocalCluster::start(BINARY.as_ref(), &[], 1).await.unwrap();
        let into = cluster.folder().join("out").to_str().unwrap().to_owned();
        let arguments = [
            "compact",
            &log.urls()[0],
            "--into",
            &into,
            "--deadline",
            "2",
            "--tries",
            "2",
        ];
        let output = submit(&cluster, &arguments);
        let said = stderr(&output);
        assert_eq!(output.status.code(), Some(6), "{said}");
        assert!(said.contains("there is no executor yet"), "{said}");
        assert!(
            said.contains("error: gave up after 2 tries; the last: the job did not end within 2 s"),
            "{said}"
        );
        assert_eq!(
            cluster.scheduler().jobs().await.unwrap(),
            [],
            "jobs are left on the scheduler"
        );
    });
}

#[test]
fn a_log_goes_out_through_the_cluster_and_into_a_store() {
    alone(LIMIT, async || {
        let cluster = LocalCluster::start(BINARY.as_ref(), &["a"], 1)
            .await
            .unwrap();
        let path = |name: &str| cluster.folder().join(name).to_str().unwrap().to_owned();
        let what = Generate::new(3_000, 150);
        let lines: Vec<String> = generate::lines(&what).collect();
        std::fs::write(path("log.events"), lines.join("\n") + "\n").unwrap();
        let run = |arguments: &[&str]| {
            let output = Command::new(BINARY).args(arguments).output().unwrap();
            assert!(
                output.status.success(),
                "{arguments:?}: {}",
                stderr(&output)
            );
            String::from_utf8(output.stdout).unwrap()
        };
        let said = run(&["export", &path("log.events"), "--into", &path("events")]);
        assert!(said.starts_with("3000 events in 1 files, "), "{said}");
        let output = submit(
            &cluster,
            &["compact", &path("events/"), "--into", &path("out")],
        );
        assert!(output.status.success(), "{}", stderr(&output));
        let result = format!("s={}", path("out"));
        let query = "SELECT outcome, count(*) AS items FROM s GROUP BY outcome";
        let output = submit(&cluster, &["sql", query, "--result", &result]);
        let printed = String::from_utf8_lossy(&output.stdout);
        assert!(
            printed.contains("| compacted | 150   |"),
            "{printed}{}",
            stderr(&output)
        );
        let said = run(&["import", &path("out"), "--store", &path("store")]);
        assert!(said.starts_with("150 snapshots read, 150 new; "), "{said}");
        let said = run(&["import", &path("out"), "--store", &path("store")]);
        assert!(
            said.starts_with("150 snapshots read, 0 new; 0 redactions new"),
            "{said}"
        );
        run(&["export", &path("store"), "--into", &path("again")]);
        let ctx = SessionContext::new();
        let mut all = Vec::new();
        for name in ["out", "again"] {
            let published = Published::open(&Place::open(&path(name)).unwrap())
                .await
                .unwrap();
            let snapshots = published
                .snapshots(&ctx)
                .await
                .unwrap()
                .collect()
                .await
                .unwrap();
            all.push(by_item(&snapshots));
        }
        assert_same(&all[1], &all[0]);
    });
}

#[test]
fn the_demonstration_shows_equal_bytes() {
    alone(LIMIT, async || {
        let output = Command::new(BINARY)
            .args([
                "demo",
                "--events",
                "100000",
                "--items",
                "5000",
                "--partitions",
                "8",
            ])
            .output()
            .unwrap();
        let printed = String::from_utf8(output.stdout.clone()).unwrap();
        assert!(output.status.success(), "{printed}{}", stderr(&output));
        for part in [
            "killed executor b (kill -9)",
            "equal: the snapshots of 5000 items",
            "events/s",
            "shuffled",
        ] {
            assert!(printed.contains(part), "{printed}");
        }
    });
}
