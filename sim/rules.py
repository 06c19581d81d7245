"""The rules of the algebra, each with the places that hold it and what stands there without it.

A place is a file, a piece of its text in which « and » mark the part that is replaced, and the
replacement. The text must be found exactly once; white space is free.
"""

from dataclasses import dataclass


@dataclass
class Place:
    file: str
    find: str
    mutated: str


@dataclass
class Rule:
    section: str
    name: str
    removed: str
    places: list


@dataclass
class Invisible:
    section: str
    name: str
    why: str


def rule(section, name, removed, *places):
    return Rule(section, name, removed, [Place(*place) for place in places])


KEY = "lattice-lww/src/key.rs"
WRITE = "lattice-lww/src/write.rs"
REGISTER = "lattice-lww/src/register.rs"
ITC = "lattice-lww/src/itc/stamp.rs"
CELL = "lattice-core/src/cell.rs"
ANTICHAIN = "lattice-core/src/antichain.rs"
MIN = "lattice-core/src/min.rs"
MAX = "lattice-core/src/max.rs"
OBSERVED = "bones-snapshot/src/observed.rs"
STATE = "bones-snapshot/src/state.rs"
DELTA = "bones-snapshot/src/delta.rs"
DATA = "bones-snapshot/src/data.rs"
EVENT = "bones-snapshot/src/event.rs"
HASH = "bones-snapshot/src/hash.rs"
PAYLOAD = "bones-snapshot/src/payload/mod.rs"
ENCODE = "bones-snapshot/src/payload/encode.rs"
DECODE = "bones-snapshot/src/payload/decode.rs"
COMPACT = "bones-compact/src/compact.rs"
POLICY = "bones-compact/src/policy.rs"
VERIFY = "bones-compact/src/verify.rs"
WORK_ITEM = "bones-compact/src/bones.rs"
LEGACY = "bones-snapshot/src/legacy.rs"
LEGACY_READ = "bones-snapshot/src/legacy/read.rs"
LEGACY_STAMP = "bones-snapshot/src/legacy/stamp.rs"
REPLICA = "sim/src/replica.rs"
COMPACTION = "sim/src/world/compaction.rs"

