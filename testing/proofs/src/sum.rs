//! What is assumed of sums, and what they mean in claims.

use crate::claim::{Evaluation, Scope};
use crate::error::Error;
use crate::parse::Expr;
use crate::state::integer;
use crate::sum_definition::Sum;
use crate::term::{INTEGER, Node, Op, Pool, Sort, Term};

/// The width of the function whose differences are sums: 2^32 summands of 7 bits have less.
const WIDTH: u32 = 40;

/// That sums grow by their summands at an index of 32 bits, which is not the last one.
pub(crate) fn steps(pool: &mut Pool, scope: Scope<'_>, at: Term) -> Result<Vec<Term>, Error> {
    let (at, one, last) = (normal(pool, at), pool.bits(32, 1), pool.bits(32, u128::MAX));
    let next = pool.apply(Op::BvAdd, &[at, one]);
    let next = normal(pool, next);
    let mut all = Vec::new();
    for (name, sum) in scope.sums {
        let summand = summand(pool, scope, sum, at)?;
        let summand = pool.apply(Op::Extract(0, WIDTH), &[summand]);
        let (before, after) = (below(pool, name, at), below(pool, name, next));
        let grown = pool.apply(Op::BvAdd, &[before, summand]);
        let (grows, is_last) = (pool.eq(after, grown), pool.eq(at, last));
        all.push(pool.or(is_last, grows));
    }
    Ok(all)
}

/// That the summands of all sums are as small as their lines say, at any index.
pub(crate) fn summands(pool: &mut Pool, scope: Scope<'_>) -> Result<Vec<(String, Term)>, Error> {
    let at = pool.variable("index", Sort::Bits(32));
    let mut all = Vec::new();
    for (name, sum) in scope.sums {
        let summand = summand(pool, scope, sum, at)?;
        let (none, most) = (pool.bits(INTEGER, 0), pool.bits(INTEGER, sum.most.into()));
        let (above, below) = (pool.apply(Op::BvSle, &[none, summand]), pool.apply(Op::BvSle, &[summand, most]));
        all.push((format!("each summand of {name} is at most {}", sum.most), pool.and(above, below)));
    }
    Ok(all)
}

fn summand(pool: &mut Pool, scope: Scope<'_>, sum: &Sum, at: Term) -> Result<Term, Error> {
    let at = integer(pool, at);
    let scope = Scope { now: scope.old, ..scope };
    Evaluation { pool, scope, member: Some((&sum.index, at)) }.integer(&sum.summand)
}

/// The function of a sum, at an index of 32 bits.
fn below(pool: &mut Pool, name: &str, at: Term) -> Term {
    pool.unknown(&format!("sum.{name}"), vec![at], Sort::Bits(WIDTH))
}

/// An index, as a term plus a constant.
fn normal(pool: &mut Pool, at: Term) -> Term {
    let (term, constant) = parts(pool, at);
    match term {
        None => constant,
        Some(term) if pool.constant(constant) == Some(0) => term,
        Some(term) => pool.apply(Op::BvAdd, &[term, constant]),
    }
}

/// The parts of a sum or of a difference, modulo 2^32: a term, if there is one, and a constant.
fn parts(pool: &mut Pool, at: Term) -> (Option<Term>, Term) {
    let zero = pool.bits(32, 0);
    match pool.node(at).clone() {
        Node::Constant(_, value) => (None, pool.bits(32, value)),
        Node::Apply(Op::ZeroExtend(_), args) if pool.width(args[0]) == 32 => parts(pool, args[0]),
        Node::Apply(op @ (Op::BvAdd | Op::BvSub), args) => {
            let ((a, b), (c, d)) = (parts(pool, args[0]), parts(pool, args[1]));
            let constant = pool.apply(op, &[b, d]);
            let term = match (a, c) {
                (a, None) => a,
                (None, Some(c)) if op == Op::BvAdd => Some(c),
                (a, Some(c)) => Some(pool.apply(op, &[a.unwrap_or(zero), c])),
            };
            (term, constant)
        }
        _ if pool.width(at) == 32 => (Some(at), zero),
        _ => (Some(pool.apply(Op::Extract(0, 32), &[at])), zero),
    }
}

impl Evaluation<'_, '_> {
    /// The value of a word about the elements of arrays; `None` if it is not one.
    pub(crate) fn sums(&mut self, word: &str, args: &[Expr]) -> Option<Result<Term, Error>> {
        match args {
            [at] if word == "step" => Some(self.step(at)),
            [array, at] if word == "element" => Some(self.element(array, at)),
            [from, to] => {
                let (name, sum) = self.scope.sums.get_key_value(word)?;
                Some(self.sum(name, sum, from, to))
            }
            _ => None,
        }
    }

    /// Assumes that sums grow by their summands at an index.
    fn step(&mut self, at: &Expr) -> Result<Term, Error> {
        let at = self.integer(at)?;
        let at = normal(self.pool, at);
        let steps = steps(self.pool, self.scope, at)?;
        self.scope.facts.borrow_mut().extend(steps);
        Ok(self.pool.bool(true))
    }

    /// An element, which is unsigned, before any function that is not executed is called.
    fn element(&mut self, array: &Expr, at: &Expr) -> Result<Term, Error> {
        let mut types = self.scope.module.elements.iter();
        let (Some((ty, (_, bits))), None) = (types.next(), types.next()) else {
            return Err(Error::new("the module does not have one array type"));
        };
        let (array, at) = (self.raw(array)?, self.integer(at)?);
        let at = normal(self.pool, at);
        let element = self.pool.unknown(&format!("element.{ty}@0"), vec![array, at], Sort::Bits(*bits));
        Ok(integer(self.pool, element))
    }

    /// The sum from an index up to another one.
    fn sum(&mut self, name: &str, sum: &Sum, from: &Expr, to: &Expr) -> Result<Term, Error> {
        let (from, to) = (self.integer(from)?, self.integer(to)?);
        let count = self.apply(Op::BvSub, &[to, from]);
        let (low, high) = (normal(self.pool, from), normal(self.pool, to));
        let (low, high) = (below(self.pool, name, low), below(self.pool, name, high));
        let value = self.apply(Op::BvSub, &[high, low]);
        let value = self.apply(Op::SignExtend(INTEGER), &[value]);
        let (none, each) = (self.pool.bits(INTEGER, 0), self.pool.bits(INTEGER, sum.most.into()));
        let most = self.apply(Op::BvMul, &[count, each]);
        let last = self.pool.bits(INTEGER, u32::MAX.into());
        let indices = [(none, from), (from, to), (to, last)].map(|(a, b)| self.apply(Op::BvSle, &[a, b]));
        let limits = [(none, value), (value, most)].map(|(a, b)| self.apply(Op::BvSle, &[a, b]));
        let holds = indices.into_iter().reduce(|a, b| self.pool.and(a, b));
        let limited = limits.into_iter().reduce(|a, b| self.pool.and(a, b));
        if let (Some(holds), Some(limited)) = (holds, limited) {
            let fact = self.pool.implies(holds, limited);
            self.scope.facts.borrow_mut().push(fact);
        }
        Ok(value)
    }
}
