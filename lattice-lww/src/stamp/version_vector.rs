//! [`VersionVector`]: how many writes of each actor are known.

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::cmp::Ordering;
use core::fmt;

use super::{Reader, Stamp, StampError, put_varint};

/// A version vector (Parker et al. 1983) as a stamp: it is below another if every actor's count
/// is.
///
/// Actors are byte strings: a name, a UUID, a big-endian number. The vector *is* its canonical
/// bytes behind an `Arc`, so that a clone costs a reference count and a stamp stays small beside
/// its write: for each actor with a count above 0, in strictly increasing order of the actor's
/// bytes, LEB128 length, actor, LEB128 count. Comparing is linear in both.
///
/// A stamp names one write only if the writer counted itself: call [`tick`](VersionVector::tick)
/// before each write.
///
/// ```
/// use lattice_lww::{Stamp, VersionVector};
///
/// let mut alice = VersionVector::default();
/// alice.tick(b"alice");
/// let mut bob = alice.clone(); // bob has read alice's write
/// bob.tick(b"bob");
/// assert!(alice.precedes(&bob));
///
/// alice.tick(b"alice"); // alice has not read bob's
/// assert!(!alice.leq(&bob) && !bob.leq(&alice));
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct VersionVector {
    // INVARIANT: canonical bytes, as the type's documentation lays them out.
    bytes: Arc<[u8]>,
}

impl VersionVector {
    /// How many writes of `actor` are known. Linear.
    ///
    /// ```
    /// use lattice_lww::VersionVector;
    ///
    /// let seen = VersionVector::from_iter([("alice", 3)]);
    /// assert_eq!((seen.get(b"alice"), seen.get(b"bob")), (3, 0));
    /// ```
    pub fn get(&self, actor: &[u8]) -> u64 {
        self.iter()
            .find(|&(known, _)| known == actor)
            .map_or(0, |(_, count)| count)
    }

    /// The actors and their counts, in order of the actors' bytes; no count is 0.
    ///
    /// ```
    /// use lattice_lww::VersionVector;
    ///
    /// let seen = VersionVector::from_iter([("bob", 1), ("alice", 3), ("cyd", 0)]);
    /// assert!(seen.iter().eq([(&b"alice"[..], 3), (&b"bob"[..], 1)]));
    /// ```
    pub fn iter(&self) -> impl Iterator<Item = (&[u8], u64)> {
        Entries {
            reader: Reader::new(&self.bytes),
        }
    }

    /// Counts one more write of `actor`, and returns its number; `None`, and no change, once the
    /// counter is used up. Linear.
    ///
    /// ```
    /// use lattice_lww::VersionVector;
    ///
    /// let mut stamp = VersionVector::default();
    /// assert_eq!(stamp.tick(b"alice"), Some(1));
    /// assert_eq!(stamp.tick(b"alice"), Some(2));
    ///
    /// let mut full = VersionVector::from_iter([("alice", u64::MAX)]);
    /// assert_eq!(full.tick(b"alice"), None);
    /// ```
    pub fn tick(&mut self, actor: &[u8]) -> Option<u64> {
        let next = self.get(actor).checked_add(1)?;
        *self = self.iter().chain([(actor, next)]).collect();
        Some(next)
    }

    /// Takes note of everything `seen` knows: the greater count for each actor. Linear.
    ///
    /// ```
    /// use lattice_lww::VersionVector;
    ///
    /// let mut here = VersionVector::from_iter([("alice", 3), ("bob", 1)]);
    /// here.observe(&VersionVector::from_iter([("bob", 4), ("cyd", 1)]));
    /// assert_eq!(here, VersionVector::from_iter([("alice", 3), ("bob", 4), ("cyd", 1)]));
    /// ```
    pub fn observe(&mut self, seen: &Self) {
        *self = self.iter().chain(seen.iter()).collect();
    }
}

impl Default for VersionVector {
    fn default() -> Self {
        Self {
            bytes: Arc::from([]),
        }
    }
}

