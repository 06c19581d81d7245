//! Reading everything, going on behind damage.

use std::fmt;

use super::batch::{Fault, Raw, Stop, check_segment_head, frame_at};
use super::dir::LogDir;
use super::error::LogError;
use super::files::{DataFile, Files};
use super::frame::{FRAME_OVERHEAD, HEAD, Head, Key, MARK};
use super::name::{self, CURRENT};
use super::open::{open_file, read_manifest};
use super::segment::SEGMENT_HEAD;
use super::view::LogView;
use super::window::Window;

/// Bytes that are not what was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Damage {
    /// The file.
    pub file: String,
    /// Where the damage begins.
    pub offset: u64,
    /// How many bytes lie between there and the next frame that checks, or the end of the file.
    pub bytes: u64,
    /// What should be there.
    pub expected: String,
    /// What is there.
    pub found: String,
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            file,
            offset,
            bytes,
            expected,
            found,
        } = self;
        write!(
            f,
            "{file} at byte {offset}: expected {expected}, found {found}; {bytes} bytes cannot be read"
        )
    }
}

/// What [`LogDir::verify`] or [`LogView::verify`] read.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct VerifyReport {
    /// Frames of the caller that check.
    pub frames: u64,
    /// Bytes of segments read.
    pub bytes: u64,
    /// Everything that does not check, in the order of the log. Empty iff the store is whole.
    pub damage: Vec<Damage>,
}

impl VerifyReport {
    /// With damage that was found beside, which comes first.
    pub(crate) fn with_damage(self, mut damage: Vec<Damage>) -> Self {
        damage.extend(self.damage);
        Self { damage, ..self }
    }
}

pub(super) fn damage_beside<F: Files>(log: &LogDir<F>) -> Result<Vec<Damage>, LogError> {
    let damage = match read_manifest(&*log.shared.files) {
        Err(error @ LogError::Io { .. }) => return Err(error),
        Err(error) => of_error(error, 0),
        Ok(manifest) if manifest != log.manifest => Damage {
            file: CURRENT.to_owned(),
            offset: 0,
            bytes: 0,
            expected: name::manifest(log.manifest.id),
            found: name::manifest(manifest.id),
        },
        Ok(_) => return Ok(Vec::new()),
    };
    Ok(vec![damage])
}

pub(super) fn verify<F: Files>(view: &LogView<F>) -> Result<VerifyReport, LogError> {
    let mut report = VerifyReport::default();
    for (index, part) in view.parts.iter().enumerate() {
        let bytes = view.limit(index);
        // What has the name now, not what is held open: a file may have been removed or exchanged.
        match open_file(&*view.files, &part.name) {
            Err(error @ LogError::Missing { .. }) => {
                report.damage.push(of_error(error, bytes));
            }
            Err(error) => return Err(error),
            Ok(file) => {
                let read = LogError::io("read", view.files.path(&part.name));
                let segment = (&*part.name, part.segment.id);
                report.bytes += file
                    .len()
                    .map_err(LogError::io("read", view.files.path(&part.name)))?
                    .min(bytes);
                walk(file, segment, &part.key, bytes, &mut |piece| match piece {
                    Piece::Frame(_, raw) => report.frames += u64::from(raw.kind != MARK),
                    Piece::Damage(damage) => report.damage.push(damage),
                })
                .map_err(read)?;
            }
        }
    }
    if report.damage.is_empty() {
        // Frame by frame all is well; now the order of the batches and the running checks.
        match view.reopened()?.frames().find_map(Result::err) {
            Some(error @ LogError::Io { .. }) => return Err(error),
            Some(error) => report.damage.push(of_error(error, 0)),
            None => {}
        }
    }
    Ok(report)
}

pub(super) fn of_error(error: LogError, bytes: u64) -> Damage {
    let short = |path: std::path::PathBuf| {
        path.file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned()
    };
    match error {
        LogError::Corrupt {
            file,
            offset,
            expected,
            found,
        } => Damage {
            file: short(file),
            offset,
            bytes,
            expected,
            found,
        },
        LogError::Missing { file } => Damage {
            file: short(file),
            offset: 0,
            bytes,
            expected: "a file".to_owned(),
            found: "none".to_owned(),
        },
        LogError::Short {
            file,
            expected,
            found,
        } => Damage {
            file: short(file),
            offset: found,
            bytes: expected.saturating_sub(found),
            expected: format!("{expected} bytes"),
            found: format!("{found} bytes"),
        },
        other => Damage {
            file: String::new(),
            offset: 0,
            bytes,
            expected: "a store".to_owned(),
            found: other.to_string(),
        },
    }
}

