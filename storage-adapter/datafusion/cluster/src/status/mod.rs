//! How far the jobs are: what the scheduler tells on its page, and what a client asks.
//!
//! Ballista's own answer to "how far" is `Running`. Its page of stages exists, but only in a build with its whole
//! binary. The scheduler of this crate reads the same state in process and serves it as JSON beside Ballista's own
//! service, on the same port.

mod ask;
mod observe;
mod page;
mod progress;

pub use ask::Scheduler;
pub(crate) use page::routes;
pub use progress::{Cluster, Executor, Job, Stage, StageState};
