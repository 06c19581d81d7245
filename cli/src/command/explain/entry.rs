//! One write as explained: its whole key, and what it says.

use std::fmt;

use bones_snapshot::{Key, Order, format_hash};
use serde::Serialize;

use crate::terminal::one_line;
use crate::time;

/// The key of a write.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Tuple {
    pub(super) hash: String,
    author: String,
    wall_ts: u64,
    /// The stamp in the notation of the interval tree clock paper; none in a `wall` store.
    stamp: Option<String>,
}

impl Tuple {
    pub(super) fn of<S: Order>(key: &Key<S>) -> Self {
        Self {
            hash: format_hash(&key.event_hash),
            author: key.agent_id.to_string(),
            wall_ts: key.wall_ts,
            stamp: S::CAUSAL.then(|| format!("{:?}", key.stamp)),
        }
    }
}

impl fmt::Display for Tuple {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let when = time::show(self.wall_ts);
        write!(f, "{} by {} at {when}", self.hash, one_line(&self.author))?;
        match &self.stamp {
            Some(stamp) => write!(f, ", stamp {stamp}"),
            None => Ok(()),
        }
    }
}

/// A write: its key and its value, `None` when redacted.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Entry {
    #[serde(flatten)]
    pub(super) key: Tuple,
    pub(super) value: Option<String>,
}

impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = self.value.as_deref().map_or("[redacted]".into(), one_line);
        write!(f, "{value}\n          {}", self.key)
    }
}
