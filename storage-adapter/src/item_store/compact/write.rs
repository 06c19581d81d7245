//! Writing a compaction down, and going on with its result.

use std::sync::Arc;

use bones_compact::{Dated, Source, holds_redacted, masked};
use bones_snapshot::{EventHash, Order};
use lattice_core::Set;

use super::Compression;
use super::index::IndexWriter;
use super::plan::{Plan, Versions};
use crate::error::StoreError;
use crate::item_store::View;
use crate::item_store::held::{HeldEvent, Item};
use crate::item_store::id::ItemId;
use crate::item_store::indexed::Indexed;
use crate::item_store::items::Items;
use crate::item_store::past::Touched;
use crate::item_store::schema::Schema;
use crate::item_store::scope::{Scope, ScopeId};
use crate::log::Frame;
use crate::log_store::LogRewrite;
use crate::record::{
    HISTORY, HistoryRecord, PAST_EVENT, PAST_STATE, SCOPE, Sink, past_frame, redactions_frame,
};

/// A view as a compaction leaves it, to be written and then put in place of the one it was made from.
pub(crate) struct Replacement<S: Order> {
    /// What came until this commit is left standing.
    after: u64,
    /// Everything up to the commit that is replaced.
    view: View<S>,
    /// The commits that are no longer told apart.
    dropped: Vec<u64>,
    floor: u64,
    masked: usize,
    compression: Compression,
}

