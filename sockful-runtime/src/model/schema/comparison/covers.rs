//! Checks that one schema accepts every value that another accepts.

mod object;

use super::arms::{Arm, arms};
use super::gap::{Direction, Gap, StepBudget};
use super::keywords::{Keywords, KeywordsId, equal};
use super::limits;
use serde_json::Value;
use std::collections::HashMap;

/// The maximum nesting of schemas.
const MAX_DEPTH: u32 = 128;

/// Checks whether schemas of one document are covered by schemas of another.
pub(super) struct Covers<'a, 'w> {
    sub_in: &'a Value,
    over_in: &'a Value,
    pub(super) direction: Direction,
    pub(super) work: &'w mut StepBudget,
    depth: u32,
    /// The results for pairs of objects, by their schemas. `None` while a pair is being compared: a
    /// recursive type is assumed to be covered unless a difference is found elsewhere.
    known: HashMap<[KeywordsId; 2], Option<String>>,
}

impl<'a, 'w> Covers<'a, 'w> {
    pub(super) fn new(
        sub_in: &'a Value,
        over_in: &'a Value,
        direction: Direction,
        work: &'w mut StepBudget,
    ) -> Self {
        Self {
            sub_in,
            over_in,
            direction,
            work,
            depth: 0,
            known: HashMap::new(),
        }
    }

    /// Checks that `over` accepts every value that `sub` accepts.
    pub(super) fn schema(&mut self, sub: &'a Value, over: &'a Value) -> Result<(), Gap> {
        self.work.spend(1)?;
        if is_compared_elsewhere(sub, over) {
            return Ok(());
        }
        if self.depth >= MAX_DEPTH {
            return Err(Gap::Fault("is nested too deeply to compare".to_owned()));
        }
        self.depth += 1;
        let covered = self.alternatives(sub, over);
        self.depth -= 1;
        covered
    }

    fn alternatives(&mut self, sub: &'a Value, over: &'a Value) -> Result<(), Gap> {
        let subs = arms(self.sub_in, sub, self.work)?;
        let overs = arms(self.over_in, over, self.work)?;
        for sub in &subs {
            let mut why = None;
            let mut is_covered = false;
            for over in &overs {
                self.work.spend(1)?;
                match self.arm(sub, over) {
                    Ok(()) => {
                        is_covered = true;
                        break;
                    }
                    // If several alternatives fail, the reason from the one of the same type is the
                    // most helpful.
                    Err(Gap::Differs(reason)) if why.is_none() || sub.name() == over.name() => {
                        why = Some(reason);
                    }
                    Err(Gap::Differs(_)) => {}
                    Err(fault) => return Err(fault),
                }
            }
            if !is_covered {
                let alone = overs.len() == 1 && subs.len() == 1;
                let same = overs
                    .iter()
                    .any(|over| over.name() == sub.name() && !sub.is_const());
                let why = why.filter(|_| alone || same);
                return Err(Gap::Differs(why.unwrap_or_else(|| self.unknown(sub))));
            }
        }
        Ok(())
    }

    fn unknown(&self, arm: &Arm<'_>) -> String {
        match self.direction {
            Direction::Received => format!("can now be {}", arm.to_text()),
            Direction::Sent | Direction::Exactly => format!("can no longer be {}", arm.to_text()),
        }
    }

    fn arm(&mut self, sub: &Arm<'a>, over: &Arm<'a>) -> Result<(), Gap> {
        let differs = |why: String| Err(Gap::Differs(why));
        match (sub, over) {
            (_, Arm::Any) => Ok(()),
            (Arm::Const(value), Arm::Const(over)) => {
                if equal(value, over, self.work)? {
                    Ok(())
                } else {
                    differs(self.unknown(sub))
                }
            }
            (Arm::Any, _) | (_, Arm::Const(_)) => differs(self.unknown(sub)),
            (Arm::Const(value), Arm::Typed(typed)) => {
                if self.direction != Direction::Exactly && limits::takes(typed, value, self.work)? {
                    Ok(())
                } else {
                    differs(self.unknown(sub))
                }
            }
            (Arm::Typed(one), Arm::Typed(other)) => {
                let is_whole = one.name == "integer" && other.name == "number";
                let is_wider = is_whole && self.direction != Direction::Exactly;
                if one.name != other.name && !is_wider {
                    let (one, other) = match self.direction {
                        Direction::Received => (other, one),
                        Direction::Sent | Direction::Exactly => (one, other),
                    };
                    return differs(format!("is now {}, was {}", other.to_text(), one.to_text()));
                }
                if self.direction != Direction::Received {
                    limits::check(one, other, self.work)?;
                }
                match one.name {
                    "object" => self.once([&one.keywords, &other.keywords], |it| {
                        object::check(it, &one.keywords, &other.keywords)
                    }),
                    "array" => object::check_items(self, &one.keywords, &other.keywords),
                    _ => Ok(()),
                }
            }
        }
    }

    /// Compares a pair once.
    fn once(
        &mut self,
        both: [&Keywords<'a>; 2],
        compare: impl FnOnce(&mut Self) -> Result<(), Gap>,
    ) -> Result<(), Gap> {
        let places = both.map(Keywords::id);
        self.work.spend(places[0].len() + places[1].len())?;
        match self.known.get(&places) {
            Some(None) => return Ok(()),
            Some(Some(why)) => return Err(Gap::Differs(why.clone())),
            None => {}
        }
        self.known.insert(places.clone(), None);
        let result = compare(self);
        if let Err(Gap::Differs(why)) = &result {
            // Results that were found meanwhile may depend on the assumption for this pair.
            self.work.spend(self.known.len() / 16)?;
            self.known.retain(|_, known| known.is_some());
            self.known.insert(places, Some(why.clone()));
        }
        result
    }
}

/// Returns whether both refer to the same part of a resource, which is compared separately.
fn is_compared_elsewhere<'a>(sub: &'a Value, over: &'a Value) -> bool {
    let reference = |schema: &'a Value| schema.get("$ref").and_then(Value::as_str);
    reference(sub).is_some_and(|to| to.starts_with("#/resources/") && reference(over) == Some(to))
}
