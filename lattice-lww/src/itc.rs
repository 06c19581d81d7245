//! Interval tree clocks (Almeida, Baquero and Fonte 2008): version vectors for replicas that come
//! and go, without a list of their names.
//!
//! [`Itc`] is the stamp, an event tree; [`ItcClock`] is what mints it, an id tree beside an event
//! tree. Texts in the forms `itc:v1:` and `itc:v3:` are read and written exactly.

mod bits;
mod clock;
mod error;
mod event;
mod id;
mod nodes;
mod stamp;
mod text;

pub use self::clock::ItcClock;
pub use self::error::ItcError;
pub use self::stamp::Itc;

/// Deepest tree that is read or grown.
///
/// Trees are walked recursively, so this bounds the stack; real clocks, whose ids are cut from 32
/// bits of a hash, are 32 deep.
pub(crate) const MAX_DEPTH: usize = 128;

/// Most nodes in a tree that is read or grown.
///
/// A node costs a bit in the byte form and some forty bytes in the tree form, so this bounds the
/// memory that a hostile text can ask for.
pub(crate) const MAX_NODES: usize = 65_535;
