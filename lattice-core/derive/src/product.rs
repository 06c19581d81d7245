//! What a derive input must be: a struct, and where the traits live.

use syn::spanned::Spanned;
use syn::{Data, DeriveInput, Error, Generics, Ident, Member, Path, Result, Type, parse_quote};

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
        let lattice = crate_path(&input)?;
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
fn crate_path(input: &DeriveInput) -> Result<Path> {
    let mut path = parse_quote!(::lattice_core);
    for attribute in input
        .attrs
        .iter()
        .filter(|attribute| attribute.path().is_ident("lattice"))
    {
        attribute.parse_nested_meta(|meta| {
            if !meta.path.is_ident("crate") {
                return Err(meta.error("unknown key, expected `crate = path`"));
            }
            path = meta.value()?.call(Path::parse_mod_style)?;
            Ok(())
        })?;
    }
    Ok(path)
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
}