RULES = [
    # Registers.
    rule(
        "3.2", "antichain", "of two concurrent writes one winner is kept",
        (REGISTER, "Some(Ordering::Equal) | None => «self.writes.join(other.writes)»,",
         """if self.single_cmp(&other).is_some() {
                self.writes.join(other.writes)
            } else {
                let wins = match (self.winner(), other.winner()) {
                    (Some(mine), Some(theirs)) => mine.key.read_cmp(&theirs.key).is_lt(),
                    (None, theirs) => theirs.is_some(),
                    (_, None) => false,
                };
                if wins {
                    *self = other;
                }
                wins
            }"""),
    ),
    rule(
        "3.2", "no cap", "more than two concurrent writes are cut off",
        (ANTICHAIN, "|new| new,\n    );\n    «true»\n}", "{ ours.truncate(2); true }"),
    ),
    rule("3.2", "key: wall clock", "the wall clock is no part of the key",
         (KEY, "«self.wall_ts .cmp(&other.wall_ts)» .then_with(|| self.agent_id.cmp(&other.agent_id)) .then_with(|| self.event_hash.cmp(&other.event_hash))\n    }",
          "Ordering::Equal")),
    rule("3.2", "key: agent", "the agent is no part of the key",
         (KEY, "self.wall_ts .cmp(&other.wall_ts) .then_with(|| «self.agent_id.cmp(&other.agent_id)») .then_with(|| self.event_hash",
          "Ordering::Equal")),
    rule("3.2", "key: hash", "the hash is no part of the key",
         (KEY, ".then_with(|| self.agent_id.cmp(&other.agent_id)) .then_with(|| «self.event_hash.cmp(&other.event_hash)»)",
          "Ordering::Equal")),
    rule("3.2", "equal stamps go by the key", "writes of one stamp are concurrent",
         (KEY, "Some(Ordering::Equal) => «Some(self.tuple_cmp(other))»,", "None")),
    rule("3.2", "stamps first", "the key decides, also where there are stamps",
         (KEY, "match «self.stamp.causal_cmp(&other.stamp)» {", "Some(Ordering::Equal)")),
    rule("3.2", "read the greatest", "of concurrent writes the least is read",
         (KEY, "«self.tuple_cmp(other) .then_with(|| self.stamp.cmp(&other.stamp))»", "other.tuple_cmp(self)")),
    rule("3.2", "value outside the key", "the greater value wins",
         (REGISTER, "«mine.key.causal_cmp(&theirs.key)»", "Some(mine.cell.cmp(&theirs.cell).then(mine.key.read_cmp(&theirs.key)))")),
    rule("3.2", "redacted above present, registers", "present wins over redacted",
         (WRITE, "let grows = «self.cell < other.cell»;", "self.cell.is_redacted() && !other.cell.is_redacted()")),
    rule("3.2", "redacted above present, texts", "a join does not redact a text",
         (CELL, "(Self::Present(_), Self::Redacted) => «true»,", "false")),
    rule("3.2", "redacted stays, texts", "a join brings a text back",
         (CELL, "(Self::Redacted, _) => «false»,", "matches!(other, Self::Present(_))")),
    rule("3.2", "two values under one key, registers", "the first to come stays",
         (WRITE, "let grows = «self.cell < other.cell»;", "other.cell.is_redacted() && !self.cell.is_redacted()")),
    rule("3.2", "two values under one key, texts", "the first to come stays",
         (CELL, "(Self::Present(mine), Self::Present(theirs)) => «theirs > mine»,", "{ let _ = (mine, theirs); false }")),
    rule("3.2", "never the next best", "the greatest write that is not redacted is read",
         (REGISTER, "pub fn winner(&self) -> Option<&Write<V, S, A>> { «self.writes()».max_by",
          "return self.writes().filter(|write| !write.cell.is_redacted()).max_by(|a, b| a.key.read_cmp(&b.key))")),
    # Stamps.
    rule("3.2", "stamps: branch against leaf", "only the root of a branch is compared with a leaf",
         (ITC, "self.below &= «greatest_of_children(a, x) <= y»;", "{ greatest_of_children(a, x); x <= y }")),
    rule("3.2", "stamps: leaf against branch", "only the root of a branch is compared with a leaf",
         (ITC, "self.above &= «x >= greatest_of_children(b, y)»;", "{ greatest_of_children(b, y); x >= y }")),
    rule("3.2", "negative clocks are 0", "negative clocks count by their size",
         (EVENT, "«u64::try_from(self.wall_ts).unwrap_or(0)»", "self.wall_ts.unsigned_abs()")),
    # Sets.
    rule("3.3", "observes is strict, by clock", "a replacement observes its own adds",
         (KEY, "«add.tuple_cmp(self).is_lt()»", "add.tuple_cmp(self).is_le()")),
    rule("3.3", "observes is strict, by stamp", "a replacement observes its own adds",
         (KEY, "if S::CAUSAL { «add.stamp.precedes(&self.stamp)» }", "add.stamp.leq(&self.stamp)")),
    rule("3.3", "observes asks the stamps", "a remove observes by wall clock, also where there are stamps",
         (KEY, "if «S::CAUSAL» { add.stamp.precedes", "false")),
    rule("3.3", "removes remove", "an add stays though a remove observed it",
         (OBSERVED, "observed(&self.clears) || «self.removes.get(id).is_some_and(observed)»", "false")),
    rule("3.3", "clears remove", "an add stays though a clear observed it",
         (OBSERVED, "«observed(&self.clears)» || self.removes", "false")),
    rule("3.3", "clears stand for removes", "a remove is kept beside the clear that outdoes it",
         (OBSERVED, "fn remove_is_redundant(&self, remove: &Key<S>) -> bool { «self.clears .iter() .any(|c| remove.precedes(c) || remove == c)» }", "false")),
    rule("3.3", "a replacement clears", "a list of labels only adds",
         (DELTA, "content.labels = «ObservedSet::cleared(key.clone())»;", "ObservedSet::bottom()")),
    rule("3.3", "a replacement adds", "a list of labels only removes",
         (DELTA, "content.labels.join(«labels_added(labels, key)»);", "ObservedSet::bottom()")),
    rule("3.3", "unlink without a type clears", "it removes nothing",
         (DELTA, "None => «ObservedSet::cleared(key)»,", "ObservedSet::bottom()")),
    rule("3.3", "unlink with a type takes one", "it removes every link to the target",
         (DELTA, "«ObservedSet::removed(link.id(), key)»", "{ drop(link); ObservedSet::cleared(key) }")),
    rule("3.3", "links go by target", "unlinking one target unlinks all",
         (OBSERVED, "«element_id(&TARGETS, &[target])»", "element_id(&TARGETS, &[target.get(..0).unwrap_or_default()])")),
    rule("3.3", "links go by type", "links of all types to one target are one",
         (OBSERVED, "«element_id(&LINKS, &[&self.target, &self.link_type])»", "element_id(&LINKS, &[&self.target])")),
    rule("3.3", "masked adds keep their place", "the text of an add is not masked",
         (OBSERVED, "if «redacted(&add.key.event_hash)» {", "false")),
    # The item.
    rule("3.4", "create writes no size", "a create without size leaves the size alone",
         (DELTA, "content.size = «written(key, create.size)»;", "if create.size.is_none() { Bottom::bottom() } else { written(key, create.size) }")),
    rule("3.4", "create writes no description", "a create without description leaves it alone",
         (DELTA, "content.description = «written(key, create.description.clone())»;", "if create.description.is_none() { Bottom::bottom() } else { written(key, create.description.clone()) }")),
    rule("3.4", "create writes no parent", "a create without parent leaves it alone",
         (DELTA, "content.parent = «written(key, create.parent.clone())»;", "if create.parent.is_none() { Bottom::bottom() } else { written(key, create.parent.clone()) }")),
    rule("3.4", "comments and texts go by event", "two texts by one agent at one time are one",
         (OBSERVED, "«self.0.canonical_cmp(&other.0)»", "self.0.wall_ts.cmp(&other.0.wall_ts).then_with(|| self.0.agent_id.cmp(&other.0.agent_id))")),
    rule("3.4", "moves are folded in key order", "moves are folded in the order of their hashes",
         (STATE, "moves.sort_by(|a, b| «a.key.0.read_cmp(&b.key.0).then(a.target.cmp(&b.target))»);", "a.key.0.event_hash.cmp(&b.key.0.event_hash)")),
    rule("3.4", "moves are folded by their stamps", "moves are folded by wall clock, also where there are stamps",
         (STATE, "if «S::CAUSAL» { let stamps", "false")),
    rule("3.4", "any step back opens an epoch", "only a reopening opens an epoch",
         (STATE, "if «target < self.phase» {", "target < self.phase && target == Phase::Open")),
    rule("3.4", "a reopening opens an epoch", "only a step back to another phase opens an epoch",
         (STATE, "if «target < self.phase» {", "target < self.phase && target != Phase::Open")),
    rule("3.4", "created ignores 0", "an import is created at 0",
         (DELTA, "content.created = «(ts > 0).then_some(Min(ts))»;", "Some(Min(ts))")),
    rule("3.4", "created and earliest are least", "the last to come counts",
         (MIN, "fn join(&mut self, other: Self) -> bool { let grew = «other.0 < self.0»;", "other.0 != self.0")),
    rule("3.4", "updated and latest are greatest", "the last to come counts",
         (MAX, "fn join(&mut self, other: Self) -> bool { let grew = «other.0 > self.0»;", "other.0 != self.0")),
    rule("3.4", "unknown parts are kept", "what nobody understands is dropped",
         (DELTA, "content.other = «text(&key, rest)»;", "{ let _ = rest; Bottom::bottom() }")),
    rule("3.4", "what is left over is kept", "unknown members beside known ones are dropped",
         (DATA, "Some(_) if «members.all_taken()» && event_type", "true")),
    # Redaction.
    rule("3.5", "a join masks what it holds", "text stays that the other side knows to be redacted",
         (STATE, "if «!news.is_empty()» { mask(&mut self.content, &news); }", "false")),
    rule("3.5", "a join masks what it takes in", "text comes in that this side knows to be redacted",
         (STATE, "if «!self.redacted.is_empty()» { mask(&mut other.content, &self.redacted); }", "false")),
    rule("3.5", "redactions join", "a join forgets the redactions of the other side",
         (STATE, "grew |= «self.redacted.join(news)»;", "{ drop(news); false }")),
    rule("3.5", "masks what is not covered", "only covered events are masked",
         (STATE, "«mask(&mut self.content, redactions)» | grew", "{ let listed = self.redacted.clone(); mask(&mut self.content, &listed) }")),
    rule("3.5", "states carry redactions", "a state forgets which events it masked",
         (STATE, "let grew = «self.redacted.join(covered)»;", "{ drop(covered); false }")),
    rule("3.5", "states carry no other redactions", "a state carries redactions of what it does not cover",
         (STATE, "let covered = «redactions.intersection(&self.content.coverage)»;", "redactions.clone()")),
    rule("3.5", "redact events redact", "the target of a redact event is not redacted",
         (DELTA, "redacted = «Set::singleton(*target)»,", "{ let _ = target; Set::bottom() }")),
    rule("3.5", "a redacted delete deletes", "redacting a delete brings the item back",
         (STATE, "w.cell.present().copied().unwrap_or(«true»)", "false")),
    rule("3.5", "titles are masked", "titles are left", (STATE, "let mut changed = «content.title.redact(redacted)»", "false")),
    rule("3.5", "descriptions are masked", "descriptions are left", (STATE, "| «content.description.redact(redacted)»", "false")),
    rule("3.5", "summaries are masked", "compact summaries are left", (STATE, "| «content.compact_summary.redact(redacted)»", "false")),
    rule("3.5", "assignees are masked", "assignees are left", (STATE, "| «content.assignees.redact(&redacted)»", "false")),
    rule("3.5", "labels are masked", "labels are left", (STATE, "| «content.labels.redact(&redacted)»", "false")),
    rule("3.5", "links are masked", "links are left", (STATE, "changed |= «set.redact(&redacted)»;", "false")),
    rule("3.5", "comments are masked", "comments are left", (STATE, "| «texts(&mut content.comments)»", "false")),
    rule("3.5", "unknown parts are masked", "unknown parts are left", (STATE, "| «texts(&mut content.other)»", "false")),
    rule("3.5", "reasons are masked", "reasons of moves are left", (STATE, "changed |= «redacted(&m.key.0.event_hash) && reason.redact()»;", "false")),
    rule("3.5", "hashes in hex", "a hash in hex is no hash",
         (HASH, "64 => «&HEXLOWER_PERMISSIVE»,", "return Err(wrong)")),
    rule("3.5", "hashes in base64url", "a hash in base64url names another event",
         (DATA, "parse_hash(&target).ok().map(«EventData::Redact»)", "if target.len() < 64 { |hash: EventHash| EventData::Redact(EventHash(hash.0.map(|b| b ^ 1))) } else { EventData::Redact as fn(EventHash) -> EventData }")),
    rule("3.5", "masked before it is kept, payloads", "a payload is kept as it comes",
         (REPLICA, "// Masked before anything is kept.\n        «state.redact(&redactions);»", ""),
         (REPLICA, "let blob = «Blob::new(Self::name(item), &state, &redactions, told)»; no_leak(book, &blob.bytes, &redactions, \"a payload\")?;",
          "Blob { bytes: blob.bytes.clone(), told }")),
    rule("3.5", "masked before it is kept, lines", "the line of a redacted event is kept as it comes",
         (REPLICA, "if «event.tells_redacted(&redactions)» { let told", "false")),
    rule("3.5", "masked deltas are masked", "what replaces a redacted line has its text",
         (COMPACT, "let mut delta = event.delta(); «delta.redact(redactions);»", "")),
    rule("3.5", "masks what is not compacted", "what compaction leaves alone keeps its texts",
         (COMPACTION, "«replica.mask(&self.book, item)?»", "false")),
    rule("3.5", "compaction masks", "a snapshot is not masked",
         (COMPACT, "state.join(join_all(self.states.iter().cloned())); } «state.redact(redactions);»", "")),
    rule("3.5", "payloads are masked", "a payload is made without the redactions known",
         (PAYLOAD, "«state.redact(redactions);»", "")),
    # Coverage.
    rule("3.6", "events cover themselves", "an event does not count as folded in",
         (DELTA, "content.coverage = «Set::singleton(event.hash)»;", "Set::bottom()")),
    rule("3.6", "earliest", "the earliest time is not kept", (DELTA, "content.earliest = «Some(Min(ts))»;", "None")),
    rule("3.6", "latest", "the latest time is not kept", (DELTA, "content.latest = «Some(Max(ts))»;", "None")),
    rule("3.6", "claims do not suppress", "an event that something claims to cover is not taken in",
         (REPLICA, "let known = held.state.coverage().contains(&event.hash()) && «delta.leq(&held.state)»;", "true")),
    rule("3.6", "claims drop nothing", "lines are dropped on the claim alone",
         (REPLICA, "state.coverage().contains(&event.hash()) && «delta.leq(state)»", "true")),
    rule("3.6", "the order looks at content", "a state is below another when its coverage is",
         (STATE, "self.redacted.leq(&other.redacted) && «self.content.leq(&other.content)»", "self.content.coverage.leq(&other.content.coverage)")),
    rule("3.6", "the order looks at redactions", "a state is below another that knows fewer redactions",
         (STATE, "«self.redacted.leq(&other.redacted)» && self.content", "true")),
    rule("3.6", "the order looks through removes", "an add is not below the remove that observed it",
         (OBSERVED, "«other.add_is_dead(id, &add.key)» ||", "false")),
    # Payloads.
    rule("3.7", "payloads carry coverage", "the coverage is not written",
         (ENCODE, "«out.hashes(state.coverage());»", "out.hashes(&Set::bottom());")),
    rule("3.7", "payloads carry redactions", "the redactions are not written",
         (ENCODE, "«out.hashes(state.redacted());»", "out.hashes(&Set::bottom());")),
    rule("3.7", "nothing follows a payload", "bytes after the payload are ignored",
         (DECODE, "«decoder.from.finish()?;»", "")),
    rule("3.7", "no key without use", "a key that nothing refers to is read",
         (DECODE, "if «decoder.used.contains(&false)» {", "false")),
    # Snapshots by bones.
    rule("4", "snapshots bring registers", "what a snapshot by bones says of a register is not written",
         (DELTA, "content.title = «legacy_write(snapshot.title.as_ref())»;", "Register::bottom()")),
    rule("4", "snapshots bring stamps", "a register of a snapshot by bones has a stamp of its own making",
         (LEGACY_STAMP, "leb128(«value», &mut bytes);", "value.saturating_add(1)")),
    rule("4", "snapshots bring times", "the times of sources that are away do not count",
         (DELTA, "content.updated.join(Some(Max(«snapshot.updated_at»)));", "0")),
    rule("4", "snapshots stand in", "a snapshot by bones says nothing of where the item stood",
         (STATE, "standings.fold(life, |life, standing| «life.max(standing.lifecycle())»)", "{ let _ = standing; life }")),
    rule("4", "snapshots step back", "a snapshot by bones speaks though all of its sources are there",
         (LEGACY, "let covered = |id: &LegacyId<S>| «id.sources.is_subset(self.coverage())»;", "id.sources.is_empty() && self.coverage().is_empty()")),
    rule("4", "snapshots hide what was removed", "an add comes back while its remove is away",
         (LEGACY, "legacy.is_understood() && «id.sources.contains(add)»", "id.sources.is_empty()")),
    rule("4", "newer snapshots hide nothing", "a snapshot that is not understood hides what it does not list",
         (LEGACY, "«legacy.is_understood()» && id.sources", "true")),
    rule("4", "removes take from snapshots", "a remove that came later does not take what a snapshot lists",
         (LEGACY, ".filter(|tag| «removed.is_none_or(|at| at <= tag.wall_ts)»);", "removed.is_none() || tag.wall_ts > 0")),
    rule("4", "sources take nothing twice", "a remove among the sources takes what the snapshot lists all the same",
         (LEGACY, "let beyond = removes.filter(|remove| «!sources.contains(&remove.event_hash)»);", "{ let _ = (&remove, sources); true }")),
    rule("4", "tombstones count", "an add that a snapshot says is dead counts",
         (LEGACY_READ, "if «!dead.contains(&element)» {", "true")),
    rule("4", "newer snapshots are opaque", "a snapshot of a newer bones is taken for one that is known",
         (LEGACY_READ, "if «format > BONES_FORMAT» {", "false")),
    rule("4", "snapshots fall with their sources", "the lists of a snapshot stay when a source is redacted",
         (STATE, "let named = redacted(&id.key.0.event_hash) || «id.sources.iter().any(redacted)»;", "false")),
    rule("4", "lines fall with what they repeat", "the line of a snapshot stays when a source is redacted",
         (WORK_ITEM, "repeats(&self.hash()) || «self .repeats() .is_some_and(|events| events.iter().any(repeats))»", "false")),
    rule("4", "sources vouch for registers only", "a write that no snapshot can have brought is believed to come from one",
         (WORK_ITEM, "self.for_each_other_key(|key| { if «!self.coverage().contains(&key.event_hash)» {",
          "!self.coverage().contains(&key.event_hash) && !vouched.contains(&key.event_hash)")),
    # Compaction and verification.
    rule("4", "compacting twice", "what is compact is compacted again",
         (COMPACT, "if «sources.is_one_state()» && sources.states.first()", "false")),
    rule("4", "compact and masked", "one snapshot is left alone though a redaction came since",
         (COMPACT, "sources.is_one_state() && «sources.states.first() == Some(&state)» {", "true")),
    rule("4", "nothing grows", "a snapshot is written that is larger than what it replaces",
         (COMPACT, "if «snapshot.payload.len() as u64 > sources.bytes» && !redacts {", "false")),
    rule("4", "what masks may grow", "a snapshot that masks is not written when it is larger",
         (COMPACT, "> sources.bytes && «!redacts» {", "{ let _ = redacts; true }")),
    rule("4", "verification asks for equality", "what holds all events is accepted, whatever it holds beside",
         (VERIFY, "if «expected != state» {", "false")),
    rule("4", "verification asks for the item", "a snapshot of another item is accepted",
         (VERIFY, "if «*found != *item_id» {", "false")),
    rule("4", "verification asks who wrote", "writes of events that are not covered are accepted",
         (VERIFY, "if let Some(event) = «state.uncovered_writes()».iter().next() {", "Set::<EventHash>::new()")),
    rule("4", "verification asks for redactions", "what should be redacted is accepted",
         (VERIFY, "if «!redactions .intersection(state.coverage()) .leq(state.redacted())» {", "false")),
    rule("4", "verification asks what is at hand", "what lacks an event at hand is called unverifiable",
         (VERIFY, "if «!delta.leq(&state)» {", "false")),
    rule("4", "verification says what is gone", "what has sources gone is called verified",
         (VERIFY, "if «!missing.is_empty()» {", "{ return Ok(Verdict::Verified); }")),
    rule("4", "policy: deleted", "a deleted item is compacted unasked",
         (POLICY, "if «deleted && !policy.include_deleted» {", "false")),
    rule("4", "policy: phase", "the phase is not asked for",
         (POLICY, "else if «!deleted && !policy.target_phases.iter().any(|p| *p == phase)» {", "false")),
    rule("4", "policy: age", "the age is not asked for",
         (POLICY, ".is_none_or(|ripe| «ripe > now_micros»)", "false")),
]

INVISIBLE = [
    Invisible("3.3", "dots and contexts", "bones logs carry no dots: the tests of `lattice-orset` hold these rules"),
    Invisible("3.6", "the count is no sum", "no count is stored that could be summed: it is the size of the coverage"),
    Invisible("3.6", "drop only what is covered", "the delta of an event covers it: what is below a state is in its coverage"),
]
