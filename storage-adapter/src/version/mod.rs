//! Versions that replace each other in one step, and the leases by which readers hold on to one.
//!
//! A version has **contents**, shared by all of its readers and readable for as long as they like (an
//! index), and stands on **resources**, which the owner wants back some time after a newer version came
//! (open files that are to be removed). Many versions in a row may stand on the same resources.
//!
//! ```text
//!              lease              lease           publish            reclaim
//!   Versions ────────▶ Lease ◀─ ─ ─ ─ ─ Versions ────────▶ Retired ────────▶ resources, owned again
//! ```
//!
//! | file | holds |
//! |---|---|
//! | `versions` | [`Versions`]: what is current; `lease`, `update`, `publish` |
//! | `lease` | [`Lease`]: a reader's hold on one version |
//! | `retired` | [`Retired`]: resources that were replaced, and the three ways to get them back |
//! | `stream` | [`Stream`]: an iterator that says so when it was cut off |
//! | `slot` | [`Slot`]: the one place where "which is current" and "one more reader" are one step |
//! | `state` | [`Version`]; the rack, from which resources can be taken while leases look at it |
//! | `error` | [`Expired`], [`StreamError`] |
//! | `sync` | locks and counts: those of `std`, or those of the model checker |
//!
//! # Laws
//!
//! 1. **Whole.** A lease shows the contents of one version together with the resources that version stands on.
//! 2. **Nobody waits for a reader.** `lease`, `update` and `publish` wait for no lease, however old.
//!    [`Retired::revoke`] waits for calls of [`Lease::with`] that have begun, for nothing else.
//! 3. **Not early.** Resources come back without revocation only when no lease on them is left, and none
//!    can be taken any more.
//! 4. **Not in use.** Whoever gets resources back is their only user.
//! 5. **Said aloud.** What revocation took from a reader is [`Expired`] at its next call, never an end that
//!    looks like any other.
//! 6. **Unwinding releases.** A lease that is dropped by a panic is dropped like any other.
//!
//! Laws 1 to 4 are checked under every schedule of models of two threads, and a bounded part of those of three, by
//! the crate in `storage-adapter/loom`, which compiles these very files.
//!
//! ```
//! use std::time::Duration;
//! use storage_adapter::version::Versions;
//!
//! let versions = Versions::new("index a", vec!["file 1", "file 2"]);
//! let reader = versions.lease();
//! assert_eq!(reader.with(|files| files[0])?, "file 1");
//!
//! versions.update(|_| "index b"); // same files
//! let retired = versions.publish("index c", vec!["file 3"]);
//!
//! assert_eq!(*reader, "index a");
//! assert_eq!(reader.with(|files| files[1])?, "file 2"); // still there
//! assert_eq!(retired.readers(), 1);
//!
//! let files = retired.reclaim_within(Duration::ZERO); // no grace
//! assert_eq!(files, ["file 1", "file 2"]); // now they may be removed
//! let expired = reader.with(|files| files[1]).unwrap_err();
//! assert_eq!(expired.to_string(), "snapshot expired (version 0): open a new one");
//! assert_eq!(*reader, "index a"); // contents stay
//! assert_eq!(*versions.lease(), "index c");
//! # Ok::<(), storage_adapter::version::Expired>(())
//! ```

mod error;
mod lease;
mod retired;
mod slot;
mod state;
mod stream;
pub(crate) mod sync;
mod versions;

pub use error::{Expired, StreamError};
pub use lease::Lease;
pub use retired::Retired;
pub use slot::{Locked, Slot};
pub use state::Version;
pub use stream::Stream;
pub use versions::Versions;
