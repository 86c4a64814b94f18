//! What claims mean: integers that do not wrap around, and truth values.

use crate::arithmetic::load;
use crate::error::Error;
use crate::module::Module;
use crate::parse::Expr;
use crate::state::{Events, State, any, integer};
use crate::sum_definition::Sums;
use crate::term::{INTEGER, Op, Pool, Sort, Term};
use std::cell::RefCell;
use std::collections::HashMap;

/// Where a claim is evaluated.
#[derive(Clone, Copy)]
pub struct Scope<'a> {
    /// The module.
    pub module: &'a Module<'a>,
    /// The function that the locals belong to.
    pub function: u32,
    /// The state that the claim is about.
    pub now: &'a State,
    /// The state when the theorem's function was entered: `old(...)`.
    pub old: &'a State,
    /// The state when the loop was entered: `entry(...)`.
    pub entry: Option<&'a State>,
    /// What has happened.
    pub events: &'a Events,
    /// The sets of addresses that a theorem speaks of.
    pub sets: &'a Sets,
    /// The sums that a theorem defines.
    pub sums: &'a Sums,
    /// What may be assumed, since the theorem says it of all members of a set.
    pub facts: &'a RefCell<Vec<Term>>,
}

/// Sets of addresses, by their names: a name for a member, and what is assumed of each member when the function is entered.
pub type Sets = HashMap<String, (String, Vec<Expr>)>;

/// Words about what has happened.
const EVENTS: [&str; 9] = ["traps", "calls", "writes", "elsewhere", "accesses", "inside", "within", "begins", "fails"];

/// Evaluates an expression.
pub fn evaluate(pool: &mut Pool, scope: Scope<'_>, expr: &Expr) -> Result<Term, Error> {
    Evaluation { pool, scope, member: None }.term(expr)
}

pub(crate) struct Evaluation<'a, 'b> {
    pub(crate) pool: &'a mut Pool,
    pub(crate) scope: Scope<'b>,
    /// The member of a set that is spoken of: its name and its address.
    pub(crate) member: Option<(&'b str, Term)>,
}

impl Evaluation<'_, '_> {
    fn number(&mut self, value: i128) -> Term {
        self.pool.bits(INTEGER, value as u128)
    }

    pub(crate) fn at<'c>(&'c mut self, scope: Scope<'c>) -> Evaluation<'c, 'c>
    where
        Self: 'c,
    {
        Evaluation { pool: self.pool, scope, member: self.member }
    }

    /// Whether an address is in a set, of which more is assumed if it is.
    fn is_member(&mut self, set: &str, address: &Expr) -> Result<Term, Error> {
        let address = self.integer(address)?;
        let is_member = self.pool.unknown(set, vec![address], Sort::Bool);
        if self.member.is_none()
            && let Some((name, exprs)) = self.scope.sets.get(set)
        {
            let scope = Scope { now: self.scope.old, ..self.scope };
            for expr in exprs {
                let holds = Evaluation { pool: self.pool, scope, member: Some((name, address)) }.term(expr)?;
                let holds = self.pool.implies(is_member, holds);
                self.scope.facts.borrow_mut().push(holds);
            }
        }
        Ok(is_member)
    }

    pub(crate) fn apply(&mut self, op: Op, args: &[Term]) -> Term {
        self.pool.apply(op, args)
    }

