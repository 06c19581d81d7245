//! The bulk form in bytes: those of the set it is. Which of the two forms wrote them, nobody can tell.

use alloc::vec::Vec;

use super::DotStore;
use crate::OrSet;
use crate::canonical::{Canonical, DecodeError, Limits};

impl<T: Canonical + Ord + Clone, A: Canonical + Ord + Clone> DotStore<T, A> {
    /// The canonical bytes, those of the [`OrSet`] of the same state. `O(n log n)`.
    ///
    /// ```
    /// use lattice_orset::{DotStore, OrSet, Replica};
    ///
    /// let (mut set, mut ada) = (OrSet::new(), Replica::new(7_u64));
    /// set.insert(ada.mint()?, 99_u8);
    /// assert_eq!(DotStore::from(&set).encode(), set.encode());
    /// # Ok::<(), lattice_orset::Exhausted>(())
    /// ```
    pub fn encode(&self) -> Vec<u8> {
        OrSet::from(self.clone()).encode()
    }

    /// Reads canonical bytes, all of them. `O(n log n)`.
    ///
    /// # Errors
    ///
    /// [`DecodeError`], as [`OrSet::decode`].
    ///
    /// ```
    /// use lattice_orset::DotStore;
    /// use lattice_orset::canonical::{DecodeError, Limits};
    ///
    /// let bytes = [0x21, 1, 7, 1, 0b01, 99];
    /// let store: DotStore<u8, u64> = DotStore::decode(&bytes, Limits::DEFAULT)?;
    /// assert_eq!(store.len(), 1);
    /// # Ok::<(), DecodeError>(())
    /// ```
    pub fn decode(bytes: &[u8], limits: Limits) -> Result<Self, DecodeError> {
        OrSet::decode(bytes, limits).map(Self::from)
    }
}

#[cfg(feature = "serde")]
mod with_serde {
    use serde::de::{Deserialize, Deserializer};
    use serde::ser::{Serialize, Serializer};

    use super::{DotStore, OrSet};

    impl<T, A> Serialize for DotStore<T, A>
    where
        T: Serialize + Ord + Clone,
        A: Serialize + Ord + Clone,
    {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            OrSet::from(self.clone()).serialize(serializer)
        }
    }

    /// Refuses what the set refuses.
    impl<'de, T, A> Deserialize<'de> for DotStore<T, A>
    where
        T: Deserialize<'de> + Ord + Clone,
        A: Deserialize<'de> + Ord + Clone,
    {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            OrSet::deserialize(deserializer).map(Self::from)
        }
    }
}
