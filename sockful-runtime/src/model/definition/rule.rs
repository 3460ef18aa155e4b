//! Rules of a property as data, which validation and JSON Schema share.

use sockful_formats::{Format, Pattern};

/// What a value must keep to. A missing one, null on the wire, keeps to everything but [`Check::Conform`].
#[derive(Clone, Copy, Debug)]
pub struct Rule {
    /// What is asked.
    pub check: Check,
    /// What to say of a value that does not keep to it, in place of our own words.
    pub message: Option<&'static str>,
}

/// What a rule asks.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Check {
    /// A number from the one to the other.
    Range(Limit, Limit),
    /// So many characters of a string, items of an array, or entries of an object.
    Length(Limit, Limit),
    /// A string in which the regular expression is found.
    Pattern(fn() -> &'static Pattern),
    /// A string of a well-known form.
    Format(Format),
    /// What a function says of the value; the codec of the property has it.
    Conform,
    /// What the value says of itself by `garde::Validate`; the codec of the property has it.
    Nested,
}

/// Where a range begins or ends.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Limit {
    /// Nowhere.
    None,
    /// With this number.
    Through(Bound),
    /// Before this number.
    Below(Bound),
}

/// A number that a range has at its end.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Bound {
    /// A whole one.
    Int(i128),
    /// Any other.
    Float(f64),
}

impl Rule {
    /// A rule that tells of itself in our own words.
    #[must_use]
    pub const fn new(check: Check) -> Self {
        Self {
            check,
            message: None,
        }
    }

    /// A number, from and to where the limits behind it say.
    #[must_use]
    pub const fn range() -> Self {
        Self::new(Check::Range(Limit::None, Limit::None))
    }

    /// So many of whatever the value is made of, as the limits behind it say.
    #[must_use]
    pub const fn length() -> Self {
        Self::new(Check::Length(Limit::None, Limit::None))
    }

    /// A text in which the regular expression is found.
    #[must_use]
    pub const fn pattern(pattern: fn() -> &'static Pattern) -> Self {
        Self::new(Check::Pattern(pattern))
    }

    /// A text of a well-known form.
    #[must_use]
    pub const fn format(format: Format) -> Self {
        Self::new(Check::Format(format))
    }

    /// The same, beginning with this number.
    #[must_use]
    pub const fn from(self, from: i128) -> Self {
        self.from_bound(Bound::Int(from))
    }

    /// The same, ending with this number.
    #[must_use]
    pub const fn to(self, to: i128) -> Self {
        self.to_bound(Bound::Int(to))
    }

    /// The same, ending before this number.
    #[must_use]
    pub const fn below(self, below: i128) -> Self {
        self.below_bound(Bound::Int(below))
    }

    /// The same, beginning with any kind of number.
    #[must_use]
    pub const fn from_bound(self, from: Bound) -> Self {
        let (_, to) = self.limits();
        self.limited(Limit::Through(from), to)
    }

    /// The same, ending with any kind of number.
    #[must_use]
    pub const fn to_bound(self, to: Bound) -> Self {
        let (from, _) = self.limits();
        self.limited(from, Limit::Through(to))
    }

    /// The same, ending before any kind of number.
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

    /// The same with other limits, where it is of a kind that has some.
    const fn limited(mut self, from: Limit, to: Limit) -> Self {
        self.check = match self.check {
            Check::Range(..) => Check::Range(from, to),
            Check::Length(..) => Check::Length(from, to),
            other => other,
        };
        self
    }

    /// Whether its limits leave room for nothing, for the constants that only the compiler can compare.
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

    /// The same, with words of the user's.
    #[must_use]
    pub const fn message(mut self, message: &'static str) -> Self {
        self.message = Some(message);
        self
    }

    /// The word that it is written with, which clients are told.
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
    /// The bound that a constant is, given as both kinds of number.
    #[must_use]
    #[expect(
        clippy::cast_precision_loss,
        clippy::float_cmp,
        reason = "what is asked is whether the two came out of one whole number"
    )]
    pub const fn of(int: i128, float: f64) -> Self {
        if int as f64 == float {
            Self::Int(int)
        } else {
            Self::Float(float)
        }
    }

    /// The number, as near as a float can be.
    #[expect(clippy::cast_precision_loss, reason = "as near as a float can be")]
    pub(crate) const fn float(self) -> f64 {
        match self {
            Self::Int(int) => int as f64,
            Self::Float(float) => float,
        }
    }
}
