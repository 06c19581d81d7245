//! Sets of event hashes as bytes: the hashes one after the other, strictly increasing.

use bones_snapshot::EventHash;
use lattice_core::Set;

use crate::error::Fault;

pub(crate) fn encode_hashes(hashes: &Set<EventHash>) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(hashes.len().saturating_mul(size_of::<EventHash>()));
    for hash in hashes {
        bytes.extend_from_slice(&hash.0);
    }
    bytes
}

pub(crate) fn decode_hashes(bytes: &[u8]) -> Result<Set<EventHash>, Fault> {
    let fault = Fault::List {
        length: bytes.len(),
        entry: size_of::<EventHash>(),
    };
    let (hashes, []) = bytes.as_chunks::<32>() else {
        return Err(fault);
    };
    let hashes = hashes.iter().map(|hash| EventHash(*hash)).collect();
    Set::from_sorted(hashes).ok_or(fault)
}
