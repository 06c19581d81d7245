//! A cluster on this machine: the processes that another would run by hand, and their end.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};
use tokio::time::timeout;

use crate::ClusterError;
use crate::status::Scheduler;

/// How long a process may take until it listens.
const START: Duration = Duration::from_mins(1);

/// A scheduler and executors as processes of this machine, on loopback.
///
/// They end when this is dropped, and also when the program that holds it is killed: each reads a pipe from it and
/// stops when that ends. Their files are in a temporary folder that goes with it.
#[derive(Debug)]
pub struct LocalCluster {
    // Dropped before the folder they write to.
    processes: BTreeMap<String, Child>,
    binary: PathBuf,
    scheduler: Scheduler,
    folder: TempDir,
}

/// The name of the scheduler among the processes.
const SCHEDULER: &str = "scheduler";

impl LocalCluster {
    /// Starts a scheduler and one executor for each id, and waits until they know each other.
    ///
    /// `binary` is this crate's binary; `cores` are those of each executor.
    ///
    /// # Errors
    ///
    /// [`ClusterError::Io`] when a process does not start or ends before it listens.
    pub async fn start(
        binary: &Path,
        executors: &[&str],
        cores: usize,
    ) -> Result<Self, ClusterError> {
        let folder = tempfile::Builder::new()
            .prefix("lattice-cluster-")
            .tempdir()
            .map_err(ClusterError::io("making a temporary folder"))?;
        let mut cluster = Self {
            processes: BTreeMap::new(),
            binary: binary.to_owned(),
            scheduler: Scheduler::at("127.0.0.1", 0),
            folder,
        };
        cluster.start_scheduler().await?;
        for id in executors {
            cluster.start_executor(id, cores).await?;
        }
        Ok(cluster)
    }

    /// Where its scheduler is.
    pub fn scheduler(&self) -> &Scheduler {
        &self.scheduler
    }

    /// A folder that lives as long as the cluster.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// What a process has said on standard error; empty for one that never ran.
    pub fn log(&self, id: &str) -> String {
        std::fs::read_to_string(self.log_path(id)).unwrap_or_default()
    }

    /// The system's number of a process that runs.
    pub fn process_id(&self, id: &str) -> Option<u32> {
        self.processes.get(id).and_then(Child::id)
    }

    /// The system's numbers of all processes that run.
    pub fn process_ids(&self) -> Vec<u32> {
        self.processes.values().filter_map(Child::id).collect()
    }

    /// Starts the scheduler, on the port it had before if it had one.
    ///
    /// # Errors
    ///
    /// As [`Self::start`].
    pub async fn start_scheduler(&mut self) -> Result<(), ClusterError> {
        let port = self.scheduler.port().to_string();
        let line = self
            .spawn(SCHEDULER, &["scheduler", "--port", &port])
            .await?;
        let address = line.rsplit(' ').next().unwrap_or_default();
        self.scheduler = address.parse().map_err(|why| ClusterError::Engine {
            role: SCHEDULER,
            why: format!("said `{line}` instead of its address: {why}"),
        })?;
        Ok(())
    }

    /// Starts an executor and waits until the scheduler knows it.
    ///
    /// # Errors
    ///
    /// As [`Self::start`]; [`ClusterError::Engine`] when it does not register in time.
    pub async fn start_executor(&mut self, id: &str, cores: usize) -> Result<(), ClusterError> {
        let work_dir = self.folder.path().join(format!("work-{id}"));
        let (scheduler, cores, work_dir) = (
            self.scheduler.to_string(),
            cores.to_string(),
            work_dir.to_string_lossy().into_owned(),
        );
        let arguments = [
            "executor",
            "--scheduler",
            &scheduler,
            "--id",
            id,
            "--port",
            "0",
            "--cores",
            &cores,
            "--work-dir",
            &work_dir,
        ];
        self.spawn(id, &arguments).await?;
        let registered = async {
            loop {
                let cluster = self.scheduler.cluster().await?;
                if cluster.executors.iter().any(|executor| executor.id == id) {
                    return Ok(());
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        timeout(START, registered).await.unwrap_or_else(|_| {
            Err(ClusterError::Engine {
                role: "executor",
                why: format!("{id} did not register within {} s", START.as_secs()),
            })
        })
    }

    /// Kills an executor at once (`kill -9`) and removes what it wrote, as when its machine is lost.
    ///
    /// # Errors
    ///
    /// [`ClusterError::Io`] when it does not run.
    pub async fn kill_executor(&mut self, id: &str) -> Result<(), ClusterError> {
        self.kill(id).await?;
        let work_dir = self.work_dir(id);
        std::fs::remove_dir_all(&work_dir)
            .map_err(ClusterError::io(format!("removing {}", work_dir.display())))
    }

    /// Kills the scheduler at once.
    ///
    /// # Errors
    ///
    /// [`ClusterError::Io`] when it does not run.
    pub async fn kill_scheduler(&mut self) -> Result<(), ClusterError> {
        self.kill(SCHEDULER).await
    }

    async fn kill(&mut self, id: &str) -> Result<(), ClusterError> {
        let what = || format!("killing {id}");
        let mut process = self.processes.remove(id).ok_or_else(|| {
            ClusterError::io(what())(std::io::Error::from(std::io::ErrorKind::NotFound))
        })?;
        process.kill().await.map_err(ClusterError::io(what()))
    }

    /// Starts a process and returns the line in which it says where it listens.
    async fn spawn(&mut self, id: &str, arguments: &[&str]) -> Result<String, ClusterError> {
        let starting = || format!("starting {id} ({})", self.binary.display());
        let log = File::options()
            .create(true)
            .append(true)
            .open(self.log_path(id))
            .map_err(ClusterError::io(starting()))?;
        let mut process = Command::new(&self.binary)
            .args(arguments)
            .arg("--stop-with-stdin")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(log)
            .kill_on_drop(true)
            .spawn()
            .map_err(ClusterError::io(starting()))?;
        let mut said = String::new();
        if let Some(stdout) = process.stdout.take() {
            let mut lines = BufReader::new(stdout);
            match timeout(START, lines.read_line(&mut said)).await {
                Ok(read) => read.map_err(ClusterError::io(starting()))?,
                Err(_) => 0,
            };
        }
        if said.is_empty() {
            return Err(ClusterError::io(starting())(std::io::Error::other(
                format!(
                    "it said nothing on standard output; on standard error: {}",
                    self.log(id)
                ),
            )));
        }
        self.processes.insert(id.to_owned(), process);
        Ok(said.trim().to_owned())
    }

    fn work_dir(&self, id: &str) -> PathBuf {
        self.folder.path().join(format!("work-{id}"))
    }

    fn log_path(&self, id: &str) -> PathBuf {
        self.folder.path().join(format!("{id}.log"))
    }
}