impl<S: Order> View<S> {
    /// Whether any source still holds what the redactions take away.
    pub(super) fn holds_redacted(&self) -> Result<bool, StoreError> {
        let redactions = &self.redactions;
        if redactions.is_empty() {
            return Ok(false);
        }
        for item in self
            .all_items()
            .flat_map(|(_, items)| items.unmasked(redactions))
        {
            let mut sources = item?.sources().iter();
            if sources.any(|held| holds_redacted(&held.source, redactions)) {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

impl<S: Order> Plan<S> {
    /// What the view becomes. It may be newer than the one the plan was made from, if it
    /// [`holds_for`](Self::holds_for): what came since then stays as it came.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when what is held of an item cannot be read.
    pub(crate) fn replacement(&self, view: &View<S>) -> Result<Replacement<S>, StoreError> {
        let mut next = Replacement {
            after: self.after(),
            view: view.clone(),
            dropped: self.retention.dropped.iter().map(|c| c.commit).collect(),
            floor: self.retention.floor,
            masked: 0,
            compression: self.compression,
        };
        // What is written anew is in memory from now on: the files it lies in go.
        next.view.base = view.base.to_rewrite(next.after)?;
        next.replace(None, &view.base, &self.base)?;
        // A scope that is younger than the plan is written too, and redacted text is not.
        let none = Versions::new();
        for scope in view.scopes.values() {
            let versions = self.scopes.get(&scope.id).unwrap_or(&none);
            next.replace(Some(&scope.id), &scope.items, versions)?;
        }
        let past = &mut next.view.past;
        for commit in &next.dropped {
            past.times.remove(commit);
        }
        (past.floor, past.clock) = (self.retention.floor, self.clock);
        past.packed = self.compression != Compression::None;
        let runs = past.runs.iter().copied().filter(|end| *end <= next.after);
        past.runs = Arc::new(runs.chain([view.commit()]).collect());
        Ok(next)
    }
}

impl<S: Order> Replacement<S> {
    /// Items left uncompacted whose redacted text is taken out.
    pub(crate) fn items_masked(&self) -> usize {
        self.masked
    }

    fn replace(
        &mut self,
        scope: Option<&ScopeId>,
        items: &Items<S>,
        versions: &Versions<S>,
    ) -> Result<(), StoreError> {
        let redactions = Arc::clone(&self.view.redactions);
        for held in items.since(self.after) {
            let (id, item) = held?;
            let versions = versions.get(id);
            let mut sources = match versions {
                Some(versions) => self.replaced(item, versions),
                None if self.masks(item, &redactions) => item.sources().to_vec(),
                None => continue,
            };
            // SUBTLE: what is left standing keeps its text in memory too, so that the next compaction knows that
            // it is still on the disk. Reads mask it.
            let standing = self.standing(&sources);
            let written = sources.get_mut(standing..).unwrap_or_default();
            mask(id, written, &redactions);
            self.masked = self.masked.saturating_add(usize::from(versions.is_none()));
            let item = Arc::new(item.held_as(sources, &redactions));
            self.view.put(scope, id.into(), item);
        }
        Ok(())
    }

    /// Whether redactions take anything away of what is written of an item.
    fn masks(&self, item: &Item<S>, redactions: &Set<EventHash>) -> bool {
        let mut written = self.written(item).iter();
        written.any(|held| holds_redacted(&held.source, redactions))
    }

    /// The versions instead of what they stand for, and what stands before them and behind the floor.
    fn replaced(
        &self,
        item: &Item<S>,
        versions: &[Dated<HeldEvent<S>>],
    ) -> Vec<Dated<HeldEvent<S>>> {
        let (standing, later) = item.sources().split_at(self.standing(item.sources()));
        let window = later.iter().filter(|held| held.commit > self.floor);
        let all = standing.iter().chain(versions).chain(window);
        all.cloned().collect()
    }

    /// How many of an item's sources are left standing.
    fn standing(&self, sources: &[Dated<HeldEvent<S>>]) -> usize {
        sources.partition_point(|held| held.commit <= self.after)
    }

    /// What of an item is written.
    fn written<'i>(&self, item: &'i Item<S>) -> &'i [Dated<HeldEvent<S>>] {
        let standing = self.standing(item.sources());
        item.sources().get(standing..).unwrap_or_default()
    }

    /// How many frames [`write`](Self::write) writes of items.
    ///
    /// # Errors
    ///
    /// As [`Plan::replacement`].
    pub(crate) fn frames(&self) -> Result<usize, StoreError> {
        let items = self.view.all_items();
        let items = items.flat_map(|(_, items)| items.since(self.after));
        items
            .map(|held| held.map(|(_, item)| self.written(item).len()))
            .sum()
    }

    /// Writes all of it. `each` is asked before every frame of an item; an error of it ends the writing.
    pub(crate) fn write(
        &self,
        rewrite: &mut impl LogRewrite,
        each: &mut impl FnMut() -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let view = &self.view;
        let history = rewrite.push(Frame::new(HISTORY, view.history().encode()))?;
        let mut redactions = None;
        if !view.redactions.is_empty() {
            redactions = rewrite.push(redactions_frame(&view.redactions))?;
        }
        let mut sink = Sink::new(rewrite, self.compression);
        let mut index = IndexWriter::new();
        self.write_items(&view.base, &mut sink, &mut index, each)?;
        for scope in view.scopes.values() {
            if scope.items.since(self.after).next().is_some() {
                let record = scope.id.record();
                sink.push(Frame::new(SCOPE, record.encode()))?;
                index.begin(record);
                self.write_items(&scope.items, &mut sink, &mut index, each)?;
            }
        }
        let places = sink.finish()?;
        let packed = self.compression != Compression::None;
        index.write(rewrite, (history, redactions), &places, packed)
    }

    fn write_items(
        &self,
        items: &Items<S>,
        sink: &mut Sink<'_, impl LogRewrite>,
        index: &mut IndexWriter,
        each: &mut impl FnMut() -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        for held in items.since(self.after) {
            let (id, item) = held?;
            for held in self.written(item) {
                each()?;
                let spot = sink.push(match &held.source {
                    Source::Event(event) => past_frame(PAST_EVENT, held.commit, event.line()),
                    Source::State(state) => past_frame(PAST_STATE, held.commit, &state.encode(id)),
                })?;
                let is_state = matches!(held.source, Source::State(_));
                index.add(id, held.commit, held.bytes, is_state, spot);
            }
        }
        Ok(())
    }

    /// What is put in place of the view that is replaced.
    pub(crate) fn view(&self) -> &View<S> {
        &self.view
    }

    /// The view `now` with what was replaced. `ahead` is [`view`](Self::view), or what this made of it and an earlier
    /// view than `now`.
    ///
    /// O(items that changed between the two), and O(items) if redactions came.
    ///
    /// # Errors
    ///
    /// As [`Plan::replacement`].
    pub(crate) fn over(&self, ahead: &View<S>, now: &View<S>) -> Result<View<S>, StoreError> {
        let replaced = self.view.commit();
        let mut next = now.clone();
        next.base = ahead.items_over(&ahead.base, now, None)?;
        for (name, scope) in &ahead.scopes {
            if now.is_alive(&scope.id) {
                let items = ahead.items_over(&scope.items, now, Some(&scope.id))?;
                let id = scope.id.clone();
                next.scopes.insert(Arc::clone(name), Scope { id, items });
            }
        }
        let past = &mut next.past;
        for commit in &self.dropped {
            past.times.remove(commit);
        }
        (past.floor, past.clock) = (self.view.past.floor, self.view.past.clock);
        past.packed = self.view.past.packed;
        past.runs = Arc::clone(&self.view.past.runs);
        // SUBTLE: not by `split`, which makes both halves anew while the store is held.
        while let Some((commit, _)) = past.touched.get_min().filter(|(c, _)| *c <= past.floor) {
            let commit = *commit;
            past.touched.remove(&commit);
        }
        past.compactions = past.compactions.saturating_add(1);
        past.garbage &= now.commit() > replaced || self.after > 0;
        Ok(next)
    }
}

impl<S: Order> View<S> {
    fn put(&mut self, scope: Option<&ScopeId>, id: ItemId, item: Arc<Item<S>>) {
        match scope {
            None => self.base.insert(id, item),
            Some(scope) => {
                if let Some(scope) = self.scopes.get_mut(&scope.name) {
                    scope.items.insert(id, item);
                }
            }
        }
    }

    /// Notes that readers want what they wanted of a view before it.
    pub(crate) fn want_as(&self, before: &Self) {
        self.base.want_as(&before.base);
    }

    /// The same, with what lies where an index says instead of what is in memory of that, but for what readers want.
    /// `None` if the index does not go to the end of what compactions wrote.
    pub(crate) fn indexed(&self, index: Indexed<S>) -> Option<Self> {
        let end = index.end();
        let is_whole = self.past.runs.last() == Some(&end);
        is_whole.then(|| self.with_base(self.base.by(index), end))
    }

    /// The same, with the base of a view that is indexed and was made of an earlier one than this. O(what came since).
    ///
    /// `None` if there was a compaction between the two.
    pub(super) fn indexed_as(&self, ahead: &Self) -> Option<Self> {
        if self.past.runs != ahead.past.runs {
            return None;
        }
        let mut next = self.with_base(ahead.base.clone(), ahead.commit());
        let grew = self.redactions.difference(&ahead.redactions);
        if !grew.is_empty() {
            next.base.mask(&grew);
        }
        Some(next)
    }

    /// The same over another base, with what came behind a commit.
    fn with_base(&self, mut base: Items<S>, known: u64) -> Self {
        let since = self.past.touched.range(known.saturating_add(1)..);
        let touched = since.flat_map(|(_, touched)| touched.iter());
        for Touched { item, .. } in touched.filter(|touched| touched.scope.is_none()) {
            if let Some(held) = self.base.in_memory_of(item) {
                base.insert(item.clone(), Arc::clone(held));
            }
        }
        Self {
            base,
            ..self.clone()
        }
    }

    /// The items of the base or of a scope, of a view, and what came of them since.
    fn items_over(
        &self,
        items: &Items<S>,
        now: &View<S>,
        scope: Option<&ScopeId>,
    ) -> Result<Items<S>, StoreError> {
        let known = self.commit();
        let current = match scope.and_then(|id| now.scopes.get(&id.name)) {
            None => &now.base,
            Some(scope) => &scope.items,
        };
        let mut next = items.clone();
        let since = now.past.touched.range(known.saturating_add(1)..);
        let touched = since.flat_map(|(_, touched)| touched.iter());
        for id in touched.filter(|touched| touched.scope.as_ref() == scope) {
            let id = &id.item;
            let Some(current) = current.get(id)? else {
                continue;
            };
            let came = current.sources().iter();
            let came = came.filter(|held| held.commit > known);
            let held = items.get(id)?.map_or(&[][..], |item| item.sources());
            let sources = held.iter().chain(came).cloned().collect();
            let item = current.held_as(sources, &now.redactions);
            next.insert(id.clone(), Arc::new(item));
        }
        let grew = now.redactions.difference(&self.redactions);
        if !grew.is_empty() {
            next.mask(&grew);
        }
        Ok(next)
    }

    fn history(&self) -> HistoryRecord {
        HistoryRecord {
            floor: self.past.floor,
            clock: self.past.clock,
            commits: self.commits().collect(),
            scopes: self.scopes().map(ScopeId::record).collect(),
            active: self.schemas.active.as_ref().map(Schema::record),
            pending: self.schemas.pending.as_ref().map(Schema::record),
            pins: self.pins.iter().copied().collect(),
        }
    }
}

/// Puts masked states in the place of what redactions take away.
fn mask<S: Order>(id: &str, sources: &mut [Dated<HeldEvent<S>>], redactions: &Set<EventHash>) {
    for held in sources {
        if let Some(state) = masked(&held.source, redactions) {
            held.bytes = state.encode(id).len() as u64;
            held.source = Source::State(Arc::new(state));
        }
    }
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    reason = "a test that goes wrong should stop right there"
)]
mod tests {
    use bones_snapshot::{EventHash, write_line};
    use lattice_lww::Unstamped;

