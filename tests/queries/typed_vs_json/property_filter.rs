//! Filters on one property, with each operator that its type supports.

use super::random_query::QueryForms;
use super::{DEBTS, GOLD, LIVES, NAMES, Thing, ThingFields, WEIGHTS};
use serde::Serialize;
use serde_json::{Value, json};
use sockful::Field;
use sockful::query::{Like, Nullable, Ordered, Text};

const T: ThingFields = Thing::FIELDS;

/// A filter on one property, and all records.
pub(super) struct One<'a> {
    pub(super) things: &'a [Thing],
    pub(super) operator: u8,
    pub(super) values: &'a [usize],
}

impl One<'_> {
    /// Maps an operator that the property does not support to one that it supports.
    pub(super) fn forms(&self, property: u8) -> QueryForms {
        match property {
            0 => self.of_id(),
            1 => self.of_name(),
            2 => self.of_nick(),
            3 => self.of_life(),
            4 => self.of_weight(),
            5 => self.of_tame(),
            6 => self.of_gold(),
            _ => self.of_debt(),
        }
    }

    /// Selects values from a table.
    fn out_of<V: Clone>(&self, table: &[V]) -> Vec<V> {
        let values = self.values.iter();
        values.map(|at| table[at % table.len()].clone()).collect()
    }

    /// Selects values from a table or `None`.
    fn out_of_or_none<V: Clone>(&self, table: &[V]) -> Vec<Option<V>> {
        let values = self.values.iter();
        let values = values.map(|at| table.get(at % (table.len() + 1)).cloned());
        values.collect()
    }

    fn of_id(&self) -> QueryForms {
        let ids: Vec<u32> = self.out_of(&(0..60).collect::<Vec<_>>());
        match self.operator {
            0..=3 => self.order(T.id, "id", ids[0], |it| Some(it.id)),
            _ => self.equality(T.id, "id", &ids, |it, id| it.id == *id),
        }
    }

    fn of_name(&self) -> QueryForms {
        let names = self.out_of(&NAMES.map(str::to_owned));
        match self.operator {
            0..=3 => self.order(T.name, "name", names[0].clone(), |it| Some(it.name.clone())),
            4 => self.prefix(T.name, "name", &names[0], |it| Some(&it.name)),
            _ => self.equality(T.name, "name", &names, |it, name| it.name == *name),
        }
    }

    fn of_nick(&self) -> QueryForms {
        let (nick, nicks) = (
            &self.out_of(&NAMES)[0],
            self.out_of_or_none(&NAMES.map(str::to_owned)),
        );
        match self.operator {
            0..=3 => self.order(T.nick, "nick", (*nick).to_owned(), |it| it.nick.clone()),
            4 => self.prefix(T.nick, "nick", nick, |it| it.nick.as_deref()),
            5 => self.null(T.nick, "nick", |it| it.nick.is_none()),
            _ => self.equality(T.nick, "nick", &nicks, |it, nick| it.nick == *nick),
        }
    }

    fn of_life(&self) -> QueryForms {
        let lives = self.out_of(&LIVES);
        match self.operator {
            0..=3 => self.order(T.life, "life", lives[0], |it| Some(it.life)),
            _ => self.equality(T.life, "life", &lives, |it, life| it.life == *life),
        }
    }

    fn of_weight(&self) -> QueryForms {
        let (weight, weights) = (self.out_of(&WEIGHTS)[0], self.out_of_or_none(&WEIGHTS));
        match self.operator {
            0..=3 => self.order(T.weight, "weight", weight, |it| it.weight),
            4 => self.null(T.weight, "weight", |it| it.weight.is_none()),
            _ => self.equality(T.weight, "weight", &weights, |it, weight| {
                it.weight == *weight
            }),
        }
    }

    fn of_tame(&self) -> QueryForms {
        let tame = self.out_of(&[true, false]);
        self.equality(T.tame, "tame", &tame, |it, tame| it.tame == *tame)
    }

    fn of_gold(&self) -> QueryForms {
        let gold = self.out_of(&GOLD);
        let equals = |it: &Thing, gold: &u64| it.gold == *gold;
        self.equality_in(T.gold, "gold", &gold, equals, |gold| {
            json!(gold.to_string())
        })
    }

    fn of_debt(&self) -> QueryForms {
        let debts = self.out_of(&DEBTS);
        let equals = |it: &Thing, debt: &i128| it.debt == Some(*debt);
        match self.operator {
            4 => self.null(T.debt, "debt", |it| it.debt.is_none()),
            _ => self.equality_in(T.debt, "debt", &debts, equals, |debt| {
                json!(debt.to_string())
            }),
        }
    }

    fn equality<T, V: Like<T> + Clone + Serialize>(
        &self,
        field: Field<Thing, T>,
        name: &str,
        values: &[V],
        equals: impl Fn(&Thing, &V) -> bool,
    ) -> QueryForms {
        self.equality_in(field, name, values, equals, |value| json!(value))
    }

    /// Like the previous function, with values that `json` encodes.
    fn equality_in<T, V: Like<T> + Clone>(
        &self,
        field: Field<Thing, T>,
        name: &str,
        values: &[V],
        equals: impl Fn(&Thing, &V) -> bool,
        json: impl Fn(&V) -> Value,
    ) -> QueryForms {
        let (first, all) = (&values[0], || values.iter().cloned());
        let is = |thing: &Thing| equals(thing, first);
        let is_one = |thing: &Thing| values.iter().any(|value| equals(thing, value));
        let list = || values.iter().map(&json).collect::<Vec<_>>();
        let (filter, asks, holds): (_, _, Vec<bool>) = match self.operator % 4 {
            0 => (
                field.eq(first.clone()),
                json(first),
                self.things.iter().map(is).collect(),
            ),
            1 => (
                field.ne(first.clone()),
                json!({"$ne": json(first)}),
                self.things.iter().map(|thing| !is(thing)).collect(),
            ),
            2 => (
                field.one_of(all()),
                json!({"$in": list()}),
                self.things.iter().map(is_one).collect(),
            ),
            _ => (
                field.none_of(all()),
                json!({"$nin": list()}),
                self.things.iter().map(|thing| !is_one(thing)).collect(),
            ),
        };
        QueryForms {
            filter,
            json: json!({name: asks}),
            holds,
        }
    }

    fn order<T: Ordered, V: Like<T> + PartialOrd + Serialize>(
        &self,
        field: Field<Thing, T>,
        name: &str,
        value: V,
        of: impl Fn(&Thing) -> Option<V>,
    ) -> QueryForms {
        let (word, holds): (_, fn(&V, &V) -> bool) = match self.operator {
            0 => ("$gt", |one, other| one > other),
            1 => ("$gte", |one, other| one >= other),
            2 => ("$lt", |one, other| one < other),
            _ => ("$lte", |one, other| one <= other),
        };
        let values = self.things.iter().map(of);
        QueryForms {
            holds: values
                .map(|it| it.is_some_and(|it| holds(&it, &value)))
                .collect(),
            json: json!({name: {word: &value}}),
            filter: match self.operator {
                0 => field.gt(value),
                1 => field.gte(value),
                2 => field.lt(value),
                _ => field.lte(value),
            },
        }
    }

    fn prefix<'a, T: Text>(
        &'a self,
        field: Field<Thing, T>,
        name: &str,
        prefix: &str,
        of: impl Fn(&'a Thing) -> Option<&'a str>,
    ) -> QueryForms {
        let values = self.things.iter().map(of);
        QueryForms {
            filter: field.prefix(prefix),
            json: json!({name: {"$prefix": prefix}}),
            holds: values
                .map(|it| it.is_some_and(|it| it.starts_with(prefix)))
                .collect(),
        }
    }

    fn null<T: Nullable>(
        &self,
        field: Field<Thing, T>,
        name: &str,
        is_null: impl Fn(&Thing) -> bool,
    ) -> QueryForms {
        let is = self.values[0].is_multiple_of(2);
        QueryForms {
            filter: if is {
                field.is_null()
            } else {
                field.is_not_null()
            },
            json: json!({name: if is { Value::Null } else { json!({"$ne": null}) }}),
            holds: self
                .things
                .iter()
                .map(|thing| is_null(thing) == is)
                .collect(),
        }
    }
}
