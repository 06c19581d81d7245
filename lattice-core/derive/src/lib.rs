#![doc = include_str!("../README.md")]

use proc_macro::TokenStream;
use syn::{DeriveInput, parse_macro_input};

mod bounds;
mod expand;
mod product;

use product::Product;

/// Derives `JoinSemilattice` for a struct whose fields are join-semilattices: every field joins by
/// itself.
///
/// The struct must be `Eq`. Fields whose types mention a parameter put their bound on the impl, but for
/// those that hold the struct itself. A struct that implements `Drop` cannot be taken apart and so not be
/// derived for, nor can a packed one, whose fields cannot be borrowed.
///
/// `join` costs the joins of the fields, `leq` their `leq`s up to the first that says no.
///
/// ```
/// use lattice_core::{JoinSemilattice, Max, Set};
///
/// #[derive(Clone, Debug, PartialEq, Eq, JoinSemilattice)]
/// struct Poll<Name: Ord> {
///     votes: Set<Name>,
///     closes_at: Max<u64>,
/// }
///
/// let mut here = Poll { votes: Set::from_iter(["ada"]), closes_at: Max(10) };
/// let there = Poll { votes: Set::from_iter(["bob"]), closes_at: Max(7) };
/// assert!(here.join(there.clone()));
/// assert!(there.leq(&here));
/// assert_eq!(here, Poll { votes: Set::from_iter(["ada", "bob"]), closes_at: Max(10) });
/// ```
///
/// A struct may hold itself:
///
/// ```
/// use lattice_core::{JoinSemilattice, Map, Max};
///
/// #[derive(Clone, Debug, PartialEq, Eq, JoinSemilattice)]
/// struct Folder {
///     changed: Max<u64>,
///     folders: Map<&'static str, Folder>,
/// }
///
/// let folder = |changed, folders| Folder { changed: Max(changed), folders };
/// let mut here = folder(1, Map::singleton("src", folder(1, Map::new())));
/// assert!(here.join(folder(1, Map::singleton("src", folder(2, Map::new())))));
/// assert_eq!(here.folders.get(&"src").map(|src| src.changed), Some(Max(2)));
/// ```
///
/// A field that is not a lattice is named by the error, which points at its type:
///
/// ```compile_fail
/// use lattice_core::{JoinSemilattice, Set};
///
/// #[derive(PartialEq, Eq, JoinSemilattice)]
/// struct Poll {
///     votes: Set<u32>,
///     closes_at: u64, // the trait bound `u64: JoinSemilattice` is not satisfied; try `Max<u64>`
/// }
/// ```
///
/// So is an enum, which has no join of its own:
///
/// ```compile_fail
/// use lattice_core::{JoinSemilattice, Max};
///
/// #[derive(PartialEq, Eq, JoinSemilattice)]
/// enum Shape {
///     Round(Max<u8>),
///     Square(Max<u8>),
/// }
/// ```
#[proc_macro_derive(JoinSemilattice, attributes(lattice))]
pub fn join_semilattice(input: TokenStream) -> TokenStream {
    derive(
        parse_macro_input!(input as DeriveInput),
        expand::join_semilattice,
    )
}

/// Derives `Bottom` for a struct whose fields all have one.
///
/// ```
/// use lattice_core::{Bottom, JoinSemilattice, Max, Set};
///
/// #[derive(Debug, PartialEq, Eq, JoinSemilattice, Bottom)]
/// struct Poll {
///     votes: Set<u32>,
///     closes_at: Option<Max<u64>>,
/// }
///
/// let empty = Poll::bottom();
/// assert!(empty.is_bottom());
/// assert_eq!(empty, Poll { votes: Set::new(), closes_at: None });
/// ```
///
/// `Max` alone has no bottom:
///
/// ```compile_fail
/// use lattice_core::{Bottom, JoinSemilattice, Max};
///
/// #[derive(PartialEq, Eq, JoinSemilattice, Bottom)]
/// struct Clock {
///     now: Max<u64>, // the trait bound `Max<u64>: Bottom` is not satisfied; try `Option<Max<u64>>`
/// }
/// ```
#[proc_macro_derive(Bottom, attributes(lattice))]
pub fn bottom(input: TokenStream) -> TokenStream {
    derive(parse_macro_input!(input as DeriveInput), expand::bottom)
}

/// Derives `Decompose` for a struct whose fields all have it and are `Clone`: a part of the whole is a
/// part of one field beside the bottoms of the others, a delta is the deltas of all fields.
///
/// ```
/// use lattice_core::{Bottom, Decompose, JoinSemilattice, Max, Set};
///
/// #[derive(Clone, Debug, PartialEq, Eq, JoinSemilattice, Bottom, Decompose)]
/// struct Poll {
///     votes: Set<u32>,
///     closes_at: Option<Max<u64>>,
/// }
///
/// let poll = Poll { votes: Set::from_iter([1, 2]), closes_at: Some(Max(9)) };
/// assert_eq!(poll.clone().decompose().count(), 3);
///
/// let known = Poll { votes: Set::from_iter([1]), closes_at: Some(Max(9)) };
/// assert_eq!(poll.delta_since(&known), Poll { votes: Set::from_iter([2]), closes_at: None });
/// ```
///
/// A struct that holds itself has parts within parts without end, and the iterator over them would have
/// no finite type:
///
/// ```compile_fail
/// use lattice_core::{Bottom, Decompose, JoinSemilattice, Map};
///
/// #[derive(Clone, PartialEq, Eq, JoinSemilattice, Bottom, Decompose)]
/// struct Folder {
///     folders: Map<&'static str, Folder>,
/// }
///
/// assert_eq!(Folder::bottom().decompose().count(), 0);
/// ```
#[proc_macro_derive(Decompose, attributes(lattice))]
pub fn decompose(input: TokenStream) -> TokenStream {
    derive(parse_macro_input!(input as DeriveInput), expand::decompose)
}

fn derive(input: DeriveInput, expand: fn(&Product) -> proc_macro2::TokenStream) -> TokenStream {
    match Product::try_from(input) {
        Ok(product) => expand(&product).into(),
        Err(error) => error.into_compile_error().into(),
    }
}
