//! Making a store.

use std::io;
use std::sync::Arc;

use super::dir::LogDir;
use super::error::LogError;
use super::files::{DataFile, Files};
use super::frame::Chain;
use super::manifest::{Current, MAX_HEADER, Manifest, Segment};
use super::name::{self, CURRENT, CURRENT_TMP, Own};
use super::open::lock;
use super::segment::{Cursor, SEGMENT_HEAD, segment_head};
use super::shared::Shared;
use super::view::Part;

const FIRST_SEGMENT: u64 = 1;
const FIRST_MANIFEST: u64 = 2;

pub(super) fn admit_header(header: &[u8]) -> Result<(), LogError> {
    let len = header.len();
    if len <= MAX_HEADER {
        Ok(())
    } else {
        Err(LogError::HeaderTooLarge {
            len,
            max: MAX_HEADER,
        })
    }
}

/// What a directory holds, as far as making or opening a store goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Contents {
    /// Nothing, or what a `create` that did not finish left: no commit can be in it.
    Vacant { debris: Vec<String> },
    /// A store.
    Store,
    /// Data of a store without `CURRENT`.
    Headless,
    /// Only files of somebody else; one of them.
    Foreign(String),
}

/// Looks at the names, and at the length of the one segment that can be debris.
pub(super) fn contents<F: Files>(files: &F) -> Result<Contents, LogError> {
    let names = files.list().map_err(LogError::io("list", files.path("")))?;
    let mut debris = Vec::new();
    let mut foreign = None;
    let mut headless = false;
    for entry in names {
        match name::parse(&entry) {
            Some(Own::Current) => return Ok(Contents::Store),
            Some(Own::Lock) => {}
            Some(Own::CurrentTmp | Own::Manifest(FIRST_MANIFEST)) => debris.push(entry),
            Some(Own::Segment(FIRST_SEGMENT)) => {
                let len = files.open(&entry).and_then(|file| file.len());
                headless |= len.map_err(LogError::io("read the length of", files.path(&entry)))?
                    > SEGMENT_HEAD;
                debris.push(entry);
            }
            Some(Own::Manifest(_) | Own::Segment(_) | Own::Gone(_) | Own::Tail) => headless = true,
            None => foreign = Some(entry),
        }
    }
    Ok(match foreign {
        _ if headless => Contents::Headless,
        Some(found) => Contents::Foreign(found),
        None => Contents::Vacant { debris },
    })
}

impl<F: Files> LogDir<F> {
    /// [`create`](LogDir::create) on a file layer whose directory exists.
    ///
    /// # Errors
    ///
    /// As there.
    pub fn create_on(files: F, header: &[u8]) -> Result<Self, LogError> {
        admit_header(header)?;
        // Looked at before the lock too, so that a refusal leaves no lock file in a foreign
        // directory.
        vacant(&files)?;
        let lock = lock(&files)?;
        let debris = vacant(&files)?;
        for entry in &debris {
            files
                .unlink(entry)
                .map_err(LogError::io("remove", files.path(entry)))?;
        }
        if !debris.is_empty() {
            // Before new files get the names of removed ones.
            sync_names(&files)?;
        }

        let segment = Segment {
            id: FIRST_SEGMENT,
            first: 1,
            last: 0,
            start: Chain::default(),
            len: SEGMENT_HEAD,
            chain: Chain::default(),
        };
        let active = write_new(
            &files,
            &name::segment(FIRST_SEGMENT),
            &segment_head(FIRST_SEGMENT),
        )?;
        let active = Part::new(segment.clone(), header, Arc::new(active));
        let manifest = Manifest {
            id: FIRST_MANIFEST,
            next_id: FIRST_MANIFEST + 1,
            commit: 0,
            time: 0,
            header: header.to_vec(),
            segments: vec![segment],
        };
        let bytes = manifest.encode();
        write_new(&files, &name::manifest(FIRST_MANIFEST), &bytes)?;
        sync_names(&files)?;
        let current = Current {
            manifest: FIRST_MANIFEST,
            hash: blake3::hash(&bytes),
        };
        write_new(&files, CURRENT_TMP, current.encode().as_bytes())?;
        files
            .rename(CURRENT_TMP, CURRENT)
            .map_err(LogError::io("rename into place", files.path(CURRENT)))?;
        sync_names(&files)?;

        let shared = Shared::new(files, lock, manifest.next_id);
        let end = Cursor {
            at: SEGMENT_HEAD,
            commit: 0,
            time: 0,
            chain: Chain::default(),
        };
        Ok(Self::assemble(shared, manifest, Vec::new(), active, end))
    }
}

/// The debris to remove, or why no store can be made here.
fn vacant<F: Files>(files: &F) -> Result<Vec<String>, LogError> {
    match contents(files)? {
        Contents::Vacant { debris } => Ok(debris),
        Contents::Store => Err(LogError::AlreadyAStore {
            path: files.path(""),
        }),
        Contents::Headless => Err(LogError::Missing {
            file: files.path(CURRENT),
        }),
        Contents::Foreign(found) => Err(LogError::NotEmpty {
            path: files.path(""),
            found,
        }),
    }
}

fn sync_names<F: Files>(files: &F) -> Result<(), LogError> {
    files
        .sync_dir()
        .map_err(LogError::io("sync", files.path("")))
}

/// A new file with this content, synced, its name not yet.
pub(super) fn write_new<F: Files>(
    files: &F,
    name: &str,
    bytes: &[u8],
) -> Result<F::File, LogError> {
    let path = files.path(name);
    let write = || -> io::Result<F::File> {
        let file = files.create_new(name)?;
        file.append(bytes)?;
        file.sync()?;
        Ok(file)
    };
    write().map_err(LogError::io("write", path))
}