    use bones_compact::holds_redacted;

    use crate::item_store::compact::plan::{LogFacts, Plan};
    use crate::{Batch, Compaction, HeldEvent, ItemStore, MemoryLog, View};

    type Store = ItemStore<Unstamped, MemoryLog>;

    fn comment(n: u64) -> HeldEvent<Unstamped> {
        let item = format!("bn-{}", n % 5);
        let wall = i64::try_from(n).unwrap();
        let line = write_line(
            wall,
            "alice",
            "-",
            &[],
            "item.comment",
            &item,
            r#"{"body":"b"}"#,
        );
        HeldEvent::parse(line.as_bytes()).unwrap()
    }

    fn write(store: &mut Store, n: u64, scope: Option<&str>, redactions: &[EventHash]) {
        let batch = Batch {
            events: vec![comment(n)],
            redactions: redactions.iter().copied().collect(),
            scope: scope.map(|name| store.scope(name).unwrap().clone()),
            ..Batch::default()
        };
        store.apply(batch, n).unwrap();
    }

    /// Everything a reader could ask of it.
    fn told(view: &View<Unstamped>) -> ([u8; 32], Vec<(u64, u64)>, Vec<String>) {
        let items = |items: &super::Items<Unstamped>| {
            let lines = items.iter().map(|held| {
                let (id, item) = held.unwrap();
                let commits: Vec<u64> = item.sources().iter().map(|held| held.commit).collect();
                format!("{id} {commits:?} {:?}", item.state(&view.redactions))
            });
            lines.collect::<Vec<_>>()
        };
        let scopes = view.scopes.values().flat_map(|scope| items(&scope.items));
        let all = items(&view.base).into_iter().chain(scopes).collect();
        (view.digest().unwrap(), view.commits().collect(), all)
    }

