//! Expands an impl block and the table of its remote methods.

use super::tokens::{ends, mixed, parenthesize, replace_self, value};
use super::{client, codec, hooks, policies, rules};
use crate::attributes::{hook_attribute, is_policy_attribute};
use crate::model::{
    Argument, Block, Method, Paths, Receiver, cfg_attributes, doc, without_attribute,
};
use proc_macro2::{Delimiter, Group, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::{Attribute, FnArg, ImplItem, ItemImpl, PatType, ReturnType, Visibility};

/// Expands the block without our attributes, and its tables.
pub(crate) fn remote(block: &Block<'_>) -> TokenStream {
    let item = self::block(block.item);
    let (imports, private) = (&block.paths.imports, &block.paths.private);
    let bounds = &block.paths.bounds;
    let this = block.item.self_ty.to_token_stream();
    let rows = block
        .methods
        .iter()
        .map(|method| row(method, &block.paths, &this));
    // A method with `self` requires a resource itself; one error is enough.
    let with_self = block
        .methods
        .iter()
        .any(|method| method.receiver != Receiver::None);
    let resource = (!with_self).then(|| quote_spanned!(mixed()=> #bounds::resource::<#this>()));
    let table =
        quote_spanned!(mixed()=> const REMOTES: &'static [#private::Remote] = &[#(#rows),*];);
    let no_records = hooks::no_records_import(block);
    let (hooks, policies) = (hooks::table(block, &this), policies::table(block, &this));
    let rows = quote_spanned!(mixed()=> #table #hooks #policies);
    let implementation = implementation(block, rows);
    let client = client::remotes(block);
    let rooted = &block.paths.rooted;
    quote_spanned! {mixed()=>
        #item
        #client
        #rooted::server! {
            #[allow(deprecated, unused_imports, unused_qualifications)]
            const _: () = {
                #imports
                use #bounds::{InfallibleReturn as _, UserArgKind as _};
                #no_records
                #implementation
                #resource
            };
        }
    }
}

/// Expands the implementation with the span of the type, where a second block is reported.
fn implementation(block: &Block<'_>, rows: TokenStream) -> TokenStream {
    let this = &block.item.self_ty;
    let (first, last) = ends(&this.to_token_stream());
    let private = Paths::private_at(first);
    let mut body = Group::new(Delimiter::Brace, rows);
    body.set_span(last);
    quote_spanned! {first=>
        #[automatically_derived] impl #private::OnlyOneRemoteBlock for #this {}
        #[automatically_derived] impl #private::Remotes for #this #body
    }
}

/// Removes our attributes from the block.
pub(crate) fn block(item: &ItemImpl) -> TokenStream {
    let mut item = item.clone();
    item.attrs.push(syn::parse_quote! {
        #[allow(unreachable_pub, clippy::must_use_candidate)]
    });
    for item in &mut item.items {
        let ImplItem::Fn(method) = item else { continue };
        method.attrs = without_own_attributes(&method.attrs, "remote");
        let count = method.attrs.len();
        method
            .attrs
            .retain(|it| hook_attribute(it).is_none() && !is_policy_attribute(it));
        if method.attrs.len() < count {
            // Without the server it is not called.
            method.attrs.push(syn::parse_quote!(#[allow(dead_code)]));
        }
        for input in &mut method.sig.inputs {
            let (FnArg::Typed(PatType { attrs, .. })
            | FnArg::Receiver(syn::Receiver { attrs, .. })) = input;
            *attrs = without_own_attributes(attrs, "resource");
        }
        if matches!(method.vis, Visibility::Public(_)) {
            // A remote method is `pub` and takes values because clients call it.
            method.attrs.push(syn::parse_quote! {
                #[allow(dead_code, clippy::needless_pass_by_value, clippy::unused_async)]
            });
        }
    }
    item.into_token_stream()
}

/// Removes the attributes called `name` and `#[payload]`.
fn without_own_attributes(attributes: &[Attribute], name: &str) -> Vec<Attribute> {
    without_attribute(&without_attribute(attributes, name), "payload")
}

fn row(method: &Method<'_>, paths: &Paths, this: &TokenStream) -> TokenStream {
    let private = &paths.private;
    let conditions = cfg_attributes(&method.item.attrs);
    let (name, doc) = (&method.name.text, doc(&method.item.attrs));
    let receiver = match method.receiver {
        Receiver::None => quote!(None),
        Receiver::Ref => quote!(Ref),
        Receiver::Mut => quote!(Mut),
    };
    let parameters = method.parameters().map(|parameter| {
        if parameter.is_payload {
            return quote_spanned!(mixed()=> #private::Property::whole());
        }
        let name = &parameter.name;
        let wide = parameter.is_wide.then(|| quote_spanned!(mixed()=> .wide()));
        let row = quote_spanned!(mixed()=> #private::Property::new(#name, "") #wide);
        rules::of_property(row, &parameter.rules, paths, this)
    });
    let timeout = match method
        .timeout
        .map(|timeout| timeout.as_millis().try_into().unwrap_or(u64::MAX))
    {
        None => quote_spanned!(mixed()=> #private::None),
        Some(millis) => {
            let duration = quote_spanned!(mixed()=> ::core::time::Duration::from_millis(#millis));
            quote_spanned!(mixed()=> #private::Some(#duration))
        }
    };
    let take = take(method, paths, this);
    let result = result(method, this);
    let run = run(method, paths, this);
    quote_spanned! {mixed()=>
        #(#conditions)*
        {
            #take
            #private::Remote {
                name: #name,
                doc: #doc,
                receiver: #private::Receiver::#receiver,
                parameters: &[#(#parameters),*],
                describe: |reader| _ = __take(reader),
                result: |generator| #result.schema(generator),
                timeout: #timeout,
                run: #run,
            }
        }
    }
}

/// Expands the function that reads the arguments from a payload.
fn take(method: &Method<'_>, paths: &Paths, this: &TokenStream) -> TokenStream {
    let private = &paths.private;
    let types: Vec<_> = method
        .parameters()
        .map(|parameter| replace_self(parameter.ty, this))
        .collect();
    let codecs: Vec<_> = method
        .parameters()
        .map(|parameter| codec::of_parameter(parameter, paths, this))
        .collect();
    let values: Vec<_> = (0..types.len()).map(value).collect();
    quote_spanned! {mixed()=>
        fn __take(_reader: &mut #private::Reader<'_>) -> #private::Option<(#(#types,)*)> {
            #(let #values = _reader.next(&#codecs);)*
            #private::Some((#(#values?,)*))
        }
    }
}

/// Expands the codec of the result, whose type only the compiler knows.
fn result(method: &Method<'_>, this: &TokenStream) -> TokenStream {
    let ty = returned(method, this);
    let (first, last) = ends(&ty);
    let bounds = Paths::bounds_at(first);
    let of = quote_spanned!(last=> ::OUTPUT);
    let of = parenthesize(quote_spanned!(first=> #bounds::Returned::<#ty>#of), last);
    quote_spanned!(first=> #bounds::output #of)
}

fn returned(method: &Method<'_>, this: &TokenStream) -> TokenStream {
    match &method.item.sig.output {
        ReturnType::Type(_, ty) => replace_self(ty, this),
        ReturnType::Default => quote_spanned!(method.ident.span()=> ()),
    }
}

/// Expands the call. A method that is not `async` is called through a function of the runtime, because
/// an expanded future costs a large part of the row's compile time.
fn run(method: &Method<'_>, paths: &Paths, this: &TokenStream) -> TokenStream {
    if method.item.sig.asyncness.is_none() {
        return run_sync(method, paths, this);
    }
    let body = body(method, paths, this);
    // A future that is not `Send` is reported at the method's name.
    let at_name = method.ident.span().resolved_at(mixed());
    let private_at_name = Paths::private_at(at_name);
    let run = quote_spanned!(at_name=> #private_at_name::Box::pin(async move #body));
    quote_spanned!(mixed()=> |call| #run)
}

fn run_sync(method: &Method<'_>, paths: &Paths, this: &TokenStream) -> TokenStream {
    let private = &paths.private;
    let values = (0..method.parameters().count()).map(value);
    let values = quote_spanned!(mixed()=> (#(#values,)*));
    let call_result = call_result(method, &quote_spanned!(mixed()=> _call), paths, this);
    match method.receiver {
        Receiver::None => quote_spanned! {mixed()=>
            |call| #private::run(call, __take, |_call, #values| #call_result)
        },
        Receiver::Ref => quote_spanned! {mixed()=>
            |call| #private::run_ref::<#this, _>(call, __take, |record, _call, #values| #call_result)
        },
        Receiver::Mut => quote_spanned! {mixed()=>
            |call| #private::run_mut::<#this, _>(call, __take, |record, _call, #values| #call_result)
        },
    }
}

/// Expands an `async` call, which is repeated if another writer commits in between.
fn body(method: &Method<'_>, paths: &Paths, this: &TokenStream) -> TokenStream {
    let private = &paths.private;
    let values: Vec<_> = (0..method.parameters().count()).map(value).collect();
    let attempt = quote_spanned!(mixed()=> let mut attempt = #private::attempt::<#this>(call););
    let (attempt, load, end) = match method.receiver {
        Receiver::None => (
            None,
            quote_spanned!(mixed()=> call.begin().await?;),
            quote_spanned!(mixed()=> call.done(call_result)),
        ),
        Receiver::Ref => (
            Some(attempt),
            quote_spanned!(mixed()=> let record = &attempt.load().await?;),
            quote_spanned!(mixed()=> attempt.done(call_result)),
        ),
        Receiver::Mut => (
            Some(attempt),
            quote_spanned!(mixed()=> let record = &mut attempt.load().await?;),
            quote_spanned!(mixed()=> attempt.store(record, call_result)),
        ),
    };
    let call_result = call_result(method, &quote_spanned!(mixed()=> call), paths, this);
    quote_spanned! {mixed()=> {
        #attempt
        loop {
            #load
            let (#(#values,)*) = call.arguments(__take)?;
            let call_result = #call_result?;
            if let #private::Some(reply) = #end.await {
                return reply;
            }
        }
    }}
}

/// Expands the call of the method and the encoding of its result or error.
fn call_result(
    method: &Method<'_>,
    call: &TokenStream,
    paths: &Paths,
    this: &TokenStream,
) -> TokenStream {
    let ident = method.ident;
    let receiver = match method.receiver {
        Receiver::None => None,
        Receiver::Ref | Receiver::Mut => Some(quote_spanned!(mixed()=> record,)),
    };
    let mut values = (0..).map(value);
    let arguments = method.arguments.iter().map(|argument| match argument {
        Argument::Borrowed { ty } => {
            let ty = replace_self(ty, this);
            let bounds = &paths.bounds;
            quote_spanned!(mixed()=> #bounds::context::<#ty>(#call.context()))
        }
        Argument::Owned(_) => values
            .next()
            .map(ToTokens::into_token_stream)
            .unwrap_or_default(),
    });
    let awaited = method
        .item
        .sig
        .asyncness
        .map(|_| quote_spanned!(mixed()=> .await));
    // An error type without a conversion is reported at the type.
    let (first, last) = ends(&returned_or_name(method));
    let bounds = Paths::bounds_at(first);
    let outcome = quote_spanned!(mixed()=> (<#this>::#ident(#receiver #(#arguments),*) #awaited));
    let codec = result(method, this);
    let outcome = quote_spanned! {last=>
        &#codec, #bounds::Returned #outcome.into_result(), #call.max_reply()
    };
    let outcome = parenthesize(outcome, last);
    quote_spanned!(first=> #bounds::encode_output #outcome)
}

fn returned_or_name(method: &Method<'_>) -> TokenStream {
    match &method.item.sig.output {
        ReturnType::Type(_, ty) => ty.to_token_stream(),
        ReturnType::Default => method.ident.to_token_stream(),
    }
}
