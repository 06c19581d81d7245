//! Counting what is held in memory.

use std::sync::atomic::{AtomicU64, Ordering};

use super::error::{FoldError, Heavy};

/// An account of memory with a limit.
///
/// It counts what grows with the input: buffers, loaded partitions, states by an estimate of their
/// size. The program itself, its stacks, and what the allocator keeps for later are not counted.
pub(super) struct Meter {
    limit: u64,
    // INVARIANT: at most `limit`.
    used: AtomicU64,
    peak: AtomicU64,
}

impl Meter {
    pub(super) fn new(limit: u64) -> Self {
        Self {
            limit,
            used: AtomicU64::new(0),
            peak: AtomicU64::new(0),
        }
    }

    /// The most that was held at any moment.
    pub(super) fn peak(&self) -> u64 {
        self.peak.load(Ordering::Relaxed)
    }

    /// An entry of no bytes yet.
    pub(super) fn entry(&self) -> Held<'_> {
        Held {
            meter: self,
            bytes: 0,
        }
    }

    /// An entry of so many bytes.
    pub(super) fn hold(&self, bytes: u64, what: Heavy) -> Result<Held<'_>, FoldError> {
        let mut held = self.entry();
        held.set(bytes, what)?;
        Ok(held)
    }
}

/// Bytes that are held until this is dropped.
pub(super) struct Held<'a> {
    meter: &'a Meter,
    bytes: u64,
}

impl Held<'_> {
    /// So many bytes are held now.
    pub(super) fn set(&mut self, bytes: u64, what: Heavy) -> Result<(), FoldError> {
        if bytes == self.bytes {
            return Ok(());
        }
        if bytes < self.bytes {
            let less = self.bytes.saturating_sub(bytes);
            self.meter.used.fetch_sub(less, Ordering::Relaxed);
            self.bytes = bytes;
            return Ok(());
        }
        let more = bytes.saturating_sub(self.bytes);
        let limit = self.meter.limit;
        let fits = |used: u64| used.checked_add(more).filter(|sum| *sum <= limit);
        match self
            .meter
            .used
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, fits)
        {
            Ok(before) => {
                let now = before.saturating_add(more);
                self.meter.peak.fetch_max(now, Ordering::Relaxed);
                self.bytes = bytes;
                Ok(())
            }
            Err(used) => Err(FoldError::Memory {
                what,
                memory: limit,
                enough: used.saturating_add(more).saturating_mul(2).max(limit),
            }),
        }
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        self.meter.used.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_held_is_counted_and_never_more_than_the_limit() {
        let meter = Meter::new(100);
        let mut a = meter.hold(60, Heavy::Buffers).unwrap();
        let mut b = meter.hold(40, Heavy::Buffers).unwrap();
        let refused = b.set(41, Heavy::Redactions).unwrap_err().to_string();
        assert_eq!(
            refused,
            "the set of all redactions needs more memory than the 100 bytes given: give about 202"
        );
        a.set(10, Heavy::Buffers).unwrap();
        b.set(90, Heavy::Buffers).unwrap();
        drop((a, b));
        assert_eq!((meter.used.load(Ordering::Relaxed), meter.peak()), (0, 100));
    }
}
