//! Joining registers under equal keys.

use core::cmp::Ordering;
use core::iter::once;
use core::mem::needs_drop;

use lattice_core::JoinSemilattice;
use lattice_core::chunked::{MergeRule, Pick, Upsert};

use crate::{LwwRegister, Stamp};

/// The join under each key.
#[derive(Default)]
pub(super) struct Join {
    /// The left side grew.
    pub(super) grew: bool,
}

impl<K, V: Ord + Clone, S: Stamp, A: Ord + Clone> MergeRule<K, LwwRegister<V, S, A>> for Join {
    // A register of one write holds it inline: where its parts are plain, so is it.
    const CLONES: bool = !needs_drop::<(K, V, S, A)>();

    #[inline]
    fn left(&mut self, _: &K, _: &LwwRegister<V, S, A>) -> bool {
        true
    }

    #[inline]
    fn right(&mut self, _: &K, _: &LwwRegister<V, S, A>) -> bool {
        self.grew = true;
        true
    }

    #[inline]
    fn one(&mut self, is_left: bool, _: &K, _: &LwwRegister<V, S, A>) -> bool {
        self.grew |= !is_left;
        true
    }

    #[inline]
    fn both(&mut self, _: &K, left: &LwwRegister<V, S, A>, right: &LwwRegister<V, S, A>) -> Pick {
        match left.single_cmp(right) {
            Some(Ordering::Greater) => Pick::Left,
            Some(Ordering::Less) => {
                self.grew = true;
                Pick::Right
            }
            Some(Ordering::Equal) | None => Pick::Both,
        }
    }

    fn join(&mut self, left: &mut LwwRegister<V, S, A>, right: LwwRegister<V, S, A>) {
        self.grew |= left.join(right);
    }

    #[inline]
    fn copy(entry: &(K, LwwRegister<V, S, A>), out: &mut impl Extend<(K, LwwRegister<V, S, A>)>)
    where
        K: Clone,
    {
        // SUBTLE: in this shape the parts go from one leaf to the other, by no way round.
        match entry.1.writes.as_single() {
            Some(write) => out.extend(once((&entry.0, write)).map(|(key, write)| {
                let register = LwwRegister::from_write(write.clone());
                (key.clone(), register)
            })),
            None => copy_any(entry, out),
        }
    }
}

/// A register of several writes, or of none.
#[cold]
fn copy_any<E: Clone>(entry: &E, out: &mut impl Extend<E>) {
    out.extend(once(entry.clone()));
}

impl<V: Ord + Clone, S: Stamp, A: Ord + Clone> Upsert<LwwRegister<V, S, A>> for Join {
    fn changes(&mut self, old: &LwwRegister<V, S, A>, new: &LwwRegister<V, S, A>) -> bool {
        !new.leq(old)
    }

    fn update(&mut self, old: &mut LwwRegister<V, S, A>, new: LwwRegister<V, S, A>) {
        old.join(new);
    }
}
