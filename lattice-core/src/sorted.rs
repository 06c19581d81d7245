//! Joins of sorted vectors: the engine under [`Map`](crate::Map), [`Set`](crate::Set) and
//! [`VersionVector`](crate::VersionVector).
//!
//! Elements are strictly increasing by a comparison that looks at their keys only. Nothing here
//! knows what an element is: the caller says how to compare, and how to absorb an element of an
//! equal key.

use alloc::vec::Vec;
use core::borrow::Borrow;
use core::cmp::Ordering;

/// One side is "small" when the other is this many times longer: searching then beats walking.
const SPARSE: usize = 16;

/// Finds an element at or after `from`: `Ok` with its index, or `Err` with where it would stand.
///
/// Doubles its stride, so a target `d` places on costs O(log d): a walk over both sides that uses it
/// costs the smaller side times the logarithm of the gaps, and never more than twice a plain walk.
pub(crate) fn gallop<E>(
    slice: &[E],
    from: usize,
    cmp: impl Fn(&E) -> Ordering,
) -> Result<usize, usize> {
    let tail = slice.get(from..).unwrap_or_default();
    let mut low = 0;
    let mut stride = 1;
    // INVARIANT: all before `low` is less than the target.
    while let Some(probe) = tail.get(low + stride - 1) {
        match cmp(probe) {
            Ordering::Less => {
                low += stride;
                stride *= 2;
            }
            Ordering::Equal => return Ok(from + low + stride - 1),
            Ordering::Greater => break,
        }
    }
    let high = tail.len().min(low + stride - 1);
    match tail
        .get(low..high)
        .unwrap_or_default()
        .binary_search_by(cmp)
    {
        Ok(index) => Ok(from + low + index),
        Err(index) => Err(from + low + index),
    }
}

/// True iff every element of `small` has one of equal key in `large` that `holds` it.
pub(crate) fn leq<E>(
    small: &[E],
    large: &[E],
    cmp: impl Fn(&E, &E) -> Ordering,
    holds: impl Fn(&E, &E) -> bool,
) -> bool {
    if small.len() > large.len() {
        return false; // keys are distinct: one of them is missing
    }
    let mut at = 0;
    small.iter().all(|element| {
        let Ok(index) = gallop(large, at, |probe| cmp(probe, element)) else {
            return false;
        };
        at = index + 1;
        large.get(index).is_some_and(|found| holds(element, found))
    })
}

/// True iff strictly increasing.
pub(crate) fn is_strict<E>(slice: &[E], cmp: impl Fn(&E, &E) -> Ordering) -> bool {
    slice.is_sorted_by(|a, b| cmp(a, b) == Ordering::Less)
}

/// Joins `theirs` into `ours`; true iff something was new.
///
/// `theirs` yields elements or references to them; `own` makes one ours, `absorb` joins it into the
/// element of equal key. Cost: nothing is moved or allocated while `theirs` brings no new key; past
/// the end it is an append; few new keys are moved into place inside the same allocation; else one
/// linear merge.
pub(crate) fn join<E, X: Borrow<E>>(
    ours: &mut Vec<E>,
    theirs: impl ExactSizeIterator<Item = X>,
    cmp: impl Fn(&E, &E) -> Ordering,
    mut absorb: impl FnMut(&mut E, X) -> bool,
    own: impl Fn(X) -> E,
) -> bool {
    let mut theirs = theirs.peekable();
    let mut grew = false;
    let mut at = match (ours.last(), theirs.peek()) {
        (_, None) => return false,
        (Some(last), Some(first)) if cmp(last, first.borrow()) != Ordering::Less => 0,
        _ => ours.len(),
    };
    // In place, for as long as every key is known.
    while let Some(next) = theirs.peek() {
        match gallop(ours, at, |probe| cmp(probe, next.borrow())) {
            Ok(index) => {
                if let (Some(mine), Some(next)) = (ours.get_mut(index), theirs.next()) {
                    grew |= absorb(mine, next);
                }
                at = index + 1;
            }
            Err(index) => {
                at = index;
                break;
            }
        }
    }
    let rest = ours.len() - at;
    if theirs.len() == 0 {
        return grew;
    }
    if rest == 0 {
        ours.extend(theirs.map(own));
    } else if theirs.len() <= rest / SPARSE {
        let fresh = absorb_known(ours, at, theirs, cmp, absorb, own);
        insert_fresh(ours, fresh);
    } else {
        merge_from(ours, at, theirs, cmp, absorb, own);
    }
    true
}

