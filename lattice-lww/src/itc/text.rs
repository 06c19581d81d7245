//! The text forms of clocks: `itc:v1:` in hex, `itc:v3:` in base64url without padding.
//!
//! Both begin with the byte 1 and the id tree; the forms of the event tree that follows are those
//! of [`NodeReader`](super::nodes::NodeReader).

mod base64url;

use alloc::string::String;
use alloc::vec::Vec;

use super::bits::BitWriter;
use super::event::Event;
use super::id::Id;
use super::nodes::NodeWriter;
use super::{Itc, ItcError};
use crate::stamp::Reader;
use crate::{StampError, hex};

const V1: &str = "itc:v1:";
const V3: &str = "itc:v3:";

/// The first byte of either form.
const LAYOUT: u8 = 1;

/// Reads either form.
pub(super) fn read(text: &str) -> Result<(Id, Itc), ItcError> {
    if let Some(digits) = text.strip_prefix(V1) {
        let bytes = hex::decode(digits.as_bytes())
            .map_err(bad_digit(V1, "pairs of lower-case hex digits"))?;
        let (id, reader) = read_id(&bytes)?;
        Ok((id, Itc::from_dense(reader)?))
    } else if let Some(digits) = text.strip_prefix(V3) {
        let bytes =
            base64url::decode(digits.as_bytes()).map_err(bad_digit(V3, "unpadded base64url"))?;
        let (id, reader) = read_id(&bytes)?;
        Ok((id, Itc::from_sparse(reader)?))
    } else {
        Err(ItcError::UnknownForm)
    }
}

/// The error for a digit at an offset behind `form`.
fn bad_digit(form: &str, expected: &'static str) -> impl Fn(usize) -> ItcError {
    move |at| ItcError::BadDigit {
        offset: form.len() + at,
        expected,
    }
}

fn read_id(bytes: &[u8]) -> Result<(Id, Reader<'_>), StampError> {
    let mut reader = Reader::new(bytes);
    if reader.byte("a layout number")? != LAYOUT {
        return Err(StampError::NotCanonical {
            offset: 0,
            expected: "layout number 1",
        });
    }
    let id = Id::read(&mut reader)?;
    Ok((id, reader))
}

/// Writes the `itc:v1:` form.
pub(super) fn write_v1(id: &Id, event: &Event) -> String {
    let bytes = write(id, event, NodeWriter::dense);
    let mut text = String::from(V1);
    hex::encode(&bytes, &mut text);
    text
}

/// Writes the `itc:v3:` form.
pub(super) fn write_v3(id: &Id, event: &Event) -> String {
    let bytes = write(id, event, NodeWriter::sparse);
    let mut text = String::from(V3);
    base64url::encode(&bytes, &mut text);
    text
}

fn write(id: &Id, event: &Event, form: fn(&NodeWriter, &mut Vec<u8>)) -> Vec<u8> {
    let mut bytes = Vec::from([LAYOUT]);
    let mut bits = BitWriter::default();
    id.write(&mut bits);
    bits.finish(&mut bytes);
    let mut nodes = NodeWriter::default();
    event.write(&mut nodes);
    form(&nodes, &mut bytes);
    bytes
}
