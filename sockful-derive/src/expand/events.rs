//! Expands the events of a resource.

use super::tokens::{ends, mixed, replace_self};
use crate::model::{Event, Paths, Resource};
use proc_macro2::{Delimiter, Group, TokenStream};
use quote::{ToTokens, quote_spanned};

/// Expands a row for each event, if there are any.
pub(super) fn rows(resource: &Resource<'_>) -> Option<TokenStream> {
    if resource.events.is_empty() {
        return None;
    }
    let (private, this) = (&resource.paths.private, resource.ident.to_token_stream());
    let rows = resource.events.iter().map(|event| {
        let (name, doc, ty) = (&event.name.text, &event.doc, replace_self(event.ty, &this));
        quote_spanned!(mixed()=> #private::EventDef::of::<#ty>(#name, #doc))
    });
    Some(quote_spanned!(mixed()=> events: &[#(#rows),*],))
}

/// Expands the event of each type, with the span of the type, where an event of another resource is
/// reported. The checks report two events of one type; the first one counts.
pub(super) fn implementations(resource: &Resource<'_>) -> TokenStream {
    let events = resource.events.iter().enumerate();
    let events = events.filter(|(at, event)| {
        let mut earlier = resource.events[..*at].iter();
        !earlier.any(|that| that.type_name() == event.type_name())
    });
    let each = events.map(|(at, event)| implementation(at, event, resource));
    each.collect()
}

fn implementation(at: usize, event: &Event<'_>, resource: &Resource<'_>) -> TokenStream {
    let this = resource.ident.to_token_stream();
    let ty = replace_self(event.ty, &this);
    let (first, last) = ends(&event.ty.to_token_stream());
    let (private, bounds) = (Paths::private_at(first), Paths::bounds_at(first));
    let codec = quote_spanned!(first=> #bounds::event_data::<#ty>());
    let inside = quote_spanned! {first=>
        type Of = #this;
        const POSITION: usize = #at;
        const DATA: #private::Codec<Self> = #codec;
    };
    let mut body = Group::new(Delimiter::Brace, inside);
    body.set_span(last);
    quote_spanned!(first=> #[automatically_derived] impl #private::Event for #ty #body)
}
