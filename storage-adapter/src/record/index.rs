//! Where a compaction put what it wrote of each item, so that opening need not read the items.
//!
//! ```text
//! history | redactions | items of the base | items of scopes | blocks of the index | contents | footer
//! ```
//!
//! The footer has a length of its own, so it is found from the end; it says where the contents lie, and those
//! where the rest does.

use serde::{Deserialize, Serialize};

use super::leb128;
use super::names::ScopeRecord;
use crate::log::Place;

/// A block of the index: consecutive items of the base or of one scope. Structs are written as arrays, names left out.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct IndexRecord {
    /// The scope the items belong to, `None` for the base.
    pub(crate) scope: Option<ScopeRecord>,
    pub(crate) rows: IndexRows,
}

/// The items of a block, ascending by id, each with where its sources lie.
///
/// All numbers in LEB128. An item is: how many bytes its id has in common with the one before, how many follow, those; how
/// many sources there are, those. A source is: how many commits it comes behind the source before it of the same item;
/// how many parts of the log behind the source written before it; where its frame begins there, counted from the frame
/// before if that is in the same part; 0, or 1 + which of the frames in it if that is a packed one; twice the length of
/// its line or payload, and 1 more for a state.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct IndexRows {
    /// The parts of the log that sources lie in, in the order they were written.
    parts: Vec<u64>,
    #[serde(with = "bytes")]
    rows: Vec<u8>,
    #[serde(skip)]
    last: Last,
}

/// What a row is told by its difference from.
#[derive(Debug, Default, PartialEq, Eq)]
struct Last {
    id: Vec<u8>,
    offset: u64,
}

/// Where one source of an item lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SourceRecord {
    /// The commit it stands for.
    pub(crate) commit: u64,
    /// Part and offset of its frame.
    pub(crate) part: u64,
    pub(crate) offset: u64,
    /// Which of the frames in it, if that is a packed one.
    pub(crate) inner: Option<u16>,
    /// Length of its line or payload.
    pub(crate) bytes: u32,
    pub(crate) is_state: bool,
}

mod bytes {
    use serde::de::{Error, Visitor};
    use serde::{Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(bytes: &[u8], to: S) -> Result<S::Ok, S::Error> {
        to.serialize_bytes(bytes)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<u8>, D::Error> {
        struct Bytes;
        impl Visitor<'_> for Bytes {
            type Value = Vec<u8>;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("bytes")
            }
            fn visit_bytes<E: Error>(self, bytes: &[u8]) -> Result<Vec<u8>, E> {
                Ok(bytes.to_vec())
            }
        }
        from.deserialize_bytes(Bytes)
    }
}

/// An id has at most so many bytes in common with the one before, as far as rows go: else few bytes could stand for ids
/// of any size.
const MOST_COMMON: usize = 255;

impl IndexRows {
    /// Adds an item, and its sources ascending by commit, written behind all that were added before.
    pub(crate) fn push(&mut self, id: &str, sources: &[SourceRecord]) {
        let Self { parts, rows, last } = self;
        let id = id.as_bytes();
        let both = id.iter().zip(&last.id).take(MOST_COMMON);
        let common = both.take_while(|(a, b)| a == b).count();
        let rest = id.get(common..).unwrap_or_default();
        for number in [common, rest.len()] {
            leb128::put(rows, number as u64);
        }
        rows.extend(rest);
        last.id.truncate(common);
        last.id.extend(rest);
        leb128::put(rows, sources.len() as u64);
        let mut commit = 0;
        for source in sources {
            let is_next = parts.last() != Some(&source.part);
            if is_next {
                parts.push(source.part);
                last.offset = 0;
            }
            let bytes = u64::from(source.bytes) << 1 | u64::from(source.is_state);
            for number in [
                source.commit.wrapping_sub(commit),
                u64::from(is_next),
                source.offset.wrapping_sub(last.offset),
                source.inner.map_or(0, |inner| u64::from(inner) + 1),
                bytes,
            ] {
                leb128::put(rows, number);
            }
            (commit, last.offset) = (source.commit, source.offset);
        }
    }

    /// Length of what stands for the items so far.
    pub(crate) fn len(&self) -> usize {
        self.rows.len()
    }

