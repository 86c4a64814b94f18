//! Terms over bit-vectors, Booleans and memories. Equal terms exist once, and constants are folded.

use crate::operation::{Value, apply};
use crate::sort::mask;
pub use crate::sort::{INTEGER, Op, Sort};
use std::collections::{HashMap, HashSet};

/// A term of a [`Pool`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Term(u32);

/// What a term is made of.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Node {
    /// A constant.
    Constant(Sort, u128),
    /// A variable.
    Variable(String),
    /// An operation.
    Apply(Op, Vec<Term>),
    /// A function of which nothing is known, except that it is one.
    Unknown(String, Vec<Term>),
}

/// All terms of a proof.
#[derive(Default)]
pub struct Pool {
    nodes: Vec<(Node, Sort)>,
    known: HashMap<Node, Term>,
    fresh: u32,
}

impl Pool {
    fn intern(&mut self, node: Node, sort: Sort) -> Term {
        if let Some(term) = self.known.get(&node) {
            return *term;
        }
        let term = Term(self.nodes.len() as u32);
        self.nodes.push((node.clone(), sort));
        self.known.insert(node, term);
        term
    }

    /// What a term is made of.
    pub fn node(&self, term: Term) -> &Node {
        &self.nodes[term.0 as usize].0
    }

    /// The sort of a term.
    pub fn sort(&self, term: Term) -> Sort {
        self.nodes[term.0 as usize].1
    }

    /// The width of a bit-vector.
    pub fn width(&self, term: Term) -> u32 {
        match self.sort(term) {
            Sort::Bits(width) => width,
            other => panic!("{other:?} is not a bit-vector"),
        }
    }

    /// A constant bit-vector; the value is truncated.
    pub fn bits(&mut self, width: u32, value: u128) -> Term {
        let sort = Sort::Bits(width);
        self.intern(Node::Constant(sort, value & mask(width)), sort)
    }

    /// A memory that consists of zeros.
    pub fn zeros(&mut self, sort: Sort) -> Term {
        self.intern(Node::Constant(sort, 0), sort)
    }

    /// A constant Boolean.
    pub fn bool(&mut self, value: bool) -> Term {
        self.intern(Node::Constant(Sort::Bool, u128::from(value)), Sort::Bool)
    }

    /// A variable of this name. Its sort is that of its first mention.
    pub fn variable(&mut self, name: &str, sort: Sort) -> Term {
        self.intern(Node::Variable(name.to_string()), sort)
    }

    /// A variable that no other term mentions.
    pub fn fresh(&mut self, name: &str, sort: Sort) -> Term {
        self.fresh += 1;
        let name = format!("{name}#{}", self.fresh);
        self.variable(&name, sort)
    }

    /// The result of a function of which nothing else is known.
    pub fn unknown(&mut self, name: &str, args: Vec<Term>, sort: Sort) -> Term {
        self.intern(Node::Unknown(name.to_string(), args), sort)
    }

    /// Whether terms have a part of this kind.
    pub fn mentions(&self, terms: impl IntoIterator<Item = Term>, is_meant: impl Fn(&Node) -> bool) -> bool {
        let mut seen = HashSet::new();
        let mut pending: Vec<Term> = terms.into_iter().collect();
        while let Some(term) = pending.pop() {
            if !seen.insert(term) {
                continue;
            }
            let node = self.node(term);
            if is_meant(node) {
                return true;
            }
            if let Node::Apply(_, args) | Node::Unknown(_, args) = node {
                pending.extend(args);
            }
        }
        false
    }

    /// The value of a constant.
    pub fn constant(&self, term: Term) -> Option<u128> {
        match self.node(term) {
            Node::Constant(_, value) => Some(*value),
            _ => None,
        }
    }

    /// An operation.
    pub fn apply(&mut self, op: Op, args: &[Term]) -> Term {
        let sort = self.sort_of(op, args);
        let constants: Option<Vec<Value>> = args
            .iter()
            .map(|arg| match self.node(*arg) {
                Node::Constant(Sort::Memory(_), _) => None,
                Node::Constant(sort, value) => Some(Value::Number(*sort, *value)),
                _ => None,
            })
            .collect();
        if let Some(Value::Number(sort, value)) = constants.and_then(|values| apply(op, &values)) {
            return self.intern(Node::Constant(sort, value), sort);
        }
        if let Some(simpler) = self.simplify(op, args) {
            return simpler;
        }
        self.intern(Node::Apply(op, args.to_vec()), sort)
    }

