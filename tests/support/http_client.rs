//! A client that sends the frames of a test as HTTP requests.

use super::{HttpResponse, RawConnection};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Value};
use std::cell::Cell;

thread_local! {
    static ENABLED: Cell<bool> = const { Cell::new(false) };
}

/// Runs a test on this thread whose clients send their requests over HTTP.
pub(crate) fn with_http_clients(test: fn()) {
    ENABLED.set(true);
    test();
    ENABLED.set(false);
}

/// Whether clients on this thread send their requests over HTTP.
pub(super) fn is_enabled() -> bool {
    ENABLED.get()
}

/// An HTTP connection, and the description of the server.
pub(crate) struct HttpClient {
    raw: RawConnection,
    /// Headers of every request.
    headers: String,
    resources: Value,
}

/// An HTTP request.
struct Request {
    method: &'static str,
    address: String,
    body: Option<Value>,
}

impl HttpClient {
    pub(crate) async fn new(mut raw: RawConnection, headers: String) -> Self {
        let get = "GET /sockful/schema.json";
        let description = raw.http(get, &headers, "").await;
        let resources = match description.status {
            200 => description.json()["resources"].take(),
            _ => Value::Null,
        };
        Self {
            raw,
            headers,
            resources,
        }
    }

    /// Sends a frame as an HTTP request. Returns the response as a reply frame.
    pub(crate) async fn ask(&mut self, mut frame: Value) -> Value {
        let options = frame.get_mut(4).map_or(Value::Null, Value::take);
        let (resource, action) = (frame[0].as_str(), frame[1].as_str());
        let (resource, action) = (resource.expect("a name"), action.expect("a name"));
        let request = self.request(resource, action, &frame[2]);
        let mut headers = format!("Content-Type: application/json\r\n{}", self.headers);
        for (option, value) in options.as_object().into_iter().flatten() {
            let header = match option.as_str() {
                "key" => format!("Idempotency-Key: {}", value.as_str().expect("a UUID")),
                "if_rev" => format!("If-Match: \"{value}\""),
                _ => panic!("there is no header for {option}"),
            };
            headers.extend([header.as_str(), "\r\n"]);
        }
        let body = request
            .body
            .map_or_else(String::new, |body| body.to_string());
        let line = format!("{} {}", request.method, request.address);
        let response = self.raw.http(&line, &headers, &body).await;
        let payload = response.json();
        assert_status_matches(&response, &payload);
        frame[2] = payload;
        frame
    }

    /// Translates a frame into a request, to its REST route if there is one.
    fn request(&self, resource: &str, action: &str, payload: &Value) -> Request {
        let mut properties = payload.as_object().cloned().unwrap_or_default();
        let by_name = Request {
            method: "POST",
            address: format!("/api/{resource}/{action}"),
            body: Some(payload.clone()),
        };
        if !(payload.is_object() || payload.is_null()) {
            return by_name;
        }
        let described = &self.resources[resource];
        let id_name = described["actions"]["get"]["payload"]["required"][0].as_str();
        let id_name = id_name.unwrap_or("id");
        let all = format!("/api/{resource}");
        let with_body = |method, address, body| Request {
            method,
            address,
            body: Some(Value::Object(body)),
        };
        let read = |address: String, properties: &Map<String, Value>| Request {
            method: "GET",
            address: address + &query(properties),
            body: None,
        };
        match action {
            "create" => return with_body("POST", all, properties),
            "find" | "all" => return read(all, &properties),
            "count" => return read(all + "/$count", &properties),
            "schema" | "ping" if properties.is_empty() => {
                return read(by_name.address, &properties);
            }
            _ => {}
        }
        let description = described["actions"][action]["description"].as_str();
        let relation =
            description.and_then(|description| self.relation(resource, action, description));
        if let Some((list, parent)) = relation {
            let Some(of) = segment(properties.remove(&parent)) else {
                return by_name;
            };
            let list = format!("{all}/{of}/{list}");
            let is =
                |word: &str| description.is_some_and(|description| description.starts_with(word));
            if is("Lists") {
                return read(list, &properties);
            }
            if is("Creates") {
                return with_body("POST", list, properties);
            }
            let Some(id) = segment(properties.remove("id")) else {
                return by_name;
            };
            let one = format!("{list}/{id}");
            return match description {
                _ if is("Reads") => read(one, &properties),
                _ if is("Updates") => with_body("PATCH", one, properties),
                _ => with_body("DELETE", one, properties),
            };
        }
        // An id of the wrong type would be converted to the right type.
        let id_type = &described["record"]["properties"][id_name]["type"];
        let is_id = |id: &Value| id.is_i64() == (id_type == "integer");
        let Some(id) = segment(properties.remove(id_name).filter(is_id)) else {
            return by_name;
        };
        let one = format!("{all}/{id}");
        match action {
            "get" => read(one, &properties),
            "update" => with_body("PATCH", one, properties),
            "save" => with_body("PUT", one, properties),
            "destroy" => with_body("DELETE", one, properties),
            _ if description
                .is_some_and(|description| description.starts_with("Reads the parent of")) =>
            {
                read(format!("{one}/{action}"), &properties)
            }
            // A method without `self` has no record.
            _ if !described["actions"][action]["payload"]
                .to_string()
                .contains(&format!("\"{id_name}\"")) =>
            {
                by_name
            }
            _ => with_body("POST", format!("{one}/{action}"), properties),
        }
    }

