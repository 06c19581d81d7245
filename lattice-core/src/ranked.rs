//! What an element of an antichain must say about itself.

use core::cmp::Ordering;

/// An identity in a strict partial order, with a payload under it.
///
/// A write is the model: its stamp, wall time, agent and hash are the identity, its value is the
/// payload. [`Antichain`](crate::Antichain) keeps the elements of greatest identity.
///
/// # Laws
///
/// - [`same_identity`](Self::same_identity) is an equivalence; all but
///   [`absorb`](Self::absorb) and [`payload_leq`](Self::payload_leq) see identities only
/// - [`precedes`](Self::precedes) is irreflexive and transitive, and equivalent identities stand in
///   the same places
/// - [`canonical_cmp`](Self::canonical_cmp) is a total order, `Equal` iff `same_identity`
/// - within one identity, payloads are a join-semilattice: `absorb` is its join and answers
///   `!(other <= self)`, `payload_leq` its order, written independently
/// - `a == b` iff they have one identity and equal payloads
///
/// [`laws::check_ranked`](crate::laws::check_ranked) checks them.
///
/// The payload must never be part of the identity: redacting it would then change where the write
/// stands, and redaction would no longer commute with join.
pub trait Ranked: Eq {
    /// True iff `other`'s identity is strictly above `self`'s.
    fn precedes(&self, other: &Self) -> bool;

    /// True iff both are the same thing, whatever their payloads.
    fn same_identity(&self, other: &Self) -> bool;

    /// Joins the payload of an element of the same identity. True iff `self` grew.
    ///
    /// Only called where [`same_identity`](Self::same_identity) holds.
    fn absorb(&mut self, other: Self) -> bool;

    /// The order of payloads under one identity: `self`'s is at most `other`'s.
    ///
    /// Only called where [`same_identity`](Self::same_identity) holds.
    fn payload_leq(&self, other: &Self) -> bool;

    /// A total order on identities, for storing them in one way only. Need not extend `precedes`.
    fn canonical_cmp(&self, other: &Self) -> Ordering;
}
