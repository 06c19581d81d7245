//! The impls.
//!
//! Every call is written `<FieldType as Trait>::method(..)` with the span of the field's type, so that
//! the compiler's "not satisfied" points there and not at the derive.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Member, Path, parse_quote};

use crate::bounds;
use crate::product::Product;

pub(crate) fn join_semilattice(product: &Product) -> TokenStream {
    let Product { name, lattice, .. } = product;
    let generics = bounds::generics(
        product,
        &quote!(#lattice::JoinSemilattice),
        &quote!(::core::cmp::Eq),
    );
    let (params, args, bounds) = generics.split_for_impl();
    let trait_path = parse_quote!(#lattice::JoinSemilattice);
    let join = product.each(
        &trait_path,
        |member, field| quote!(grew |= #field::join(&mut self.#member, other.#member);),
    );
    let leq = product.each(
        &trait_path,
        |member, field| quote!(&& #field::leq(&self.#member, &other.#member)),
    );
    quote! {
        #[automatically_derived]
        #[allow(unused_mut, unused_variables)]
        impl #params #lattice::JoinSemilattice for #name #args #bounds {
            fn join(&mut self, other: Self) -> bool {
                let mut grew = false;
                #(#join)*
                grew
            }

            fn leq(&self, other: &Self) -> bool {
                true #(#leq)*
            }
        }
    }
}

pub(crate) fn bottom(product: &Product) -> TokenStream {
    let Product { name, lattice, .. } = product;
    let generics = bounds::generics(
        product,
        &quote!(#lattice::Bottom),
        &quote!(#lattice::JoinSemilattice),
    );
    let (params, args, bounds) = generics.split_for_impl();
    let trait_path = parse_quote!(#lattice::Bottom);
    let bottom = product.each(
        &trait_path,
        |member, field| quote!(#member: #field::bottom(),),
    );
    let is_bottom = product.each(
        &trait_path,
        |member, field| quote!(&& #field::is_bottom(&self.#member)),
    );
    quote! {
        #[automatically_derived]
        impl #params #lattice::Bottom for #name #args #bounds {
            fn bottom() -> Self {
                Self { #(#bottom)* }
            }

            fn is_bottom(&self) -> bool {
                true #(#is_bottom)*
            }
        }
    }
}

pub(crate) fn decompose(product: &Product) -> TokenStream {
    let Product { name, lattice, .. } = product;
    let generics = bounds::generics(
        product,
        &quote!(#lattice::Decompose + ::core::clone::Clone),
        &quote!(#lattice::Bottom),
    );
    let (params, args, bounds) = generics.split_for_impl();
    let trait_path = parse_quote!(#lattice::Decompose);
    let parts = product.each(&trait_path, |member, field| {
        quote! {
            .chain(#field::decompose(self.#member).map(|part| {
                let mut whole = <Self as #lattice::Bottom>::bottom();
                whole.#member = part;
                whole
            }))
        }
    });
    let deltas = product.each(
        &trait_path,
        |member, field| quote!(#member: #field::delta_since(&self.#member, &known.#member),),
    );
    quote! {
        #[automatically_derived]
        #[allow(unused_variables)]
        impl #params #lattice::Decompose for #name #args #bounds {
            fn decompose(self) -> impl ::core::iter::Iterator<Item = Self> {
                ::core::iter::empty() #(#parts)*
            }

            fn delta_since(&self, known: &Self) -> Self {
                Self { #(#deltas)* }
            }
        }
    }
}

impl Product {
    /// One piece of code per field, given `<FieldType as Trait>` at the field's span.
    fn each(
        &self,
        trait_path: &Path,
        code: impl Fn(&Member, TokenStream) -> TokenStream,
    ) -> Vec<TokenStream> {
        let fields = self.fields.iter().map(|(member, ty)| {
            let field = quote_spanned!(ty.span()=> <#ty as #trait_path>);
            code(member, field)
        });
        fields.collect()
    }
}