    /// It does not matter in how many steps what came meanwhile is brought over.
    #[test]
    fn a_view_is_brought_over_in_steps() {
        let log = MemoryLog::new(&Store::header());
        let mut store = Store::over(log).unwrap();
        store.create_scope("old", 0).unwrap();
        (1..40).for_each(|n| write(&mut store, n, (n % 3 == 0).then_some("old"), &[]));
        let begun = store.view();
        let facts = LogFacts::of(store.log()).unwrap();
        let plan = Plan::new(&begun, &everything(), &facts).unwrap();
        let replacement = plan.replacement(&begun).unwrap();

        write(&mut store, 40, None, &[comment(3).event().event().hash]);
        write(&mut store, 41, Some("old"), &[]);
        store.create_scope("new", 42).unwrap();
        write(&mut store, 43, Some("new"), &[]);
        let between = store.view();
        write(
            &mut store,
            44,
            Some("new"),
            &[comment(1).event().event().hash],
        );
        write(&mut store, 45, None, &[]);
        store.delete_scope("old", 46).unwrap();
        let now = store.view();

        let at_once = replacement.over(replacement.view(), &now).unwrap();
        let ahead = replacement.over(replacement.view(), &between).unwrap();
        let in_steps = replacement.over(&ahead, &now).unwrap();
        assert!(told(&in_steps) == told(&at_once));
        assert!(at_once.digest().unwrap() == now.digest().unwrap());
        assert!(told(&at_once).2 != told(&now).2, "nothing was replaced");
        assert!(told(&ahead).2 != told(&at_once).2, "nothing came later");
        assert_eq!(in_steps.redactions, now.redactions);
    }

    fn everything() -> Compaction {
        let mut options = Compaction::without_history(u64::MAX);
        options.policy.min_age_days = 0;
        options.policy.target_phases = vec!["open".into()];
        options
    }

    #[test]
    fn a_plan_is_of_no_use_behind_another_compaction() {
        let mut store = Store::over(MemoryLog::new(&Store::header())).unwrap();
        (1..40).for_each(|n| write(&mut store, n, None, &[]));
        let facts = LogFacts::of(store.log()).unwrap();
        let plan = Plan::new(&store, &everything(), &facts).unwrap();
        write(&mut store, 40, None, &[]);
        assert!(plan.holds_for(&store));
        assert!(store.compact(&everything()).unwrap().changed);
        assert!(!plan.holds_for(&store));
    }

    #[test]
    fn redacted_text_in_a_scope_that_is_younger_than_the_plan_is_not_written() {
        let mut store = Store::over(MemoryLog::new(&Store::header())).unwrap();
        (1..10).for_each(|n| write(&mut store, n, None, &[]));
        let facts = LogFacts::of(store.log()).unwrap();
        let plan = Plan::new(&store, &everything(), &facts).unwrap();
        store.create_scope("new", 10).unwrap();
        write(&mut store, 11, Some("new"), &[]);
        write(&mut store, 12, None, &[comment(11).event().event().hash]);
        let replacement = plan.replacement(&store).unwrap();
        let view = replacement.view();
        let scope = view.scopes.values().next().unwrap();
        let sources = scope
            .items
            .iter()
            .flat_map(|held| held.unwrap().1.sources());
        let clear = |source: &_| holds_redacted(source, &view.redactions);
        assert_eq!(sources.filter(|held| clear(&held.source)).count(), 0);
    }
}
