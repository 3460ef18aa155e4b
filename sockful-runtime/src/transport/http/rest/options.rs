//! Converts headers to the options of a frame.

use super::members::{ObjectWriter, text};
use crate::core::error::{Error, Fault, Result};
use hyper::header::{HeaderName, IF_MATCH, IF_NONE_MATCH};
use hyper::{HeaderMap, Method};

const KEY: HeaderName = HeaderName::from_static("idempotency-key");
const TRACE: HeaderName = HeaderName::from_static("traceparent");

/// The options of a request with this method.
///
/// # Errors
///
/// If a header is not a valid option. An unsupported condition must not be treated as met.
pub(super) fn of(headers: &HeaderMap, method: &Method) -> Result<String> {
    let (mut options, mut faults) = (ObjectWriter::default(), Vec::new());
    let mut refuse = |name: &HeaderName, rule, message| {
        faults.push(Fault::new(name.as_str(), rule, message));
    };
    match one(headers, &IF_MATCH) {
        None => {}
        // All other methods require the record to exist anyway.
        Some("*") if *method != Method::PUT => {}
        Some(tag) => match revision(tag) {
            Some(rev) => options.push("if_rev", rev),
            None => refuse(
                &IF_MATCH,
                "type",
                "is not a revision in quotes, such as \"12\"",
            ),
        },
    }
    if *method != Method::GET && headers.contains_key(IF_NONE_MATCH) {
        refuse(
            &IF_NONE_MATCH,
            "action",
            "is for reads only; to create a record, use POST",
        );
    }
    if let Some(key) = one(headers, &KEY) {
        options.push("key", &text(key.trim_matches('"')));
    }
    if let Some(trace) = one(headers, &TRACE) {
        options.push("traceparent", &text(trace));
    }
    if faults.is_empty() {
        Ok(options.to_json())
    } else {
        Err(Error::invalid(faults))
    }
}

/// The value of a header that may occur once; an empty string if it occurs more often or is not
/// text.
fn one<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    let mut values = headers.get_all(name).iter();
    let first = values.next()?.to_str().ok();
    Some(
        first
            .filter(|_| values.next().is_none())
            .unwrap_or_default(),
    )
}

/// The number in the entity tag of a record.
fn revision(tag: &str) -> Option<&str> {
    let number = tag.strip_prefix('"')?.strip_suffix('"')?;
    let is_plain = number.bytes().all(|byte| byte.is_ascii_digit()) && !number.is_empty();
    let is_short = number == "0" || !number.starts_with('0');
    (is_plain && is_short).then_some(number)
}
