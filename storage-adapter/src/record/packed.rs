//! Frames packed together, so that what they repeat is stored once.
//!
//! The body of a packed frame is the length of what is packed (4 bytes, little-endian), and that compressed
//! by zstd: of each frame its kind (1 byte), the length of its body (4), and the body.

use crate::error::StoreError;
use crate::item_store::Compression;
use crate::log::{Frame, MAX_BODY, Place};
use crate::log_store::LogRewrite;
#[cfg(feature = "zstd")]
use crate::record::PACKED;

/// A packed frame is closed when it holds so much. Larger ones have more to share, and would take more
/// memory and time to look one item up in.
#[cfg(feature = "zstd")]
const TARGET: usize = 64 * 1024;

/// What one packed frame can hold: one frame of any length beside what was there.
const MAX_RAW: usize = 64 * 1024 + MAX_BODY + HEAD;

/// Kind and length.
const HEAD: usize = 5;

/// Where a compaction puts its frames: into the rewrite, packed or as they are.
pub(crate) struct Sink<'r, R: LogRewrite> {
    rewrite: &'r mut R,
    /// Of each frame of the rewrite, where it lies, if the log says so.
    places: Vec<Option<Place>>,
    #[cfg(feature = "zstd")]
    level: Option<i32>,
    #[cfg(feature = "zstd")]
    raw: Vec<u8>,
    /// How many frames are in there.
    #[cfg(feature = "zstd")]
    inner: u16,
}

/// Which frame of the rewrite a frame went into, and which place it has in there if that is a packed one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Spot {
    pub(crate) frame: usize,
    pub(crate) inner: Option<u16>,
}

impl<'r, R: LogRewrite> Sink<'r, R> {
    pub(crate) fn new(rewrite: &'r mut R, compression: Compression) -> Self {
        #[cfg(not(feature = "zstd"))]
        let Compression::None = compression;
        Self {
            rewrite,
            places: Vec::new(),
            #[cfg(feature = "zstd")]
            level: match compression {
                Compression::None => None,
                Compression::Zstd { level } => Some(level),
            },
            #[cfg(feature = "zstd")]
            raw: Vec::new(),
            #[cfg(feature = "zstd")]
            inner: 0,
        }
    }

    /// Puts a frame behind those before it.
    pub(crate) fn push(&mut self, frame: Frame) -> Result<Spot, StoreError> {
        let spot = Spot {
            frame: self.places.len(),
            inner: None,
        };
        #[cfg(feature = "zstd")]
        if self.level.is_some() {
            let spot = Spot {
                inner: Some(self.inner),
                ..spot
            };
            // INVARIANT: each takes `HEAD` bytes at least, and there are less than `TARGET` before the last.
            self.inner = self.inner.saturating_add(1);
            // INVARIANT: only frames that a log admits are packed, and the length of those fits.
            let len = u32::try_from(frame.body.len()).unwrap_or(u32::MAX);
            self.raw.push(frame.kind);
            self.raw.extend(len.to_le_bytes());
            self.raw.extend(&frame.body);
            if self.raw.len() >= TARGET {
                self.pack()?;
            }
            return Ok(spot);
        }
        self.places.push(self.rewrite.push(frame)?);
        Ok(spot)
    }

    /// Writes what is still to be packed, and tells where each frame of the rewrite lies.
    #[cfg_attr(
        not(feature = "zstd"),
        expect(clippy::unnecessary_wraps, reason = "nothing is packed then")
    )]
    pub(crate) fn finish(self) -> Result<Vec<Option<Place>>, StoreError> {
        #[cfg(feature = "zstd")]
        if !self.raw.is_empty() {
            let mut sink = self;
            sink.pack()?;
            return Ok(sink.places);
        }
        Ok(self.places)
    }

    #[cfg(feature = "zstd")]
    fn pack(&mut self) -> Result<(), StoreError> {
        let level = self.level.unwrap_or_default();
        let len = u32::try_from(self.raw.len()).unwrap_or(u32::MAX);
        let packed = zstd::bulk::compress(&self.raw, level)
            .map_err(|source| StoreError::Compress { source })?;
        self.raw.clear();
        self.inner = 0;
        let body = [&len.to_le_bytes()[..], &packed].concat();
        let place = self.rewrite.push(Frame::new(PACKED, body))?;
        self.places.push(place);
        Ok(())
    }
}