    /// A value as it is in the module, before it becomes an integer.
    pub(crate) fn raw(&mut self, expr: &Expr) -> Result<Term, Error> {
        let Scope { module, function, now, .. } = self.scope;
        match expr {
            Expr::Local(name) => {
                let names = module.local_names.get(&function);
                let by_name =
                    names.and_then(|names| names.iter().filter(|(_, known)| *known == name).map(|(at, _)| *at).min());
                let at = by_name.or_else(|| name.parse().ok());
                let local = at.and_then(|at| now.locals.get(at as usize).copied());
                local.ok_or_else(|| Error::new(format!("{} has no local ${name}", module.name_of(function))))
            }
            Expr::Global(name) => {
                let found = (0..module.globals.len()).find(|at| module.global_name(*at as u32) == *name);
                found.map(|at| now.globals[at]).ok_or_else(|| Error::new(format!("there is no global @{name}")))
            }
            Expr::Word(word, args) => match (&word[..], &args[..]) {
                ("old", [inner]) => {
                    let old = Scope { now: self.scope.old, ..self.scope };
                    self.at(old).raw(inner)
                }
                ("entry", [inner]) => {
                    let entry = self.scope.entry.ok_or_else(|| Error::new("`entry` is not in an invariant"))?;
                    let entry = Scope { now: entry, ..self.scope };
                    self.at(entry).raw(inner)
                }
                ("pages", []) => Ok(now.pages),
                // The value that a global begins with.
                ("initial", [Expr::Global(name)]) => {
                    let found = (0..module.globals.len()).find(|at| module.global_name(*at as u32) == *name);
                    let initial = found.and_then(|at| Some((module.globals[at].initial?, now.globals[at])));
                    let (value, global) = initial.ok_or_else(|| Error::new(format!("@{name} has no initial value")))?;
                    Ok(self.pool.bits(self.pool.width(global), value as u128))
                }
                ("word", [address]) => self.load(address, 4),
                ("long", [address]) => self.load(address, 8),
                ("argument", [Expr::Local(name), Expr::Number(at), rest @ ..]) => {
                    let calls: Vec<_> = self.scope.events.calls.iter().filter(|call| call.name == *name).collect();
                    let place = match rest {
                        [] if calls.len() < 2 => 0,
                        [Expr::Number(place)] => *place as usize,
                        _ => return Err(Error::new(format!("${name} is called in {} places", calls.len()))),
                    };
                    let arg = calls.get(place).and_then(|call| call.args.get(*at as usize).copied());
                    arg.ok_or_else(|| Error::new(format!("${name} is not called")))
                }
                (result, []) if result.strip_prefix('r').is_some_and(|at| at.parse::<usize>().is_ok()) => {
                    let at: usize = result[1..].parse().map_err(|_| Error::new("no result"))?;
                    now.stack.get(at).copied().ok_or_else(|| Error::new(format!("there is no result {result}")))
                }
                _ => Err(Error::new(format!("`{word}` is unknown"))),
            },
            _ => Err(Error::new("this is not a value of the module")),
        }
    }

    fn load(&mut self, address: &Expr, bytes: u32) -> Result<Term, Error> {
        let address = self.term(address)?;
        let Sort::Memory(width) = self.pool.sort(self.scope.now.memory) else {
            return Err(Error::new("there is no memory"));
        };
        let address = self.apply(Op::Extract(0, width), &[address]);
        Ok(load(self.pool, self.scope.now.memory, address, bytes))
    }

    /// An integer or a truth value.
    pub(crate) fn term(&mut self, expr: &Expr) -> Result<Term, Error> {
        match expr {
            Expr::Number(value) => Ok(self.number(*value)),
            Expr::Not(inner) => {
                let inner = self.truth(inner)?;
                Ok(self.pool.not(inner))
            }
            Expr::Binary(operator, operands) => self.binary(operator, &operands.0, &operands.1),
            Expr::Word(word, args) => self.word(word, args, expr),
            Expr::Local(name) if self.member.is_some_and(|(member, _)| member == name) => {
                self.member.map(|(_, address)| address).ok_or_else(|| Error::new("there is no member"))
            }
            Expr::Local(_) | Expr::Global(_) => {
                let raw = self.raw(expr)?;
                Ok(integer(self.pool, raw))
            }
        }
    }

    pub(crate) fn truth(&mut self, expr: &Expr) -> Result<Term, Error> {
        let term = self.term(expr)?;
        if self.pool.sort(term) == Sort::Bool { Ok(term) } else { Err(Error::new(format!("{expr:?} is an integer"))) }
    }

    pub(crate) fn integer(&mut self, expr: &Expr) -> Result<Term, Error> {
        let term = self.term(expr)?;
        if self.pool.sort(term) == Sort::Bool {
            return Err(Error::new(format!("{expr:?} is not an integer")));
        }
        Ok(term)
    }

    fn binary(&mut self, operator: &str, left: &Expr, right: &Expr) -> Result<Term, Error> {
        if ["<=>", "=>", "and", "or"].contains(&operator) {
            let (a, b) = (self.truth(left)?, self.truth(right)?);
            return Ok(match operator {
                "<=>" => self.pool.eq(a, b),
                "=>" => self.pool.implies(a, b),
                "and" => self.pool.and(a, b),
                _ => self.pool.or(a, b),
            });
        }
        let (a, b) = (self.integer(left)?, self.integer(right)?);
        Ok(match operator {
            "==" => self.pool.eq(a, b),
            "!=" => {
                let equal = self.pool.eq(a, b);
                self.pool.not(equal)
            }
            "<" => self.apply(Op::BvSlt, &[a, b]),
            "<=" => self.apply(Op::BvSle, &[a, b]),
            ">" => self.apply(Op::BvSlt, &[b, a]),
            ">=" => self.apply(Op::BvSle, &[b, a]),
            "|" => self.apply(Op::BvOr, &[a, b]),
            "&" => self.apply(Op::BvAnd, &[a, b]),
            "<<" => self.apply(Op::BvShl, &[a, b]),
            ">>" => self.apply(Op::BvAshr, &[a, b]),
            "+" => self.apply(Op::BvAdd, &[a, b]),
            "-" => self.apply(Op::BvSub, &[a, b]),
            _ => self.apply(Op::BvMul, &[a, b]),
        })
    }

