//! Builds one operation: a method at a path.

use super::responses;
use super::responses::Refusals;
use serde_json::{Value, json};

/// An operation in the making.
pub(super) struct OperationBuilder {
    resource: String,
    action: String,
    text: String,
    parameters: Vec<Value>,
    body: Option<Value>,
    /// The status, and the response.
    done: Vec<(&'static str, Value)>,
    refusals: Refusals,
    is_public: bool,
}

impl OperationBuilder {
    /// One that reads.
    pub(super) fn reading(resource: &str, action: &str, text: &str, done: Value) -> Self {
        Self {
            resource: resource.to_owned(),
            action: action.to_owned(),
            text: text.to_owned(),
            parameters: vec![super::component("parameters", "traceparent")],
            body: None,
            done: vec![("200", done)],
            refusals: Refusals::default(),
            is_public: false,
        }
    }

    /// One that writes, or may.
    pub(super) fn writing(resource: &str, action: &str, text: &str, done: Value) -> Self {
        let refusals = Refusals {
            has_body: true,
            is_of_one: true,
            writes: true,
            ..Refusals::default()
        };
        let operation = Self {
            refusals,
            ..Self::reading(resource, action, text, done)
        };
        operation.with(super::component("parameters", "Idempotency-Key"))
    }

    /// One that creates a record.
    pub(super) fn creating(self) -> Self {
        let done = self
            .done
            .into_iter()
            .map(|(_, done)| ("201", responses::located(done)));
        Self {
            done: done.collect(),
            ..self
        }
    }

    /// On something that may not be there.
    pub(super) fn of_one(mut self) -> Self {
        self.refusals.is_of_one = true;
        self
    }

    /// On one record whose revision may be asked for.
    pub(super) fn of_revision(mut self, keeps_rev: bool) -> Self {
        if keeps_rev {
            self.refusals.has_revision = true;
            self.parameters
                .push(super::component("parameters", "If-Match"));
        }
        self
    }

    /// The reading of a record that may be known already.
    pub(super) fn unless_known(mut self, keeps_rev: bool) -> Self {
        if keeps_rev {
            self.parameters
                .push(super::component("parameters", "If-None-Match"));
            self.done.push(("304", responses::known()));
        }
        self
    }

    /// Adds the response of a subscription with server-sent events.
    pub(super) fn live(mut self, is_live: bool) -> Self {
        if is_live {
            self.parameters
                .push(super::component("parameters", "Last-Event-ID"));
            responses::stream(&mut self.done[0].1);
        }
        self
    }

    pub(super) fn with(mut self, parameter: Value) -> Self {
        self.parameters.push(parameter);
        self
    }

    pub(super) fn with_all(mut self, parameters: Vec<Value>) -> Self {
        self.parameters.extend(parameters);
        self
    }

    pub(super) fn body(mut self, body: Value) -> Self {
        self.refusals.has_body = true;
        self.body = Some(body);
        self
    }

    /// Sets whether the operation is available without authentication.
    pub(super) fn public(mut self, is_public: bool) -> Self {
        self.is_public = is_public;
        self
    }

    /// Returns the operation id, which generators use as a function name.
    pub(super) fn name(&self) -> String {
        format!("{}_{}", self.resource, self.action)
    }

    pub(super) fn write(self, id: &str, has_authenticator: bool) -> Value {
        let mut responses = self.refusals.write(has_authenticator);
        for (status, done) in self.done {
            responses[status] = done;
        }
        let mut written =
            json!({"operationId": id, "tags": [self.resource], "responses": responses});
        let summary = self.text.lines().next().unwrap_or_default();
        if !summary.is_empty() {
            written["summary"] = summary.into();
        }
        if summary != self.text {
            written["description"] = self.text.into();
        }
        // Those of the address come first.
        let (path, others): (Vec<_>, Vec<_>) = self
            .parameters
            .into_iter()
            .partition(|it| it["in"] == "path");
        let parameters: Vec<_> = path.into_iter().chain(others).collect();
        if !parameters.is_empty() {
            written["parameters"] = parameters.into();
        }
        if let Some(body) = self.body {
            written["requestBody"] = body;
        }
        if has_authenticator && self.is_public {
            written["security"] = json!([{}, {"bearer": []}]);
        }
        written
    }
}
