//! Maps an address and a method to a request.

use super::address::RestPath;
use crate::engine::app::App;
use crate::engine::call::method::Receiver;
use crate::engine::table::{Action, CoreAction, Route};
use crate::model::definition::{KeyKind, Parent, Relation};
use crate::model::key;
use crate::model::resource_model::Model;
use hyper::Method;

/// The methods that an address may support, in the order of `Allow`.
const METHODS: [Method; 5] = [
    Method::GET,
    Method::POST,
    Method::PUT,
    Method::PATCH,
    Method::DELETE,
];

/// A request without its parameters and its body.
#[derive(Debug)]
pub(super) struct RestTarget<'a> {
    pub(super) resource: String,
    pub(super) action: String,
    /// The properties from the path.
    pub(super) path_properties: Vec<PathProperty>,
    /// The resource whose properties the parameters refer to; `None` if parameters are not
    /// accepted.
    pub(super) query_model: Option<&'a Model>,
    /// The action that subscribes to the same result.
    pub(super) live: Option<&'static str>,
    /// The record that the request creates, if any.
    pub(super) creates: Option<Created<'a>>,
}

/// The record that a request creates, and its location relative to the request.
#[derive(Clone, Copy, Debug)]
pub(super) struct Created<'a> {
    pub(super) model: &'a Model,
    pub(super) place: CreatedPlace,
}

/// The location of a created record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CreatedPlace {
    /// Below the address of the request, which is that of a list.
    Below,
    /// Beside the address of the request, which names the action.
    Beside,
    /// In another resource: the record is created as a child.
    Child,
}

/// A property whose value is part of the path.
#[derive(Debug)]
pub(super) struct PathProperty {
    pub(super) name: &'static str,
    pub(super) kind: KeyKind,
    /// The value as JSON.
    pub(super) raw: String,
}

impl PathProperty {
    /// The property for a segment of a path.
    fn new(name: &'static str, kind: KeyKind, text: &str) -> Self {
        let is_number = |text: &&str| serde_json::from_str::<serde_json::Number>(text).is_ok();
        let raw = match kind {
            KeyKind::Integer => Some(text).filter(is_number).map(str::to_owned),
            KeyKind::Text | KeyKind::Uuid => None,
        };
        Self {
            name,
            kind,
            raw: raw.unwrap_or_else(|| serde_json::Value::from(text).to_string()),
        }
    }

    fn id(model: &Model, text: &str) -> Self {
        Self::new(model.id_name(), model.definition.key, text)
    }

    /// Whether `raw`, the value in the body, is the same value.
    pub(super) fn is_also(&self, raw: &str) -> bool {
        key::canonical(raw, self.kind).ok() == key::canonical(&self.raw, self.kind).ok()
    }
}

impl<'a> RestTarget<'a> {
    /// The request for a method at a path; `None` if the method is not supported there.
    pub(super) fn of(app: &'a App, place: &RestPath, method: &Method) -> Option<Self> {
        match place {
            RestPath::System { action } => Self::system(action, method),
            RestPath::All { resource } => match *method {
                Method::GET => Self::list(app, resource, "find"),
                Method::POST => {
                    let create = Self::core(app, resource, "create")?;
                    let creates = model(app, resource).map(|model| Created {
                        model,
                        place: CreatedPlace::Below,
                    });
                    Some(Self { creates, ..create })
                }
                _ => None,
            },
            RestPath::Count { resource } => match *method {
                Method::GET => Self::list(app, resource, "count"),
                _ => None,
            },
            RestPath::One { resource, id } => {
                if *method == Method::POST {
                    return Self::by_name(app, resource, id);
                }
                let model = model(app, resource)?;
                let action = match *method {
                    Method::GET => "get",
                    Method::PATCH => "update",
                    Method::PUT => "save",
                    Method::DELETE => "destroy",
                    _ => return None,
                };
                let one = Self::core(app, resource, action)?;
                let reads = *method == Method::GET;
                Some(Self {
                    path_properties: vec![PathProperty::id(model, id)],
                    query_model: reads.then_some(model),
                    live: reads
                        .then_some("subscribe")
                        .filter(|_| model.definition.serves("subscribe")),
                    ..one
                })
            }
            RestPath::Of { resource, id, name } => Self::member_of(app, resource, id, name, method),
            RestPath::Child {
                resource,
                id,
                name,
                child,
            } => Self::child(app, (resource, id), name, child, method),
        }
    }

    /// The methods that a path supports.
    pub(super) fn methods(app: &App, place: &RestPath) -> Vec<Method> {
        let is_one = |method: &Method| RestTarget::of(app, place, method).is_some();
        METHODS.into_iter().filter(is_one).collect()
    }

    fn new(resource: &str, action: &str) -> Self {
        Self {
            resource: resource.to_owned(),
            action: action.to_owned(),
            path_properties: Vec::new(),
            query_model: None,
            live: None,
            creates: None,
        }
    }

