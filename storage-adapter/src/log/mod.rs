//! A durable log of opaque frames in one directory.
//!
//! This is the lowest layer of the store: it knows files, frames, checks and commits, and nothing
//! of lattices. Whoever owns a [`LogDir`] owns the directory; everyone else gets
//! [`LogError::Locked`].
//!
//! | operation | atomic point | cost |
//! |---|---|---|
//! | [`LogDir::write`] | the mark that closes the batch | writes |
//! | [`LogDir::sync`] | the end of the sync, for all batches since the last | one sync |
//! | [`LogDir::append`] | both | writes, one sync |
//! | [`LogDir::begin_rewrite`], [`Rewrite`], [`LogDir::publish_rewrite`] | the rename to `CURRENT` | the new frames, written and synced once, on any thread |
//! | [`LogDir::open`] | - | a scan of what was appended since the last manifest |
//! | [`LogDir::open_read_only`] | - | the same, beside others that only read |
//! | [`LogDir::view`] | - | O(1); reading is one pass over all bytes, memory for the largest frame |
//!
//! Laws:
//!
//! 1. **All or nothing.** After a crash at any point a batch is there in full or not at all.
//! 2. **Acknowledged is durable.** What an `Ok` from `sync`, `append` or `publish_rewrite` reports survives
//!    the loss of power. What was only written may be lost from some commit on, never from the middle.
//! 3. **Damage is named, never read.** A frame comes back as it was written, or as an error that
//!    names file and offset. Only the tail that a crash can have torn is ever cut, and what was cut
//!    is kept in a file of its own and reported.
//! 4. **Unknown is unknown.** When the outcome of an operation cannot be known (a failed fsync, a
//!    failed rename) the owner turns read-only; opening again decides from what is on the medium.
//!
//! The byte layout, and what the layer takes for granted of the medium, is in
//! `docs/FORMAT-STORE.md`.
//!
//! ```
//! use storage_adapter::log::{Frame, LogDir};
//!
//! let dir = tempfile::tempdir()?;
//! let path = dir.path().join("store");
//! let mut log = LogDir::create(&path, b"order=wall")?;
//! assert_eq!(log.append([Frame::new(1, *b"first"), Frame::new(1, *b"second")], 1_000)?, 1);
//! drop(log);
//!
//! let (mut log, report) = LogDir::open(&path)?;
//! assert!(report.cut.is_none());
//! assert_eq!(log.header(), b"order=wall");
//! let entries = log.frames().collect::<Result<Vec<_>, _>>()?;
//! assert_eq!((&entries[0].body[..], &entries[1].body[..]), (&b"first"[..], &b"second"[..]));
//!
//! let mut rewrite = log.begin_rewrite()?;
//! log.append([Frame::new(1, *b"third")], 2_000)?;
//! rewrite.push(Frame::new(2, *b"first and second"))?;
//! let obsolete = log.publish_rewrite(rewrite.finish()?)?;
//! log.remove(obsolete)?;
//! let entries = log.frames().collect::<Result<Vec<_>, _>>()?;
//! assert_eq!((&entries[0].body[..], entries[0].commit), (&b"first and second"[..], 1));
//! assert_eq!((&entries[1].body[..], entries[1].commit), (&b"third"[..], 2));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod append;
mod batch;
mod create;
mod dir;
mod disk;
mod error;
mod files;
mod frame;
mod frames;
mod lock;
mod manifest;
mod name;
mod obsolete;
mod open;
mod pace;
mod place;
mod publish;
mod rebuild;
mod rewrite;
mod scan;
mod segment;
mod shared;
mod swap;
mod tail;
mod verify;
mod view;
mod window;

pub use dir::{LogDir, SegmentInfo};
pub use disk::Disk;
pub use error::LogError;
pub use files::{DataFile, Files};
pub use frame::{FRAME_OVERHEAD, Frame, MAX_BODY};
pub use frames::{Entry, FramePlace, Frames};
pub use lock::FileLock;
pub use manifest::{FORMAT, MAX_HEADER};
pub use obsolete::Obsolete;
pub use open::{CutTail, OpenReport, TornTail};
pub use place::{Place, Sealed};
pub use rebuild::{Rebuilt, RebuiltFrom, rebuild};
pub use rewrite::{Finished, Rewrite};
pub use scan::{Fragment, ScanReport, scan};
pub use verify::{Damage, VerifyReport};
pub use view::LogView;
