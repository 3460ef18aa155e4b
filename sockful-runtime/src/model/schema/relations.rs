//! Schemas of the actions that relations add to parents and children.

use super::record::{ObjectMember, object, record_member, written};
use crate::model::definition::{Parent, Relation};
use crate::model::resource_model::Model;
use serde_json::{Map, Value, json};

/// Adds the schemas to the `actions` of each resource in `resources`, which contains all served ones.
pub(super) fn add(models: &[Model], resources: &mut Map<String, Value>) {
    for child in models {
        for parent in child.definition.parents {
            let mut models = models.iter();
            let Some(of) = models.find(|model| model.definition.name == parent.of) else {
                continue;
            };
            for relation in Relation::ALL {
                let on = if relation.is_of_child() { child } else { of };
                let served = if relation == Relation::Parent {
                    of
                } else {
                    child
                };
                let actions = resources.get_mut(on.definition.name);
                let actions = actions.and_then(|resource| resource["actions"].as_object_mut());
                if let Some(actions) = actions.filter(|_| served.definition.serves(relation.core()))
                {
                    let name = parent.name(relation).to_owned();
                    actions.insert(name, action(child, of, parent, relation));
                }
            }
        }
    }
}

fn action(child: &Model, of: &Model, parent: &Parent, relation: Relation) -> Value {
    let (one, many) = (child.definition.name, child.definition.plural);
    let record =
        |model: &Model| json!({"$ref": format!("#/resources/{}/record", model.definition.name)});
    // The id of an existing parent, even if the property is optional.
    let parents_id = || ObjectMember {
        name: child.definition.properties[parent.property].name,
        ..record_member(of, of.definition.id)
    };
    let id = || record_member(child, child.definition.id);
    let shown = |members: &[ObjectMember]| {
        let mut payload = object("", "", members);
        for word in ["$select", "$with"] {
            payload["properties"][word] = json!({"type": "array", "items": {"type": "string"}});
        }
        payload
    };
    let (description, payload) = match relation {
        Relation::Parent => (format!("Reads the parent of a `{one}`."), shown(&[id()])),
        Relation::By | Relation::List => {
            let mut payload = object("", "", &[parents_id()]);
            payload["additionalProperties"] = true.into();
            (
                format!("Lists the `{many}` of one parent that match the conditions."),
                payload,
            )
        }
        Relation::Create => {
            let payload = json!({"$ref": format!("#/resources/{one}/actions/create/payload")});
            let mut its = object("", "", &[parents_id()]);
            its["additionalProperties"] = true.into();
            let payload = json!({"allOf": [payload, its]});
            (format!("Creates a `{one}` of one parent."), payload)
        }
        Relation::Get => (
            format!("Reads a `{one}` if it belongs to this parent."),
            shown(&[parents_id(), id()]),
        ),
        Relation::Update => {
            let mut members = written(child, true);
            members.retain(|member| member.name != parents_id().name);
            members.push(parents_id());
            let what =
                format!("Updates the given properties of a `{one}` if it belongs to this parent.");
            (what, object("", "", &members))
        }
        Relation::Subscribe => {
            let mut payload = object("", "", &[parents_id()]);
            payload["additionalProperties"] = true.into();
            let what =
                format!("Lists the `{many}` of one parent, then sends every change to them.");
            (what, payload)
        }
        Relation::Destroy => (
            format!("Destroys a `{one}` if it belongs to this parent, and returns its last state."),
            object("", "", &[parents_id(), id()]),
        ),
    };
    let result = match relation {
        Relation::Parent => record(of),
        Relation::Subscribe => {
            json!({"$ref": format!("#/resources/{one}/actions/subscribe/result")})
        }
        Relation::By | Relation::List => json!({"type": "array", "items": record(child)}),
        _ => record(child),
    };
    json!({"description": description, "payload": payload, "result": result})
}
