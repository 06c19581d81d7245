//! How much a stranger may make us hold.

/// Bounds on what a decoder accepts.
///
/// What a decoder allocates is bounded by the length of the input times a small constant, but for
/// redacted dots: a run of them takes a few bytes however long it is, and a bit or two of memory for
/// each dot. `dots` bounds those. None of the counts in the input is believed before the bytes that
/// it counts are there.
///
/// ```
/// use lattice_orset::GSet;
/// use lattice_orset::canonical::{DecodeError, Limits};
///
/// let bytes = GSet::from_iter([1_u32, 2, 3]).encode();
/// let tight = Limits { dots: 2, ..Limits::DEFAULT };
/// let refused = GSet::<u32>::decode(&bytes, tight);
/// assert_eq!(refused, Err(DecodeError::TooLarge { offset: 1, what: "elements", limit: 2, found: 3 }));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of input.
    pub bytes: usize,
    /// Agents of an `OrSet`.
    pub agents: usize,
    /// Live and redacted dots of an `OrSet` together; elements of a `GSet`.
    pub dots: usize,
}

impl Limits {
    /// 256 MiB, 65,536 agents and 2^24 dots: a state that fits into the memory of a small machine.
    pub const DEFAULT: Self = Self {
        bytes: 1 << 28,
        agents: 1 << 16,
        dots: 1 << 24,
    };
}

impl Default for Limits {
    fn default() -> Self {
        Self::DEFAULT
    }
}
