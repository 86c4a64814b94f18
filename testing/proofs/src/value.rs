//! The values of terms: what an assignment of the variables makes of them.

pub use crate::operation::Value;
use crate::operation::apply;
use crate::term::{Node, Op, Pool, Sort, Term};
use std::collections::{BTreeMap, HashMap};

/// An assignment of variables. Those that are not assigned are zero.
pub type Assignment = HashMap<String, Value>;

/// Evaluates terms under an assignment.
pub struct Evaluator<'a> {
    pool: &'a Pool,
    assignment: &'a Assignment,
    known: HashMap<Term, Value>,
}

impl<'a> Evaluator<'a> {
    /// An evaluator for an assignment.
    pub fn new(pool: &'a Pool, assignment: &'a Assignment) -> Evaluator<'a> {
        Evaluator { pool, assignment, known: HashMap::new() }
    }

    /// The value of a term. Unknown functions are variables that their arguments name.
    pub fn value(&mut self, term: Term) -> Value {
        let mut pending = vec![term];
        while let Some(next) = pending.last().copied() {
            let args = match self.pool.node(next) {
                Node::Apply(_, args) | Node::Unknown(_, args) => &args[..],
                _ => &[],
            };
            let missing: Vec<Term> = args.iter().copied().filter(|arg| !self.known.contains_key(arg)).collect();
            if missing.is_empty() {
                let value = self.now(next);
                self.known.insert(next, value);
                pending.pop();
            } else {
                pending.extend(missing);
            }
        }
        self.known[&term].clone()
    }

    fn now(&self, term: Term) -> Value {
        let sort = self.pool.sort(term);
        let assigned = |name: &str| self.assignment.get(name).cloned().unwrap_or_else(|| zero(sort));
        match self.pool.node(term) {
            Node::Constant(Sort::Memory(_), _) => Value::Memory(BTreeMap::new()),
            Node::Constant(sort, value) => Value::Number(*sort, *value),
            Node::Variable(name) => assigned(name),
            // Of a value that depends on a whole memory, nothing is known.
            Node::Unknown(_, args) if args.iter().any(|arg| matches!(self.pool.sort(*arg), Sort::Memory(_))) => {
                zero(sort)
            }
            Node::Unknown(name, args) => {
                let args: Vec<u128> = args.iter().map(|arg| self.known[arg].number()).collect();
                assigned(&key(name, &args))
            }
            // A memory is not copied to read a byte.
            Node::Apply(Op::Select, args) => {
                let byte = match &self.known[&args[0]] {
                    Value::Memory(bytes) => bytes.get(&self.known[&args[1]].number()).copied(),
                    Value::Number(..) => None,
                };
                Value::Number(sort, byte.unwrap_or(0).into())
            }
            Node::Apply(op, args) => {
                let args: Vec<Value> = args.iter().map(|arg| self.known[arg].clone()).collect();
                apply(*op, &args).unwrap_or_else(|| panic!("{op:?} has operands of the wrong sort"))
            }
        }
    }
}

/// The name by which an assignment has the value of an unknown function.
pub(crate) fn key(function: &str, args: &[u128]) -> String {
    let args: Vec<String> = args.iter().map(u128::to_string).collect();
    format!("{function}({})", args.join(", "))
}

fn zero(sort: Sort) -> Value {
    match sort {
        Sort::Memory(_) => Value::Memory(BTreeMap::new()),
        sort => Value::Number(sort, 0),
    }
}
