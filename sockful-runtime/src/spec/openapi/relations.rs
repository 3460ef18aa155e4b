//! `OpenAPI` operations of the routes that relations add to parents and children.

use super::operation::OperationBuilder;
use super::responses::{ResultExtras, done};
use super::{OpenApiDocument, address, bodies, conditions, parameters, records};
use crate::model::definition::Relation;
use crate::model::resource_model::Model;
use crate::spec::relation_routes::{RelationRoute, relations};
use serde_json::json;

/// Adds the routes of all relations at the addresses of `model`.
pub(super) fn add(document: &mut OpenApiDocument<'_>, model: &Model) {
    for found in relations(model, document.source.models) {
        add_route(document, model, &found);
    }
}

fn add_route(document: &mut OpenApiDocument<'_>, model: &Model, found: &RelationRoute<'_>) {
    let said = document.source.action(model.definition.name, found.name());
    let text = said["description"].as_str().unwrap_or_default();
    let of = RelationOperations {
        found,
        resource: model.definition.name,
        text,
    };
    match found.relation {
        Relation::Parent => of.parent(document),
        Relation::By => of.by(document),
        Relation::List => of.list(document),
        Relation::Create => of.create(document),
        Relation::Get => of.get(document),
        Relation::Update => of.update(document),
        Relation::Destroy => of.destroy(document),
        // It is the stream of the list.
        Relation::Subscribe => {}
    }
}

/// Adds the operations of one relation.
struct RelationOperations<'a> {
    found: &'a RelationRoute<'a>,
    /// The resource of the path.
    resource: &'static str,
    text: &'a str,
}

impl RelationOperations<'_> {
    fn name(&self) -> &'static str {
        self.found.name()
    }

    /// The property that holds the parent's id.
    fn property(&self) -> &'static str {
        let child = self.found.child.definition;
        child.properties[self.found.parent.property].name
    }

    /// The address of all children of one parent; `None` where they are not listed, so that the rest
    /// is reached by its name only.
    fn children(&self) -> Option<String> {
        let RelationRoute {
            parent, child, of, ..
        } = self.found;
        let one = address::below(&address::all(of), self.property());
        let is_there = child.definition.serves("find");
        is_there.then(|| address::of(&one, parent.name(Relation::List)))
    }

    fn reading(&self, done: serde_json::Value) -> OperationBuilder {
        let is_public = self.found.child.definition.public && self.found.of.definition.public;
        OperationBuilder::reading(self.resource, self.name(), self.text, done).public(is_public)
    }

    fn writing(&self, document: &OpenApiDocument<'_>, answer: &str) -> OperationBuilder {
        let child = self.found.child;
        let is_public = child.definition.public && self.found.of.definition.public;
        let written = records::written(document, child);
        let done = done(answer, &written, ResultExtras::Record(child.keeps_rev()));
        OperationBuilder::writing(self.resource, self.name(), self.text, done).public(is_public)
    }

    /// The operation with the ids of its address.
    fn under(&self, operation: OperationBuilder) -> OperationBuilder {
        operation.with(address::parameter(self.found.of, self.property()))
    }

    fn of_child(&self, operation: OperationBuilder) -> OperationBuilder {
        let child = self.found.child;
        self.under(operation)
            .with(address::parameter(child, child.id_name()))
    }

    fn parent(&self, document: &mut OpenApiDocument<'_>) {
        let (child, of) = (self.found.child, self.found.of);
        let one = done(
            "The parent.",
            &records::shown(of),
            ResultExtras::Record(of.keeps_rev()),
        );
        let get = self
            .reading(one)
            .with(address::parameter(child, child.id_name()))
            .with_all(parameters::shaping(document, of))
            .unless_known(of.keeps_rev())
            .of_one();
        document.add(&address::of(&address::one(child), self.name()), "get", get);
    }

    fn listed(&self) -> serde_json::Value {
        let list = json!({"type": "array", "items": records::shown(self.found.child)});
        done("The children.", &list, ResultExtras::List)
    }

    fn by(&self, document: &mut OpenApiDocument<'_>) {
        let (child, property) = (self.found.child, self.property());
        let mut query = document.schemas[&conditions::query_name(child)].clone();
        query["properties"][property] = records::id(self.found.of);
        query["required"] = json!([property]);
        let body = document.add_schema(&format!("{}.{}.body", self.resource, self.name()), query);
        let by = self
            .reading(self.listed())
            .of_one()
            .body(bodies::request(&body, true));
        document.add(&address::by_name(self.resource, self.name()), "post", by);
    }

    fn list(&self, document: &mut OpenApiDocument<'_>) {
        let child = self.found.child;
        let Some(children) = self.children() else {
            return;
        };
        let list = self
            .under(self.reading(self.listed()))
            .with_all(parameters::list(document, child, Some(self.property())))
            .live(child.definition.serves("subscribe"))
            .of_one();
        document.add(&children, "get", list);
    }

    fn create(&self, document: &mut OpenApiDocument<'_>) {
        let create = self.writing(document, "The new record.").creating();
        self.add_write(document, "post", create, &[self.property()]);
    }

    fn get(&self, document: &mut OpenApiDocument<'_>) {
        let child = self.found.child;
        let one = done(
            "The record.",
            &records::shown(child),
            ResultExtras::Record(child.keeps_rev()),
        );
        let Some(children) = self.children() else {
            return;
        };
        let get = self
            .of_child(self.reading(one))
            .with_all(parameters::shaping(document, child))
            .unless_known(child.keeps_rev())
            .of_one();
        document.add(&address::below(&children, child.id_name()), "get", get);
    }

    fn update(&self, document: &mut OpenApiDocument<'_>) {
        let said = [self.property(), self.found.child.id_name()];
        let update = self.writing(document, "The record after the update.");
        self.add_write(document, "patch", update, &said);
    }

    fn destroy(&self, document: &mut OpenApiDocument<'_>) {
        let said = [self.property(), self.found.child.id_name()];
        let destroy = self.writing(document, "The last state of the record.");
        self.add_write(document, "delete", destroy, &said);
    }

    /// Adds a write of which the address says these properties.
    fn add_write(
        &self,
        document: &mut OpenApiDocument<'_>,
        method: &str,
        write: OperationBuilder,
        said: &[&str],
    ) {
        let child = self.found.child;
        let payload = &document.source.action(self.resource, self.name())["payload"];
        let key = format!("{}.{}", self.resource, self.name());
        let mut whole = bodies::written(document, child, payload, &[]);
        if self.found.relation == Relation::Create {
            let created = &document.source.action(child.definition.name, "create")["payload"];
            whole = bodies::written(document, child, created, &[]);
            whole["properties"][self.property()] = records::id(self.found.of);
            bodies::require(&mut whole, self.property());
        }
        let body = bodies::minus(&whole, said);
        let payload = document.add_schema(&format!("{key}.payload"), whole);
        let Some(children) = self.children() else {
            let write = write.body(bodies::request(&payload, true));
            document.add(&address::by_name(self.resource, self.name()), "post", write);
            return;
        };
        let keeps_rev = child.keeps_rev();
        let (at, mut write) = if said.len() == 1 {
            (children, self.under(write))
        } else {
            let at = address::below(&children, child.id_name());
            (at, self.of_child(write).of_revision(keeps_rev))
        };
        if method != "delete" {
            let is_required = bodies::is_required(&body);
            let body = document.add_schema(&format!("{key}.body"), body);
            write = write.body(bodies::request(&body, is_required));
        }
        document.add(&at, method, write);
    }
}
