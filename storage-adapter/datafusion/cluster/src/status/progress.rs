//! The words in which progress is told.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The cluster as its scheduler sees it: `GET /cluster`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cluster {
    /// The scheduler process. Another one at the same address has another id, and knows none of its jobs.
    pub scheduler: String,
    /// The executors that were heard of within the timeout.
    pub executors: Vec<Executor>,
}

/// A process that runs tasks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Executor {
    /// Its id, given on its command line or drawn at its start.
    pub id: String,
    /// Where others fetch results from it.
    pub address: String,
    /// How many partitions it works on at once.
    pub cores: u32,
}

/// A job that runs: `GET /jobs`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Job {
    /// Its id.
    pub id: String,
    /// The session that submitted it; empty when that was no client of this crate.
    pub session: String,
    /// What the session calls it.
    pub name: String,
    /// Its stages, from the one that reads to the one that answers.
    pub stages: Vec<Stage>,
}

/// A part of a job between two shuffles.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stage {
    /// Its number.
    pub id: usize,
    /// Where it is.
    pub state: StageState,
    /// How many partitions it reads; 0 while that is unknown.
    pub partitions: usize,
    /// Of these, how many are done.
    pub done: usize,
    /// Executors that hold output of it, by id, sorted.
    pub held_by: Vec<String>,
    /// Executors that work on it, by id, sorted.
    pub worked_by: Vec<String>,
}

/// Where a stage is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum StageState {
    /// For the stages before it.
    Waiting,
    /// Its tasks run, or are about to.
    Running,
    /// All its output is there.
    Done,
    /// One of its tasks failed for good.
    Failed,
}

impl Job {
    /// Whether a stage before the last one runs and is not done with all partitions, but with some.
    pub fn in_map(&self) -> bool {
        self.stages.split_last().is_some_and(|(_, before)| {
            before
                .iter()
                .any(|s| s.state == StageState::Running && s.done > 0)
        })
    }

    /// Whether all stages but the last one are done, and the last one is not.
    pub fn after_map(&self) -> bool {
        self.stages.split_last().is_some_and(|(last, before)| {
            !before.is_empty()
                && before.iter().all(|s| s.state == StageState::Done)
                && last.state != StageState::Done
        })
    }
}

impl fmt::Display for Job {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, stage) in self.stages.iter().enumerate() {
            if i > 0 {
                f.write_str(", ")?;
            }
            write!(f, "stage {} of {}: ", i + 1, self.stages.len())?;
            match stage.state {
                StageState::Waiting => f.write_str("waiting")?,
                StageState::Done => f.write_str("done")?,
                StageState::Failed => f.write_str("failed")?,
                StageState::Running => write!(f, "{}/{} partitions", stage.done, stage.partitions)?,
            }
        }
        Ok(())
    }
}
