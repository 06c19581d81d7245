//! How what bones' own snapshots left behind is written and read.

use lattice_core::{Cell, Map, Max, Set};

use super::decode::{Decoder, event};
use super::encode::Encoder;
use super::field;
use super::value::{Value, WireElement};
use crate::delta::Order;
use crate::event::Text;
use crate::hash::EventHash;
use crate::legacy::{
    Legacy, LegacyId, LegacyMembers, LegacySnapshots, LegacyStanding, LegacyTexts, Tag,
};
use crate::observed::ByHash;
use crate::value::Phase;
use crate::wire::{DecodeError, DecodeErrorKind, Reader, Writer};

impl<S: Order> Encoder<'_, S> {
    pub(super) fn legacy(&mut self, legacy: &LegacySnapshots<S>) {
        if legacy.is_empty() {
            return;
        }
        self.out.uint(field::LEGACY);
        self.out.array(legacy.len());
        for (
            id,
            Legacy {
                comments,
                standing,
                texts,
            },
        ) in legacy
        {
            self.out.array(5);
            self.key(&id.key.0);
            self.out.array(id.sources.len());
            for source in &id.sources {
                match self.tables.coverage.as_slice().binary_search(source) {
                    Ok(place) => self.out.index(place),
                    Err(_) => self.out.bin(&source.0),
                }
            }
            self.out.array(comments.len());
            for comment in comments {
                // Every comment is among the sources.
                let place = id.sources.as_slice().binary_search(comment);
                self.out.index(place.unwrap_or_default());
            }
            match standing {
                None => self.out.nil(),
                Some(Max(standing)) => {
                    self.out.array(3);
                    self.out.uint(standing.at);
                    self.out.uint(standing.epoch);
                    standing.phase.write(&mut self.out);
                }
            }
            match texts {
                Cell::Redacted => self.out.array(0),
                Cell::Present(texts) => {
                    self.out.array(4);
                    members(&texts.assignees, &mut self.out);
                    members(&texts.labels, &mut self.out);
                    members(&texts.links, &mut self.out);
                    texts.rest.write(&mut self.out);
                }
            }
        }
    }
}

fn members<T: WireElement>(members: &LegacyMembers<T>, out: &mut Writer) {
    out.array(members.len());
    for (member, tags) in members {
        out.array(tags.len().saturating_add(1));
        member.write_element(out);
        for tag in tags {
            out.array(3);
            out.uint(tag.wall_ts);
            out.uint(tag.actor);
            out.uint(tag.event);
        }
    }
}

impl<S: Order> Decoder<'_, S> {
    pub(super) fn legacy(&mut self) -> Result<LegacySnapshots<S>, DecodeError> {
        let len = self.some("the snapshots of bones")?;
        let mut legacy = Vec::with_capacity(self.from.capacity(len));
        for _ in 0..len {
            legacy.push(self.legacy_snapshot()?);
        }
        self.sorted(legacy, "snapshots of bones")
    }

    fn legacy_snapshot(&mut self) -> Result<(LegacyId<S>, Legacy), DecodeError> {
        self.from.array_of("a snapshot of bones", 5, "5")?;
        let key = self.key()?;
        let sources = self.sources()?;
        let comments = self.comments(&sources)?;
        let standing = self.standing()?;
        let texts = self.legacy_texts()?;
        let named = std::iter::once(&key.event_hash).chain(&sources);
        for hash in named {
            self.check_redaction(hash, texts.is_redacted())?;
        }
        let id = LegacyId {
            key: ByHash(key),
            sources,
        };
        let legacy = Legacy {
            comments,
            standing,
            texts,
        };
        Ok((id, legacy))
    }

    /// Covered events by their place, others by their hash; increasing by hash.
    fn sources(&mut self) -> Result<Set<EventHash>, DecodeError> {
        let len = self.from.array("the sources of a snapshot")?;
        let mut sources = Vec::with_capacity(self.from.capacity(len));
        for _ in 0..len {
            sources.push(event(&mut self.from, self.coverage)?);
        }
        self.set(sources, "sources of a snapshot")
    }

    /// Comments by their place among the sources.
    fn comments(&mut self, sources: &Set<EventHash>) -> Result<Set<EventHash>, DecodeError> {
        let len = self.from.array("the comments of a snapshot")?;
        let mut comments = Vec::with_capacity(self.from.capacity(len));
        for _ in 0..len {
            let place = self.from.index(sources.len(), "source")?;
            comments.extend(sources.as_slice().get(place).copied());
        }
        self.set(comments, "comments of a snapshot")
    }

    fn set(
        &self,
        hashes: Vec<EventHash>,
        what: &'static str,
    ) -> Result<Set<EventHash>, DecodeError> {
        let set = Set::from_sorted(hashes);
        set.map_or_else(|| self.from.fail(DecodeErrorKind::NotSorted { what }), Ok)
    }

    fn standing(&mut self) -> Result<Option<Max<LegacyStanding>>, DecodeError> {
        if self.from.is_nil("where an item stood or nil")? {
            return Ok(None);
        }
        self.from.array_of("where an item stood", 3, "3")?;
        Ok(Some(Max(LegacyStanding {
            at: self.from.uint("a wall clock")?,
            epoch: self.from.uint("an epoch")?,
            phase: Phase::read(&mut self.from)?,
        })))
    }

    fn legacy_texts(&mut self) -> Result<Cell<LegacyTexts>, DecodeError> {
        match self.from.array("the texts of a snapshot")? {
            0 => return Ok(Cell::Redacted),
            4 => {}
            found => {
                return self.from.fail(DecodeErrorKind::Length {
                    what: "the texts of a snapshot",
                    found,
                    expected: "4, or 0 when redacted",
                });
            }
        }
        let texts = LegacyTexts {
            assignees: members_from(&mut self.from)?,
            labels: members_from(&mut self.from)?,
            links: members_from(&mut self.from)?,
            rest: Option::<Text>::read(&mut self.from)?,
        };
        if texts.rest.as_deref().is_none_or(crate::view::is_rest) {
            return Ok(Cell::Present(texts));
        }
        self.from.fail(DecodeErrorKind::NotNormal {
            what: "text of a snapshot that no rule understands",
        })
    }
}

fn members_from<T: WireElement>(from: &mut Reader<'_>) -> Result<LegacyMembers<T>, DecodeError> {
    let len = from.array("the members of a set")?;
    let mut members = Vec::with_capacity(from.capacity(len));
    for _ in 0..len {
        let tags = from.array("a member with its tags")?;
        if tags < 2 {
            return from.fail(DecodeErrorKind::Length {
                what: "a member with its tags",
                found: tags,
                expected: "at least 2",
            });
        }
        let member = T::read_element(from)?;
        let mut sorted = Vec::with_capacity(from.capacity(tags));
        for _ in 1..tags {
            from.array_of("a tag", 3, "3")?;
            sorted.push(Tag {
                wall_ts: from.uint("a wall clock")?,
                actor: from.uint("the hash of an agent")?,
                event: from.uint("the hash of an event")?,
            });
        }
        let Some(tags) = Set::from_sorted(sorted) else {
            return from.fail(DecodeErrorKind::NotSorted { what: "tags" });
        };
        members.push((member, tags));
    }
    match Map::from_sorted(members) {
        Some(members) => Ok(members.into_iter().collect()),
        None => from.fail(DecodeErrorKind::NotSorted {
            what: "members of a set",
        }),
    }
}
