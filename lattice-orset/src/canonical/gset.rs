//! The byte form of a grow-only set.

use alloc::vec::Vec;

use super::reader::open;
use super::{Canonical, DecodeError, Limits, put_number};
use crate::GSet;

/// A grow-only set, version 1.
const FORMAT: u8 = 0x11;

impl<T: Canonical> GSet<T> {
    /// The canonical bytes, described in [`canonical`](crate::canonical). `O(n)`.
    ///
    /// ```
    /// let set = lattice_orset::GSet::from_iter([3_u8, 1]);
    /// assert_eq!(set.encode(), [0x11, 2, 1, 3]);
    /// ```
    pub fn encode(&self) -> Vec<u8> {
        let mut out = alloc::vec![FORMAT];
        put_number(self.len() as u64, &mut out);
        for element in self {
            element.encode(&mut out);
        }
        out
    }
}

impl<T: Canonical + Ord + Clone> GSet<T> {
    /// Reads canonical bytes, all of them. `O(n)`.
    ///
    /// # Errors
    /// [`DecodeError`] on any bytes that [`encode`](Self::encode) does not write, and beyond the
    /// limits.
    ///
    /// ```
    /// use lattice_orset::GSet;
    /// use lattice_orset::canonical::{DecodeError, Limits};
    ///
    /// assert_eq!(GSet::decode(&[0x11, 2, 1, 3], Limits::DEFAULT), Ok(GSet::from_iter([1_u8, 3])));
    /// let unsorted = GSet::<u8>::decode(&[0x11, 2, 3, 1], Limits::DEFAULT);
    /// let expected = "an element greater than the one before";
    /// assert_eq!(unsorted, Err(DecodeError::NotCanonical { offset: 3, expected }));
    /// ```
    pub fn decode(bytes: &[u8], limits: Limits) -> Result<Self, DecodeError> {
        let mut reader = open(bytes, limits.bytes)?;
        reader.format(FORMAT)?;
        let count = reader.count("elements", limits.dots)?;
        let mut elements = Vec::new();
        for _ in 0..count {
            let next =
                reader.ascending(elements.last(), "an element greater than the one before")?;
            elements.push(next);
        }
        reader.end()?;
        Ok(elements.into_iter().collect())
    }
}
