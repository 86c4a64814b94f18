//! Words about what happened on the way: the loops that were entered and left, the states in which a function trapped, and
//! where accesses began.

use crate::claim::{Evaluation, Scope};
use crate::error::Error;
use crate::parse::Expr;
use crate::state::{State, any, integer};
use crate::term::{Op, Term};

impl Evaluation<'_, '_> {
    /// The value of such a word; `None` if it is not one.
    pub(crate) fn history(&mut self, word: &str, args: &[Expr]) -> Option<Result<Term, Error>> {
        match (word, args) {
            ("enters", [Expr::Number(number)]) => Some(Ok(self.enters(*number))),
            ("left", [Expr::Number(number), inner]) => Some(self.left(*number, inner)),
            ("fails", [Expr::Word(kind, _), inner]) => Some(self.fails(kind, inner)),
            ("wrap", [inner]) => Some(self.wrap(inner)),
            ("begins", [address]) => Some(self.begins(address)),
            _ => None,
        }
    }

    /// The loops of this number in the theorem's function.
    fn loops(&self, number: i128) -> Vec<(Term, Option<State>)> {
        let Scope { module, function, events, .. } = self.scope;
        let name = module.name_of(function);
        let name = name.strip_prefix("linmem.").unwrap_or(&name);
        let known = events.loops.iter().filter(|entered| entered.key.0 == name && entered.key.1 as i128 == number);
        known.map(|entered| (entered.path, entered.left.clone())).collect()
    }

    /// Whether a loop of the function is entered.
    fn enters(&mut self, number: i128) -> Term {
        let paths: Vec<Term> = self.loops(number).into_iter().map(|(path, _)| path).collect();
        any(self.pool, paths)
    }

    /// What an expression was when a loop ended. If it has not, this is a value of which nothing is known.
    fn left(&mut self, number: i128, inner: &Expr) -> Result<Term, Error> {
        let state = self.loops(number).into_iter().find_map(|(_, left)| left);
        let state = state.ok_or_else(|| Error::new(format!("loop {number} does not end")))?;
        let scope = Scope { now: &state, ..self.scope };
        Evaluation { pool: self.pool, scope, member: self.member }.term(inner)
    }

    /// Whether an expression is true in each state in which the function traps like this.
    fn fails(&mut self, kind: &str, inner: &Expr) -> Result<Term, Error> {
        let stops: Vec<State> =
            self.scope.events.stops.iter().filter(|(known, _)| known == kind).map(|(_, state)| state.clone()).collect();
        if stops.is_empty() {
            return Err(Error::new(format!("there is no {kind}")));
        }
        let mut all = self.pool.bool(true);
        for state in stops {
            let scope = Scope { now: &state, ..self.scope };
            let holds = Evaluation { pool: self.pool, scope, member: self.member }.truth(inner)?;
            let holds = self.pool.implies(state.path, holds);
            all = self.pool.and(all, holds);
        }
        Ok(all)
    }

    /// The number modulo 2^32.
    fn wrap(&mut self, inner: &Expr) -> Result<Term, Error> {
        let whole = self.integer(inner)?;
        let low = self.apply(Op::Extract(0, 32), &[whole]);
        Ok(integer(self.pool, low))
    }

    /// Whether an access is reached that begins at an address.
    fn begins(&mut self, address: &Expr) -> Result<Term, Error> {
        let address = self.integer(address)?;
        let mut paths = Vec::new();
        for access in self.scope.events.accesses.clone() {
            let here = self.pool.eq(access.address, address);
            paths.push(self.pool.and(access.path, here));
        }
        Ok(any(self.pool, paths))
    }
}
