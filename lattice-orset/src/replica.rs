//! The only mint of dots.

use core::fmt;

use lattice_core::CausalContext;

/// The right to mint the dots of one replica id for one set.
///
/// A dot must name one event for ever. Three things break that: two handles with one id, one handle
/// for two sets that are joined with each other, and a handle brought back from a backup that is
/// older than what was sent. The types help as far as they can:
///
/// - A handle cannot be cloned, nor read from bytes.
/// - To put one aside, [`suspend`](Self::suspend) consumes it; to go on, [`Suspended::resume`]
///   consumes that, and compares it with the set: if the set has seen dots the handle does not know
///   it minted, a backup was restored and [`Stale`] says so. Then, and whenever it is not certain
///   that the bytes are the newest, take a new id: [`Suspended::renew`].
/// - A crash before `suspend` is such a case: the next start takes a new id.
///
/// What types cannot see is bytes copied to two machines. Ids should therefore be drawn at random
/// or handed out by an authority, and never be derived from what a backup holds.
///
/// ```
/// use lattice_orset::{OrSet, Replica};
///
/// let mut ada = Replica::new("ada");
/// let mut set = OrSet::new();
/// set.insert(ada.mint()?, "milk");
///
/// let at_rest = ada.suspend();
/// let mut ada = at_rest.resume(&set.context())?;
/// assert_eq!(ada.mint()?.dot().seq, 2);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, PartialEq, Eq)]
pub struct Replica<A> {
    agent: A,
    last: u32,
}

/// A dot that no set has seen yet. Not `Clone`: it is used up by the one insertion it names.
#[derive(Debug, PartialEq, Eq)]
#[must_use = "a dot that is minted and not used stays a gap in the context of the set"]
pub struct NewDot<A> {
    pub(crate) agent: A,
    pub(crate) seq: u32,
}

/// A replica handle at rest, which may be written down.
#[derive(Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
#[must_use = "dropping it gives the replica id up for good"]
pub struct Suspended<A> {
    agent: A,
    last: u32,
}

/// The set has seen dots of this replica id that the handle did not mint.
#[derive(Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stale<A> {
    /// The handle, to be [renewed](Suspended::renew).
    pub handle: Suspended<A>,
    /// The last dot of the same id that the set has seen.
    pub seen: u64,
}

/// A replica id has minted all of its 2^32 - 1 dots; go on under a new one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Exhausted;

impl<A> Replica<A> {
    /// Starts a replica under an id that no replica of this set has ever had.
    ///
    /// ```
    /// let mut replica = lattice_orset::Replica::new(7_u64);
    /// assert_eq!(replica.mint()?.dot().seq, 1);
    /// # Ok::<(), lattice_orset::Exhausted>(())
    /// ```
    pub const fn new(agent: A) -> Self {
        Self { agent, last: 0 }
    }

    /// The replica id.
    ///
    /// ```
    /// assert_eq!(lattice_orset::Replica::new("ada").agent(), &"ada");
    /// ```
    pub const fn agent(&self) -> &A {
        &self.agent
    }

    /// How many dots are left.
    ///
    /// ```
    /// assert_eq!(lattice_orset::Replica::new("ada").remaining(), u32::MAX);
    /// ```
    pub const fn remaining(&self) -> u32 {
        u32::MAX - self.last
    }

    /// Mints the next dot.
    ///
    /// # Errors
    /// [`Exhausted`] after 2^32 - 1 dots.
    ///
    /// ```
    /// let mut ada = lattice_orset::Replica::new("ada");
    /// let (first, second) = (ada.mint()?, ada.mint()?);
    /// assert!(first.dot() < second.dot());
    /// # Ok::<(), lattice_orset::Exhausted>(())
    /// ```
    pub fn mint(&mut self) -> Result<NewDot<A>, Exhausted>
    where
        A: Clone,
    {
        self.last = self.last.checked_add(1).ok_or(Exhausted)?;
        Ok(NewDot {
            agent: self.agent.clone(),
            seq: self.last,
        })
    }

