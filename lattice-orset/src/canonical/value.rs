//! The byte forms of common elements and agent ids.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;

use super::{Canonical, DecodeError, Reader, put_number};

/// Numbers by their size.
macro_rules! unsigned {
    ($($type:ident),*) => {$(
        impl Canonical for $type {
            fn encode(&self, out: &mut Vec<u8>) {
                put_number(u64::from(*self), out);
            }

            fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
                reader.narrow(concat!("a number of type ", stringify!($type)))
            }
        }
    )*};
}

unsigned!(u16, u32, u64);

/// 0, -1, 1, -2, ... as 0, 1, 2, 3, ...: what is near zero is short.
macro_rules! signed {
    ($($type:ident as $unsigned:ident),*) => {$(
        impl Canonical for $type {
            fn encode(&self, out: &mut Vec<u8>) {
                let sign = (self >> ($type::BITS - 1)).cast_unsigned();
                ((self << 1).cast_unsigned() ^ sign).encode(out);
            }

            fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
                let folded = $unsigned::decode(reader)?;
                Ok((folded >> 1).cast_signed() ^ -(folded & 1).cast_signed())
            }
        }
    )*};
}

signed!(i16 as u16, i32 as u32, i64 as u64);

/// Bytes as they are; wide integers with the highest byte first, as they are mostly random ids.
macro_rules! fixed {
    ($($type:ident),*) => {$(
        impl Canonical for $type {
            fn encode(&self, out: &mut Vec<u8>) {
                out.extend_from_slice(&self.to_be_bytes());
            }

            fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
                reader
                    .array(concat!("a number of type ", stringify!($type)))
                    .map(Self::from_be_bytes)
            }
        }
    )*};
}

fixed!(u8, i8, u128, i128);

impl Canonical for bool {
    fn encode(&self, out: &mut Vec<u8>) {
        out.push(u8::from(*self));
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let offset = reader.offset();
        match reader.byte("0 or 1")? {
            0 => Ok(false),
            1 => Ok(true),
            found => Err(DecodeError::Invalid {
                offset,
                expected: "0 or 1",
                found: found.into(),
            }),
        }
    }
}

impl Canonical for char {
    fn encode(&self, out: &mut Vec<u8>) {
        u32::from(*self).encode(out);
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let offset = reader.offset();
        let found = u32::decode(reader)?;
        Self::from_u32(found).ok_or(DecodeError::Invalid {
            offset,
            expected: "a character",
            found: found.into(),
        })
    }
}

/// A length and so many bytes.
fn put_bytes(bytes: &[u8], out: &mut Vec<u8>) {
    put_number(bytes.len() as u64, out);
    out.extend_from_slice(bytes);
}

fn take_bytes<'a>(reader: &mut Reader<'a>) -> Result<&'a [u8], DecodeError> {
    let len = reader.count("bytes", usize::MAX)?;
    reader.bytes(len, "bytes")
}

impl Canonical for Vec<u8> {
    fn encode(&self, out: &mut Vec<u8>) {
        put_bytes(self, out);
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        take_bytes(reader).map(<[u8]>::to_vec)
    }
}

impl Canonical for Box<[u8]> {
    fn encode(&self, out: &mut Vec<u8>) {
        put_bytes(self, out);
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        take_bytes(reader).map(Into::into)
    }
}

fn take_text<'a>(reader: &mut Reader<'a>) -> Result<&'a str, DecodeError> {
    let bytes = take_bytes(reader)?;
    let start = reader.offset() - bytes.len();
    core::str::from_utf8(bytes).map_err(|error| DecodeError::NotCanonical {
        offset: start + error.valid_up_to(),
        expected: "text in UTF-8",
    })
}

impl Canonical for String {
    fn encode(&self, out: &mut Vec<u8>) {
        put_bytes(self.as_bytes(), out);
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        take_text(reader).map(Self::from)
    }
}

impl Canonical for Box<str> {
    fn encode(&self, out: &mut Vec<u8>) {
        put_bytes(self.as_bytes(), out);
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        take_text(reader).map(Self::from)
    }
}

/// Hashes and keys, as they are. `N` of 0 does not compile: a value takes at least one byte.
impl<const N: usize> Canonical for [u8; N] {
    fn encode(&self, out: &mut Vec<u8>) {
        const { assert!(N > 0, "a value takes at least one byte") };
        out.extend_from_slice(self);
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        const { assert!(N > 0, "a value takes at least one byte") };
        reader.array("bytes of an array")
    }
}

/// A flag, and the value if there is one.
impl<T: Canonical> Canonical for Option<T> {
    fn encode(&self, out: &mut Vec<u8>) {
        self.is_some().encode(out);
        if let Some(value) = self {
            value.encode(out);
        }
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        bool::decode(reader)?.then(|| T::decode(reader)).transpose()
    }
}

impl<A: Canonical, B: Canonical> Canonical for (A, B) {
    fn encode(&self, out: &mut Vec<u8>) {
        self.0.encode(out);
        self.1.encode(out);
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok((A::decode(reader)?, B::decode(reader)?))
    }
}

impl<A: Canonical, B: Canonical, C: Canonical> Canonical for (A, B, C) {
    fn encode(&self, out: &mut Vec<u8>) {
        self.0.encode(out);
        self.1.encode(out);
        self.2.encode(out);
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok((A::decode(reader)?, B::decode(reader)?, C::decode(reader)?))
    }
}