    /// Gives every item to `each`, in order; says what is wrong with the rows, or what `each` says.
    pub(crate) fn read(
        &self,
        mut each: impl FnMut(&str, &[SourceRecord]) -> Result<(), &'static str>,
    ) -> Result<(), &'static str> {
        const CUT: &str = "a row of it is none";
        let (mut rest, mut id, mut sources) = (&self.rows[..], Vec::new(), Vec::new());
        let mut parts = self.parts.iter();
        let (mut part, mut offset) = (None, 0);
        while !rest.is_empty() {
            let suffix = id_of(&mut rest, &mut id).ok_or(CUT)?;
            id.extend(suffix);
            let count = leb128::take(&mut rest).ok_or(CUT)?;
            sources.clear();
            let mut commit = 0;
            for _ in 0..count {
                let row = row_of(&mut rest).ok_or(CUT)?;
                if row.is_next {
                    (part, offset) = (parts.next().copied(), 0);
                }
                commit = u64::wrapping_add(commit, row.commit);
                offset = u64::wrapping_add(offset, row.offset);
                sources.push(SourceRecord {
                    commit,
                    part: part.ok_or(CUT)?,
                    offset,
                    inner: row.inner,
                    bytes: row.bytes,
                    is_state: row.is_state,
                });
            }
            each(std::str::from_utf8(&id).map_err(|_| CUT)?, &sources)?;
        }
        Ok(())
    }
}

/// The rest of an id; `id` is cut to what it has in common with the one before.
fn id_of<'b>(rest: &mut &'b [u8], id: &mut Vec<u8>) -> Option<&'b [u8]> {
    let common = usize::try_from(leb128::take(rest)?).ok()?;
    let len = usize::try_from(leb128::take(rest)?).ok()?;
    let (suffix, tail) = rest.split_at_checked(len)?;
    *rest = tail;
    if common > id.len().min(MOST_COMMON) {
        return None;
    }
    id.truncate(common);
    Some(suffix)
}

/// A source as it stands in a row.
struct Row {
    commit: u64,
    is_next: bool,
    offset: u64,
    inner: Option<u16>,
    bytes: u32,
    is_state: bool,
}

fn row_of(rest: &mut &[u8]) -> Option<Row> {
    let commit = leb128::take(rest)?;
    let step = leb128::take(rest)?;
    let offset = leb128::take(rest)?;
    let inner = leb128::take(rest)?;
    let bytes = leb128::take(rest)?;
    (step < 2).then_some(())?;
    Some(Row {
        commit,
        is_next: step == 1,
        offset,
        inner: match inner.checked_sub(1) {
            None => None,
            Some(inner) => Some(u16::try_from(inner).ok()?),
        },
        bytes: u32::try_from(bytes >> 1).ok()?,
        is_state: bytes & 1 == 1,
    })
}

impl IndexRecord {
    pub(crate) fn encode(&self) -> Vec<u8> {
        rmp_serde::to_vec(self).unwrap_or_default()
    }

    pub(crate) fn decode(bytes: &[u8]) -> Option<Self> {
        rmp_serde::from_slice(bytes).ok()
    }
}

/// Where everything of a compaction lies that opening reads.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ContentsRecord {
    /// Part and offset of each.
    pub(crate) history: (u64, u64),
    pub(crate) redactions: Option<(u64, u64)>,
    pub(crate) blocks: Vec<(u64, u64)>,
    /// Whether items are packed.
    pub(crate) packed: bool,
}

impl ContentsRecord {
    pub(crate) fn encode(&self) -> Vec<u8> {
        rmp_serde::to_vec(self).unwrap_or_default()
    }

    pub(crate) fn decode(bytes: &[u8]) -> Option<Self> {
        rmp_serde::from_slice(bytes).ok()
    }
}

/// Length of a footer.
pub(crate) const FOOTER_LEN: usize = 32;

/// Part and offset of the contents, and the first half of their BLAKE3. A footer that was copied to another log names
/// a place where those are not.
pub(crate) fn encode_footer(place: Place, contents: &[u8]) -> Vec<u8> {
    let place = [place.part, place.offset].map(u64::to_le_bytes).concat();
    [&place[..], &half_hash(contents)].concat()
}

/// The place, and half the hash of what should lie there.
pub(crate) fn decode_footer(body: &[u8]) -> Option<(Place, [u8; 16])> {
    let (part, rest) = body.split_first_chunk()?;
    let (offset, hash) = rest.split_first_chunk()?;
    let place = Place {
        part: u64::from_le_bytes(*part),
        offset: u64::from_le_bytes(*offset),
    };
    Some((place, hash.try_into().ok()?))
}

