//! The model of the list in `resources![…]`.

use super::syntax::Paths;
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::{Error, Path, Result, Token};

/// The resources that are served.
#[derive(Debug)]
pub(crate) struct List {
    pub(crate) paths: Paths,
    pub(crate) items: Vec<Item>,
}

/// A resource in the list.
#[derive(Debug)]
pub(crate) struct Item {
    pub(crate) path: Path,
    /// The path as written, for messages.
    pub(crate) path_text: String,
}

impl Parse for List {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let root = if input.peek(Token![crate]) && input.peek2(Token![=]) {
            input.parse::<Token![crate]>()?;
            input.parse::<Token![=]>()?;
            let root = Path::parse_mod_style(input)?;
            if !input.is_empty() {
                input.parse::<Token![,]>()?;
            }
            Some(root)
        } else {
            None
        };
        let items = Punctuated::<Item, Token![,]>::parse_terminated(input)?;
        Ok(Self {
            paths: Paths::under(root.as_ref()),
            items: items.into_iter().collect(),
        })
    }
}

impl Parse for Item {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let path = Path::parse_mod_style(input).map_err(|error| {
            Error::new(
                error.span(),
                "expected the name or the path of a resource, such as `Creature`",
            )
        })?;
        let segments: Vec<String> = path
            .segments
            .iter()
            .map(|segment| segment.ident.unraw().to_string())
            .collect();
        let root = if path.leading_colon.is_some() {
            "::"
        } else {
            ""
        };
        Ok(Self {
            path_text: format!("{root}{}", segments.join("::")),
            path,
        })
    }
}
