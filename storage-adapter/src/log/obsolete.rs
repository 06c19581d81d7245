//! Taking off the disk what a publication left behind, so that nobody waits for it.

use std::fmt;
use std::sync::{Arc, Weak};
use std::time::Duration;

use super::disk::Disk;
use super::files::{DataFile, Files};
use super::name;
use super::shared::Shared;
use super::view::Part;

/// So much is taken off a file at a time. A file system that gives much space back at once lets every sync wait.
pub(super) const STEP: u64 = 1 << 20;

/// After each step the medium is left to others for so long.
const PAUSE: Duration = Duration::from_millis(1);

/// Files that only an earlier manifest named, for [`LogDir::remove`](super::LogDir::remove).
///
/// If it is dropped instead, they stay until the store is opened again.
#[must_use = "the files stay until they are removed"]
pub struct Obsolete<F: Files = Disk> {
    left: Vec<Left<F::File>>,
    step: u64,
    owner: Weak<Shared<F>>,
}

/// A file that is to go.
struct Left<D> {
    name: String,
    /// Gone with the last view that reads it, and cannot come back.
    handle: Weak<D>,
}

impl<D: DataFile> Left<D> {
    /// Gives a file that nobody reads and that is longer than a step a name that no log reads, to be cut.
    fn set_aside<F: Files<File = D>>(&mut self, shared: &Shared<F>, step: u64) -> Option<D> {
        let Some(name::Own::Segment(id)) = name::parse(&self.name) else {
            return None;
        };
        if self.handle.strong_count() > 0 || step == 0 {
            return None;
        }
        let file = shared.files.open(&self.name).ok()?;
        if file.len().ok()? <= step {
            return None;
        }
        let aside = name::gone(id);
        shared.files.rename(&self.name, &aside).ok()?;
        self.name = aside;
        Some(file)
    }
}

impl<F: Files> Obsolete<F> {
    pub(super) fn new<'a>(
        shared: &Arc<Shared<F>>,
        step: u64,
        parts: impl Iterator<Item = &'a Part<F::File>>,
        manifest: String,
    ) -> Self {
        let part = |part: &Part<F::File>| Left {
            name: part.name.to_string(),
            handle: Arc::downgrade(&part.file),
        };
        let manifest = Left {
            name: manifest,
            handle: Weak::new(),
        };
        Self {
            left: parts.map(part).chain([manifest]).collect(),
            step,
            owner: Arc::downgrade(shared),
        }
    }

    /// The names of the files.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.left.iter().map(|left| left.name.as_str())
    }

    /// Takes the files off the disk, as far as that is possible now, beside whatever the owner does. It takes its time: a
    /// file that no view holds open is cut a step at a time, with a pause behind each, so that the syncs of the owner do not
    /// wait for all of it. [`LogDir::remove`](super::LogDir::remove) tries the rest again and makes the removal durable.
    pub fn unlink(&mut self) {
        // Without an owner, or after a failed sync, it is for the next open to say what the store does without.
        let Some(shared) = self
            .owner
            .upgrade()
            .filter(|shared| shared.writable().is_ok())
        else {
            return;
        };
        let step = self.step;
        let aside = self
            .left
            .iter_mut()
            .filter_map(|left| left.set_aside(&shared, step));
        let aside: Vec<_> = aside.collect();
        // SUBTLE: under its own name a segment is whole or not there, whatever a crash undoes.
        if !aside.is_empty() && shared.sync_dir().is_err() {
            return;
        }
        for file in aside {
            shrink(&file, step);
        }
        self.left
            .retain(|left| shared.files.unlink(&left.name).is_err());
    }

    pub(super) fn is_of(&self, shared: &Arc<Shared<F>>) -> bool {
        self.owner.ptr_eq(&Arc::downgrade(shared))
    }

    pub(super) fn into_names(self) -> Vec<String> {
        self.left.into_iter().map(|left| left.name).collect()
    }
}

/// Cuts a file down to a step. What does not work here the removal does.
fn shrink(file: &impl DataFile, step: u64) {
    let Ok(mut len) = file.len() else { return };
    while len > step {
        len = len.saturating_sub(step);
        if file.truncate(len).is_err() {
            return;
        }
        std::thread::sleep(PAUSE);
    }
}

impl<F: Files> fmt::Debug for Obsolete<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Obsolete")
            .field(&self.names().collect::<Vec<_>>())
            .finish()
    }
}
