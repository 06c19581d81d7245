//! What every pass of a fold works with.

use super::crew::Crew;
use super::folder::SpillFolder;
use super::meter::Meter;
use super::plan::Plan;
use super::watch::Watch;

/// A fold that is going on.
pub(super) struct Job<'w> {
    pub(super) plan: Plan,
    pub(super) crew: Crew,
    pub(super) meter: Meter,
    pub(super) watch: Watch<'w>,
    pub(super) folder: SpillFolder,
}
