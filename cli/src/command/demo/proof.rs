//! The claims, each put to the test on the made-up log.

use std::path::Path;

use bones_snapshot::{ItemView, Order};
use data_encoding::HEXLOWER;
use indicatif::HumanCount;
use serde::Serialize;
use storage_adapter::{
    BadLines, Batch, Compaction, Export, HeldEvent, ItemCheck, ItemStore, read_log,
};

use super::history::{History, Secret};
use super::random::Random;
use crate::command::redact::redact_event;
use crate::error::CliError;
use crate::terminal::counted;

/// One claim and what came of it.
#[derive(Debug, Serialize)]
pub(super) struct Claim {
    pub(super) name: &'static str,
    pub(super) holds: bool,
    pub(super) found: String,
}

/// All claims on one store, and its sizes.
#[derive(Debug, Serialize)]
pub(super) struct Proof {
    pub(super) order: &'static str,
    pub(super) claims: Vec<Claim>,
    pub(super) events: usize,
    pub(super) items: usize,
    pub(super) disk_before: u64,
    pub(super) disk_after: u64,
}

impl Proof {
    pub(super) fn holds(&self) -> bool {
        self.claims.iter().all(|claim| claim.holds)
    }
}

/// Where things are, and what was written.
pub(super) struct Case<'a> {
    pub(super) log: &'a Path,
    pub(super) store: &'a Path,
    /// A directory for what is thrown away afterwards.
    pub(super) scratch: &'a Path,
    pub(super) history: &'a History,
    /// A time some months after the last event.
    pub(super) now: u64,
}

/// Tests every claim under one order.
pub(super) fn prove<S: Order>(case: &Case<'_>, random: &mut Random) -> Result<Proof, CliError> {
    let mut claims = Vec::new();
    let mut claim = |name, holds, found| claims.push(Claim { name, holds, found });

    let events = read::<S>(case)?;
    let lines = events.len();
    let mut store = ItemStore::<S>::create(case.store)?;
    let first = store.apply(batch(events.clone()), case.now)?;
    let mut shuffled = events.clone();
    random.shuffle(&mut shuffled);
    let again = store.apply(batch(shuffled), case.now)?;
    claim(
        "import",
        first.events_added == case.history.lines.len() && again.events_added == 0,
        format!(
            "{} events, every hash verified; once more in another order: {} new",
            HumanCount(first.events_added as u64),
            again.events_added
        ),
    );

    let (views, digest) = (views(&store)?, store.digest()?);
    let outcome = store.compact(&Compaction::without_history(case.now))?;
    drop(store);
    let (mut store, _) = ItemStore::<S>::open(case.store)?;
    claim(
        "compact",
        outcome.report.items_compacted > 0,
        format!(
            "{} finished 30 days ago: {} events replaced by one snapshot each",
            counted(outcome.report.items_compacted, "item"),
            HumanCount(outcome.report.events_replaced as u64)
        ),
    );
    let now_shown = self::views(&store)?;
    let same = views.iter().zip(&now_shown).filter(|(a, b)| a == b).count();
    claim(
        "same view",
        views == now_shown,
        format!(
            "{same} of {} read the same, byte for byte",
            counted(views.len(), "item")
        ),
    );
    claim(
        "same digest",
        store.digest()? == digest,
        format!("{} before and after", short(&digest)),
    );

    let check = store.verify(&events)?;
    let verified = check
        .items
        .values()
        .filter(|c| **c == ItemCheck::Verified)
        .count();
    claim(
        "verify",
        check.is_sound() && verified == check.items.len(),
        format!(
            "{} are exactly the join of their events",
            counted(verified, "item")
        ),
    );
    let repeated = store.compact(&Compaction::without_history(case.now))?;
    claim(
        "again",
        !repeated.changed,
        "compacting a second time changes no byte".into(),
    );

    let ends = exchange::<S>(case, &events, random)?;
    claim(
        "exchange",
        ends == [digest, digest],
        "two replicas with a random half each, one of them compacted, end up equal".into(),
    );
    let hidden = redaction(case, &mut store, &events)?;
    claim(
        "redact",
        hidden.is_some(),
        hidden.unwrap_or_else(|| "the secret still shows".into()),
    );

    Ok(Proof {
        order: S::WORD,
        claims,
        events: lines,
        items: views.len(),
        disk_before: outcome.disk_before,
        disk_after: outcome.disk_after,
    })
}

