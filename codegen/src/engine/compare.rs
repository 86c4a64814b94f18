//! Comparisons that a loop may depend on.

use crate::engine::tape::Position;
use crate::index::LocalIndex;

/// A number that a loop may be bounded by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Term {
    /// A constant.
    Constant(u32),
    /// What a local holds.
    Local(LocalIndex),
    /// The size of the packed segment that a local holds.
    Size(LocalIndex),
}

/// How two numbers compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Relation {
    Less,
    LessOrEqual,
    NotEqual,
    Equal,
    Greater,
    GreaterOrEqual,
}

impl Relation {
    /// What holds where this does not.
    pub(crate) fn negated(self) -> Relation {
        match self {
            Relation::Less => Relation::GreaterOrEqual,
            Relation::LessOrEqual => Relation::Greater,
            Relation::NotEqual => Relation::Equal,
            Relation::Equal => Relation::NotEqual,
            Relation::Greater => Relation::LessOrEqual,
            Relation::GreaterOrEqual => Relation::Less,
        }
    }

    /// The same with the numbers exchanged.
    fn swapped(self) -> Relation {
        match self {
            Relation::Less => Relation::Greater,
            Relation::LessOrEqual => Relation::GreaterOrEqual,
            Relation::Greater => Relation::Less,
            Relation::GreaterOrEqual => Relation::LessOrEqual,
            same @ (Relation::NotEqual | Relation::Equal) => same,
        }
    }
}

/// How the bits of two numbers are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sign {
    Signed,
    Unsigned,
}

/// A comparison of two numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Comparison {
    pub(crate) left: Term,
    pub(crate) right: Term,
    pub(crate) relation: Relation,
    pub(crate) sign: Sign,
    /// Where it is made: what it compares may be something else later.
    pub(crate) at: Position,
}

/// A comparison, by its number among those of the function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ComparisonId(u32);

/// The comparisons of a function that a loop may turn on.
#[derive(Debug, Default)]
pub(crate) struct Comparisons {
    all: Vec<Comparison>,
}

impl Comparisons {
    /// Adds one.
    pub(crate) fn add(&mut self, comparison: Comparison) -> ComparisonId {
        self.all.push(comparison);
        ComparisonId(self.all.len() as u32 - 1)
    }

    /// The comparison of a number.
    pub(crate) fn get(&self, id: ComparisonId) -> Option<Comparison> {
        self.all.get(id.0 as usize).copied()
    }
}

impl Comparison {
    /// The comparison that holds where this one does not.
    pub(crate) fn negated(self) -> Comparison {
        Comparison { relation: self.relation.negated(), ..self }
    }

    /// The comparison with an index on its left.
    pub(crate) fn of_index(self, index: LocalIndex) -> Option<Comparison> {
        match (self.left, self.right) {
            (Term::Local(local), _) if local == index => Some(self),
            (_, Term::Local(local)) if local == index => {
                Some(Comparison { left: self.right, right: self.left, relation: self.relation.swapped(), ..self })
            }
            _ => None,
        }
    }
}
