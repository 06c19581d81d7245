//! Writing the profile, through `rmp-serde`; the forms that nearly all values take, by itself.

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
        let out = self.0.get_mut();
        match value {
            // Times.
            0x1_0000_0000.. => {
                out.push(0xcf);
                out.extend_from_slice(&value.to_be_bytes());
            }
            _ => match u8::try_from(value) {
                Ok(small @ ..0x80) => out.push(small),
                _ => written(self.0.serialize_u64(value)),
            },
        }
    }

    pub(crate) fn index(&mut self, value: usize) {
        self.uint(value as u64);
    }

    pub(crate) fn str(&mut self, value: &str) {
        match u8::try_from(value.len()) {
            Ok(short @ ..0x20) => {
                let out = self.0.get_mut();
                out.push(0xa0 | short);
                out.extend_from_slice(value.as_bytes());
            }
            _ => written(self.0.serialize_str(value)),
        }
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
        match u8::try_from(len) {
            Ok(short @ ..0x10) => self.0.get_mut().push(0x90 | short),
            _ => written(self.0.serialize_tuple(len)),
        }
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

#[cfg(test)]
mod tests {
    use serde::{Serialize, Serializer};

    use super::Writer;

    struct Hashes(Vec<u8>);

    impl Serialize for Hashes {
        fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
            to.serialize_bytes(&self.0)
        }
    }

    /// What stands here by hand is what `rmp-serde` writes.
    #[test]
    fn every_form_is_the_shortest() {
        let numbers = [0, 1, 0x7f, 0x80, 0xff, 0x100, 0xffff, 0x1_0000, 0xffff_ffff];
        for value in numbers.into_iter().chain([0x1_0000_0000, u64::MAX]) {
            let mut out = Writer::with_capacity(0);
            out.uint(value);
            assert_eq!(
                Ok(out.into_bytes()),
                rmp_serde::to_vec(&value).map_err(drop)
            );
        }
        for len in [0, 1, 15, 16, 31, 32, 255, 256, 65_535, 65_536] {
            let text = "x".repeat(len);
            let mut out = Writer::with_capacity(0);
            out.str(&text);
            assert_eq!(Ok(out.into_bytes()), rmp_serde::to_vec(&text).map_err(drop));
            let mut out = Writer::with_capacity(0);
            out.array(len);
            (0..len).for_each(|_| out.nil());
            let nothing = vec![(); len];
            assert_eq!(
                Ok(out.into_bytes()),
                rmp_serde::to_vec(&nothing).map_err(drop)
            );
        }
        for count in [0, 1, 7, 8, 2_047, 2_048] {
            let parts = vec![[5; 32]; count];
            let mut out = Writer::with_capacity(0);
            out.bin_of(parts.iter());
            let same = Hashes(parts.concat());
            assert_eq!(Ok(out.into_bytes()), rmp_serde::to_vec(&same).map_err(drop));
        }
    }
}
