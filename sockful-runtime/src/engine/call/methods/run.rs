//! Runs non-`async` methods, again whenever another writer interferes.
//!
//! `#[remote]` generates the future of an `async` method in place, because only then the compiler
//! can report at the method why the future is not `Send`. Each of those futures is type-checked,
//! borrow-checked and checked for `Send` separately; the ones in this module only once.

use super::attempt;
use crate::core::error::Result;
use crate::engine::call::method::MethodCall;
use crate::model::reader::Reader;
use crate::model::resource::Resource;
use crate::protocol::reply::{EncodedOutput, Reply};
use futures_util::future::BoxFuture;

type TakeArguments<A> = fn(&mut Reader<'_>) -> Option<A>;

/// Calls a method without `self`.
pub fn run<'a, A: 'a>(
    call: &'a MethodCall<'a>,
    take: TakeArguments<A>,
    method: fn(&MethodCall<'_>, A) -> Result<EncodedOutput>,
) -> BoxFuture<'a, Reply> {
    Box::pin(async move {
        loop {
            call.begin().await?;
            let output = method(call, call.arguments(take)?)?;
            if let Some(reply) = call.done(output).await {
                return reply;
            }
        }
    })
}

/// Calls a method with `&self`.
pub fn run_ref<'a, R: Resource, A: 'a>(
    call: &'a MethodCall<'a>,
    take: TakeArguments<A>,
    method: fn(&R, &MethodCall<'_>, A) -> Result<EncodedOutput>,
) -> BoxFuture<'a, Reply> {
    Box::pin(async move {
        let mut attempt = attempt::<R>(call);
        loop {
            let record = attempt.load().await?;
            let output = method(&record, call, call.arguments(take)?)?;
            if let Some(reply) = attempt.done(output).await {
                return reply;
            }
        }
    })
}

/// Calls a method with `&mut self`.
pub fn run_mut<'a, R: Resource, A: 'a>(
    call: &'a MethodCall<'a>,
    take: TakeArguments<A>,
    method: fn(&mut R, &MethodCall<'_>, A) -> Result<EncodedOutput>,
) -> BoxFuture<'a, Reply> {
    Box::pin(async move {
        let mut attempt = attempt::<R>(call);
        loop {
            let mut record = attempt.load().await?;
            let output = method(&mut record, call, call.arguments(take)?)?;
            if let Some(reply) = attempt.store(&record, output).await {
                return reply;
            }
        }
    })
}
