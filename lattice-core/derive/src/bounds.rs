//! Which bounds an impl needs.

use proc_macro2::{Span, TokenStream, TokenTree};
use quote::{ToTokens, quote_spanned};
use syn::spanned::Spanned;
use syn::{GenericParam, Generics, Ident, Type, WherePredicate, parse_quote};

use crate::product::Product;

/// The generics of `product`, asking `bound` of every field whose type mentions a parameter and
/// `of_self` of the struct itself.
///
/// Bounds go on field types, not on parameters: `Set<T>` needs `T: Ord`, and `PhantomData<T>` needs
/// nothing. Without parameters there is nothing to ask: what is missing is missing, and is reported
/// at the field.
///
/// A field that holds the struct again, such as `children: Map<K, Self>`, is not asked: to know that it
/// is a lattice one would have to know that the struct is, which is what the impl is there to say. What
/// it needs comes from the struct's own bounds and from the other fields.
pub(crate) fn generics(product: &Product, bound: &TokenStream, of_self: &TokenStream) -> Generics {
    let mut generics = product.generics.clone();
    let params: Vec<Ident> = generics.params.iter().filter_map(type_or_const).collect();
    if params.is_empty() {
        return generics;
    }
    let predicates = &mut generics.make_where_clause().predicates;
    predicates.push(parse_quote!(Self: #of_self));
    let itself = [product.name.clone(), Ident::new("Self", Span::call_site())];
    for (_, ty) in &product.fields {
        let tokens = ty.to_token_stream();
        if mentions(tokens.clone(), &params, true) && !mentions(tokens, &itself, false) {
            predicates.push(predicate(ty, bound));
        }
    }
    generics
}

fn predicate(ty: &Type, bound: &TokenStream) -> WherePredicate {
    let tokens = quote_spanned!(ty.span()=> #ty: #bound);
    parse_quote!(#tokens)
}

fn type_or_const(param: &GenericParam) -> Option<Ident> {
    match param {
        GenericParam::Type(param) => Some(param.ident.clone()),
        GenericParam::Const(param) => Some(param.ident.clone()),
        GenericParam::Lifetime(_) => None,
    }
}

/// Whether one of the names stands in the tokens: anywhere, or else not behind `::`, where it is the name of something
/// in a module. A struct may be called as what it wraps: `struct Set<T>(lattice_core::Set<T>)`.
fn mentions(tokens: TokenStream, names: &[Ident], anywhere: bool) -> bool {
    let mut in_path = false;
    tokens.into_iter().any(|token| match token {
        TokenTree::Punct(punct) => {
            in_path = punct.as_char() == ':';
            false
        }
        TokenTree::Ident(ident) => {
            let behind = std::mem::take(&mut in_path);
            names.contains(&ident) && (anywhere || !behind)
        }
        TokenTree::Group(group) => {
            in_path = false;
            mentions(group.stream(), names, anywhere)
        }
        TokenTree::Literal(_) => false,
    })
}
