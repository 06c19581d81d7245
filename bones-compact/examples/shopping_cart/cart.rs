//! Shopping carts as an event log: events, their lattice, and its canonical bytes.
//!
//! A cart is a product of lattices from the other crates of this workspace. All that compaction
//! asks for is here: what an event is as a lattice element, what it covers, how it is redacted and
//! written.

use std::borrow::Cow;

use bones_compact::{CompactState, LatticeEvent, Standing};
use bones_snapshot::EventHash;
use lattice_core::{Bottom, CausalContext, Cell, Dot, JoinSemilattice, Map, Max, Run, Set};
use lattice_lww::{Lamport, LwwRegister, Write, WriteKey};
use lattice_orset::OrSet;
use serde::{Deserialize, Serialize};

/// What a shopper did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Act {
    /// Gave the cart a name.
    Name(String),
    /// Put a product in, under a dot of its own.
    Put(String),
    /// Took out what these dots put in.
    Take(Vec<Dot<String>>),
    /// Paid.
    Pay,
}

/// One event of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CartEvent {
    cart: String,
    /// Which of the shopper's events it is: its dot.
    dot: Dot<String>,
    lamport: u64,
    wall_ts: i64,
    act: Act,
    hash: EventHash,
}

impl CartEvent {
    /// An event, named by the hash of all it says.
    pub(crate) fn new(cart: &str, dot: Dot<String>, lamport: u64, wall_ts: i64, act: Act) -> Self {
        let said = format!("{cart}\n{dot:?}\n{lamport}\n{wall_ts}\n{act:?}");
        Self {
            cart: cart.into(),
            dot,
            lamport,
            wall_ts,
            act,
            hash: EventHash(*blake3::hash(said.as_bytes()).as_bytes()),
        }
    }
}

/// What the events of a cart wrote, each part a lattice.
#[derive(Debug, Clone, PartialEq, Eq, JoinSemilattice, Bottom)]
struct Content {
    name: LwwRegister<String, Lamport, String>,
    products: OrSet<String, String>,
    /// Which event put which dot in: redactions name events, the set knows dots.
    puts: Map<EventHash, Set<Dot<String>>>,
    paid: bool,
    updated: Option<Max<u64>>,
    coverage: Set<EventHash>,
}

/// The state of a cart: what was written, and which of it is redacted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Cart {
    content: Content,
    // INVARIANT: what these events wrote is masked in `content`.
    redacted: Set<EventHash>,
}

impl Cart {
    /// The name, unless it was never given or is redacted.
    pub(crate) fn name(&self) -> Option<&str> {
        self.content.name.get().map(String::as_str)
    }

    /// What is in the cart.
    pub(crate) fn products(&self) -> Vec<&str> {
        self.content.products.iter().map(String::as_str).collect()
    }

    /// The dots under which a product is in the cart: what a `Take` of it has observed.
    #[allow(dead_code)] // for the tests that share this file
    pub(crate) fn dots_of(&self, product: &str) -> Vec<Dot<String>> {
        let dots = self.content.products.dots();
        let dots = dots.filter(|(_, p)| *p == product);
        dots.map(|(dot, _)| Dot::new(dot.agent.clone(), dot.seq))
            .collect()
    }

    fn mask(&mut self, events: &Set<EventHash>) -> bool {
        let puts = self
            .content
            .puts
            .iter()
            .filter(|(event, _)| events.contains(event));
        let dots: Vec<Dot<String>> = puts.flat_map(|(_, dots)| dots.iter().cloned()).collect();
        let named = |dot: Dot<&String>| {
            dots.iter()
                .any(|d| &d.agent == dot.agent && d.seq == dot.seq)
        };
        self.content.name.redact(|event| events.contains(event))
            | self.content.products.redact(named)
    }
}

impl JoinSemilattice for Cart {
    fn join(&mut self, other: Self) -> bool {
        let grew = self.content.join(other.content) | self.redacted.join(other.redacted);
        let redacted = std::mem::take(&mut self.redacted);
        self.mask(&redacted);
        self.redacted = redacted;
        grew
    }

