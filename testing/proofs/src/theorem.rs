//! Theorems: what a file claims about its functions.

use crate::error::Error;
use crate::execute::Plan;
use crate::parse::{Expr, parse};
use crate::sum_definition::Sum;

/// Claims about a function.
#[derive(Clone, Debug, Default)]
pub struct Theorem {
    /// The function.
    pub function: String,
    /// What is claimed, in words.
    pub title: String,
    /// What is assumed.
    pub assume: Vec<Expr>,
    /// What a host can make true of the operands of `call`.
    pub host: Vec<Expr>,
    /// What is claimed, with its text.
    pub prove: Vec<(String, Expr)>,
    /// How the function is executed.
    pub plan: Plan,
    /// Bugs of linmem with which the theorem must not hold.
    pub planted: Vec<String>,
    /// Changes of the linked code with which it must not hold: a text and its replacement.
    pub neighbours: Vec<(String, String)>,
    /// The logic of the formulas, if not all.
    pub logic: Option<String>,
    /// What the values of a counterexample should be like, if possible.
    pub prefer: Vec<Expr>,
    /// How a host calls the function, if not directly: an export and its operands.
    pub call: Option<(String, Vec<Expr>)>,
}

impl Theorem {
    /// Reads the theorems of a file.
    ///
    /// ```text
    /// ;; theorem $f: what is claimed, in words
    /// ;; assume: EXPRESSION            about the parameters, globals and the memory at first
    /// ;; prove: EXPRESSION
    /// ;; invariant 1: EXPRESSION       of loop 1 of the function; `invariant helper 0:` of a loop of another function
    /// ;; unreached: 0                  claims are about executions that do not reach this loop
    /// ;; each set $x: EXPRESSION       assumed of each member `$x` of a set, when the function is entered
    /// ;; memory: 1                     the memory that claims are about, if not 0
    /// ;; sum f $i <= 2: EXPRESSION     defines a sum over the indices of an array (`crate::sum_definition`)
    /// ;; opaque: helper                calls of this function are not executed
    /// ;; after: EXPRESSION             assumed after each call of an opaque function
    /// ;; planted: Bug                  with this bug of linmem, the theorem does not hold
    /// ;; neighbour: TEXT -> TEXT       with this change of the code, it does not hold
    /// ;; logic: QF_AUFBV               of SMT-LIB, with which the solver is faster here
    /// ;; call: export(EXPRESSION, ...)
    /// ;; host: EXPRESSION              counterexamples for which it does not hold are not run
    /// ;; prefer: EXPRESSION            of the values of a counterexample that wasmtime runs, if there are such values
    /// ```
    pub fn read(text: &str) -> Result<Vec<Theorem>, Error> {
        let mut theorems: Vec<Theorem> = Vec::new();
        for (number, line) in text.lines().enumerate() {
            let Some((key, value)) = line.trim().strip_prefix(";; ").and_then(|line| line.split_once(':')) else {
                continue;
            };
            let (key, value) = (key.trim(), value.trim());
            if let Some(function) = key.strip_prefix("theorem $") {
                let function = function.to_string();
                theorems.push(Theorem { function, title: value.to_string(), ..Theorem::default() });
            } else if let Some(theorem) = theorems.last_mut() {
                let read = theorem.line(key, value);
                read.map_err(|error| Error::new(format!("line {}: {error}", number + 1)))?;
            }
        }
        Ok(theorems)
    }

    fn line(&mut self, key: &str, value: &str) -> Result<(), Error> {
        let words: Vec<&str> = key.split_whitespace().collect();
        let named = |words: &[&str]| -> Result<(String, usize), Error> {
            let (function, number) = match words {
                [number] => (&self.function[..], number),
                [function, number] => (*function, number),
                _ => return Err(Error::new("a loop has a function and a number")),
            };
            number.parse().map(|number| (function.to_string(), number)).map_err(|_| Error::new("a loop has a number"))
        };
        match &words[..] {
            ["host"] => self.host.push(parse(value)?),
            ["assume"] => self.assume.push(parse(value)?),
            ["logic"] => self.logic = Some(value.to_string()),
            ["prefer"] => self.prefer.push(parse(value)?),
            ["prove"] => self.prove.push((value.to_string(), parse(value)?)),
            ["invariant", of @ ..] => {
                let key = named(of)?;
                self.plan.invariants.entry(key).or_default().push(parse(value)?);
            }
            ["unreached"] => {
                let key = named(&value.split_whitespace().collect::<Vec<_>>())?;
                self.plan.unreached.insert(key);
            }
            ["each", set, member] => {
                let member = member.strip_prefix('$').ok_or_else(|| Error::new("a member has a name"))?;
                let (_, exprs) = self.plan.sets.entry(set.to_string()).or_insert((member.to_string(), Vec::new()));
                exprs.push(parse(value)?);
            }
            ["memory"] => self.plan.memory = value.parse().map_err(|_| Error::new("a memory has a number"))?,
            ["sum", name, index, "<=", most] => {
                self.plan.sums.insert(name.to_string(), Sum::new(index, most, parse(value)?)?);
            }
            ["opaque"] => self.plan.opaque.extend(value.split_whitespace().map(str::to_string)),
            ["after"] => self.plan.after.push(parse(value)?),
            ["planted"] => self.planted.extend(value.split_whitespace().map(str::to_string)),
            ["neighbour"] => {
                let (from, to) = value.split_once("->").ok_or_else(|| Error::new("a neighbour has a replacement"))?;
                self.neighbours.push((from.trim().to_string(), to.trim().to_string()));
            }
            ["call"] => match parse(value)? {
                Expr::Word(export, args) => self.call = Some((export, args)),
                _ => return Err(Error::new("a call has an export and operands")),
            },
            _ => return Err(Error::new(format!("`{key}` is unknown"))),
        }
        Ok(())
    }
}
