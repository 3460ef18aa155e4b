//! Random HTTP requests: each gets one well-formed response.

use crate::support::{RawConnection, TestServer, for_random_values};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::Value;
use std::fmt::Write;

#[derive(Clone, Debug)]
struct RandomRequest {
    method: &'static str,
    address: String,
    headers: String,
    body: String,
}

/// One of these values, or random text.
fn one_of(known: &[&'static str]) -> impl Strategy<Value = String> + use<> {
    prop_oneof![
        12 => select(known.to_vec()).prop_map(str::to_owned),
        1 => ".{0,6}".prop_map(|text| encoded(&text)),
        // An encoding that no client uses.
        1 => "[!$&'()*+,;=:@%A-Fa-f0-9._~-]{0,8}",
    ]
}

/// A path, mostly one that exists.
fn path() -> impl Strategy<Value = String> {
    let resource = one_of(&["creature", "creature", "node", "note"]);
    let id = one_of(&["bob", "bob", "larry", "7", "$count", ""]);
    let method = one_of(&["feed", "describe", "rename", "weighNothing", "songs"]);
    let action = one_of(&[
        "greet", "find", "all", "count", "create", "get", "update", "save", "feed",
    ]);
    let system = one_of(&["schema", "ping", "commit", "changes", "authenticate"]);
    let below = (resource, id, method, action, system, 0..7_u8);
    below.prop_map(
        |(resource, id, method, action, system, which)| match which {
            0 => resource,
            1 => format!("{resource}/{id}"),
            2 => format!("{resource}/{id}/{method}"),
            3 => format!("{resource}/{action}"),
            4 => format!("creature/{id}"),
            5 => format!("sockful/{system}"),
            _ => format!("{resource}/{id}/{method}/{action}"),
        },
    )
}

fn value() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => select(vec!["bob", "dragon", "7", "-1.5", "true", "null", "id,life", "-life", "[{}]", "{}", "", "[", "1e999"])
            .prop_map(str::to_owned),
        1 => ".{0,8}",
    ]
}

fn parameter() -> impl Strategy<Value = String> {
    let names = [
        "id",
        "kind",
        "life",
        "mood",
        "weight",
        "tame",
        "tags",
        "secret",
        "amount",
        "name",
        "$sort",
        "$limit",
        "$skip",
        "$after",
        "$select",
        "$with",
        "$or",
        "$not",
        "$query",
        "$from",
        "life[$gte]",
        "kind[$in]",
        "kind[$prefix]",
        "life[$]",
        "[$ne]",
        "life[$gte",
        "x[$in][$in]",
    ];
    (select(names.to_vec()), value())
        .prop_map(|(name, value)| format!("{}={}", encoded(name), encoded(&value)))
}

fn body() -> impl Strategy<Value = String> {
    let json = [
        "{}",
        "null",
        "[]",
        "7",
        "{",
        "{\"id\":\"bob\"}",
        "{\"id\":\"larry\",\"life\":3}",
        "{\"life\":\"much\",\"wings\":2}",
        "{\"id\":\"a\",\"id\":\"b\"}",
        "{\"amount\":2}",
        "[[\"creature\",\"create\",{}]]",
        "{\"id\":[\"bob\",\"larry\"]}",
        "{\"name\":\"x\"},1,{}",
    ];
    prop_oneof![
        2 => Just(String::new()),
        5 => select(json.to_vec()).prop_map(str::to_owned),
        2 => vec(parameter(), 0..3).prop_map(|fields| fields.join("&")),
        1 => ".{0,20}",
    ]
}

fn headers() -> impl Strategy<Value = String> {
    let some = [
        "Content-Type: application/json",
        "Content-Type: application/x-www-form-urlencoded",
        "Content-Type: text/plain",
        "If-Match: \"1\"",
        "If-Match: *",
        "If-None-Match: *",
        "Idempotency-Key: 01a0c4c5-6c00-7000-8000-000000000000",
        "Idempotency-Key: x",
        "Origin: http://localhost",
        "Origin: https://evil.example.com",
        "Accept: text/html",
        "Authorization: Bearer x",
        "Cookie: a=b",
        "Last-Event-ID: 8-2f/9",
        "traceparent: \"\\",
    ];
    vec(select(some.to_vec()), 0..3)
        .prop_map(|lines| lines.into_iter().flat_map(|line| [line, "\r\n"]).collect())
}

fn random_request() -> impl Strategy<Value = RandomRequest> {
    let methods = vec![
        "GET", "GET", "GET", "POST", "POST", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS",
        "BREW",
    ];
    let parameters = prop_oneof![2 => Just(Vec::new()), 1 => vec(parameter(), 1..3)];
    (select(methods), path(), parameters, headers(), body()).prop_map(
        |(method, path, parameters, headers, body)| {
            let query = if parameters.is_empty() { "" } else { "?" };
            RandomRequest {
                method,
                address: format!("/api/{path}{query}{}", parameters.join("&")),
                headers,
                body,
            }
        },
    )
}

/// Encodes the bytes that a URL must not contain, and some that it may contain.
fn encoded(text: &str) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~$[]*".contains(&byte) {
            out.push(char::from(byte));
        } else {
            write!(out, "%{byte:02X}").expect("memory");
        }
    }
    out
}

#[test]
fn every_http_request_gets_one_valid_response() {
    let begin = async || {
        let server = TestServer::start_with(|config| {
            // The test sends more requests than the default rate allows.
            (
                config.request.max_request_rate,
                config.request.request_burst,
            ) = (u32::MAX, u32::MAX);
        })
        .await;
        let raw: RawConnection = server.raw_connection().await;
        (server, raw)
    };
    for_random_values(
        4_000,
        &random_request(),
        begin,
        async |(_server, raw), request| {
            let RandomRequest {
                method,
                address,
                headers,
                body,
            } = &request;
            let answer = raw
                .http(&format!("{method} {address}"), headers, body)
                .await;
            prop_assert!(answer.status < 500, "{:?}", answer);
            if *method == "HEAD" || matches!(answer.status, 204 | 304) {
                prop_assert_eq!(&answer.body, "");
                return Ok(());
            }
            if answer.header("content-type") == Some("text/plain; charset=utf-8") {
                let is_evil = headers.contains("evil");
                let is_two = headers.matches("Origin").count() > 1;
                prop_assert!(answer.status == 403 && (is_evil || is_two), "{:?}", answer);
                return Ok(());
            }
            let body: Value = answer.json();
            let is_done = answer.status < 300;
            prop_assert_eq!(body.get("ok").is_some(), is_done, "{:?}", answer);
            prop_assert_eq!(body.get("err").is_some(), !is_done, "{:?}", answer);
            prop_assert!(!answer.body.contains("hush"), "{:?}", answer);
            Ok(())
        },
    );
}