#[cfg(feature = "zstd")]
fn decompress(packed: &[u8], len: usize) -> Result<Vec<u8>, &'static str> {
    zstd::bulk::decompress(packed, len).map_err(|_| "it does not decompress")
}

#[cfg(not(feature = "zstd"))]
fn decompress(_packed: &[u8], _len: usize) -> Result<Vec<u8>, &'static str> {
    Err("it is compressed, and this build cannot decompress: use one with the feature `zstd`")
}

/// The frames of a packed one, or why it does not read.
pub(crate) fn unpack(body: &[u8]) -> Result<Vec<Frame>, &'static str> {
    let (len, packed) = body.split_first_chunk().ok_or("it has no length")?;
    let len = u32::from_le_bytes(*len) as usize;
    if len > MAX_RAW {
        return Err("it claims to hold more than one can");
    }
    let raw = decompress(packed, len)?;
    let mut rest = raw.as_slice();
    if rest.len() != len {
        return Err("it holds less than it claims");
    }
    let mut frames = Vec::new();
    while let Some((kind, tail)) = rest.split_first() {
        let (len, tail) = tail.split_first_chunk().ok_or("a frame in it is cut")?;
        let (body, tail) = tail
            .split_at_checked(u32::from_le_bytes(*len) as usize)
            .ok_or("a frame in it is cut")?;
        frames.push(Frame::new(*kind, body));
        rest = tail;
    }
    Ok(frames)
}

#[cfg(all(test, feature = "zstd"))]
#[allow(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test that goes wrong should stop right there"
)]
mod tests {
    use super::{Sink, unpack};
    use crate::item_store::Compression;
    use crate::log::Frame;
    use crate::log_store::{LogReader, LogRewrite, LogStore};
    use crate::memory_log::MemoryLog;

    fn frames() -> Vec<Frame> {
        let body = |n: usize| vec![u8::try_from(n % 7).unwrap(); n * 37 % 900];
        let mut frames: Vec<Frame> = (0..400).map(|n| Frame::new(10, body(n))).collect();
        frames.push(Frame::new(11, vec![9; 200_000]));
        frames.push(Frame::new(4, Vec::new()));
        frames
    }

    fn packed(frames: Vec<Frame>) -> Vec<Frame> {
        let mut log = MemoryLog::new(b"");
        log.write(vec![Frame::new(1, *b"replaced")], 1).unwrap();
        let mut rewrite = log.begin_rewrite().unwrap();
        let mut sink = Sink::new(&mut rewrite, Compression::Zstd { level: 3 });
        for frame in frames {
            sink.push(frame).unwrap();
        }
        sink.finish().unwrap();
        let finished = rewrite.finish().unwrap();
        log.publish(finished).unwrap();
        let reader = log.reader();
        let entries = reader.frames().map(Result::unwrap);
        entries.map(|e| Frame::new(e.kind, e.body)).collect()
    }

    #[test]
    fn packed_frames_come_back_in_order() {
        let packed = packed(frames());
        assert!(packed.len() > 2 && packed.iter().all(|f| f.kind == super::PACKED));
        let back: Vec<Frame> = packed
            .iter()
            .flat_map(|p| unpack(&p.body).unwrap())
            .collect();
        assert_eq!(back, frames());
    }

    #[test]
    fn no_bytes_make_it_panic_or_show_what_is_not_there() {
        let good = packed(frames()).swap_remove(0).body;
        for cut in 0..good.len() {
            assert!(unpack(&good[..cut]).is_err(), "cut at {cut}");
        }
        let claims = |len: u32| [&len.to_le_bytes()[..], &good[4..]].concat();
        assert_eq!(
            unpack(&claims(u32::MAX)),
            Err("it claims to hold more than one can")
        );
        assert!(unpack(&claims(3)).is_err());
        assert_eq!(
            unpack(&claims(1_000_000)),
            Err("it holds less than it claims")
        );
        let cut = zstd::bulk::compress(&[10, 9, 0, 0, 0, 1], 3).unwrap();
        let cut = [&6_u32.to_le_bytes()[..], &cut].concat();
        assert_eq!(unpack(&cut), Err("a frame in it is cut"));
    }
}
