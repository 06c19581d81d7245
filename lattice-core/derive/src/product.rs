//! What a derive input must be: a struct, and where the traits live.

use proc_macro2::TokenTree;
use syn::spanned::Spanned;
use syn::{
    Attribute, Data, DeriveInput, Error, Fields, Generics, Ident, LitStr, Member, Meta, Path,
    Result, Type, parse_quote,
};

/// A struct with its fields.
pub(crate) struct Product {
    pub(crate) name: Ident,
    pub(crate) generics: Generics,
    pub(crate) fields: Vec<(Member, Type)>,
    /// The path of the crate with the traits, for those who renamed it.
    pub(crate) lattice: Path,
}

impl TryFrom<DeriveInput> for Product {
    type Error = Error;

    fn try_from(input: DeriveInput) -> Result<Self> {
        let fields = match input.data {
            Data::Struct(data) => data.fields,
            Data::Enum(data) => {
                return Err(Error::new(
                    data.enum_token.span(),
                    "only structs can be derived: two different variants have no join of their own; \
                     say which is above which with `Cell`, `Conflict`, `Pair` or an impl by hand",
                ));
            }
            Data::Union(data) => {
                return Err(Error::new(
                    data.union_token.span(),
                    "only structs can be derived: a union does not say which of its fields to join",
                ));
            }
        };
        refuse_packed(&input.attrs)?;
        refuse_attributes_of(&fields)?;
        let lattice = crate_path(&input.attrs)?;
        let members: Vec<Member> = fields.members().collect();
        let types = fields.into_iter().map(|field| field.ty);
        Ok(Self {
            name: input.ident,
            generics: input.generics,
            fields: members.into_iter().zip(types).collect(),
            lattice,
        })
    }
}

/// `#[lattice(crate = path)]`, else `::lattice_core`.
fn crate_path(attributes: &[Attribute]) -> Result<Path> {
    let mut path = None;
    for attribute in attributes.iter().filter(|attribute| is_ours(attribute)) {
        attribute.parse_nested_meta(|meta| {
            if !meta.path.is_ident("crate") {
                return Err(meta.error("unknown key, expected `crate = path`"));
            }
            let value = meta.value()?;
            if value.peek(LitStr) {
                return Err(
                    value.error("expected a path without quotes, as in `crate = other::path`")
                );
            }
            if path.replace(value.call(Path::parse_mod_style)?).is_some() {
                return Err(meta.error("`crate` is given twice"));
            }
            Ok(())
        })?;
    }
    Ok(path.unwrap_or_else(|| parse_quote!(::lattice_core)))
}

fn is_ours(attribute: &Attribute) -> bool {
    attribute.path().is_ident("lattice")
}

/// The compiler lets a derive's attribute stand anywhere in the struct; here it would do nothing.
fn refuse_attributes_of(fields: &Fields) -> Result<()> {
    let attributes = fields.iter().flat_map(|field| &field.attrs);
    match attributes.into_iter().find(|attribute| is_ours(attribute)) {
        Some(attribute) => Err(Error::new_spanned(
            attribute,
            "`lattice` belongs on the struct: fields take no attributes",
        )),
        None => Ok(()),
    }
}

/// Joining borrows fields, and those of a packed struct may lie where no reference may point.
fn refuse_packed(attributes: &[Attribute]) -> Result<()> {
    let reprs = attributes
        .iter()
        .filter(|attribute| attribute.path().is_ident("repr"));
    for repr in reprs {
        // What `repr` may hold is the compiler's business, so all but `packed` is passed over.
        if let Meta::List(list) = &repr.meta
            && let Some(packed) = list.tokens.clone().into_iter().find(is_packed)
        {
            return Err(Error::new(
                packed.span(),
                "a packed struct cannot be derived: joining borrows its fields",
            ));
        }
    }
    Ok(())
}

fn is_packed(token: &TokenTree) -> bool {
    matches!(token, TokenTree::Ident(ident) if ident == "packed")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refuse(input: DeriveInput) -> String {
        Product::try_from(input)
            .err()
            .expect("must be refused")
            .to_string()
    }

    #[test]
    fn an_enum_is_refused_with_a_way_out() {
        let error = refuse(parse_quote! { enum Shape { Round, Square } });
        assert!(
            error.starts_with("only structs can be derived: two different variants"),
            "{error}"
        );
        assert!(error.contains("`Conflict`"), "{error}");
    }

    #[test]
    fn a_union_is_refused() {
        let error = refuse(parse_quote! { union Bits { float: f32, int: u32 } });
        assert!(
            error.contains("a union does not say which of its fields"),
            "{error}"
        );
    }

    #[test]
    fn an_unknown_key_is_refused() {
        let error = refuse(parse_quote! { #[lattice(krate = other)] struct Unit; });
        assert_eq!(error, "unknown key, expected `crate = path`");
    }

    #[test]
    fn packed_is_refused_beside_whatever_else_a_repr_holds() {
        let error = refuse(parse_quote! { #[repr(C, packed(2))] struct Header(bool); });
        assert_eq!(
            error,
            "a packed struct cannot be derived: joining borrows its fields"
        );
        let aligned: DeriveInput = parse_quote! { #[repr(C, align(8))] struct Header(bool); };
        assert!(Product::try_from(aligned).is_ok());
    }
}