    fn word(&mut self, word: &str, args: &[Expr], whole: &Expr) -> Result<Term, Error> {
        let Scope { now, events, .. } = self.scope;
        // What has happened is not the same where an invariant is assumed and where it is proved.
        if self.scope.entry.is_some() && EVENTS.contains(&word) {
            return Err(Error::new(format!("`{word}` cannot be in an invariant")));
        }
        match (word, args) {
            ("true", []) => Ok(self.pool.bool(true)),
            ("returns", []) => Ok(now.path),
            ("traps", [Expr::Word(kind, _)]) => {
                let reached = events.traps.iter().filter(|(known, _)| known == kind || kind == "any");
                Ok(any(self.pool, reached.map(|(_, path)| *path)))
            }
            ("calls", [Expr::Local(name), Expr::Number(place)]) => {
                let call = events.calls.iter().filter(|call| call.name == *name).nth(*place as usize);
                call.map(|call| call.path).ok_or_else(|| Error::new(format!("${name} is not called in so many places")))
            }
            ("calls", [Expr::Local(name)]) => {
                let reached = events.calls.iter().filter(|call| call.name == *name);
                Ok(any(self.pool, reached.map(|call| call.path)))
            }
            ("old" | "entry", [inner]) if is_computed(inner) => {
                let then = if word == "old" { Some(self.scope.old) } else { self.scope.entry };
                let then = then.ok_or_else(|| Error::new("`entry` is not in an invariant"))?;
                self.at(Scope { now: then, ..self.scope }).term(inner)
            }
            ("if", [condition, a, b]) => {
                let (condition, a, b) = (self.truth(condition)?, self.term(a)?, self.term(b)?);
                Ok(self.pool.ite(condition, a, b))
            }
            // Rounded up to a multiple of a power of two.
            ("round", [value, unit]) => {
                let (value, unit, one) = (self.integer(value)?, self.integer(unit)?, self.number(1));
                let (less, zero) = (self.apply(Op::BvSub, &[unit, one]), self.number(0));
                let sum = self.apply(Op::BvAdd, &[value, less]);
                let mask = self.apply(Op::BvSub, &[zero, unit]);
                Ok(self.apply(Op::BvAnd, &[sum, mask]))
            }
            ("power", [value]) => {
                let (value, one, zero) = (self.integer(value)?, self.number(1), self.number(0));
                let less = self.apply(Op::BvSub, &[value, one]);
                let both = self.apply(Op::BvAnd, &[value, less]);
                let (single, empty) = (self.pool.eq(both, zero), self.pool.eq(value, zero));
                let some = self.pool.not(empty);
                Ok(self.pool.and(single, some))
            }
            ("segment", [value]) => {
                let raw = self.raw(value)?;
                Ok(match self.reference(raw)? {
                    Some(ty) => {
                        let (some, of_type) =
                            (self.pool.is_true(raw), self.pool.unknown(&is_of(ty), vec![raw], Sort::Bool));
                        self.pool.and(some, of_type)
                    }
                    None => self.pool.bool(true),
                })
            }
            ("start" | "size", [value]) => {
                let raw = self.raw(value)?;
                self.part(raw, usize::from(word == "size"))
            }
            ("length", [array]) => {
                let array = self.raw(array)?;
                let length = self.pool.unknown(LENGTH, vec![array], Sort::Bits(32));
                Ok(integer(self.pool, length))
            }
            ("valid", [value]) => {
                let (_, end) = self.range(value)?;
                let width = self.scope.module.memory.map_or(32, |(width, _)| width);
                let most = self.number(1 << width);
                Ok(self.apply(Op::BvSle, &[end, most]))
            }
            (set, [address]) if self.scope.sets.contains_key(set) => self.is_member(set, address),
            // Whether the memory is as it was when the loop was entered.
            ("untouched", []) => {
                let entry = self.scope.entry.ok_or_else(|| Error::new("`untouched` is not in an invariant"))?;
                Ok(self.pool.eq(now.memory, entry.memory))
            }
            ("mapped", [value]) => {
                let (_, end) = self.range(value)?;
                let (pages, page) = (integer(self.pool, now.pages), self.number(16));
                let size = self.apply(Op::BvShl, &[pages, page]);
                Ok(self.apply(Op::BvSle, &[end, size]))
            }
            ("inside", segments) => {
                let ranges = segments.iter().map(|segment| self.range(segment)).collect::<Result<Vec<_>, _>>()?;
                self.within(&ranges)
            }
            ("within", [start, end]) => {
                let range = (self.integer(start)?, self.integer(end)?);
                self.within(&[range])
            }
            // Any byte of the memory: a claim about it is a claim about all.
            ("byte", []) => Ok(self.pool.variable("byte", Sort::Bits(INTEGER))),
            ("granted", []) => Ok(now.granted),
            ("elsewhere", []) => Ok(any(self.pool, events.elsewhere.iter().copied())),
            ("writes", []) => Ok(any(self.pool, events.writes.iter().copied())),
            ("accesses", []) => {
                let paths: Vec<Term> = events.accesses.iter().map(|access| access.path).collect();
                Ok(any(self.pool, paths))
            }
            _ => match self.history(word, args).or_else(|| self.sums(word, args)) {
                Some(found) => found,
                None => {
                    let raw = self.raw(whole)?;
                    Ok(integer(self.pool, raw))
                }
            },
        }
    }

