#![doc = include_str!("../README.md")]

// The processes.
mod executor;
mod scheduler;
mod stop;

// What they agree on.
pub mod address;
pub mod functions;
pub mod settings;
mod stores;

// Using them.
pub mod compaction;
pub mod demo;
mod error;
mod job;
mod local;
mod status;

pub use error::ClusterError;
pub use executor::{ExecutorOptions, run_executor};
pub use job::{JobOptions, News, Report, Tries, run};
pub use local::LocalCluster;
pub use scheduler::{SchedulerOptions, run_scheduler};
pub use status::{Cluster, Executor, Job, Scheduler, Stage, StageState};
pub use stop::{Reason, Stop};
