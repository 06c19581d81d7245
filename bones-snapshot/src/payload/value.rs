//! How the values under writes are written.

use lattice_core::Cell;

use crate::event::Text;
use crate::observed::{Element, Link};
use crate::value::{Kind, Phase, Size, Urgency};
use crate::wire::{DecodeError, DecodeErrorKind, Reader, Writer};

/// A value that stands in a cell.
pub(super) trait Value: Ord + Clone {
    fn write(&self, out: &mut Writer);
    fn read(from: &mut Reader<'_>) -> Result<Self, DecodeError>;
}

/// A cell: the value, or an empty array where it was redacted. No value is written as an array.
pub(super) fn write_cell<V: Value>(cell: &Cell<V>, out: &mut Writer) {
    match cell {
        Cell::Present(value) => value.write(out),
        Cell::Redacted => out.array(0),
    }
}

pub(super) fn read_cell<V: Value>(from: &mut Reader<'_>) -> Result<Cell<V>, DecodeError> {
    if !from.is_array() {
        return V::read(from).map(Cell::Present);
    }
    match from.array("a cell")? {
        0 => Ok(Cell::Redacted),
        found => from.fail(DecodeErrorKind::Length {
            what: "a redacted cell",
            found,
            expected: "0",
        }),
    }
}

impl Value for Text {
    fn write(&self, out: &mut Writer) {
        out.str(self);
    }
    fn read(from: &mut Reader<'_>) -> Result<Self, DecodeError> {
        from.str("a text").map(Text::from)
    }
}

impl<V: Value> Value for Option<V> {
    fn write(&self, out: &mut Writer) {
        match self {
            None => out.nil(),
            Some(value) => value.write(out),
        }
    }
    fn read(from: &mut Reader<'_>) -> Result<Self, DecodeError> {
        if from.is_nil("a value or nil")? {
            return Ok(None);
        }
        V::read(from).map(Some)
    }
}

impl Value for bool {
    fn write(&self, out: &mut Writer) {
        out.bool(*self);
    }
    fn read(from: &mut Reader<'_>) -> Result<Self, DecodeError> {
        from.bool("a bool")
    }
}

/// A word of a closed vocabulary, by its number.
macro_rules! coded {
    ($($name:ident $what:literal),+) => { $(
        impl Value for $name {
            fn write(&self, out: &mut Writer) {
                out.uint(u64::from(self.code()));
            }
            fn read(from: &mut Reader<'_>) -> Result<Self, DecodeError> {
                let found = from.uint($what)?;
                Self::from_code(found)
                    .map_or_else(|| from.fail(DecodeErrorKind::Unknown { what: $what, found }), Ok)
            }
        }
    )+ };
}
coded!(Kind "a kind", Size "a size", Urgency "an urgency", Phase "a phase");

/// An element of an observed set, which stands apart from the cells of its adds.
pub(super) trait WireElement: Element {
    fn write_element(&self, out: &mut Writer);
    fn read_element(from: &mut Reader<'_>) -> Result<Self, DecodeError>;
}

impl WireElement for Text {
    fn write_element(&self, out: &mut Writer) {
        out.str(self);
    }
    fn read_element(from: &mut Reader<'_>) -> Result<Self, DecodeError> {
        from.str("an element").map(Text::from)
    }
}

impl WireElement for Link {
    fn write_element(&self, out: &mut Writer) {
        out.array(2);
        out.str(&self.target);
        out.str(&self.link_type);
    }
    fn read_element(from: &mut Reader<'_>) -> Result<Self, DecodeError> {
        match from.array("a link")? {
            2 => Ok(Self {
                target: from.str("a link target")?.into(),
                link_type: from.str("a link type")?.into(),
            }),
            found => from.fail(DecodeErrorKind::Length {
                what: "a link",
                found,
                expected: "2",
            }),
        }
    }
}
