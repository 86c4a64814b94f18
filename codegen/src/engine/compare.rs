//! Comparisons that may bound a loop.

use crate::engine::tape::Position;
use crate::index::LocalIndex;

/// An operand of a comparison that may bound a loop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Term {
    /// A constant.
    Constant(u32),
    /// The value of a local.
    Local(LocalIndex),
    /// The size of the packed segment that a local holds.
    Size(LocalIndex),
}

/// The relation of a comparison.
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
    /// Returns the relation that holds if and only if this one does not.
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

    /// Returns the relation with its operands exchanged.
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

/// Whether a comparison is signed or unsigned.
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
    /// The position of the comparison. The operands may change after it.
    pub(crate) at: Position,
    /// Whether a local is compared with 0 without an instruction that compares it.
    pub(crate) implicit: bool,
}

/// The index of a comparison among those of the function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ComparisonId(u32);

/// The comparisons of a function that may bound loops.
#[derive(Debug, Default)]
pub(crate) struct Comparisons {
    all: Vec<Comparison>,
}

impl Comparisons {
    /// Adds a comparison.
    pub(crate) fn add(&mut self, comparison: Comparison) -> ComparisonId {
        self.all.push(comparison);
        ComparisonId(self.all.len() as u32 - 1)
    }

    /// Returns the comparison with an index.
    pub(crate) fn get(&self, id: ComparisonId) -> Option<Comparison> {
        self.all.get(id.0 as usize).copied()
    }
}

impl Comparison {
    /// Returns the comparison that holds if and only if this one does not.
    pub(crate) fn negated(self) -> Comparison {
        Comparison { relation: self.relation.negated(), ..self }
    }

    /// Returns the comparison with `index` as its left operand, if one operand is `index`.
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