fn read<S: Order>(case: &Case<'_>) -> Result<Vec<HeldEvent<S>>, CliError> {
    Ok(read_log(case.log, BadLines::Stop, &mut |_| {})?.events)
}

fn batch<S: Order>(events: Vec<HeldEvent<S>>) -> Batch<S> {
    Batch {
        events,
        ..Batch::default()
    }
}

/// Every item as `lattice items --json` prints it.
fn views<S: Order>(store: &ItemStore<S>) -> Result<Vec<String>, CliError> {
    let views = store.states().map(|held| {
        let (id, state) = held?;
        serde_json::to_string(&ItemView::new(id, state)).map_err(CliError::Json)
    });
    views.collect()
}

fn short(digest: &[u8; 32]) -> String {
    HEXLOWER.encode(digest).chars().take(16).collect()
}

/// Gives each of two stores a random half of the events, compacts one, exchanges exports both ways,
/// and returns both digests.
fn exchange<S: Order>(
    case: &Case<'_>,
    events: &[HeldEvent<S>],
    random: &mut Random,
) -> Result<[[u8; 32]; 2], CliError> {
    let (mut here, mut there) = (Vec::new(), Vec::new());
    for event in events {
        // Some events are known on both sides.
        let side = random.below(10);
        here.extend((side < 6).then(|| event.clone()));
        there.extend((side >= 4).then(|| event.clone()));
    }
    let mut left = ItemStore::<S>::create(&case.scratch.join("left"))?;
    let mut right = ItemStore::<S>::create(&case.scratch.join("right"))?;
    left.apply(batch(here), case.now)?;
    right.apply(batch(there), case.now)?;
    left.compact(&Compaction::without_history(case.now))?;
    let file = case.scratch.join("exchange.snapshots");
    left.export()?.write(&file)?;
    right.apply(Export::<S>::read(&file)?.into(), case.now)?;
    right.export()?.write(&file)?;
    left.apply(Export::<S>::read(&file)?.into(), case.now)?;
    Ok([left.digest()?, right.digest()?])
}

/// Redacts the secret nobody noticed and says what was found; `None` when it still shows anywhere,
/// or was not there to begin with.
fn redaction<S: Order>(
    case: &Case<'_>,
    store: &mut ItemStore<S>,
    events: &[HeldEvent<S>],
) -> Result<Option<String>, CliError> {
    let taken_back = &case.history.blunders;
    for secret in taken_back {
        if files_with(case.store, &secret.text)? > 0 {
            return Ok(None);
        }
    }
    let Some(secret) = &case.history.leak else {
        return Ok(None);
    };
    let before = files_with(case.store, &secret.text)?;
    let shown = shows(store, secret)?;
    let redact = redact_event::<S>(&secret.item, &secret.event, "a secret", "ada", case.now)?;
    store.apply(batch(vec![redact]), case.now)?;
    store.compact(&Compaction::without_history(case.now))?;
    let after = files_with(case.store, &secret.text)?;
    store.apply(batch(events.to_vec()), case.now)?;
    let returned = files_with(case.store, &secret.text)?;
    let hidden = before > 0 && shown && after == 0 && returned == 0 && !shows(store, secret)?;
    Ok(hidden.then(|| {
        format!(
            "a secret in {} before, in none after; the raw log does not bring it back",
            counted(before, "file")
        )
    }))
}

/// Whether the item shows the secret.
fn shows<S: Order>(store: &ItemStore<S>, secret: &Secret) -> Result<bool, CliError> {
    let Some(state) = store.state(&secret.item)? else {
        return Ok(false);
    };
    let view =
        serde_json::to_string(&ItemView::new(&secret.item, state)).map_err(CliError::Json)?;
    Ok(view.contains(&secret.text))
}

/// How many files of a store hold a text.
fn files_with(store: &Path, text: &str) -> Result<usize, CliError> {
    let mut count = 0_usize;
    for entry in std::fs::read_dir(store).map_err(CliError::io("list", store))? {
        let path = entry.map_err(CliError::io("list", store))?.path();
        let content = std::fs::read(&path).map_err(CliError::io("read", &path))?;
        let found = content
            .windows(text.len().max(1))
            .any(|w| w == text.as_bytes());
        count = count.saturating_add(usize::from(found));
    }
    Ok(count)
}
