//! Going through the parts of a log, each frame checked.

use std::collections::VecDeque;
use std::sync::Arc;

use storage_adapter::log::{Entry, LogError};

use crate::value::{Key, MARK, Mark, decode};

/// A place in a [`RedbReader`](crate::RedbReader), at first the beginning, with some frames read ahead.
#[derive(Debug, Default)]
pub struct Cursor {
    /// Which of the parts is read next, and from which key on.
    pub(crate) part: usize,
    pub(crate) from: Key,
    pub(crate) ahead: VecDeque<Entry>,
    /// What comes behind them, if they are followed by damage.
    pub(crate) error: Option<LogError>,
    pub(crate) has_ended: bool,
    pub(crate) walk: Walk,
}

/// What must come next.
#[derive(Debug, Default)]
pub(crate) struct Walk {
    /// The commit that is being read; 0 before the first.
    pub(crate) commit: u64,
    time: u64,
    /// The place of its next frame, and how many are still to come.
    index: u64,
    left: u64,
    /// Whether it stands at the beginning of a part.
    begins: bool,
}

/// A value that is not what belongs there.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Flaw {
    pub(crate) expected: String,
    pub(crate) found: String,
}

impl Walk {
    /// Behind a commit.
    pub(crate) fn behind(commit: u64) -> Self {
        Self {
            commit,
            ..Self::default()
        }
    }

    /// What comes next is a part of its own.
    pub(crate) fn begin_part(&mut self) {
        self.begins = true;
    }

    /// Takes the next key and value; `None` for a mark. After a flaw it goes on behind it.
    pub(crate) fn take(
        &mut self,
        file: &Arc<str>,
        key: Key,
        value: &[u8],
    ) -> Result<Option<Entry>, Flaw> {
        let decoded = decode(key, value);
        let (expected, found) = (self.expected(), key);
        let in_place = self.step(key, decoded);
        let Some((kind, body)) = decoded else {
            return Err(Flaw {
                expected: "a value that checks".into(),
                found: format!("one at frame {} of commit {} that does not", key.1, key.0),
            });
        };
        if !in_place {
            let (commit, index) = found;
            return Err(Flaw {
                expected,
                found: format!("frame {index} of commit {commit}, of kind {kind}"),
            });
        }
        Ok((kind != MARK).then(|| Entry {
            kind,
            body: body.to_vec(),
            file: Arc::clone(file),
            offset: key.1,
            commit: key.0,
            commit_time_micros: self.time,
        }))
    }

    /// Moves behind a value, and tells whether it stood where it should.
    fn step(&mut self, (commit, index): Key, decoded: Option<(u8, &[u8])>) -> bool {
        let kind = decoded.map(|(kind, _)| kind);
        if index > 0 {
            let fits = commit == self.commit && index == self.index && self.left > 0;
            (self.commit, self.index) = (commit, index.saturating_add(1));
            self.left = self.left.saturating_sub(1);
            return fits && kind.is_none_or(|kind| kind != MARK);
        }
        // The first commit of a part may have any later number: those before it were replaced.
        let is_next = self.commit.checked_add(1) == Some(commit);
        let follows = is_next || (self.begins && commit > self.commit);
        self.begins = false;
        let fits = follows && commit > 0 && self.left == 0;
        let mark = decoded.filter(|(kind, _)| *kind == MARK);
        let mark = mark.and_then(|(_, body)| Mark::decode(body));
        (self.commit, self.index) = (commit, 1);
        self.time = mark.map_or(0, |mark| mark.time);
        self.left = mark.map_or(0, |mark| mark.count);
        fits && mark.is_some()
    }

    fn expected(&self) -> String {
        if self.left > 0 {
            return format!("frame {} of commit {}", self.index, self.commit);
        }
        "the mark of the next commit".into()
    }

    /// Whether nothing is missing behind this, in a log that ends with `commit`.
    pub(crate) fn end(&self, commit: u64) -> Result<(), Flaw> {
        if self.left == 0 && self.commit == commit {
            return Ok(());
        }
        Err(Flaw {
            expected: if self.left > 0 {
                self.expected()
            } else {
                format!("commit {commit}")
            },
            found: "the end".into(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{Flaw, Walk};
    use crate::value::{Mark, encode};

    /// What is wrong with commits 3 (two frames) and 4 (one) after `change`.
    fn flaws(change: impl FnOnce(&mut Vec<((u64, u64), Vec<u8>)>)) -> Vec<Flaw> {
        let mark = |commit, count| ((commit, 0), Mark { time: 1, count }.encode(commit));
        let frame = |key| (key, encode(key, 5, b"body"));
        let mut values = vec![
            mark(3, 2),
            frame((3, 1)),
            frame((3, 2)),
            mark(4, 1),
            frame((4, 1)),
        ];
        change(&mut values);
        let mut walk = Walk::default();
        walk.begin_part();
        let file = "part".into();
        let steps = values
            .iter()
            .map(|(key, value)| walk.take(&file, *key, value).err());
        let mut flaws: Vec<_> = steps.flatten().collect();
        flaws.extend(walk.end(4).err());
        flaws
    }

    #[test]
    fn whole_commits_have_no_flaw() {
        assert_eq!(flaws(|_| ()), []);
    }

    #[test]
    fn each_missing_value_is_a_flaw() {
        for at in 0..5 {
            assert_ne!(flaws(|values| drop(values.remove(at))), [], "value {at}");
        }
    }

    #[test]
    fn each_damaged_value_is_one_flaw() {
        for at in 0..5 {
            let found = flaws(|values| values[at].1[9] ^= 1);
            assert_eq!(found[0].expected, "a value that checks", "value {at}");
        }
        let found = flaws(|values| values[1].1[9] ^= 1);
        assert_eq!(found.len(), 1, "{found:?}");
    }

    #[test]
    fn frames_of_another_place_are_flaws() {
        let found = flaws(|values| values[1] = ((3, 7), encode((3, 7), 5, b"body")));
        assert_eq!(found[0].expected, "frame 1 of commit 3");
        let found = flaws(|values| values[1].1 = encode((3, 1), 0, b"body"));
        assert_eq!(found.len(), 1, "a mark for a frame: {found:?}");
    }
}