pub(crate) fn half_hash(bytes: &[u8]) -> [u8; 16] {
    let mut half = [0; 16];
    blake3::Hasher::new()
        .update(bytes)
        .finalize_xof()
        .fill(&mut half);
    half
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that goes wrong should stop right there"
)]
mod tests {
    use super::*;

    fn source(n: u64) -> SourceRecord {
        SourceRecord {
            commit: n,
            part: 3,
            offset: u64::MAX - 10 + n,
            inner: (n > 1).then_some(u16::MAX),
            bytes: u32::MAX,
            is_state: n.is_multiple_of(2),
        }
    }

    #[test]
    fn records_read_back() {
        let items = [
            ("bn-1", vec![source(1), source(2)]),
            ("bn-1.1", vec![]),
            ("bn-17", vec![source(9)]),
            (
                "ün",
                vec![SourceRecord {
                    part: 9,
                    offset: 16,
                    ..source(3)
                }],
            ),
        ];
        let mut rows = IndexRows::default();
        for (id, sources) in &items {
            rows.push(id, sources);
        }
        let scope = Some(ScopeRecord {
            name: "draft".into(),
            created: 7,
        });
        let bytes = IndexRecord {
            scope: scope.clone(),
            rows,
        }
        .encode();
        let back = IndexRecord::decode(&bytes).unwrap();
        assert_eq!(back.scope, scope);
        let mut told = Vec::new();
        let read = back.rows.read(|id, sources| {
            told.push((id.to_owned(), sources.to_vec()));
            Ok(())
        });
        assert_eq!(read, Ok(()));
        let items = items.map(|(id, sources)| (id.to_owned(), sources));
        assert_eq!(told, items);
        assert!(IndexRecord::decode(&bytes[..bytes.len() - 1]).is_none());
        assert_eq!(back.rows.read(|_, _| Err("enough")), Err("enough"));

        let contents = ContentsRecord {
            history: (1, 16),
            redactions: None,
            blocks: vec![(1, 900), (2, 16)],
            packed: true,
        };
        assert_eq!(ContentsRecord::decode(&contents.encode()), Some(contents));

        let place = Place {
            part: 1,
            offset: u64::MAX,
        };
        let footer = encode_footer(place, b"contents");
        assert_eq!(footer.len(), FOOTER_LEN);
        assert_eq!(footer[16..], blake3::hash(b"contents").as_bytes()[..16]);
        assert_eq!(
            decode_footer(&footer),
            Some((place, half_hash(b"contents")))
        );
        assert_eq!(decode_footer(&footer[..31]), None);
        assert_eq!(decode_footer(&[0; 33]), None);
    }

    #[test]
    fn few_bytes_do_not_stand_for_ids_of_any_size() {
        let ids = ["a", "b", "c"].map(|end| "x".repeat(400) + end);
        let mut rows = IndexRows::default();
        for id in &ids {
            rows.push(id, &[source(1)]);
        }
        let mut told = Vec::new();
        let read = |rows: &IndexRows, told: &mut Vec<String>| {
            rows.read(|id, _| {
                told.push(id.to_owned());
                Ok(())
            })
        };
        assert_eq!(read(&rows, &mut told), Ok(()));
        assert_eq!(told, ids);
        // The same, but one byte more in common than there may be.
        let mut hostile = IndexRows::default();
        hostile.push(&ids[0], &[]);
        leb128::put(&mut hostile.rows, 256);
        hostile.rows.extend([0, 0]);
        assert!(read(&hostile, &mut told).is_err());
    }

    #[test]
    fn no_bytes_make_it_panic() {
        let mut whole = IndexRows::default();
        whole.push("bn-1", &[source(1), source(2)]);
        whole.push("bn-2", &[source(3)]);
        for at in 0..whole.rows.len() {
            for byte in [0, 1, 0x7f, 0x80, 0xff] {
                let mut bad = IndexRows {
                    rows: whole.rows.clone(),
                    parts: whole.parts.clone(),
                    last: Last::default(),
                };
                bad.rows[at] = byte;
                let _ = bad.read(|_, _| Ok(()));
                bad.rows.truncate(at);
                let _ = bad.read(|_, _| Ok(()));
            }
        }
        whole.parts.clear();
        assert!(whole.read(|_, _| Ok(())).is_err());
    }
}
