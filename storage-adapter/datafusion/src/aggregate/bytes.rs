//! How much events take, each counted once.

use std::borrow::Cow;
use std::sync::Arc;

use bones_snapshot::EventHash;
use datafusion::arrow::array::{ArrayRef, UInt64Array};
use datafusion::arrow::datatypes::DataType;
use lattice_core::{JoinSemilattice, Map, Max};

use super::{Fold, Row};
use crate::column::is_bytes;
use crate::error::{Fault, PayloadError};

/// A hash and a size.
const ENTRY: usize = 40;

/// A group of `lattice_bytes`: the greatest size of each event. A sum alone would count an event twice that is in two
/// files. Partial states are the entries one after the other: the hash, and the size as eight bytes, low byte first.
#[derive(Debug, Default)]
pub(super) struct HeldBytes(Map<EventHash, Max<u64>>);

impl Fold for HeldBytes {
    const NAME: &'static str = "lattice_bytes";
    const TAKES: &'static str = "(Binary | LargeBinary | BinaryView | FixedSizeBinary(32), UInt64)";

    fn accepts(arguments: &[DataType]) -> bool {
        matches!(arguments, [hash, DataType::UInt64] if is_bytes(hash))
    }

    fn returns(_arguments: &[DataType]) -> DataType {
        DataType::UInt64
    }

    fn update(&mut self, row: Row<'_>) -> Result<(), Fault> {
        self.0.join(Map::singleton(hash(row)?, Max(row.number)));
        Ok(())
    }

    fn merge(&mut self, state: &[u8]) -> Result<(), Fault> {
        self.0.join(decode(state)?);
        Ok(())
    }

    fn state(&mut self) -> Option<Vec<u8>> {
        let mut state = Vec::with_capacity(self.0.len().saturating_mul(ENTRY));
        for (hash, Max(bytes)) in &self.0 {
            state.extend_from_slice(&hash.0);
            state.extend_from_slice(&bytes.to_le_bytes());
        }
        Some(state)
    }

    fn state_of(row: Row<'_>) -> Result<Cow<'_, [u8]>, Fault> {
        let mut state = hash(row)?.0.to_vec();
        state.extend_from_slice(&row.number.to_le_bytes());
        Ok(state.into())
    }

    fn results(values: &mut [Self], _data_type: &DataType) -> Result<ArrayRef, PayloadError> {
        let sums = values.iter().map(|value| {
            let sizes = value.0.values().map(|Max(bytes)| *bytes);
            sizes.fold(0, u64::saturating_add)
        });
        Ok(Arc::new(UInt64Array::from_iter_values(sums)))
    }

    fn heap(&self) -> usize {
        self.0.len().saturating_mul(ENTRY)
    }
}

fn hash(row: Row<'_>) -> Result<EventHash, Fault> {
    let bytes = <[u8; 32]>::try_from(row.bytes).map_err(|_| Fault::List {
        length: row.bytes.len(),
        entry: 32,
    })?;
    Ok(EventHash(bytes))
}

fn decode(state: &[u8]) -> Result<Map<EventHash, Max<u64>>, Fault> {
    let fault = Fault::List {
        length: state.len(),
        entry: ENTRY,
    };
    let (entries, []) = state.as_chunks::<ENTRY>() else {
        return Err(fault);
    };
    let mut sizes = Vec::with_capacity(entries.len());
    for entry in entries {
        let Some((hash, size)) = entry.split_first_chunk::<32>() else {
            return Err(fault);
        };
        let Ok(size) = <[u8; 8]>::try_from(size) else {
            return Err(fault);
        };
        sizes.push((EventHash(*hash), Max(u64::from_le_bytes(size))));
    }
    Map::from_sorted(sizes).ok_or(fault)
}