/// Keeps the greatest count of each actor; drops counts of 0.
impl<B: AsRef<[u8]>> FromIterator<(B, u64)> for VersionVector {
    fn from_iter<I: IntoIterator<Item = (B, u64)>>(entries: I) -> Self {
        let mut entries: Vec<_> = entries
            .into_iter()
            .filter(|&(_, count)| count > 0)
            .collect();
        // Greatest count first, so that it is the one that stays.
        entries.sort_by(|(a, m), (b, n)| a.as_ref().cmp(b.as_ref()).then(n.cmp(m)));
        entries.dedup_by(|(a, _), (b, _)| a.as_ref() == b.as_ref());
        let mut bytes = Vec::new();
        for (actor, count) in &entries {
            put_varint(actor.as_ref().len() as u64, &mut bytes);
            bytes.extend_from_slice(actor.as_ref());
            put_varint(*count, &mut bytes);
        }
        Self {
            bytes: bytes.into(),
        }
    }
}

impl fmt::Debug for VersionVector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text =
            |(actor, count): (&[u8], u64)| (alloc::format!("{}", actor.escape_ascii()), count);
        f.debug_map().entries(self.iter().map(text)).finish()
    }
}

/// The entries of canonical bytes.
struct Entries<'a> {
    reader: Reader<'a>,
}

impl<'a> Iterator for Entries<'a> {
    type Item = (&'a [u8], u64);

    fn next(&mut self) -> Option<Self::Item> {
        // The bytes are canonical, so the only read that fails is the one at the end.
        read_entry(&mut self.reader).ok()
    }
}

/// One entry of untrusted bytes.
fn read_entry<'a>(reader: &mut Reader<'a>) -> Result<(&'a [u8], u64), StampError> {
    let len = reader.count("bytes in an actor", usize::MAX)?;
    let actor = reader.run(len, "an actor")?;
    let offset = reader.offset();
    match reader.varint("a count")? {
        0 => Err(StampError::NotCanonical {
            offset,
            expected: "no entry for a count of 0",
        }),
        count => Ok((actor, count)),
    }
}

impl Stamp for VersionVector {
    const ID: &'static str = "version-vector";
    const CAUSAL: bool = true;

    fn leq(&self, other: &Self) -> bool {
        matches!(
            self.causal_cmp(other),
            Some(Ordering::Less | Ordering::Equal)
        )
    }

    fn causal_cmp(&self, other: &Self) -> Option<Ordering> {
        let (mut left, mut right) = (self.iter(), other.iter());
        let (mut a, mut b) = (left.next(), right.next());
        let (mut below, mut above) = (true, true);
        while below || above {
            let order = match (a, b) {
                (None, None) => break,
                (Some(_), None) => Ordering::Less,
                (None, Some(_)) => Ordering::Greater,
                (Some((actor, _)), Some((other, _))) => actor.cmp(other),
            };
            // An actor that one side does not name counts 0 there.
            let counts = match order {
                Ordering::Less => Ordering::Greater,
                Ordering::Greater => Ordering::Less,
                Ordering::Equal => a.map(|(_, count)| count).cmp(&b.map(|(_, count)| count)),
            };
            below &= counts.is_le();
            above &= counts.is_ge();
            if order.is_le() {
                a = left.next();
            }
            if order.is_ge() {
                b = right.next();
            }
        }
        match (below, above) {
            (true, true) => Some(Ordering::Equal),
            (true, false) => Some(Ordering::Less),
            (false, true) => Some(Ordering::Greater),
            (false, false) => None,
        }
    }

    fn encode(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.bytes);
    }

    fn decode(bytes: &[u8]) -> Result<Self, StampError> {
        let mut reader = Reader::new(bytes);
        let mut previous = None;
        while !reader.rest().is_empty() {
            let offset = reader.offset();
            let (actor, _) = read_entry(&mut reader)?;
            if previous.is_some_and(|previous| previous >= actor) {
                let expected = "actors in strictly increasing order";
                return Err(StampError::NotCanonical { offset, expected });
            }
            previous = Some(actor);
        }
        // INVARIANT: what was read is exactly what `FromIterator` writes.
        Ok(Self {
            bytes: bytes.into(),
        })
    }
}
