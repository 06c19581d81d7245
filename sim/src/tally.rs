//! How often what happened.

use std::collections::BTreeMap;

/// What must happen in any number of runs worth the name: a run in which something of this never
/// happens tests less than it says.
pub const MUST: &[&str] = &[
    "write create",
    "write title",
    "write description",
    "write kind",
    "write size",
    "write urgency",
    "write parent",
    "write label",
    "write label removal",
    "write labels anew",
    "write assign",
    "write unassign",
    "write link",
    "write unlink",
    "write unlink of all",
    "write comment",
    "write move",
    "write delete",
    "write summary",
    "write unknown",
    "write beside",
    "write redact",
    "write redact in hex",
    "write redact of nothing",
    "write snapshot of bones",
    "write snapshot of a newer bones",
    "send lines",
    "send held payloads",
    "send export",
    "send partial snapshot",
    "send lines and snapshot",
    "send redactions",
    "deliver",
    "delivered again",
    "delivered out of order",
    "kept apart by a split",
    "lose",
    "split",
    "heal",
    "compact",
    "compact dry",
    "items compacted",
    "items that would grow",
    "items already compact",
    "items left alone by policy",
    "items masked",
    "fold",
    "prune",
    "sources dropped",
    "erase",
    "backup",
    "restore with old clock",
    "restore with new clock",
    "refork",
    "forge claim",
    "forge foreign",
    "forge foreign without texts",
    "forge twist",
    "damage",
    "damage refused",
    "damage that reads",
    "snapshots verified",
    "snapshots unverifiable",
    "snapshots found false",
    "tampered",
];

/// Counts by name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally(BTreeMap<&'static str, u64>);

impl Tally {
    /// One more.
    pub fn count(&mut self, what: &'static str) {
        self.add(what, 1);
    }

    /// Some more.
    pub fn add(&mut self, what: &'static str, n: usize) {
        *self.0.entry(what).or_default() += n as u64;
    }

    /// Adds the counts of another run.
    pub fn join(&mut self, other: &Self) {
        for (what, n) in &other.0 {
            *self.0.entry(what).or_default() += n;
        }
    }

    /// How often.
    pub fn get(&self, what: &str) -> u64 {
        self.0.get(what).copied().unwrap_or(0)
    }

    /// What never happened, of what must.
    pub fn missing(&self) -> Vec<&'static str> {
        MUST.iter()
            .copied()
            .filter(|what| self.get(what) == 0)
            .collect()
    }

    /// Everything counted, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, u64)> {
        self.0.iter().map(|(what, n)| (*what, *n))
    }
}
