//! The file that says what a result consists of.

use serde::{Deserialize, Serialize};

/// The format that this build writes, and the only one it reads.
const FORMAT: u32 = 1;

/// What a published result consists of. Written once, as JSON, and never changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Manifest {
    /// The format of the manifest.
    pub format: u32,
    /// The draft that was published.
    pub draft: String,
    /// Files of [`schema::snapshots`](crate::schema::snapshots), sorted by name.
    pub snapshots: Vec<PublishedFile>,
    /// Files of [`schema::redactions`](crate::schema::redactions): every redaction known, sorted by name.
    pub redactions: Vec<PublishedFile>,
}

/// A file of a published result.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct PublishedFile {
    /// Where it is, seen from the folder of the manifest.
    pub path: String,
    /// Its size.
    pub bytes: u64,
    /// The BLAKE3 of its bytes, in hex.
    pub blake3: String,
}

impl Manifest {
    pub(super) fn new(
        draft: String,
        snapshots: Vec<PublishedFile>,
        redactions: Vec<PublishedFile>,
    ) -> Self {
        Self {
            format: FORMAT,
            draft,
            snapshots,
            redactions,
        }
    }

    /// Reads a manifest, or says what is wrong with it.
    pub(super) fn read(bytes: &[u8]) -> Result<Self, String> {
        /// What every format has.
        #[derive(Deserialize)]
        struct Head {
            format: u32,
        }
        let head: Head = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
        if head.format != FORMAT {
            return Err(format!(
                "its format is {}, this build reads {FORMAT}",
                head.format
            ));
        }
        let manifest: Self = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
        let stray = manifest.files().find(|file| file.leads_out());
        match stray {
            Some(file) => Err(format!("`{}` leads out of the folder", file.path)),
            None => Ok(manifest),
        }
    }

    /// All files.
    pub fn files(&self) -> impl Iterator<Item = &PublishedFile> {
        self.snapshots.iter().chain(&self.redactions)
    }
}

impl PublishedFile {
    fn leads_out(&self) -> bool {
        let mut names = self.path.split('/');
        names.any(|name| matches!(name, "" | "." | "..") || name.contains('\\'))
    }
}
