//! The trait by which a client calls the remote methods of a block.

use super::tokens::{mixed, without_self};
use crate::model::{Block, Method, Parameter, Paths, Takes, conditions};
use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, format_ident, quote_spanned};
use syn::ext::IdentExt;
use syn::{Attribute, GenericArgument, PathArguments, ReturnType, Type};

/// `CreatureRemotes`, which whatever holds the records of `Creature` has. It asks nothing of `Creature`
/// and of the types of the methods, so that their mistakes are told once.
pub(super) fn remotes(block: &Block<'_>) -> Option<TokenStream> {
    let this = block.item.self_ty.to_token_stream();
    let resource = name(&block.item.self_ty)?;
    let private = &block.paths.rooted;
    let name = format_ident!("{}Remotes", resource.unraw(), span = resource.span());
    let doc = format!("The remote methods of `{resource}`, as a client calls them.");
    let methods = block
        .methods
        .iter()
        .map(|method| self::method(method, &block.paths, &this));
    Some(quote_spanned! {mixed()=>
        #[doc = #doc]
        #[allow(
            dead_code, deprecated, private_bounds, private_interfaces, unreachable_pub,
            unused_qualifications, clippy::too_many_arguments, clippy::wrong_self_convention,
        )]
        pub trait #name: #private::CallRemotes<#this> {
            #(#methods)*
        }
        #[allow(private_bounds, unused_qualifications)]
        impl<__C: #private::CallRemotes<#this>> #name for __C {}
    })
}

fn name(ty: &Type) -> Option<&Ident> {
    match ty {
        Type::Path(path) => Some(&path.path.segments.last()?.ident),
        _ => None,
    }
}

fn method(method: &Method<'_>, paths: &Paths, this: &TokenStream) -> TokenStream {
    let private = &paths.rooted;
    let (ident, action) = (method.ident, &method.name.text);
    let (conditions, docs) = (conditions(&method.item.attrs), docs(&method.item.attrs));
    let parameters: Vec<_> = method
        .parameters()
        .map(|parameter| (parameter, argument(parameter)))
        .collect();
    let is_taken = parameters.iter().any(|(_, argument)| argument == "id");
    let id = Ident::new(if is_taken { "of" } else { "id" }, Span::call_site());
    let (address, payload) = match method.takes {
        Takes::Nothing => (None, quote_spanned!(mixed()=> self.payload())),
        Takes::Ref | Takes::Mut => (
            Some(quote_spanned!(mixed()=> #id: impl ::core::convert::Into<Self::Id>,)),
            quote_spanned!(mixed()=> self.payload_to(#id.into())),
        ),
    };
    let declared = parameters.iter().map(|(parameter, argument)| {
        let ty = without_self(parameter.ty, this);
        if parameter.is_whole {
            quote_spanned!(mixed()=> #argument: impl #private::Argument<#ty>)
        } else {
            quote_spanned!(mixed()=> #argument: #ty)
        }
    });
    let given = parameters.iter().map(|(parameter, argument)| {
        let ty = without_self(parameter.ty, this);
        if parameter.is_whole {
            return quote_spanned!(mixed()=> .whole::<#ty>(&#argument));
        }
        let name = &parameter.name;
        let codec = if parameter.is_wide {
            quote_spanned!(mixed()=> #private::Wide::<#ty>::CODEC)
        } else {
            quote_spanned!(mixed()=> #private::Plain::<#ty>::CODEC)
        };
        quote_spanned!(mixed()=> .with(#name, &#codec, &#argument))
    });
    let result = result(method, this);
    quote_spanned! {mixed()=>
        #(#conditions)*
        #(#docs)*
        fn #ident(&self, #address #(#declared),*) -> #private::Call<#result, #private::Json> {
            use #private::Absent as _;
            self.send(#action, #payload #(#given)*)
        }
    }
}

/// What the argument is called: as the parameter, whose name a pattern may have given to something else.
fn argument(parameter: &Parameter<'_>) -> Ident {
    let name = if parameter.is_whole {
        "payload"
    } else {
        &parameter.name
    };
    let span = Span::call_site();
    syn::parse_str(name).unwrap_or_else(|_| Ident::new_raw(name, span))
}

fn docs(attributes: &[Attribute]) -> impl Iterator<Item = &Attribute> {
    attributes
        .iter()
        .filter(|attribute| attribute.path().is_ident("doc"))
}

/// What is in the `Result` that the method returns; else what it returns.
fn result(method: &Method<'_>, this: &TokenStream) -> TokenStream {
    let ReturnType::Type(_, ty) = &method.item.sig.output else {
        return quote_spanned!(mixed()=> ());
    };
    let inside = match &**ty {
        Type::Path(path) => path.path.segments.last(),
        _ => None,
    };
    let inside = inside.filter(|last| last.ident == "Result");
    let inside = inside.and_then(|last| match &last.arguments {
        PathArguments::AngleBracketed(arguments) => arguments.args.first(),
        _ => None,
    });
    match inside {
        Some(GenericArgument::Type(ty)) => without_self(ty, this),
        _ => without_self(ty, this),
    }
}