    /// Whether every access of at least one byte that is reached is in one of these ranges.
    fn within(&mut self, ranges: &[(Term, Term)]) -> Result<Term, Error> {
        let accesses = self.scope.events.accesses.clone();
        if accesses.is_empty() {
            return Err(Error::new("there is no access"));
        }
        let mut all = self.pool.bool(true);
        for access in accesses {
            let end = self.apply(Op::BvAdd, &[access.address, access.bytes]);
            let mut inside = self.pool.bool(false);
            for (from, to) in ranges {
                let (a, b) = (self.apply(Op::BvSle, &[*from, access.address]), self.apply(Op::BvSle, &[end, *to]));
                let both = self.pool.and(a, b);
                inside = self.pool.or(inside, both);
            }
            let some = self.pool.is_true(access.bytes);
            let reached = self.pool.and(access.path, some);
            let holds = self.pool.implies(reached, inside);
            all = self.pool.and(all, holds);
        }
        Ok(all)
    }

    /// The type of the segment that a value is, if it is a reference.
    fn reference(&mut self, raw: Term) -> Result<Option<u32>, Error> {
        if self.pool.width(raw) == 64 {
            return Ok(None);
        }
        let ty = self.scope.module.type_named("segment");
        ty.map(Some).ok_or_else(|| Error::new("the module has no segments that are references"))
    }

    /// The start or the size of a segment.
    fn part(&mut self, raw: Term, part: usize) -> Result<Term, Error> {
        let value = match self.reference(raw)? {
            Some(ty) => {
                let width = match self.scope.module.fields[&ty][part].0 {
                    Some(wasmparser::ValType::I64) => 64,
                    _ => 32,
                };
                self.pool.unknown(&field(ty, part as u32), vec![raw], Sort::Bits(width))
            }
            None => self.apply(Op::Extract(32 * part as u32, 32), &[raw]),
        };
        Ok(integer(self.pool, value))
    }

    fn range(&mut self, segment: &Expr) -> Result<(Term, Term), Error> {
        let raw = self.raw(segment)?;
        let (start, size) = (self.part(raw, 0)?, self.part(raw, 1)?);
        Ok((start, self.apply(Op::BvAdd, &[start, size])))
    }
}

/// Whether an expression is not a value of the module.
fn is_computed(expr: &Expr) -> bool {
    match expr {
        Expr::Local(_) | Expr::Global(_) => false,
        Expr::Word(word, _) => word == "if",
        _ => true,
    }
}

/// The name of the function that is the length of an array.
pub(crate) const LENGTH: &str = "length";

/// The name of the function that says whether a reference is of a type.
pub(crate) fn is_of(ty: u32) -> String {
    format!("is.{ty}")
}

/// The name of the function that reads a field of a struct.
pub(crate) fn field(ty: u32, number: u32) -> String {
    format!("field.{ty}.{number}")
}

/// The expressions of the invariants of loops, by the name of the function and the number of the loop in it.
pub type Invariants = HashMap<(String, usize), Vec<Expr>>;
