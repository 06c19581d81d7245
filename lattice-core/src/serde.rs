//! Serde for the types with invariants: canonical on the way out, validated on the way in.
//!
//! Maps are sequences of pairs, so that any key works in any format. Nothing here sorts or repairs:
//! equal states have one form, and any other form is refused.
//!
//! That is the form of the values: which elements, in which order. How a format writes a list, a record or a
//! byte string is the format's own business, and some have several ways. What is to be hashed or
//! signed takes canonical bytes, which the crates above have.

use alloc::vec::Vec;

use serde::de::{Deserialize, Deserializer, Error};
use serde::ser::{Error as _, Serialize, Serializer};

use crate::{Antichain, CausalContext, ChunkedMap, Map, Ranked, Run, Set, VersionVector};

impl<K: Serialize, V: Serialize> Serialize for Map<K, V> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.as_slice())
    }
}

/// Refuses keys that do not strictly increase.
impl<'de, K: Deserialize<'de> + Ord, V: Deserialize<'de>> Deserialize<'de> for Map<K, V> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::from_sorted(Vec::deserialize(deserializer)?)
            .ok_or_else(|| D::Error::custom("map keys do not strictly increase"))
    }
}

/// The form of [`Map`], whatever the cuts between leaves.
impl<K: Serialize, V: Serialize> Serialize for ChunkedMap<K, V> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self)
    }
}

/// Refuses keys that do not strictly increase.
impl<'de, K, V> Deserialize<'de> for ChunkedMap<K, V>
where
    K: Deserialize<'de> + Ord + Clone,
    V: Deserialize<'de> + Clone,
{
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::from_sorted(Vec::deserialize(deserializer)?)
            .ok_or_else(|| D::Error::custom("map keys do not strictly increase"))
    }
}

impl<T: Serialize> Serialize for Set<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self)
    }
}

/// Refuses elements that do not strictly increase.
impl<'de, T: Deserialize<'de> + Ord> Deserialize<'de> for Set<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::from_sorted(Vec::deserialize(deserializer)?)
            .ok_or_else(|| D::Error::custom("set elements do not strictly increase"))
    }
}

/// Refuses more elements than [`Antichain::MAX_DECODED`], which nobody could read back.
impl<T: Serialize> Serialize for Antichain<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.len() > Self::MAX_DECODED {
            return Err(S::Error::custom("antichain is too long to be read back"));
        }
        serializer.collect_seq(self)
    }
}

/// Refuses elements out of canonical order, elements that precede one another, and more than
/// [`Antichain::MAX_DECODED`] of them.
impl<'de, T: Deserialize<'de> + Ranked> Deserialize<'de> for Antichain<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let elements = Vec::deserialize(deserializer)?;
        if elements.len() > Self::MAX_DECODED {
            return Err(D::Error::custom("antichain is too long"));
        }
        Self::from_canonical(elements)
            .ok_or_else(|| D::Error::custom("elements are not a sorted antichain"))
    }
}

impl<A: Serialize> Serialize for VersionVector<A> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}

/// Refuses agents that do not strictly increase, and zeros.
impl<'de, A: Deserialize<'de> + Ord> Deserialize<'de> for VersionVector<A> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::from_sorted(Vec::deserialize(deserializer)?).ok_or_else(|| {
            D::Error::custom("version vector entries do not strictly increase or are zero")
        })
    }
}

impl<A: Serialize> Serialize for CausalContext<A> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(
            self.runs()
                .iter()
                .map(|run| (&run.agent, run.first, run.last)),
        )
    }
}

/// Refuses runs that are empty, unsorted, overlapping or touching.
impl<'de, A: Deserialize<'de> + Ord> Deserialize<'de> for CausalContext<A> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let runs: Vec<(A, u64, u64)> = Vec::deserialize(deserializer)?;
        let runs = runs
            .into_iter()
            .map(|(agent, first, last)| Run { agent, first, last });
        Self::from_runs(runs.collect())
            .ok_or_else(|| D::Error::custom("causal context runs are not sorted and apart"))
    }
}