/// What stands in a segment, one after the other.
pub(super) enum Piece {
    /// A frame that checks, and where it begins.
    Frame(u64, Raw),
    /// Bytes that do not.
    Damage(Damage),
}

/// Hands out what stands in the first `len` bytes of a segment, going on behind damage.
pub(super) fn walk<D: DataFile>(
    file: D,
    (name, id): (&str, u64),
    key: &Key,
    len: u64,
    each: &mut impl FnMut(Piece),
) -> std::io::Result<()> {
    let damage = |fault: Fault, end: u64| {
        Piece::Damage(Damage {
            file: name.to_owned(),
            offset: fault.at,
            bytes: end.saturating_sub(fault.at),
            expected: fault.expected,
            found: fault.found,
        })
    };
    let have = file.len()?.min(len);
    let mut window = Window::new(file);
    if have >= SEGMENT_HEAD {
        match check_segment_head(&mut window, id) {
            Err(Stop::Io(error)) => return Err(error),
            Err(Stop::Fault(fault)) => each(damage(fault, SEGMENT_HEAD)),
            Ok(()) => {}
        }
    }
    let mut at = SEGMENT_HEAD;
    while at < have {
        match frame_at(&mut window, key, at, have) {
            Ok(raw) => {
                let end = raw.end;
                each(Piece::Frame(at, raw));
                at = end;
            }
            Err(Stop::Io(error)) => return Err(error),
            Err(Stop::Fault(fault)) => {
                at = next_frame(&mut window, key, at + 1, have)?;
                each(damage(fault, at));
            }
        }
    }
    if have < len {
        each(Piece::Damage(Damage {
            file: name.to_owned(),
            offset: have,
            bytes: len - have,
            expected: format!("{len} bytes"),
            found: format!("{have} bytes"),
        }));
    }
    Ok(())
}

/// So many times as many bytes as there are to look through may be hashed on the way to the next frame.
const HASHED: u64 = 8;

/// The first place from `from` on where a frame checks, else `end`.
///
/// Bodies can be made of heads of frames that are none, each of which asks for a hash of all behind it. Where that would
/// take more than O(`end - from`), only the next mark is found, which has few bytes.
pub(super) fn next_frame<D: DataFile>(
    window: &mut Window<D>,
    key: &Key,
    from: u64,
    end: u64,
) -> std::io::Result<u64> {
    search(window, key, from, end).map(|(at, _)| at)
}

/// The same, and how many bytes of frames that are none were hashed.
fn search<D: DataFile>(
    window: &mut Window<D>,
    key: &Key,
    from: u64,
    end: u64,
) -> std::io::Result<(u64, u64)> {
    let most = end.saturating_sub(from).saturating_mul(HASHED);
    let (mut at, mut hashed) = (from, 0_u64);
    while at + FRAME_OVERHEAD as u64 <= end {
        let head = Head::decode(window.get(at, HEAD)?);
        let head = head.filter(|head| at + head.frame_len() <= end);
        let after = |head: Head| hashed.saturating_add(head.frame_len());
        if let Some(head) = head.filter(|head| head.kind == MARK || after(*head) <= most) {
            match frame_at(window, key, at, end) {
                Ok(_) => return Ok((at, hashed)),
                Err(Stop::Io(error)) => return Err(error),
                Err(Stop::Fault(_)) => hashed = after(head),
            }
        }
        at += 1;
    }
    Ok((end, hashed))
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    reason = "a test that goes wrong should stop right there"
)]
mod tests {
    use super::{HASHED, Head, search};
    use crate::log::frame::{FRAME_OVERHEAD, Key};
    use crate::log::window::Window;
    use crate::log::{DataFile, Disk, Files};

    /// A body made of heads, each of a frame that reaches to the end of it.
    #[test]
    fn heads_in_a_body_do_not_make_the_search_quadratic() {
        let len: usize = 1 << 18;
        let mut hostile = Vec::with_capacity(len);
        while hostile.len() + FRAME_OVERHEAD <= len {
            let left = len - hostile.len() - FRAME_OVERHEAD;
            hostile.extend(Head { kind: 1, len: left }.encode());
        }
        hostile.resize(len, 0xff);
        let folder = tempfile::tempdir().unwrap();
        let file = Disk::at(folder.path()).create_new("hostile").unwrap();
        file.append(&hostile).unwrap();
        let end = len as u64;
        let key = Key::new(b"", 1);
        let (found, hashed) = search(&mut Window::new(file), &key, 0, end).unwrap();
        assert_eq!(found, end);
        let bounds = (HASHED - 1) * end..=(HASHED + 1) * end;
        assert!(
            bounds.contains(&hashed),
            "{hashed} bytes of {end} were hashed"
        );
    }
}
