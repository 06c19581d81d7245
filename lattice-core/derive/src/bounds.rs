//! Which bounds an impl needs.

use proc_macro2::{TokenStream, TokenTree};
use quote::{ToTokens, quote_spanned};
use syn::spanned::Spanned;
use syn::{GenericParam, Generics, Ident, Type, TypeParamBound, WherePredicate, parse_quote};

use crate::product::Product;

/// The generics of `product`, asking `bound` of every field whose type mentions a parameter and
/// `of_self` of the struct itself.
///
/// Bounds go on field types, not on parameters: `Set<T>` needs `T: Ord`, and `PhantomData<T>` needs
/// nothing. Without parameters there is nothing to ask: what is missing is missing, and is reported
/// at the field.
pub(crate) fn generics(
    product: &Product,
    bound: &TypeParamBound,
    of_self: &TypeParamBound,
) -> Generics {
    let mut generics = product.generics.clone();
    let params: Vec<Ident> = generics.params.iter().filter_map(type_or_const).collect();
    if params.is_empty() {
        return generics;
    }
    let predicates = &mut generics.make_where_clause().predicates;
    predicates.push(parse_quote!(Self: #of_self));
    for (_, ty) in &product.fields {
        if mentions(ty.to_token_stream(), &params) {
            predicates.push(predicate(ty, bound));
        }
    }
    generics
}

fn predicate(ty: &Type, bound: &TypeParamBound) -> WherePredicate {
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

fn mentions(tokens: TokenStream, params: &[Ident]) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Ident(ident) => params.contains(&ident),
        TokenTree::Group(group) => mentions(group.stream(), params),
        _ => false,
    })
}