    fn system(action: &str, method: &Method) -> Option<Self> {
        let is_supported = match *method {
            Method::GET => matches!(action, "schema" | "ping"),
            Method::POST => matches!(action, "schema" | "ping" | "commit" | "changes"),
            _ => false,
        };
        is_supported.then(|| Self::new("sockful", action))
    }

    fn core(app: &App, resource: &str, action: &str) -> Option<Self> {
        app.resources.find(resource, action)?;
        Some(Self::new(resource, action))
    }

    fn list(app: &'a App, resource: &str, action: &str) -> Option<Self> {
        let (model, list) = (model(app, resource)?, Self::core(app, resource, action)?);
        let is_live = action == "find" && model.definition.serves("subscribe");
        Some(Self {
            query_model: Some(model),
            live: is_live.then_some("subscribe"),
            ..list
        })
    }

    /// An action by its name, except subscriptions, which need a persistent connection.
    fn by_name(app: &'a App, resource: &str, action: &str) -> Option<Self> {
        let route = app.resources.find(resource, action)?;
        let is_persistent = matches!(
            route.action,
            Action::Core(CoreAction::Subscribe | CoreAction::Unsubscribe)
                | Action::Relation(Relation::Subscribe, _)
        );
        let place = match route.action {
            Action::Core(CoreAction::Create) => Some(CreatedPlace::Beside),
            Action::Relation(Relation::Create, _) => Some(CreatedPlace::Child),
            _ => None,
        };
        let model = app.model(route.resource);
        (!is_persistent).then(|| Self {
            creates: place.map(|place| Created { model, place }),
            ..Self::new(resource, action)
        })
    }

    /// A method of a record, its children or its parent.
    fn member_of(
        app: &'a App,
        resource: &str,
        id: &str,
        name: &str,
        method: &Method,
    ) -> Option<Self> {
        let route = app.resources.find(resource, name)?;
        let of = app.model(route.resource);
        match (route.action, method) {
            (Action::Remote(remote), &Method::POST) if remote.receiver != Receiver::None => {
                Some(Self {
                    path_properties: vec![PathProperty::id(of, id)],
                    ..Self::new(resource, name)
                })
            }
            (Action::Relation(Relation::Parent, parent), &Method::GET) => {
                let link = app.relations.link(of.index, parent).ok()?;
                let parent = &app.models[link.to];
                parent.definition.serves("get").then(|| Self {
                    path_properties: vec![PathProperty::id(of, id)],
                    query_model: Some(parent),
                    ..Self::new(resource, name)
                })
            }
            (Action::Relation(Relation::List, parent), &Method::GET) => Some(Self {
                query_model: Some(of),
                live: served(app, resource, parent, Relation::Subscribe),
                ..Self::under(app, route, parent, resource, id, Relation::List)?
            }),
            (Action::Relation(Relation::List, parent), &Method::POST) => Some(Self {
                creates: Some(Created {
                    model: of,
                    place: CreatedPlace::Below,
                }),
                ..Self::under(app, route, parent, resource, id, Relation::Create)?
            }),
            _ => None,
        }
    }

    fn child(
        app: &'a App,
        (resource, id): (&str, &str),
        name: &str,
        child: &str,
        method: &Method,
    ) -> Option<Self> {
        let route = app.resources.find(resource, name)?;
        let Action::Relation(Relation::List, parent) = route.action else {
            return None;
        };
        let relation = match *method {
            Method::GET => Relation::Get,
            Method::PATCH => Relation::Update,
            Method::DELETE => Relation::Destroy,
            _ => return None,
        };
        let mut one = Self::under(app, route, parent, resource, id, relation)?;
        let model = app.model(route.resource);
        one.path_properties.push(PathProperty::id(model, child));
        one.query_model = (*method == Method::GET).then_some(model);
        Some(one)
    }

    /// A route of the relation from a record to its children.
    fn under(
        app: &App,
        route: &Route,
        parent: &'static Parent,
        resource: &str,
        id: &str,
        relation: Relation,
    ) -> Option<Self> {
        let action = served(app, resource, parent, relation)?;
        let child = app.model(route.resource);
        let link = app.relations.link(child.index, parent).ok()?;
        let of = &app.models[link.to];
        let name = child.definition.properties[parent.property].name;
        Some(Self {
            path_properties: vec![PathProperty::new(name, of.definition.key, id)],
            ..Self::new(resource, action)
        })
    }
}

/// The name of a relation's route if it is served.
fn served(
    app: &App,
    resource: &str,
    parent: &'static Parent,
    relation: Relation,
) -> Option<&'static str> {
    let name = parent.name(relation);
    app.resources.find(resource, name).map(|_| name)
}

fn model<'a>(app: &'a App, resource: &str) -> Option<&'a Model> {
    let at = app.resources.position(resource)?;
    app.models.get(at)
}