    fn sort_of(&self, op: Op, args: &[Term]) -> Sort {
        match op {
            Op::Not | Op::And | Op::Or | Op::Eq | Op::BvUlt | Op::BvUle | Op::BvSlt | Op::BvSle => Sort::Bool,
            Op::Ite => self.sort(args[1]),
            Op::Extract(_, width) | Op::ZeroExtend(width) | Op::SignExtend(width) => Sort::Bits(width),
            Op::Concat => Sort::Bits(self.width(args[0]) + self.width(args[1])),
            Op::Select => Sort::Bits(8),
            _ => self.sort(args[0]),
        }
    }

    /// Simplifications that keep the conditions of paths small.
    fn simplify(&mut self, op: Op, args: &[Term]) -> Option<Term> {
        let truth = |term: &Term| self.constant(*term).map(|value| value == 1);
        match (op, args) {
            (Op::And, [a, b]) => match (truth(a), truth(b)) {
                (Some(true), _) => Some(*b),
                (_, Some(true)) => Some(*a),
                (Some(false), _) | (_, Some(false)) => Some(self.bool(false)),
                _ if a == b => Some(*a),
                _ => None,
            },
            (Op::Or, [a, b]) => match (truth(a), truth(b)) {
                (Some(false), _) => Some(*b),
                (_, Some(false)) => Some(*a),
                (Some(true), _) | (_, Some(true)) => Some(self.bool(true)),
                _ if a == b => Some(*a),
                _ => self.rejoined(*a, *b),
            },
            (Op::Not, [a]) => match self.node(*a) {
                Node::Apply(Op::Not, inner) => Some(inner[0]),
                _ => None,
            },
            (Op::Ite, [condition, a, b]) => match truth(condition) {
                Some(true) => Some(*a),
                Some(false) => Some(*b),
                None if a == b => Some(*a),
                None => None,
            },
            (Op::Eq, [a, b]) if a == b => Some(self.bool(true)),
            (Op::ZeroExtend(width) | Op::SignExtend(width) | Op::Extract(0, width), [a]) if self.width(*a) == width => {
                Some(*a)
            }
            _ => None,
        }
    }

    /// The path on which the two arms of a condition meet again.
    fn rejoined(&self, a: Term, b: Term) -> Option<Term> {
        let (Node::Apply(Op::And, a), Node::Apply(Op::And, b)) = (self.node(a), self.node(b)) else { return None };
        let is_opposite = |x: Term, y: Term| matches!(self.node(x), Node::Apply(Op::Not, inner) if inner[0] == y);
        (a[0] == b[0] && (is_opposite(a[1], b[1]) || is_opposite(b[1], a[1]))).then_some(a[0])
    }

    /// Whether both hold.
    pub fn and(&mut self, a: Term, b: Term) -> Term {
        self.apply(Op::And, &[a, b])
    }

    /// Whether one of them holds.
    pub fn or(&mut self, a: Term, b: Term) -> Term {
        self.apply(Op::Or, &[a, b])
    }

    /// Whether it does not hold.
    pub fn not(&mut self, a: Term) -> Term {
        self.apply(Op::Not, &[a])
    }

    /// Whether the first implies the second.
    pub fn implies(&mut self, a: Term, b: Term) -> Term {
        let not = self.not(a);
        self.or(not, b)
    }

    /// Whether they are equal.
    pub fn eq(&mut self, a: Term, b: Term) -> Term {
        self.apply(Op::Eq, &[a, b])
    }

    /// The first term if the condition holds, else the second one.
    pub fn ite(&mut self, condition: Term, a: Term, b: Term) -> Term {
        self.apply(Op::Ite, &[condition, a, b])
    }

    /// Whether a bit-vector is not zero.
    pub fn is_true(&mut self, bits: Term) -> Term {
        if let Node::Apply(Op::Ite, args) = self.node(bits).clone() {
            match (self.constant(args[1]), self.constant(args[2])) {
                (Some(1..), Some(0)) => return args[0],
                (Some(0), Some(1..)) => return self.not(args[0]),
                _ => {}
            }
        }
        let zero = self.bits(self.width(bits), 0);
        let is_zero = self.eq(bits, zero);
        self.not(is_zero)
    }

    /// 1 or 0 of 32 bits.
    pub fn of_bool(&mut self, condition: Term) -> Term {
        let (one, zero) = (self.bits(32, 1), self.bits(32, 0));
        self.ite(condition, one, zero)
    }
}