    fn leq(&self, other: &Self) -> bool {
        self.redacted.leq(&other.redacted) && self.content.leq(&other.content)
    }
}

impl Bottom for Cart {
    fn bottom() -> Self {
        Self {
            content: Content::bottom(),
            redacted: Set::bottom(),
        }
    }

    fn is_bottom(&self) -> bool {
        self.content.is_bottom() && self.redacted.is_bottom()
    }
}

impl LatticeEvent for CartEvent {
    type State = Cart;

    fn item_id(&self) -> &str {
        &self.cart
    }

    fn hash(&self) -> EventHash {
        self.hash
    }

    fn wall_ts(&self) -> i64 {
        self.wall_ts
    }

    fn delta(&self) -> Cart {
        let wall_ts = u64::try_from(self.wall_ts).unwrap_or(0);
        let mut content = Content::bottom();
        content.updated = Some(Max(wall_ts));
        content.coverage = Set::singleton(self.hash);
        match &self.act {
            Act::Name(name) => {
                let key = WriteKey {
                    stamp: Lamport(self.lamport),
                    wall_ts,
                    agent_id: self.dot.agent.clone(),
                    event_hash: self.hash,
                };
                content.name = LwwRegister::from_write(Write::new(key, name.clone()));
            }
            Act::Put(product) => {
                let seen: CausalContext<String> = [self.dot.clone()].into_iter().collect();
                let cell = (self.dot.clone(), Cell::Present(product.clone()));
                content.products = OrSet::from_parts(&seen, [cell]).unwrap_or_default();
                content.puts = Map::singleton(self.hash, Set::singleton(self.dot.clone()));
            }
            Act::Take(dots) => {
                // A context without entries: these dots were seen, and are no longer there.
                let seen: CausalContext<String> = dots.iter().cloned().collect();
                content.products = OrSet::from_parts(&seen, []).unwrap_or_default();
            }
            Act::Pay => content.paid = true,
        }
        Cart {
            content,
            redacted: Set::bottom(),
        }
    }
}

/// Bytes that are no cart.
#[derive(Debug)]
pub(crate) enum CartError {
    /// Not the MessagePack of a cart.
    Format(rmp_serde::decode::Error),
    /// Readable, but not what a cart is written as.
    NotCanonical,
}

impl std::fmt::Display for CartError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Format(error) => write!(f, "not a cart: {error}"),
            Self::NotCanonical => f.write_str("not the canonical form of a cart"),
        }
    }
}

impl std::error::Error for CartError {}

impl CompactState for Cart {
    type DecodeError = CartError;

    fn coverage(&self) -> &Set<EventHash> {
        &self.content.coverage
    }

    fn redacted(&self) -> &Set<EventHash> {
        &self.redacted
    }

    fn redact(&mut self, redactions: &Set<EventHash>) -> bool {
        let covered = redactions.intersection(&self.content.coverage);
        self.redacted.join(covered) | self.mask(redactions)
    }

    fn uncovered_writes(&self) -> Set<EventHash> {
        let names = self.content.name.writes().map(|write| write.key.event_hash);
        let events = names.chain(self.content.puts.keys().copied());
        events
            .filter(|event| !self.content.coverage.contains(event))
            .collect()
    }

    fn standing(&self) -> Standing {
        Standing {
            phase: Cow::Borrowed(if self.content.paid { "paid" } else { "filling" }),
            deleted: false,
            updated_at: self.content.updated.map_or(0, |Max(at)| at),
        }
    }

    fn encode(&self, cart: &str) -> Vec<u8> {
        rmp_serde::to_vec(&Wire::of(cart, self)).unwrap_or_default()
    }

    fn decode(bytes: &[u8]) -> Result<(Box<str>, Self), CartError> {
        let wire: Wire = rmp_serde::from_slice(bytes).map_err(CartError::Format)?;
        let id: Box<str> = wire.cart.as_str().into();
        let cart = wire.read().ok_or(CartError::NotCanonical)?;
        // One form for one state: what would be written differently is refused.
        if cart.encode(&id) == bytes {
            Ok((id, cart))
        } else {
            Err(CartError::NotCanonical)
        }
    }
}

