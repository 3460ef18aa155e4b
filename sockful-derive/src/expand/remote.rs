//! The rows of remote methods.

use super::tokens::{ends, in_brackets, mixed, replace_self, value};
use super::{codec, hooks, policies, rules};
use crate::attributes::{hook_attribute, is_policy_attribute};
use crate::model::{
    Argument, Block, Method, Paths, Receiver, cfg_attributes, doc, without_attribute,
};
use proc_macro2::{Delimiter, Group, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::{Attribute, FnArg, ImplItem, ItemImpl, PatType, ReturnType, Visibility};

/// The block as the user wrote it, without what only we understand, and the table of its remotes.
pub(crate) fn remote(block: &Block<'_>) -> TokenStream {
    let item = self::block(block.item);
    let (imports, private) = (&block.paths.imports, &block.paths.private);
    let must = &block.paths.must;
    let this = block.item.self_ty.to_token_stream();
    let rows = block
        .methods
        .iter()
        .map(|method| row(method, &block.paths, &this));
    // A method with `self` asks for a resource itself; one error is enough.
    let with_self = block
        .methods
        .iter()
        .any(|method| method.receiver != Receiver::None);
    let resource = (!with_self).then(|| quote_spanned!(mixed()=> #must::resource::<#this>()));
    let table =
        quote_spanned!(mixed()=> const REMOTES: &'static [#private::Remote] = &[#(#rows),*];);
    let no_records = hooks::fallback(block);
    let (hooks, policies) = (hooks::table(block, &this), policies::table(block, &this));
    let rows = quote_spanned!(mixed()=> #table #hooks #policies);
    let implementation = implementation(block, rows);
    let client = client(block);
    quote_spanned! {mixed()=>
        #item
        #client
        #[allow(deprecated, unused_imports, unused_qualifications)]
        const _: () = {
            #imports
            use #must::{Plain as _, Somebody as _};
            #no_records
            #implementation
            #resource
        };
    }
}

#[cfg(feature = "client")]
fn client(block: &Block<'_>) -> Option<TokenStream> {
    super::client::remotes(block)
}

/// Whoever calls from elsewhere has the feature `client`.
#[cfg(not(feature = "client"))]
fn client(_: &Block<'_>) -> Option<TokenStream> {
    None
}

/// The implementation, shown at the type's name: there a second block for one type is told.
fn implementation(block: &Block<'_>, rows: TokenStream) -> TokenStream {
    let this = &block.item.self_ty;
    let (first, last) = ends(&this.to_token_stream());
    let private = Paths::private_at(first);
    let mut body = Group::new(Delimiter::Brace, rows);
    body.set_span(last);
    quote_spanned!(first=> #[automatically_derived] impl #private::Remotes for #this #body)
}

/// The block without our attributes.
pub(crate) fn block(item: &ItemImpl) -> TokenStream {
    let mut item = item.clone();
    item.attrs.push(syn::parse_quote! {
        #[allow(unreachable_pub, clippy::must_use_candidate)]
    });
    for item in &mut item.items {
        let ImplItem::Fn(method) = item else { continue };
        method.attrs = without_ours(&method.attrs, "remote");
        method
            .attrs
            .retain(|it| hook_attribute(it).is_none() && !is_policy_attribute(it));
        for input in &mut method.sig.inputs {
            let (FnArg::Typed(PatType { attrs, .. })
            | FnArg::Receiver(syn::Receiver { attrs, .. })) = input;
            *attrs = without_ours(attrs, "resource");
        }
        if matches!(method.vis, Visibility::Public(_)) {
            // `pub` says that it is remote, and its shape follows from that.
            method.attrs.push(syn::parse_quote! {
                #[allow(clippy::needless_pass_by_value, clippy::unused_async)]
            });
        }
    }
    item.into_token_stream()
}

/// The attributes without those called `name`, and without `#[payload]` wherever it stands.
fn without_ours(attributes: &[Attribute], name: &str) -> Vec<Attribute> {
    without_attribute(&without_attribute(attributes, name), "payload")
}

fn row(method: &Method<'_>, paths: &Paths, this: &TokenStream) -> TokenStream {
    let private = &paths.private;
    let conditions = cfg_attributes(&method.item.attrs);
    let (name, doc) = (&method.name.text, doc(&method.item.attrs));
    let takes = match method.receiver {
        Receiver::None => quote!(Nothing),
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
                takes: #private::Takes::#takes,
                parameters: &[#(#parameters),*],
                describe: |reader| _ = __take(reader),
                result: |generator| #result.schema(generator),
                timeout: #timeout,
                run: #run,
            }
        }
    }
}

/// The function that takes the arguments out of a payload.
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

/// The codec of the result, whose type only the compiler can tell.
fn result(method: &Method<'_>, this: &TokenStream) -> TokenStream {
    let ty = returned(method, this);
    let (first, last) = ends(&ty);
    let must = Paths::must_at(first);
    let of = quote_spanned!(last=> ::OF);
    let of = in_brackets(quote_spanned!(first=> #must::Returned::<#ty>#of), last);
    quote_spanned!(first=> #must::result #of)
}

fn returned(method: &Method<'_>, this: &TokenStream) -> TokenStream {
    match &method.item.sig.output {
        ReturnType::Type(_, ty) => replace_self(ty, this),
        ReturnType::Default => quote_spanned!(method.ident.span()=> ()),
    }
}

/// What a call does. A method that waits for nothing is called by a function of ours: a future that
/// is written out is a good part of what its row costs the compiler.
fn run(method: &Method<'_>, paths: &Paths, this: &TokenStream) -> TokenStream {
    if method.item.sig.asyncness.is_none() {
        return run_at_once(method, paths, this);
    }
    let body = body(method, paths, this);
    // A future that can't be sent is told at the method's name.
    let at_name = method.ident.span().resolved_at(mixed());
    let boxed = Paths::private_at(at_name);
    let run = quote_spanned!(at_name=> #boxed::Box::pin(async move #body));
    quote_spanned!(mixed()=> |call| #run)
}

fn run_at_once(method: &Method<'_>, paths: &Paths, this: &TokenStream) -> TokenStream {
    let private = &paths.private;
    let values = (0..method.parameters().count()).map(value);
    let values = quote_spanned!(mixed()=> (#(#values,)*));
    let told = told(method, &quote_spanned!(mixed()=> _call), paths, this);
    match method.receiver {
        Receiver::None => quote_spanned! {mixed()=>
            |call| #private::run(call, __take, |_call, #values| #told)
        },
        Receiver::Ref => quote_spanned! {mixed()=>
            |call| #private::run_ref::<#this, _>(call, __take, |record, _call, #values| #told)
        },
        Receiver::Mut => quote_spanned! {mixed()=>
            |call| #private::run_mut::<#this, _>(call, __take, |record, _call, #values| #told)
        },
    }
}

/// What an `async` method's call does, until no other writer came in between.
fn body(method: &Method<'_>, paths: &Paths, this: &TokenStream) -> TokenStream {
    let private = &paths.private;
    let values: Vec<_> = (0..method.parameters().count()).map(value).collect();
    let attempt = quote_spanned!(mixed()=> let mut attempt = #private::attempt::<#this>(call););
    let (attempt, load, end) = match method.receiver {
        Receiver::None => (
            None,
            quote_spanned!(mixed()=> call.begin().await?;),
            quote_spanned!(mixed()=> call.done(told)),
        ),
        Receiver::Ref => (
            Some(attempt),
            quote_spanned!(mixed()=> let record = &attempt.load().await?;),
            quote_spanned!(mixed()=> attempt.done(told)),
        ),
        Receiver::Mut => (
            Some(attempt),
            quote_spanned!(mixed()=> let record = &mut attempt.load().await?;),
            quote_spanned!(mixed()=> attempt.store(record, told)),
        ),
    };
    let told = told(method, &quote_spanned!(mixed()=> call), paths, this);
    quote_spanned! {mixed()=> {
        #attempt
        loop {
            #load
            let (#(#values,)*) = call.arguments(__take)?;
            let told = #told?;
            if let #private::Some(reply) = #end.await {
                return reply;
            }
        }
    }}
}

/// The call itself, up to the result that is told or the error that there is instead.
fn told(method: &Method<'_>, call: &TokenStream, paths: &Paths, this: &TokenStream) -> TokenStream {
    let ident = method.ident;
    let receiver = match method.receiver {
        Receiver::None => None,
        Receiver::Ref | Receiver::Mut => Some(quote_spanned!(mixed()=> record,)),
    };
    let mut values = (0..).map(value);
    let arguments = method.arguments.iter().map(|argument| match argument {
        Argument::Borrowed { ty } => {
            let ty = replace_self(ty, this);
            let must = &paths.must;
            quote_spanned!(mixed()=> #must::context::<#ty>(#call.context()))
        }
        Argument::Owned(_) => values
            .next()
            .map(ToTokens::into_token_stream)
            .unwrap_or_default(),
    });
    let waited = method
        .item
        .sig
        .asyncness
        .map(|_| quote_spanned!(mixed()=> .await));
    // An error that can't be told is told at the type that has it.
    let (first, last) = ends(&returned_or_name(method));
    let must = Paths::must_at(first);
    let outcome = quote_spanned!(mixed()=> (<#this>::#ident(#receiver #(#arguments),*) #waited));
    let codec = result(method, this);
    let outcome = quote_spanned!(last=> &#codec, #must::Returned #outcome.split());
    let outcome = in_brackets(outcome, last);
    quote_spanned!(first=> #must::told #outcome)
}

fn returned_or_name(method: &Method<'_>) -> TokenStream {
    match &method.item.sig.output {
        ReturnType::Type(_, ty) => ty.to_token_stream(),
        ReturnType::Default => method.ident.to_token_stream(),
    }
}
