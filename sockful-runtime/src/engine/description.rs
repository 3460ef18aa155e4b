//! Builds the models and the description of the resources in a dispatch table.

use crate::core::error::Result;
use crate::engine::call::method::{Receiver, Remote};
use crate::engine::table::Resources;
use crate::model::resource_model::Model;
use crate::model::schema::description::{Description, MethodSchema};
use crate::model::schema::record;
use schemars::SchemaGenerator;
use schemars::generate::SchemaSettings;

/// Returns the model of each resource, in the order of the table, and the description of all of
/// them.
///
/// # Errors
///
/// An internal error if a default violates a rule of its property, or if no payload of a method
/// could be valid.
pub(crate) fn describe(resources: Resources) -> Result<(Vec<Model>, Description)> {
    let mut generator = SchemaSettings::draft2020_12().into_generator();
    let entries = resources.entries();
    let models: Vec<Model> = (0..)
        .zip(entries)
        .map(|(index, entry)| Model::new(&entry.shape, index, &mut generator))
        .collect();
    for (entry, model) in entries.iter().zip(&models) {
        model.check_defaults()?;
        for remote in entry.remotes {
            remote.check(model, &mut generator)?;
        }
    }
    let methods = |model: &Model, generator: &mut SchemaGenerator| {
        let remotes = entries[model.index].remotes.iter();
        remotes
            .map(|remote| method(remote, model, generator))
            .collect()
    };
    let description = Description::new(&models, methods, generator);
    Ok((models, description))
}

fn method(remote: &Remote, model: &Model, generator: &mut SchemaGenerator) -> MethodSchema {
    let described = remote.described(generator);
    let has_self = remote.receiver != Receiver::None;
    MethodSchema {
        name: remote.name,
        doc: remote.doc,
        payload: record::arguments(model, has_self, remote.parameters, &described, generator),
        result: (remote.result)(generator).to_value(),
    }
}
