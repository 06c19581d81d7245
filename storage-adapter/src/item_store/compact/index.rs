//! Writing down where everything lies that a compaction wrote.

use crate::error::StoreError;
use crate::log::{Frame, MAX_BODY, Place};
use crate::log_store::LogRewrite;
use crate::record::{
    CONTENTS, ContentsRecord, FOOTER, INDEX, IndexRecord, IndexRows, ScopeRecord, SourceRecord,
    Spot, encode_footer,
};

/// A block of an index is closed when it is so long.
const BLOCK: usize = 1 << 20;

/// An index while what it is about is written.
pub(super) struct IndexWriter {
    /// The base, then each scope.
    sections: Vec<Section>,
}

#[derive(Default)]
struct Section {
    scope: Option<ScopeRecord>,
    items: Vec<(String, Vec<Entry>)>,
}

/// A source whose place is known once everything is written.
struct Entry {
    commit: u64,
    bytes: u64,
    is_state: bool,
    spot: Spot,
}

impl IndexWriter {
    pub(super) fn new() -> Self {
        Self {
            sections: vec![Section::default()],
        }
    }

    /// What is added from now on belongs to this scope.
    pub(super) fn begin(&mut self, scope: ScopeRecord) {
        self.sections.push(Section {
            scope: Some(scope),
            items: Vec::new(),
        });
    }

    /// Adds a source that was just written, behind all others of the item.
    pub(super) fn add(&mut self, id: &str, commit: u64, bytes: u64, is_state: bool, spot: Spot) {
        let entry = Entry {
            commit,
            bytes,
            is_state,
            spot,
        };
        let Some(Section { items, .. }) = self.sections.last_mut() else {
            return;
        };
        match items.last_mut() {
            Some((last, entries)) if last == id => entries.push(entry),
            _ => items.push((id.to_owned(), vec![entry])),
        }
    }

    /// Writes the index, if the log says where everything lies and no item alone is too much for a frame.
    ///
    /// # Errors
    ///
    /// [`StoreError::Log`].
    pub(super) fn write(
        self,
        rewrite: &mut impl LogRewrite,
        (history, redactions): (Option<Place>, Option<Place>),
        places: &[Option<Place>],
        packed: bool,
    ) -> Result<(), StoreError> {
        let Some(history) = history else {
            return Ok(());
        };
        let pair = |place: Place| (place.part, place.offset);
        let mut blocks = Vec::new();
        for section in self.sections {
            let mut items = section.items.iter().peekable();
            while items.peek().is_some() {
                let mut rows = IndexRows::default();
                while rows.len() < BLOCK
                    && let Some((id, entries)) = items.next()
                {
                    let located = entries.iter().map(|entry| entry.locate(places));
                    let Some(located) = located.collect::<Option<Vec<_>>>() else {
                        return Ok(());
                    };
                    rows.push(id, &located);
                }
                let scope = section.scope.clone();
                let block = IndexRecord { scope, rows }.encode();
                if block.len() > MAX_BODY {
                    return Ok(());
                }
                blocks.extend(rewrite.push(Frame::new(INDEX, block))?.map(pair));
            }
        }
        let contents = ContentsRecord {
            history: pair(history),
            redactions: redactions.map(pair),
            blocks,
            packed,
        };
        let contents = contents.encode();
        if let Some(place) = rewrite.push(Frame::new(CONTENTS, &contents[..]))? {
            rewrite.push(Frame::new(FOOTER, encode_footer(place, &contents)))?;
        }
        Ok(())
    }
}

impl Entry {
    /// Where it lies, if that is known.
    fn locate(&self, places: &[Option<Place>]) -> Option<SourceRecord> {
        let place = places.get(self.spot.frame).copied().flatten()?;
        Some(SourceRecord {
            commit: self.commit,
            part: place.part,
            offset: place.offset,
            inner: self.spot.inner,
            bytes: u32::try_from(self.bytes).ok()?,
            is_state: self.is_state,
        })
    }
}
