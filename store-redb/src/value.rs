//! A frame as the value of a table.

use std::sync::LazyLock;

use storage_adapter::log::{Frame, LogError, MAX_BODY};

/// The kind of a mark, which no frame has.
pub(crate) const MARK: u8 = 0;

/// What a table is keyed by: the commit, and the place in it. The mark of a commit has place 0, its frames the rest.
pub(crate) type Key = (u64, u64);

/// Length of the check in front of a value.
const CHECK: usize = 8;

static CHECK_KEY: LazyLock<[u8; 32]> =
    LazyLock::new(|| blake3::derive_key("lattice redb 1: check of a frame", &[]));

/// The check of a value under its key: a frame in another place does not check.
fn check(key: Key, kind: u8, body: &[u8]) -> [u8; CHECK] {
    let mut hasher = blake3::Hasher::new_keyed(&CHECK_KEY);
    hasher
        .update(&key.0.to_le_bytes())
        .update(&key.1.to_le_bytes())
        .update(&[kind])
        .update(body);
    let mut check = [0; CHECK];
    hasher.finalize_xof().fill(&mut check);
    check
}

/// The value of a frame or a mark.
pub(crate) fn encode(key: Key, kind: u8, body: &[u8]) -> Vec<u8> {
    [&check(key, kind, body)[..], &[kind], body].concat()
}

/// Kind and body of a value; `None` unless it was written under this key.
pub(crate) fn decode(key: Key, value: &[u8]) -> Option<(u8, &[u8])> {
    let (found, rest) = value.split_first_chunk::<CHECK>()?;
    let (kind, body) = rest.split_first()?;
    (*found == check(key, *kind, body)).then_some((*kind, body))
}

/// Time of a commit, and how many frames it has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Mark {
    pub(crate) time: u64,
    pub(crate) count: u64,
}

impl Mark {
    pub(crate) fn encode(self, commit: u64) -> Vec<u8> {
        let body = [self.time, self.count].map(u64::to_le_bytes).concat();
        encode((commit, 0), MARK, &body)
    }

    pub(crate) fn decode(body: &[u8]) -> Option<Self> {
        let (time, count) = body.split_first_chunk()?;
        Some(Self {
            time: u64::from_le_bytes(*time),
            count: u64::from_le_bytes(count.try_into().ok()?),
        })
    }
}

/// Refuses what no log takes; `index` is the place of the frame in its batch.
pub(crate) fn admit(frame: &Frame, index: u64) -> Result<(), LogError> {
    if frame.kind == MARK {
        return Err(LogError::ReservedKind { index });
    }
    let (len, max) = (frame.body.len(), MAX_BODY);
    if len > max {
        return Err(LogError::FrameTooLarge { index, len, max });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{Mark, decode, encode};

    #[test]
    fn a_value_reads_back_under_its_key_and_no_other() {
        let value = encode((7, 1), 9, b"body");
        assert_eq!(decode((7, 1), &value), Some((9, &b"body"[..])));
        assert_eq!(decode((7, 2), &value), None);
        assert_eq!(decode((8, 1), &value), None);
        for at in 0..value.len() {
            let mut damaged = value.clone();
            damaged[at] ^= 1;
            assert_eq!(decode((7, 1), &damaged), None, "byte {at}");
            assert_eq!(decode((7, 1), &value[..at]), None, "{at} bytes");
        }
    }

    #[test]
    fn marks_read_back() {
        let mark = Mark { time: 5, count: 3 };
        let value = mark.encode(7);
        let (_, body) = decode((7, 0), &value).unwrap();
        assert_eq!(Mark::decode(body), Some(mark));
        assert_eq!(Mark::decode(&body[1..]), None);
        assert_eq!(Mark::decode(&[body, &[0]].concat()), None);
    }
}