type Hash = [u8; 32];

/// A cart as it is written: plain sorted lists.
#[derive(Serialize, Deserialize)]
struct Wire {
    cart: String,
    names: Vec<(u64, u64, String, Hash, Option<String>)>,
    seen: Vec<(String, u64, u64)>,
    products: Vec<(String, u64, Option<String>)>,
    puts: Vec<(Hash, Vec<(String, u64)>)>,
    paid: bool,
    updated: Option<u64>,
    coverage: Vec<Hash>,
    redacted: Vec<Hash>,
}

fn present<V>(cell: Cell<V>) -> Option<V> {
    match cell {
        Cell::Present(value) => Some(value),
        Cell::Redacted => None,
    }
}

impl Wire {
    fn of(cart: &str, state: &Cart) -> Self {
        let content = &state.content;
        let hashes = |set: &Set<EventHash>| set.iter().map(|hash| hash.0).collect();
        let names = content.name.writes().map(|Write { key, cell }| {
            let (stamp, hash) = (key.stamp.0, key.event_hash.0);
            (
                stamp,
                key.wall_ts,
                key.agent_id.clone(),
                hash,
                present(cell.clone()),
            )
        });
        let seen = content.products.context();
        let cells = content.products.cells().into_iter();
        let cells = cells.map(|(dot, cell)| (dot.agent.clone(), dot.seq, present(cell).cloned()));
        let puts = content.puts.iter().map(|(event, dots)| {
            let dots = dots.iter().map(|dot| (dot.agent.clone(), dot.seq));
            (event.0, dots.collect())
        });
        Self {
            cart: cart.into(),
            names: names.collect(),
            seen: seen
                .runs()
                .iter()
                .map(|run| (run.agent.clone(), run.first, run.last))
                .collect(),
            products: cells.collect(),
            puts: puts.collect(),
            paid: content.paid,
            updated: content.updated.map(|Max(at)| at),
            coverage: hashes(&content.coverage),
            redacted: hashes(&state.redacted),
        }
    }

    /// The cart, or `None` where the lists do not make one.
    fn read(self) -> Option<Cart> {
        let cell = |value: Option<String>| value.map_or(Cell::Redacted, Cell::Present);
        let hashes = |list: Vec<Hash>| Set::from_sorted(list.into_iter().map(EventHash).collect());
        let names = self
            .names
            .into_iter()
            .map(|(stamp, wall_ts, agent_id, hash, name)| Write {
                key: WriteKey {
                    stamp: Lamport(stamp),
                    wall_ts,
                    agent_id,
                    event_hash: EventHash(hash),
                },
                cell: cell(name),
            });
        let runs = self
            .seen
            .into_iter()
            .map(|(agent, first, last)| Run { agent, first, last });
        let cells = self.products.into_iter();
        let cells = cells.map(|(agent, seq, product)| (Dot::new(agent, seq), cell(product)));
        let puts = self.puts.into_iter().map(|(event, dots)| {
            let dots = dots
                .into_iter()
                .map(|(agent, seq)| Dot::new(agent, seq))
                .collect();
            Some((EventHash(event), Set::from_sorted(dots)?))
        });
        let content = Content {
            name: LwwRegister::from_canonical(names.collect())?,
            products: OrSet::from_parts(&CausalContext::from_runs(runs.collect())?, cells).ok()?,
            puts: Map::from_sorted(puts.collect::<Option<_>>()?)?,
            paid: self.paid,
            updated: self.updated.map(Max),
            coverage: hashes(self.coverage)?,
        };
        let redacted = hashes(self.redacted)?;
        let mut cart = Cart {
            content,
            redacted: Set::bottom(),
        };
        cart.mask(&redacted);
        cart.redacted = redacted;
        Some(cart)
    }
}
