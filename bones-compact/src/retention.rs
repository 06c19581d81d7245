//! Which commits of a growing history stay readable: many of the young, few of the old, and always
//! the oldest. A pure planner; who asks carries the plan out.
//!
//! Time is cut into buckets that nest, and of each bucket the earliest commit stays. The proofs are
//! in `docs/RETENTION.md`.
//!
//! | file | noun |
//! |---|---|
//! | `config.rs` | the parameters, as a user gives them |
//! | `tiers.rs` | the buckets and tiers they make |
//! | `clock.rs` | the time that decides |
//! | `plan.rs` | what stays and what goes |
//! | `error.rs` | what is refused |

mod clock;
mod config;
mod error;
mod plan;
mod tiers;

pub use clock::{PolicyClock, policy_clock};
pub use config::RetentionConfig;
pub use error::RetentionError;
pub use plan::{Commit, RetentionPlan};
pub use tiers::Retention;
