//! Canonical bytes: one byte string for each state, and one state for each accepted byte string.
//!
//! [`OrSet::encode`](crate::OrSet::encode) and [`GSet::encode`](crate::GSet::encode) write them,
//! `decode` reads them and refuses every other byte string. So states are equal iff their bytes are,
//! and bytes may be hashed, signed and compared. Elements and agents take part through
//! [`Canonical`], with no dependency and without the standard library.
//!
//! ```
//! use lattice_orset::canonical::Limits;
//! use lattice_orset::{OrSet, Replica};
//!
//! let (mut set, mut ada) = (OrSet::new(), Replica::new(7_u64));
//! set.insert(ada.mint()?, String::from("milk"));
//! set.insert(ada.mint()?, String::from("eggs"));
//! set.remove("milk");
//!
//! let bytes = set.encode();
//! assert_eq!(bytes, b"\x21\x01\x07\x02\x03\x01\x04eggs");
//! assert_eq!(OrSet::decode(&bytes, Limits::DEFAULT)?, set);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Layout
//!
//! ```text
//! OrSet    0x21  number of agents  agent*  element*
//! agent    the id  number of runs  run*
//! run      (length - 1) * 4 + fate
//! fate     0 not seen, 1 live, 2 redacted, 3 removed
//!
//! GSet     0x11  number of elements  element*
//! ```
//!
//! The first byte is the kind of set in its high half and the version of the layout in its low
//! half.
//!
//! Agents strictly increase. The runs of an agent cut its sequence numbers, from 1 on, into
//! stretches of one fate; neighbours differ in their fates, and the last one is seen. So no dot can
//! have two fates, a live dot outside the context cannot be written down, and a context of 2^32
//! removed dots takes five bytes. The elements of the live dots follow in order of the dots; those
//! of a `GSet` strictly increase.
//!
//! Numbers tell their length by the leading ones of the first byte, and only the shortest form is
//! accepted. Compared as bytes they stand in order.
//!
//! ```text
//! 0xxxxxxx                               below 2^7
//! 10xxxxxx xxxxxxxx                      below 2^14
//! ...
//! 11111110 and seven bytes               below 2^56
//! 11111111 and eight bytes               the rest
//! ```
//!
//! # Versions
//!
//! A new layout gets a new first byte. Bytes that one version of this crate writes are written and
//! read by all later ones of the same layout: the tests hold samples that are never edited.

mod error;
mod gset;
mod limits;
mod number;
mod orset;
mod reader;
mod value;

use alloc::vec::Vec;

pub use error::DecodeError;
pub use limits::Limits;
pub use number::put_number;
pub use reader::Reader;

/// A value with exactly one byte form, which tells where it ends.
///
/// # Laws
///
/// - `decode` of what `encode` wrote gives the value back, and leaves the bytes behind it unread
/// - `decode` refuses every byte string that `encode` does not write
/// - the form is at least one byte long: decoders bound by the bytes left how many values may follow
///
/// Implemented for the integers (but not `usize`, which differs between machines), `bool`, `char`,
/// `String`, `Box<str>`, `Vec<u8>`, `Box<[u8]>`, `[u8; N]`, `Option` and tuples of two and three.
/// Integers up to 64 bits take one to nine bytes by their size, those of 128 bits always sixteen;
/// negative ones are folded between the others. Texts and byte strings carry their length.
///
/// ```
/// use lattice_orset::canonical::{Canonical, DecodeError, Limits, Reader};
/// use lattice_orset::GSet;
///
/// #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
/// enum Tag { Plain(String), Urgent }
///
/// impl Canonical for Tag {
///     fn encode(&self, out: &mut Vec<u8>) {
///         match self {
///             Self::Plain(text) => { out.push(0); text.encode(out) }
///             Self::Urgent => out.push(1),
///         }
///     }
///     fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
///         let offset = reader.offset();
///         match reader.byte("a kind of tag")? {
///             0 => String::decode(reader).map(Self::Plain),
///             1 => Ok(Self::Urgent),
///             found => Err(DecodeError::Invalid { offset, expected: "a kind of tag", found: found.into() }),
///         }
///     }
/// }
///
/// let tags = GSet::from_iter([Tag::Urgent, Tag::Plain("ux".into())]);
/// assert_eq!(GSet::decode(&tags.encode(), Limits::DEFAULT), Ok(tags));
/// ```
pub trait Canonical: Sized {
    /// Appends the byte form.
    fn encode(&self, out: &mut Vec<u8>);

    /// Reads the byte form and nothing behind it.
    ///
    /// # Errors
    /// [`DecodeError`] on bytes that `encode` does not write.
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError>;
}