    /// Puts the handle aside, to be stored together with the set.
    ///
    /// ```
    /// let at_rest = lattice_orset::Replica::new("ada").suspend();
    /// assert_eq!(at_rest.agent(), &"ada");
    /// ```
    pub fn suspend(self) -> Suspended<A> {
        Suspended {
            agent: self.agent,
            last: self.last,
        }
    }
}

impl<A> NewDot<A> {
    /// The dot, to be read.
    ///
    /// ```
    /// use lattice_core::Dot;
    ///
    /// let dot = lattice_orset::Replica::new("ada").mint()?;
    /// assert_eq!(dot.dot(), Dot::new(&"ada", 1));
    /// # Ok::<(), lattice_orset::Exhausted>(())
    /// ```
    pub fn dot(&self) -> lattice_core::Dot<&A> {
        lattice_core::Dot::new(&self.agent, u64::from(self.seq))
    }
}

impl<A> Suspended<A> {
    /// The replica id.
    ///
    /// ```
    /// assert_eq!(lattice_orset::Replica::new(3_u8).suspend().agent(), &3);
    /// ```
    pub const fn agent(&self) -> &A {
        &self.agent
    }

    /// A handle that was written down as its id and the last dot it minted.
    ///
    /// ```
    /// use lattice_orset::{Replica, Suspended};
    ///
    /// let mut ada = Replica::new("ada");
    /// let _ = ada.mint()?;
    /// let at_rest = ada.suspend();
    /// assert_eq!(Suspended::from_parts("ada", at_rest.last()), at_rest);
    /// # Ok::<(), lattice_orset::Exhausted>(())
    /// ```
    pub const fn from_parts(agent: A, last: u32) -> Self {
        Self { agent, last }
    }

    /// The last dot minted, 0 before the first.
    ///
    /// ```
    /// assert_eq!(lattice_orset::Replica::new("ada").suspend().last(), 0);
    /// ```
    pub const fn last(&self) -> u32 {
        self.last
    }

    /// Goes on minting where the handle stopped. `seen` is the context of the set.
    ///
    /// # Errors
    /// [`Stale`] if the set has seen a dot of this id beyond the last one minted: then these bytes
    /// are older than the set, and [`renew`](Self::renew) is the way on. The error has the handle.
    ///
    /// ```
    /// use lattice_orset::{OrSet, Replica};
    ///
    /// let mut ada = Replica::new("ada");
    /// let backup = Replica::new("ada").suspend(); // taken before the next line
    /// let mut set = OrSet::new();
    /// set.insert(ada.mint()?, "milk");
    ///
    /// let stale = backup.resume(&set.context()).unwrap_err();
    /// assert_eq!((stale.handle.last(), stale.seen), (0, 1));
    /// let ada = stale.handle.renew("ada-2").unwrap();
    /// # Ok::<(), lattice_orset::Exhausted>(())
    /// ```
    pub fn resume(self, seen: &CausalContext<A>) -> Result<Replica<A>, Stale<A>>
    where
        A: Ord,
    {
        let last_seen = seen.last_seq(&self.agent);
        if last_seen > u64::from(self.last) {
            return Err(Stale {
                handle: self,
                seen: last_seen,
            });
        }
        Ok(Replica {
            agent: self.agent,
            last: self.last,
        })
    }

    /// Gives the old id up and starts under a new one: what a restored backup does.
    ///
    /// The new id must be fresh; `None` if it is the old one.
    ///
    /// ```
    /// let backup = lattice_orset::Replica::new("ada").suspend();
    /// let ada = backup.renew("ada-2").unwrap();
    /// assert_eq!(ada.agent(), &"ada-2");
    /// ```
    #[must_use]
    pub fn renew(self, agent: A) -> Option<Replica<A>>
    where
        A: PartialEq,
    {
        (agent != self.agent).then(|| Replica::new(agent))
    }
}

impl<A> fmt::Display for Stale<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "the set has seen dot {} of this replica, the handle minted only {}: a backup was restored, take a new id",
            self.seen, self.handle.last
        )
    }
}

impl fmt::Display for Exhausted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("this replica id has no dots left, take a new one")
    }
}

impl<A: fmt::Debug> core::error::Error for Stale<A> {}
impl core::error::Error for Exhausted {}
