//! Serde for the sets on `im`: the form that the sets in flat chunks have.

use lattice_core::{Cell, Dot};
use serde::de::{Deserialize, Deserializer};
use serde::ser::{Serialize, Serializer};

use super::{GSet, OrSet};
use crate::serde::{ascending, write};

impl<T: Serialize + Ord> Serialize for GSet<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self)
    }
}

/// Refuses elements that do not strictly increase.
impl<'de, T: Deserialize<'de> + Ord + Clone> Deserialize<'de> for GSet<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(ascending(deserializer)?.into_iter().collect())
    }
}

impl<T: Serialize + Ord + Clone, A: Serialize + Ord + Clone> Serialize for OrSet<T, A> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let cells = self.cells().map(|(dot, cell)| {
            let cell = cell.present().map_or(Cell::Redacted, Cell::Present);
            (Dot::new(&dot.agent, dot.seq), cell)
        });
        write(&self.context(), cells, serializer)
    }
}

/// Refuses what the set in flat chunks refuses.
impl<'de, T, A> Deserialize<'de> for OrSet<T, A>
where
    T: Deserialize<'de> + Ord + Clone,
    A: Deserialize<'de> + Ord + Clone,
{
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        crate::OrSet::deserialize(deserializer).map(|set| Self::from(&set))
    }
}
