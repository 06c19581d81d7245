//! [`ItcClock`]: an interval tree clock, the mint of [`Itc`] stamps.

use alloc::string::String;
use core::fmt;
use core::str::FromStr;

use super::event::Event;
use super::id::Id;
use super::nodes::NodeWriter;
use super::{Itc, ItcError, MAX_DEPTH, MAX_NODES, text};

/// An interval tree clock (Almeida, Baquero and Fonte 2008): an id, the part of the unit interval
/// this replica owns, and the events it knows.
///
/// Start one clock with [`seed`](ItcClock::seed); every other replica gets a
/// [`fork`](ItcClock::fork) of one that exists, and a replica that retires is given back with
/// [`join`](ItcClock::join). An operation that fails leaves the clock as it was.
///
/// Never restore a clock from a backup and go on: two clocks with one id would mint one stamp for
/// two events. Fork a live one instead.
///
/// ```
/// use lattice_lww::{ItcClock, ItcError};
///
/// # fn main() -> Result<(), ItcError> {
/// let mut here = ItcClock::seed();
/// let mut there = here.fork()?;
/// there.event()?;
/// assert!(here.leq(&there) && !there.leq(&here));
///
/// here.join(there)?; // `there` retires: its id and its events come home
/// assert_eq!(format!("{here:?}"), "(1, (0, 0, 1))");
/// # Ok(())
/// # }
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct ItcClock {
    id: Id,
    event: Event,
}

impl ItcClock {
    /// The first clock of a system: it owns everything and knows nothing.
    ///
    /// ```
    /// use lattice_lww::ItcClock;
    ///
    /// let clock = ItcClock::seed();
    /// assert_eq!(format!("{clock:?}"), "(1, 0)");
    /// ```
    pub fn seed() -> Self {
        Self {
            id: Id::All,
            event: Event::Leaf(0),
        }
    }

    /// Splits the id: one part stays here, the other goes to the clock that is returned. Both
    /// know the same events.
    ///
    /// # Errors
    ///
    /// [`ItcError::TooDeep`] and [`ItcError::TooManyNodes`] when the id has been split too often
    /// without being joined again.
    ///
    /// ```
    /// use lattice_lww::ItcClock;
    ///
    /// let mut here = ItcClock::seed();
    /// let there = here.fork()?;
    /// assert_eq!(format!("{here:?} {there:?}"), "((1, 0), 0) ((0, 1), 0)");
    /// # Ok::<(), lattice_lww::ItcError>(())
    /// ```
    pub fn fork(&mut self) -> Result<Self, ItcError> {
        let (kept, given) = self.id.split();
        within_limits(kept.size())?;
        within_limits(given.size())?;
        self.id = kept;
        Ok(Self {
            id: given,
            event: self.event.clone(),
        })
    }

    /// Records one new event: the stamp grows in the owned part, and only there.
    ///
    /// # Errors
    ///
    /// [`ItcError::Anonymous`] when the clock owns nothing, [`ItcError::CounterExhausted`] after
    /// 2^64 - 1 events in one place, [`ItcError::TooManyNodes`] when the stamp has grown beyond
    /// what is read back.
    ///
    /// ```
    /// use lattice_lww::{ItcClock, ItcError, Stamp};
    ///
    /// let mut clock = ItcClock::seed();
    /// let before = clock.stamp();
    /// clock.event()?;
    /// assert!(before.precedes(&clock.stamp()));
    ///
    /// assert_eq!(clock.peek().event(), Err(ItcError::Anonymous));
    /// # Ok::<(), ItcError>(())
    /// ```
    pub fn event(&mut self) -> Result<(), ItcError> {
        if self.is_anonymous() {
            return Err(ItcError::Anonymous);
        }
        if self.event.greatest() == u64::MAX {
            return Err(ItcError::CounterExhausted);
        }
        let event = self.event.event(&self.id);
        within_limits(event.size())?;
        self.event = event;
        Ok(())
    }

    /// Takes over the id and the events of a clock that retires.
    ///
    /// # Errors
    ///
    /// [`ItcError::Overlap`] when both own a common part, [`ItcError::TooManyNodes`] when the
    /// result is larger than what is read back.
    ///
    /// ```
    /// use lattice_lww::{ItcClock, ItcError};
    ///
    /// let mut here = ItcClock::seed();
    /// let there = here.fork()?;
    /// here.join(there)?;
    /// assert_eq!(here, ItcClock::seed());
    ///
    /// // A copy is no fork: two clocks with one id would mint one stamp for two events.
    /// let copy = here.clone();
    /// assert_eq!(here.join(copy), Err(ItcError::Overlap));
    /// # Ok::<(), ItcError>(())
    /// ```
    pub fn join(&mut self, other: Self) -> Result<(), ItcError> {
        let id = self.id.clone().sum(other.id).ok_or(ItcError::Overlap)?;
        within_limits(id.size())?;
        self.learn(other.event)?;
        self.id = id;
        Ok(())
    }

    /// Takes note of a write from elsewhere: events recorded after this are above it.
    ///
    /// # Errors
    ///
    /// [`ItcError::TooManyNodes`] when the result is larger than what is read back.
    ///
    /// ```
    /// use lattice_lww::{ItcClock, Stamp};
    ///
    /// let mut here = ItcClock::seed();
    /// let mut there = here.fork()?;
    /// there.event()?;
    ///
    /// here.observe(&there.stamp())?;
    /// here.event()?;
    /// assert!(there.stamp().precedes(&here.stamp()));
    /// # Ok::<(), lattice_lww::ItcError>(())
    /// ```
    pub fn observe(&mut self, seen: &Itc) -> Result<(), ItcError> {
        self.learn(Event::read(&mut seen.nodes()))
    }

