//! Writing the profile, through `rmp-serde`.

use rmp_serde::Serializer;
use serde::Serializer as _;

/// Appends canonical MessagePack to a buffer.
pub(crate) struct Writer(Serializer<Vec<u8>>);

impl Writer {
    pub(crate) fn new() -> Self {
        Self(Serializer::new(Vec::new()))
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
