//! The one commit point of the directory: `CURRENT` gets a new content by rename.

use std::io;
use std::sync::Arc;

use super::dir::LogDir;
use super::error::LogError;
use super::files::{DataFile, Files};
use super::manifest::{Current, MAX_SEGMENTS, Manifest, Segment};
use super::name::{self, CURRENT, CURRENT_TMP};
use super::segment::{Cursor, SEGMENT_HEAD, segment_head};
use super::shared::Made;
use super::view::Part;

impl<F: Files> LogDir<F> {
    /// Closes the active segment and begins a new one.
    pub(super) fn begin_segment(&mut self) -> Result<(), LogError> {
        // What a manifest vouches for is durable.
        self.sync()?;
        let mut made = Made::new(&self.shared);
        let (id, name, file) = made.create(name::segment)?;
        let file = Arc::new(file);
        self.write_whole(&file, &name, &segment_head(id))?;
        self.shared.sync_dir()?;
        let chain = self.end.chain;
        let segment = Segment {
            id,
            first: self.end.commit.saturating_add(1),
            last: self.end.commit,
            start: chain,
            len: SEGMENT_HEAD,
            chain,
        };
        let part = Part::new(segment, &self.manifest.header, file);
        let (active, key) = (Arc::clone(&part.file), part.key.clone());
        let mut parts = self.parts_now();
        parts.push(part);
        let old = self.publish(parts, made)?;
        (self.active, self.key) = (active, key);
        self.end = Cursor {
            at: SEGMENT_HEAD,
            ..self.end
        };
        self.durable = self.end;
        let mut gone = vec![name::manifest(old.id)];
        gone.append(&mut self.shared.obsolete());
        self.shared.unlink(gone);
        self.shared.sync_dir()
    }

    /// The segments as they are now, with what is durable of the active one.
    pub(super) fn parts_now(&self) -> Vec<Part<F::File>> {
        let mut parts = (*self.parts).clone();
        if let Some(last) = parts.last_mut() {
            let Cursor {
                at, chain, commit, ..
            } = self.durable;
            (last.segment.len, last.segment.chain) = (at, chain);
            last.segment.last = commit;
        }
        parts
    }

    /// The commit point. Every file of `parts` is synced already, and so is its name; those of them that
    /// are new are in `made`. Returns the manifest that was in force.
    ///
    /// An error before the rename leaves the old state in force, and the new files go. At the rename or
    /// after it either state may be the one that a crash leaves, so both sets of files stay.
    pub(super) fn publish(
        &mut self,
        parts: Vec<Part<F::File>>,
        made: Made<F>,
    ) -> Result<Manifest, LogError> {
        let manifest = self.prepare(&parts)?;
        let renamed = self.shared.files.rename(CURRENT_TMP, CURRENT);
        made.keep();
        if let Err(source) = renamed {
            let path = self.shared.files.path(CURRENT);
            self.shared.poison(format!(
                "cannot rename {} into place: {source}",
                path.display()
            ));
            return Err(LogError::Io {
                action: "rename into place",
                path,
                source,
            });
        }
        self.shared.sync_dir()?;
        self.parts = Arc::new(parts);
        Ok(std::mem::replace(&mut self.manifest, manifest))
    }

    /// Everything before the rename.
    fn prepare(&self, parts: &[Part<F::File>]) -> Result<Manifest, LogError> {
        if parts.len() > MAX_SEGMENTS {
            return Err(LogError::TooManySegments {
                path: self.shared.files.path(CURRENT),
                count: parts.len(),
                max: MAX_SEGMENTS,
            });
        }
        let (id, file) = self.shared.create_next(name::manifest)?;
        let name = name::manifest(id);
        let manifest = Manifest {
            id,
            next_id: self.shared.next_id(),
            commit: self.durable.commit,
            time: self.durable.time,
            header: self.manifest.header.clone(),
            segments: parts.iter().map(|part| part.segment.clone()).collect(),
        };
        let result = self.write_manifest(&manifest, &file, &name);
        if result.is_err() {
            self.shared.unlink([CURRENT_TMP.to_owned(), name]);
        }
        result.map(|()| manifest)
    }

    fn write_manifest(
        &self,
        manifest: &Manifest,
        file: &F::File,
        name: &str,
    ) -> Result<(), LogError> {
        let bytes = manifest.encode();
        self.write_whole(file, name, &bytes)?;
        self.shared.sync_dir()?;
        let files = &*self.shared.files;
        let made = match files.create_new(CURRENT_TMP) {
            // Left by a publication that failed.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                let again = || files.create_new(CURRENT_TMP);
                files.unlink(CURRENT_TMP).and_then(|()| again())
            }
            made => made,
        };
        let tmp = made.map_err(LogError::io("make", files.path(CURRENT_TMP)))?;
        let current = Current {
            manifest: manifest.id,
            hash: blake3::hash(&bytes),
        };
        self.write_whole(&tmp, CURRENT_TMP, current.encode().as_bytes())
    }

    fn write_whole(&self, file: &F::File, name: &str, bytes: &[u8]) -> Result<(), LogError> {
        file.append(bytes)
            .map_err(LogError::io("write to", self.shared.files.path(name)))?;
        self.sync_file(file, name)
    }

    /// Brings a file to the medium; a failure poisons.
    pub(super) fn sync_file(&self, file: &F::File, name: &str) -> Result<(), LogError> {
        file.sync()
            .map_err(|error| self.shared.sync_failed(error, name))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::{LogDir, LogError, MAX_SEGMENTS, Made};
    use crate::log::Frame;

    #[test]
    fn a_manifest_lists_no_more_than_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let mut log = LogDir::create(&folder.path().join("store"), b"").unwrap();
        log.set_segment_target(0);
        let mut batch = 0_u8;
        let mut append = |log: &mut LogDir| {
            batch += 1;
            log.append([Frame::new(1, [batch])], 1).unwrap();
        };
        append(&mut log);
        append(&mut log);
        assert_eq!(log.parts.len(), 2);

        // Half of the room is left to rewrites; the active segment grows on.
        let parts = Arc::clone(&log.parts);
        log.parts = Arc::new(vec![parts.last().unwrap().clone(); MAX_SEGMENTS / 2]);
        append(&mut log);
        assert_eq!(log.parts.len(), MAX_SEGMENTS / 2);
        log.parts = parts;

        let many = vec![log.parts.last().unwrap().clone(); MAX_SEGMENTS + 1];
        let made = Made::new(&log.shared);
        let refused = log.publish(many, made).unwrap_err();
        assert!(
            matches!(refused, LogError::TooManySegments { .. }),
            "{refused}"
        );
        append(&mut log);
        assert_eq!((log.frames().count(), log.poisoned()), (4, None));
    }
}