    fn learn(&mut self, event: Event) -> Result<(), ItcError> {
        let joined = self.event.clone().join(event);
        within_limits(joined.size())?;
        self.event = joined;
        Ok(())
    }

    /// A clock without an id that knows the same events, to send along with a message.
    ///
    /// ```
    /// use lattice_lww::ItcClock;
    ///
    /// let mut clock = ItcClock::seed();
    /// clock.event()?;
    /// let message = clock.peek();
    /// assert!(message.is_anonymous());
    /// assert_eq!(message.stamp(), clock.stamp());
    /// # Ok::<(), lattice_lww::ItcError>(())
    /// ```
    #[must_use]
    pub fn peek(&self) -> Self {
        Self {
            id: Id::None,
            event: self.event.clone(),
        }
    }

    /// True when the clock owns nothing and so cannot record events.
    ///
    /// ```
    /// use lattice_lww::ItcClock;
    ///
    /// assert!(!ItcClock::seed().is_anonymous());
    /// assert!(ItcClock::seed().peek().is_anonymous());
    /// ```
    pub fn is_anonymous(&self) -> bool {
        self.id == Id::None
    }

    /// True when `other` knows every event that this clock knows. Ids play no part.
    ///
    /// ```
    /// use lattice_lww::ItcClock;
    ///
    /// let mut here = ItcClock::seed();
    /// let there = here.fork()?;
    /// assert!(here.leq(&there) && there.leq(&here)); // one past, two ids
    /// here.event()?;
    /// assert!(there.leq(&here) && !here.leq(&there));
    /// # Ok::<(), lattice_lww::ItcError>(())
    /// ```
    pub fn leq(&self, other: &Self) -> bool {
        self.event.leq(&other.event)
    }

    /// The events this clock knows, as a stamp. Linear in the tree.
    ///
    /// ```
    /// use lattice_lww::{Itc, ItcClock};
    ///
    /// let mut clock = ItcClock::seed();
    /// assert_eq!(clock.stamp(), Itc::default());
    /// clock.event()?;
    /// assert_eq!(format!("{:?}", clock.stamp()), "1");
    /// # Ok::<(), lattice_lww::ItcError>(())
    /// ```
    pub fn stamp(&self) -> Itc {
        let mut nodes = NodeWriter::default();
        self.event.write(&mut nodes);
        Itc::from_nodes(&nodes)
    }

    /// Reads either text form.
    ///
    /// `itc:v1:` is lower-case hex, `itc:v3:` base64url without padding. Both are read strictly:
    /// a text that is accepted is the one that the clock writes in that form.
    ///
    /// # Errors
    ///
    /// [`ItcError::UnknownForm`], [`ItcError::BadDigit`] or [`ItcError::Bytes`]: trees that are
    /// not in normal form, numbers that are not in their shortest form, sums above 64 bits,
    /// trailing bytes, trees above the size limits.
    ///
    /// ```
    /// use lattice_lww::ItcClock;
    ///
    /// let clock = ItcClock::from_text("itc:v3:AQWgA4ABAQI")?;
    /// assert_eq!(format!("{clock:?}"), "((1, 0), (0, 2, 0))");
    /// assert_eq!(clock.to_text_v3(), "itc:v3:AQWgA4ABAQI");
    /// # Ok::<(), lattice_lww::ItcError>(())
    /// ```
    pub fn from_text(text: &str) -> Result<Self, ItcError> {
        let (id, stamp) = text::read(text)?;
        Ok(Self {
            id,
            event: Event::read(&mut stamp.nodes()),
        })
    }

    /// The `itc:v1:` form: a value for every node, in hex.
    ///
    /// ```
    /// use lattice_lww::ItcClock;
    ///
    /// let clock = ItcClock::from_text("itc:v3:AQWgA4ABAQI")?;
    /// let text = clock.to_text_v1();
    /// assert!(text.starts_with("itc:v1:01"));
    /// assert_eq!(ItcClock::from_text(&text)?, clock);
    /// # Ok::<(), lattice_lww::ItcError>(())
    /// ```
    pub fn to_text_v1(&self) -> String {
        text::write_v1(&self.id, &self.event)
    }

    /// The `itc:v3:` form: values other than 0 only, in base64url.
    ///
    /// ```
    /// use lattice_lww::ItcClock;
    ///
    /// let clock = ItcClock::from_text("itc:v3:AQWgA4ABAQI")?;
    /// assert_eq!(clock.to_text_v3(), "itc:v3:AQWgA4ABAQI");
    /// # Ok::<(), lattice_lww::ItcError>(())
    /// ```
    pub fn to_text_v3(&self) -> String {
        text::write_v3(&self.id, &self.event)
    }
}

/// Refuses trees that could not be read back.
fn within_limits((depth, nodes): (usize, usize)) -> Result<(), ItcError> {
    if depth > MAX_DEPTH {
        Err(ItcError::TooDeep { limit: MAX_DEPTH })
    } else if nodes > MAX_NODES {
        Err(ItcError::TooManyNodes { limit: MAX_NODES })
    } else {
        Ok(())
    }
}

/// The `itc:v3:` text.
impl fmt::Display for ItcClock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_text_v3())
    }
}

/// The paper's notation: id and event tree, `(left, right)` and `(n, left, right)` for branches.
impl fmt::Debug for ItcClock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "({}, {:?})", self.id, self.stamp())
    }
}

/// [`ItcClock::from_text`].
impl FromStr for ItcClock {
    type Err = ItcError;

    fn from_str(text: &str) -> Result<Self, ItcError> {
        Self::from_text(text)
    }
}
