//! Rules of a property as data, shared by validation and JSON Schema.

use sockful_formats::{Format, Pattern};

/// A rule for the values of a property. Null satisfies every rule except [`Check::Conform`].
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Rule {
    /// The condition.
    pub check: Check,
    /// The message for a value that violates the rule, instead of the default one.
    pub message: Option<&'static str>,
}

/// The condition of a rule.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Check {
    /// A number within these limits.
    Range(Limit, Limit),
    /// The number of characters of a string, items of an array, or entries of an object.
    Length(Limit, Limit),
    /// A string that matches the regular expression.
    Pattern(fn() -> &'static Pattern),
    /// A string of a well-known format.
    Format(Format),
    /// A value that a function accepts; the function is in the codec of the property.
    Conform,
    /// A value that `garde::Validate` accepts; the codec of the property calls it.
    Nested,
}

/// One end of a range.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Limit {
    /// Unlimited.
    None,
    /// Up to and including this number.
    Through(Bound),
    /// Up to but excluding this number.
    Below(Bound),
}

/// A number at the end of a range.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Bound {
    /// An integer.
    Int(i128),
    /// Any other number.
    Float(f64),
}

impl Rule {
    /// Creates a rule with the default message.
    #[must_use]
    pub const fn new(check: Check) -> Self {
        Self {
            check,
            message: None,
        }
    }

    /// Creates a rule for a number in a range; set the limits afterwards.
    #[must_use]
    pub const fn range() -> Self {
        Self::new(Check::Range(Limit::None, Limit::None))
    }

    /// Creates a rule for a length in a range; set the limits afterwards.
    #[must_use]
    pub const fn length() -> Self {
        Self::new(Check::Length(Limit::None, Limit::None))
    }

    /// Creates a rule for a string that matches the regular expression.
    #[must_use]
    pub const fn pattern(pattern: fn() -> &'static Pattern) -> Self {
        Self::new(Check::Pattern(pattern))
    }

    /// Creates a rule for a string of a well-known format.
    #[must_use]
    pub const fn format(format: Format) -> Self {
        Self::new(Check::Format(format))
    }

    /// Sets the inclusive lower limit.
    #[must_use]
    pub const fn from(self, from: i128) -> Self {
        self.from_bound(Bound::Int(from))
    }

    /// Sets the inclusive upper limit.
    #[must_use]
    pub const fn to(self, to: i128) -> Self {
        self.to_bound(Bound::Int(to))
    }

    /// Sets the exclusive upper limit.
    #[must_use]
    pub const fn below(self, below: i128) -> Self {
        self.below_bound(Bound::Int(below))
    }

    /// Sets the inclusive lower limit to any number.
    #[must_use]
    pub const fn from_bound(self, from: Bound) -> Self {
        let (_, to) = self.limits();
        self.limited(Limit::Through(from), to)
    }

    /// Sets the inclusive upper limit to any number.
    #[must_use]
    pub const fn to_bound(self, to: Bound) -> Self {
        let (from, _) = self.limits();
        self.limited(from, Limit::Through(to))
    }

    /// Sets the exclusive upper limit to any number.
    #[must_use]
    pub const fn below_bound(self, below: Bound) -> Self {
        let (from, _) = self.limits();
        self.limited(from, Limit::Below(below))
    }

    const fn limits(&self) -> (Limit, Limit) {
        match self.check {
            Check::Range(from, to) | Check::Length(from, to) => (from, to),
            _ => (Limit::None, Limit::None),
        }
    }

    /// Replaces the limits of a rule, if its kind has limits.
    const fn limited(mut self, from: Limit, to: Limit) -> Self {
        self.check = match self.check {
            Check::Range(..) => Check::Range(from, to),
            Check::Length(..) => Check::Length(from, to),
            other => other,
        };
        self
    }

    /// Returns whether no number is within the limits. The macros call this in constant evaluation.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        match self.limits() {
            (Limit::Through(Bound::Int(from)), Limit::Through(Bound::Int(to))) => from > to,
            (Limit::Through(Bound::Int(from)), Limit::Below(Bound::Int(to))) => from >= to,
            (Limit::Through(from), Limit::Through(to)) => from.float() > to.float(),
            (Limit::Through(from), Limit::Below(to)) => from.float() >= to.float(),
            _ => false,
        }
    }

    /// Sets the message.
    #[must_use]
    pub const fn message(mut self, message: &'static str) -> Self {
        self.message = Some(message);
        self
    }

    /// Returns the name of the rule in attributes and in faults.
    pub const fn word(&self) -> &'static str {
        match self.check {
            Check::Range(..) => "range",
            Check::Length(..) => "length",
            Check::Pattern(_) => "pattern",
            Check::Format(_) => "format",
            Check::Conform => "conform",
            Check::Nested => "nested",
        }
    }
}

impl Bound {
    /// Converts a constant, given as integer and as float, into a bound.
    #[must_use]
    #[expect(
        clippy::cast_precision_loss,
        clippy::float_cmp,
        reason = "the comparison checks that both come from the same integer"
    )]
    pub const fn of(int: i128, float: f64) -> Self {
        if int as f64 == float {
            Self::Int(int)
        } else {
            Self::Float(float)
        }
    }

    /// Returns the nearest float.
    #[expect(
        clippy::cast_precision_loss,
        reason = "the nearest float is close enough"
    )]
    pub(crate) const fn float(self) -> f64 {
        match self {
            Self::Int(int) => int as f64,
            Self::Float(float) => float,
        }
    }
}