/// Absorbs elements of known keys in place; hands back the others with their places in `ours`.
fn absorb_known<E, X: Borrow<E>>(
    ours: &mut [E],
    mut at: usize,
    theirs: impl Iterator<Item = X>,
    cmp: impl Fn(&E, &E) -> Ordering,
    mut absorb: impl FnMut(&mut E, X) -> bool,
    own: impl Fn(X) -> E,
) -> Vec<(usize, E)> {
    let mut fresh = Vec::new();
    for element in theirs {
        match gallop(ours, at, |probe| cmp(probe, element.borrow())) {
            Ok(index) => {
                if let Some(mine) = ours.get_mut(index) {
                    absorb(mine, element);
                }
                at = index + 1;
            }
            Err(index) => {
                fresh.push((index, own(element)));
                at = index;
            }
        }
    }
    fresh
}

/// Inserts elements at places counted before any of them is in.
fn insert_fresh<E>(ours: &mut Vec<E>, fresh: Vec<(usize, E)>) {
    let Some(&(first, _)) = fresh.first() else {
        return;
    };
    if fresh.len().saturating_mul(fresh.len()) > ours.len() - first {
        let mut old = core::mem::take(ours).into_iter();
        ours.reserve_exact(old.len() + fresh.len());
        let mut taken = 0;
        for (place, element) in fresh {
            ours.extend(old.by_ref().take(place - taken));
            taken = place;
            ours.push(element);
        }
        ours.extend(old);
        return;
    }
    // Few: append them, then rotate the block of new elements down past each run of old ones, leaving
    // one behind at each place. Moves every old element once and the new ones k²/2 times.
    let mut places = Vec::with_capacity(fresh.len());
    ours.reserve(fresh.len());
    for (place, element) in fresh {
        places.push(place);
        ours.push(element);
    }
    let mut end = ours.len();
    for (before, &place) in places.iter().enumerate().rev() {
        if let Some(run) = ours.get_mut(place..end) {
            run.rotate_right(before + 1);
        }
        end = place + before;
    }
}

/// Merges `theirs` with the elements of `ours` from `at` on.
fn merge_from<E, X: Borrow<E>>(
    ours: &mut Vec<E>,
    at: usize,
    theirs: impl ExactSizeIterator<Item = X>,
    cmp: impl Fn(&E, &E) -> Ordering,
    mut absorb: impl FnMut(&mut E, X) -> bool,
    own: impl Fn(X) -> E,
) {
    let mut old = core::mem::take(ours).into_iter();
    let mut merged = Vec::with_capacity(old.len() + theirs.len());
    merged.extend(old.by_ref().take(at));
    'theirs: for element in theirs {
        while let Some(mine) = old.as_slice().first() {
            match cmp(mine, element.borrow()) {
                Ordering::Less => merged.extend(old.next()),
                Ordering::Equal => {
                    if let Some(mut mine) = old.next() {
                        absorb(&mut mine, element);
                        merged.push(mine);
                    }
                    continue 'theirs;
                }
                Ordering::Greater => break,
            }
        }
        merged.push(own(element));
    }
    merged.extend(old);
    *ours = merged;
}

/// Writes the join of both into `out`, whatever it held.
pub(crate) fn join_into<E: Clone>(
    ours: &[E],
    theirs: &[E],
    out: &mut Vec<E>,
    cmp: impl Fn(&E, &E) -> Ordering,
    mut absorb: impl FnMut(&mut E, &E),
) {
    out.clear();
    out.reserve(ours.len() + theirs.len());
    let mut ours = ours.iter();
    'theirs: for element in theirs {
        while let Some(mine) = ours.as_slice().first() {
            match cmp(mine, element) {
                Ordering::Less => out.push(mine.clone()),
                Ordering::Equal => {
                    ours.next();
                    let mut mine = mine.clone();
                    absorb(&mut mine, element);
                    out.push(mine);
                    continue 'theirs;
                }
                Ordering::Greater => break,
            }
            ours.next();
        }
        out.push(element.clone());
    }
    out.extend_from_slice(ours.as_slice());
}
