//! Generators; writes, registers and maps shrink.

use alloc::boxed::Box;
use alloc::vec::Vec;

use lattice_core::Cell;
use quickcheck::{Arbitrary, Gen};

use crate::{
    EventHash, Hlc, Itc, Lamport, LwwMap, LwwRegister, Stamp, Unstamped, VersionVector, Write,
    WriteKey,
};

macro_rules! arbitrary {
    ($($type:ty = $generate:expr;)*) => {$(
        impl Arbitrary for $type {
            fn arbitrary(g: &mut Gen) -> Self {
                $generate(g)
            }
        }
    )*};
}

arbitrary! {
    EventHash = |g: &mut Gen| super::hash(u8::arbitrary(g));
    Unstamped = |_: &mut Gen| Self;
    Lamport = |g: &mut Gen| Self(number(g));
    Hlc = |g: &mut Gen| Self { wall: number(g), count: u32::from(u8::arbitrary(g) % 3) };
    VersionVector = |g: &mut Gen| super::vector([number(g), number(g), number(g)]);
    Itc = |_: &mut Gen| super::itc(&Vec::arbitrary(&mut Gen::new(12)));
}

/// Small numbers, and now and then the greatest.
fn number(g: &mut Gen) -> u64 {
    match u8::arbitrary(g) % 8 {
        7 => u64::MAX,
        choice => u64::from(choice % 3),
    }
}

impl<S: Arbitrary, A: Arbitrary> Arbitrary for WriteKey<S, A> {
    fn arbitrary(g: &mut Gen) -> Self {
        Self {
            stamp: S::arbitrary(g),
            wall_ts: number(g),
            agent_id: A::arbitrary(g),
            event_hash: EventHash::arbitrary(g),
        }
    }

    fn shrink(&self) -> Box<dyn Iterator<Item = Self>> {
        let key = self.clone();
        let parts = (self.stamp.clone(), self.wall_ts, self.agent_id.clone());
        Box::new(parts.shrink().map(move |(stamp, wall_ts, agent_id)| Self {
            stamp,
            wall_ts,
            agent_id,
            event_hash: key.event_hash,
        }))
    }
}

/// One in five is redacted.
impl<V: Arbitrary, S: Arbitrary, A: Arbitrary> Arbitrary for Write<V, S, A> {
    fn arbitrary(g: &mut Gen) -> Self {
        Self {
            key: WriteKey::arbitrary(g),
            cell: match u8::arbitrary(g) % 5 {
                0 => Cell::Redacted,
                _ => Cell::Present(V::arbitrary(g)),
            },
        }
    }

    fn shrink(&self) -> Box<dyn Iterator<Item = Self>> {
        let parts = (self.key.clone(), self.cell.clone()).shrink();
        Box::new(parts.map(|(key, cell)| Self { key, cell }))
    }
}

/// What is left of a few writes. Give it agents and values of few kinds.
impl<V, S, A> Arbitrary for LwwRegister<V, S, A>
where
    V: Arbitrary + Ord,
    S: Arbitrary + Stamp,
    A: Arbitrary + Ord,
{
    fn arbitrary(g: &mut Gen) -> Self {
        let few = &mut Gen::new(g.size().min(6));
        Vec::<Write<V, S, A>>::arbitrary(few).into_iter().collect()
    }

    fn shrink(&self) -> Box<dyn Iterator<Item = Self>> {
        let writes: Vec<_> = self.writes().cloned().collect();
        Box::new(writes.shrink().map(Self::from_iter))
    }
}

/// A few keys, some of them with several writes. Give it keys of few values.
impl<K, V, S, A> Arbitrary for LwwMap<K, V, S, A>
where
    K: Arbitrary + Ord,
    V: Arbitrary + Ord,
    S: Arbitrary + Stamp,
    A: Arbitrary + Ord,
{
    fn arbitrary(g: &mut Gen) -> Self {
        let few = &mut Gen::new(g.size().min(8));
        let writes = Vec::<(K, Write<V, S, A>)>::arbitrary(few).into_iter();
        let entries = writes.map(|(key, write)| (key, LwwRegister::from_write(write)));
        entries.collect()
    }

    fn shrink(&self) -> Box<dyn Iterator<Item = Self>> {
        let entries: Vec<_> = self.clone().into_iter().collect();
        Box::new(entries.shrink().map(Self::from_iter))
    }
}
