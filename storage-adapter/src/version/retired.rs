//! What is left of replaced versions: resources to be taken back.

use std::fmt;
use std::time::Duration;

use super::state::Rack;
use super::sync::Arc;

/// Resources that no current version stands on.
///
/// Leases on older versions may still use them. There are three ways to have them back: when nobody reads
/// ([`try_reclaim`](Self::try_reclaim)), now ([`revoke`](Self::revoke)), and the first of the two that comes within a
/// time ([`reclaim_within`](Self::reclaim_within)). Each gives them as they were put in, with no other user.
///
/// Dropping this gives up the right to have them back: leases go on using them, and the last one drops them.
#[must_use = "the resources of the replaced versions are in use until they are reclaimed"]
pub struct Retired<R> {
    rack: Arc<Rack<R>>,
    /// The owner's share.
    owners: Arc<R>,
}

impl<R> Retired<R> {
    pub(super) fn new(rack: Arc<Rack<R>>, owners: Arc<R>) -> Self {
        Self { rack, owners }
    }

    /// How many leases there are on the versions that stand on these resources. More only by clones of
    /// leases; 0 is for ever.
    pub fn readers(&self) -> usize {
        self.rack.holders()
    }

    /// The resources, if no lease is left. Does not wait.
    ///
    /// # Errors
    ///
    /// Itself, to be tried again, if there are leases.
    pub fn try_reclaim(self) -> Result<R, Self> {
        if self.readers() == 0 {
            Ok(self.revoke()) // from nobody
        } else {
            Err(self)
        }
    }

    /// The resources, now: what leases are left expire.
    ///
    /// Waits for the calls of [`Lease::with`](super::Lease::with) that have begun; those that begin meanwhile are
    /// expired at once and cannot draw the wait out. Called inside of such a call it would wait for itself.
    pub fn revoke(self) -> R {
        self.rack.take(self.owners)
    }

    /// The resources as soon as the last lease is gone, or after `grace`: what leases are left then expire.
    ///
    /// No grace means [`revoke`](Self::revoke).
    pub fn reclaim_within(self, grace: Duration) -> R {
        self.rack.wait_for_holders(grace);
        self.revoke()
    }
}

impl<R> fmt::Debug for Retired<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Retired")
            .field("readers", &self.readers())
            .finish_non_exhaustive()
    }
}
