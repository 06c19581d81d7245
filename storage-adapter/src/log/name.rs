//! The names of the log's own files. A name that is not exactly one of these belongs to somebody
//! else and is never touched.

/// The lock file.
pub(super) const LOCK: &str = "LOCK";
/// The one file that is ever replaced by rename: it names the manifest in force.
pub(super) const CURRENT: &str = "CURRENT";
/// The next `CURRENT`, while it is written.
pub(super) const CURRENT_TMP: &str = "CURRENT.tmp";

/// The name of manifest `id`.
pub(super) fn manifest(id: u64) -> String {
    format!("MANIFEST-{id:016x}")
}

/// The name of segment `id`.
pub(super) fn segment(id: u64) -> String {
    format!("seg-{id:016x}")
}

/// The name that segment `id` gets before it is cut and removed.
pub(super) fn gone(id: u64) -> String {
    format!("gone-{id:016x}")
}

/// The name of the `nth` file that keeps a tail cut from segment `id` at `offset`.
pub(super) fn tail(id: u64, offset: u64, nth: u64) -> String {
    format!("tail-{id:016x}-{offset:016x}-{nth:016x}")
}

/// What a name says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Own {
    Lock,
    Current,
    CurrentTmp,
    Manifest(u64),
    Segment(u64),
    Gone(u64),
    Tail,
}

/// Reads a name; `None` for a foreign one.
pub(super) fn parse(name: &str) -> Option<Own> {
    match name {
        LOCK => return Some(Own::Lock),
        CURRENT => return Some(Own::Current),
        CURRENT_TMP => return Some(Own::CurrentTmp),
        _ => {}
    }
    if let Some(id) = name.strip_prefix("MANIFEST-") {
        return hex16(id).map(Own::Manifest);
    }
    if let Some(id) = name.strip_prefix("seg-") {
        return hex16(id).map(Own::Segment);
    }
    if let Some(id) = name.strip_prefix("gone-") {
        return hex16(id).map(Own::Gone);
    }
    let mut parts = name.strip_prefix("tail-")?.split('-');
    let ok = (0..3).all(|_| parts.next().and_then(hex16).is_some()) && parts.next().is_none();
    ok.then_some(Own::Tail)
}

/// Exactly sixteen lower-case hex digits.
pub(super) fn hex16(text: &str) -> Option<u64> {
    let ok = text.len() == 16 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    if ok {
        u64::from_str_radix(text, 16).ok()
    } else {
        None
    }
}
