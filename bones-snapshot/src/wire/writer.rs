//! Writing the profile, through `rmp-serde`.

use rmp_serde::Serializer;
use serde::Serializer as _;

/// Appends canonical MessagePack to a buffer.
pub(crate) struct Writer(Serializer<Vec<u8>>);

impl Writer {
    pub(crate) fn with_capacity(bytes: usize) -> Self {
        Self(Serializer::new(Vec::with_capacity(bytes)))
    }

    pub(crate) fn into_bytes(self) -> Vec<u8> {
        self.0.into_inner()
    }

    pub(crate) fn nil(&mut self) {
        written(self.0.serialize_unit());
    }

    pub(crate) fn bool(&mut self, value: bool) {
        written(self.0.serialize_bool(value));
    }

    pub(crate) fn uint(&mut self, value: u64) {
        written(self.0.serialize_u64(value));
    }

    pub(crate) fn index(&mut self, value: usize) {
        self.uint(value as u64);
    }

    pub(crate) fn str(&mut self, value: &str) {
        written(self.0.serialize_str(value));
    }

    pub(crate) fn bin(&mut self, value: &[u8]) {
        written(self.0.serialize_bytes(value));
    }

    /// One binary value of many parts of 32 bytes, without putting them together first.
    pub(crate) fn bin_of<'a>(&mut self, parts: impl ExactSizeIterator<Item = &'a [u8; 32]>) {
        let len = parts.len().saturating_mul(32);
        let out = self.0.get_mut();
        match (u8::try_from(len), u16::try_from(len)) {
            (Ok(len), _) => out.extend([0xc4, len]),
            (_, Ok(len)) => {
                out.push(0xc5);
                out.extend(len.to_be_bytes());
            }
            _ => {
                // A `u32` counts 4 GiB of hashes: more than the format can name in one value.
                out.push(0xc6);
                out.extend(u32::try_from(len).unwrap_or(u32::MAX).to_be_bytes());
            }
        }
        out.reserve(len);
        for part in parts {
            out.extend_from_slice(part);
        }
    }

    /// Header of an array; the caller writes the elements.
    pub(crate) fn array(&mut self, len: usize) {
        written(self.0.serialize_tuple(len));
    }

    /// Header of a map; the caller writes keys and values in turn.
    pub(crate) fn map(&mut self, len: usize) {
        written(self.0.serialize_map(Some(len)));
    }
}

/// Writing into memory cannot fail; `rmp-serde` returns a `Result` because other sinks can.
#[allow(clippy::needless_pass_by_value)] // takes the result out of the callers' hands
fn written<T>(result: Result<T, rmp_serde::encode::Error>) {
    debug_assert!(result.is_ok(), "writing MessagePack into a Vec failed");
}
