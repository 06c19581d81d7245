//! Workloads, peers and the measuring that compares them.
//!
//! Every contender does the same work on the same data in the same run, in turn with the others, and is timed by the CPU
//! time of its thread. What is printed is the median, and ratios: the machine's speed cancels out.

pub mod delta;
pub mod encode;
pub mod fold;
pub mod gset;
pub mod logs;
pub mod lww;
pub mod measure;
pub mod orset;
pub mod random;
pub mod register;
pub mod report;
pub mod snapshot;
