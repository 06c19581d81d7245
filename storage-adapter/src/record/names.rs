//! Scopes and schemas, as records.

use serde::{Deserialize, Serialize};

/// A scope: a name, and the commit that made it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ScopeRecord {
    pub(crate) name: String,
    pub(crate) created: u64,
}

impl ScopeRecord {
    /// The commit in 8 bytes, then the name.
    pub(crate) fn encode(&self) -> Vec<u8> {
        [&self.created.to_le_bytes(), self.name.as_bytes()].concat()
    }

    pub(crate) fn decode(bytes: &[u8]) -> Option<Self> {
        let (created, name) = bytes.split_first_chunk()?;
        Some(Self {
            name: std::str::from_utf8(name).ok()?.to_owned(),
            created: u64::from_le_bytes(*created),
        })
    }
}

/// A schema: a name, and the commit that counts for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SchemaName {
    pub(crate) name: String,
    pub(crate) commit: u64,
}

/// What happened to a schema.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum SchemaRecord {
    /// A migration to this schema began.
    Begun(String),
    /// It completed.
    Completed,
    /// It was given up.
    Aborted,
}

impl SchemaRecord {
    /// One byte for what, then the name.
    pub(crate) fn encode(&self) -> Vec<u8> {
        match self {
            Self::Begun(name) => [&[1], name.as_bytes()].concat(),
            Self::Completed => vec![2],
            Self::Aborted => vec![3],
        }
    }

    pub(crate) fn decode(bytes: &[u8]) -> Option<Self> {
        match bytes.split_first()? {
            (1, name) => Some(Self::Begun(std::str::from_utf8(name).ok()?.to_owned())),
            (2, []) => Some(Self::Completed),
            (3, []) => Some(Self::Aborted),
            _ => None,
        }
    }
}
