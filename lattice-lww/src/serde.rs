//! Serde for the types with invariants: canonical on the way out, validated on the way in.
//!
//! Hashes and canonical stamps are byte strings, an eighth of the cost of arrays of numbers. Where a
//! format is for people, they are lower-case hex.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use serde::de::{Deserialize, Deserializer, Error, SeqAccess, Visitor};
use serde::ser::{Serialize, Serializer};

use lattice_core::Antichain;

use crate::{EventHash, Itc, LwwMap, LwwRegister, Stamp, VersionVector, hex};

/// Writes a byte string.
fn put<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
    if serializer.is_human_readable() {
        let mut text = String::with_capacity(2 * bytes.len());
        hex::encode(bytes, &mut text);
        serializer.serialize_str(&text)
    } else {
        serializer.serialize_bytes(bytes)
    }
}

/// Reads a byte string and hands it to `decode`, borrowed where the format can lend it.
fn take<'de, D: Deserializer<'de>, T, E: fmt::Display>(
    deserializer: D,
    decode: impl FnOnce(&[u8]) -> Result<T, E>,
) -> Result<T, D::Error> {
    if deserializer.is_human_readable() {
        deserializer.deserialize_str(Bytes(decode))
    } else {
        deserializer.deserialize_bytes(Bytes(decode))
    }
}

struct Bytes<F>(F);

impl<'de, T, E: fmt::Display, F: FnOnce(&[u8]) -> Result<T, E>> Visitor<'de> for Bytes<F> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a byte string, or its lower-case hex")
    }

    fn visit_bytes<X: Error>(self, bytes: &[u8]) -> Result<T, X> {
        (self.0)(bytes).map_err(X::custom)
    }

    fn visit_str<X: Error>(self, text: &str) -> Result<T, X> {
        let bytes = hex::decode(text.as_bytes());
        let bytes = bytes
            .map_err(|at| X::custom(format_args!("no pair of lower-case hex digits at {at}")))?;
        self.visit_bytes(&bytes)
    }

    /// Formats without byte strings.
    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<T, A::Error> {
        let mut bytes = Vec::new();
        while let Some(byte) = seq.next_element()? {
            bytes.push(byte);
        }
        self.visit_bytes(&bytes)
    }
}

impl Serialize for EventHash {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        put(&self.0, serializer)
    }
}

/// Refuses all but 32 bytes.
impl<'de> Deserialize<'de> for EventHash {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let refusal = "event hash is not 32 bytes";
        take(deserializer, |bytes| {
            bytes.try_into().map(Self).map_err(|_| refusal)
        })
    }
}

/// The canonical bytes.
fn put_stamp<T: Stamp, S: Serializer>(stamp: &T, serializer: S) -> Result<S::Ok, S::Error> {
    let mut bytes = Vec::new();
    stamp.encode(&mut bytes);
    put(&bytes, serializer)
}

impl Serialize for Itc {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        put_stamp(self, serializer)
    }
}

/// Refuses what [`Stamp::decode`] refuses.
impl<'de> Deserialize<'de> for Itc {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        take(deserializer, Self::decode)
    }
}

impl Serialize for VersionVector {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        put_stamp(self, serializer)
    }
}

/// Refuses what [`Stamp::decode`] refuses.
impl<'de> Deserialize<'de> for VersionVector {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        take(deserializer, Self::decode)
    }
}

/// The writes in canonical order. Refuses more than [`Antichain::MAX_DECODED`], which nobody could read back.
impl<V: Ord + Serialize, S: Stamp + Serialize, A: Ord + Serialize> Serialize
    for LwwRegister<V, S, A>
{
    fn serialize<Z: Serializer>(&self, serializer: Z) -> Result<Z::Ok, Z::Error> {
        self.writes.serialize(serializer)
    }
}

/// Refuses writes out of canonical order, writes below one another, and more than
/// [`Antichain::MAX_DECODED`] of them.
impl<'de, V, S, A> Deserialize<'de> for LwwRegister<V, S, A>
where
    V: Ord + Deserialize<'de>,
    S: Stamp + Deserialize<'de>,
    A: Ord + Deserialize<'de>,
{
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Antichain::deserialize(deserializer).map(|writes| Self { writes })
    }
}

/// Pairs of key and register, in order of the keys.
impl<K, V, S, A> Serialize for LwwMap<K, V, S, A>
where
    K: Serialize,
    V: Ord + Serialize,
    S: Stamp + Serialize,
    A: Ord + Serialize,
{
    fn serialize<Z: Serializer>(&self, serializer: Z) -> Result<Z::Ok, Z::Error> {
        serializer.collect_seq(self)
    }
}

/// Refuses keys that do not strictly increase, and registers that were never written.
impl<'de, K, V, S, A> Deserialize<'de> for LwwMap<K, V, S, A>
where
    K: Ord + Clone + Deserialize<'de>,
    V: Ord + Clone + Deserialize<'de>,
    S: Stamp + Deserialize<'de>,
    A: Ord + Clone + Deserialize<'de>,
{
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::from_canonical(Vec::deserialize(deserializer)?).ok_or_else(|| {
            D::Error::custom("map keys do not strictly increase, or a register was never written")
        })
    }
}