    /// Returns the child list that an action belongs to, and the property with the parent's id.
    fn relation(
        &self,
        resource: &str,
        action: &str,
        description: &str,
    ) -> Option<(String, String)> {
        let child_actions = ["of one parent", "if it belongs to this parent"];
        // Actions of the child resource have no REST route.
        if !child_actions
            .iter()
            .any(|words| description.contains(words))
            || action.starts_with("by")
        {
            return None;
        }
        let actions = self.resources[resource]["actions"].as_object()?;
        let parent = parent_of(&actions[action])?;
        let list = actions.iter().find(|(name, action)| {
            let description = action["description"].as_str().unwrap_or_default();
            let is_list = description.starts_with("Lists")
                && description.contains("that match the conditions");
            is_list && !name.starts_with("by") && parent_of(action).as_deref() == Some(&*parent)
        });
        Some((list?.0.clone(), parent))
    }
}

/// Returns the property with the parent's id in the payload of a child action.
fn parent_of(action: &Value) -> Option<String> {
    let payload = &action["payload"];
    let own = payload
        .get("required")
        .or(payload.pointer("/allOf/1/required"))?;
    let names = own.as_array()?.iter().filter_map(Value::as_str);
    names.map(str::to_owned).find(|name| name != "id")
}

/// Encodes an id as a path segment. Returns `None` if the value is not an id.
fn segment(id: Option<Value>) -> Option<String> {
    let text = match id? {
        // A string that is valid JSON would be parsed as JSON.
        Value::String(text) if serde_json::from_str::<Value>(&text).is_err() => text,
        Value::Number(number) => number.to_string(),
        _ => return None,
    };
    Some(utf8_percent_encode(&text, NON_ALPHANUMERIC).to_string())
}

/// Encodes a query as URL parameters if all of its values are plain, otherwise as one `$query` parameter.
fn query(properties: &Map<String, Value>) -> String {
    if properties.is_empty() {
        return String::new();
    }
    let plain = properties
        .iter()
        .map(|(name, value)| Some((name.as_str(), parameter(name, value)?)));
    let plain: Option<Vec<_>> = plain.collect();
    let as_query = || vec![("$query", Value::from(properties.clone()).to_string())];
    let mut written = form_urlencoded::Serializer::new(String::from("?"));
    for (name, value) in plain.unwrap_or_else(as_query) {
        written.append_pair(name, &value);
    }
    written.finish().replacen("?&", "?", 1)
}

fn parameter(name: &str, value: &Value) -> Option<String> {
    match (name, value) {
        ("$limit" | "$skip", Value::Number(number)) => Some(number.to_string()),
        ("$after", Value::String(after)) => Some(after.clone()),
        ("$select" | "$with", Value::Array(list)) => words(list),
        // The type of the property is unknown, so only strings are encoded.
        (_, Value::String(text)) if serde_json::from_str::<Value>(text).is_err() => {
            (!name.starts_with('$')).then(|| text.clone())
        }
        _ => None,
    }
}

/// Joins words with commas. Returns `None` if one contains a comma.
fn words(list: &[Value]) -> Option<String> {
    let word = |word: &Value| {
        word.as_str()
            .filter(|word| !word.contains(','))
            .map(str::to_owned)
    };
    let words: Option<Vec<_>> = list.iter().map(word).collect();
    words
        .filter(|words| !words.is_empty())
        .map(|words| words.join(","))
}

/// Asserts that the status matches the error code of the payload.
fn assert_status_matches(response: &HttpResponse, payload: &Value) {
    let code = payload["err"]["code"].as_str();
    let expected: &[u16] = match code {
        None => &[200, 201],
        Some("bad_frame" | "invalid_query" | "too_many") => &[400],
        Some("unauthenticated") => &[401],
        Some("forbidden") => &[403],
        Some("not_found" | "unknown_resource") => &[404],
        Some("unknown_action") => &[404, 405],
        Some("conflict") => &[409, 412],
        Some("too_large") => &[413],
        Some("rate_limited") => &[429],
        Some("internal") => &[500],
        Some("unavailable") => &[503],
        Some("timeout") => &[504],
        Some(_) => &[422],
    };
    assert!(expected.contains(&response.status), "{response:?}");
}
