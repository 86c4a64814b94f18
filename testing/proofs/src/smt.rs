//! Terms as SMT-LIB, and the solver.

use crate::error::Error;
use crate::term::{Node, Op, Pool, Sort, Term};
use crate::value::{Assignment, Evaluator, Value, key};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// What the solver found.
#[derive(Clone, Debug)]
pub enum Answer {
    /// No assignment makes the formulas true.
    Unsatisfiable,
    /// This one does.
    Satisfiable(Assignment),
    /// The solver gave up.
    Unknown(String),
}

/// A solver that reads SMT-LIB.
#[derive(Clone)]
pub struct Solver {
    program: PathBuf,
    /// The logic of SMT-LIB, by which the solver selects its methods.
    logic: String,
    /// How long it works on one claim, at most, in seconds.
    limit: u32,
}

/// The variable that is the memory at first.
pub(crate) const MEMORY: &str = "memory";

/// How long all solvers have worked, in milliseconds.
static WORKED: AtomicU64 = AtomicU64::new(0);

/// The limit if no other one is asked for.
const LIMIT: u32 = 240;

impl Solver {
    /// z3, from the virtual environment beside the artefacts of the build, or else from the path.
    pub fn find(target: &Path) -> Option<Solver> {
        let installed = [target.join("z3/bin/z3"), PathBuf::from("z3")];
        let works = |program: &PathBuf| {
            let version = Command::new(program).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
            version.is_ok_and(|status| status.success())
        };
        installed.into_iter().find(works).map(|program| Solver { program, logic: "ALL".to_string(), limit: LIMIT })
    }

    /// The solver, which gives up after this number of seconds.
    pub fn limited(self, limit: u32) -> Solver {
        Solver { limit, ..self }
    }

    /// The same solver, for formulas of a logic of SMT-LIB.
    pub fn with_logic(&self, logic: &str) -> Solver {
        Solver { logic: logic.to_string(), ..self.clone() }
    }

    /// How long all solvers of this process have worked.
    pub fn time(&self) -> Duration {
        Duration::from_millis(WORKED.load(Ordering::Relaxed))
    }

    /// Whether an assignment makes all formulas true, and how long it took to find out.
    pub fn solve(&self, pool: &Pool, formulas: &[Term]) -> Result<(Answer, Duration), Error> {
        self.solve_within(self.limit, pool, formulas)
    }

    /// The same, with another limit in seconds.
    pub fn solve_within(&self, limit: u32, pool: &Pool, formulas: &[Term]) -> Result<(Answer, Duration), Error> {
        let script = Script::of(pool, formulas, &self.logic);
        let started = Instant::now();
        let failed = |error: std::io::Error| Error::new(format!("{}: {error}", self.program.display()));
        let mut child = Command::new(&self.program)
            .args(["-in", "-smt2", &format!("-T:{limit}")])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(failed)?;
        let mut input = child.stdin.take().ok_or_else(|| Error::new("the solver has no input"))?;
        input.write_all(script.text.as_bytes()).map_err(failed)?;
        drop(input);
        let output = child.wait_with_output().map_err(failed)?;
        let text = String::from_utf8_lossy(&output.stdout);
        let time = started.elapsed();
        WORKED.fetch_add(time.as_millis() as u64, Ordering::Relaxed);
        let (verdict, rest) = text.split_once('\n').unwrap_or((&text, ""));
        let answer = match verdict.trim() {
            "unsat" => Answer::Unsatisfiable,
            "sat" => Answer::Satisfiable(script.assignment(pool, rest)?),
            "timeout" => Answer::Unknown(format!("the solver found no answer in {limit} seconds")),
            other => {
                Answer::Unknown(format!("the solver gave up: {other} {}", rest.lines().next().unwrap_or_default()))
            }
        };
        Ok((answer, time))
    }
}

/// A script for a solver.
struct Script {
    text: String,
    /// The names of the terms whose values are asked for, with what they stand for.
    asked: Vec<(String, Term)>,
    /// The addresses at which memories are read.
    addresses: BTreeSet<Term>,
    /// The number of these addresses whose bytes in the initial memory are asked for.
    bytes: usize,
}

impl Script {
    fn of(pool: &Pool, formulas: &[Term], logic: &str) -> Script {
        let head = format!("(set-logic {logic})\n(set-option :model.completion true)\n");
        let mut script = Script { text: head, asked: Vec::new(), addresses: BTreeSet::new(), bytes: 0 };
        let mut names: BTreeMap<Term, String> = BTreeMap::new();
        let mut functions: BTreeMap<String, ()> = BTreeMap::new();
        let mut pending: Vec<Term> = formulas.to_vec();
        while let Some(next) = pending.last().copied() {
            if names.contains_key(&next) {
                pending.pop();
                continue;
            }
            let args = match pool.node(next) {
                Node::Apply(_, args) | Node::Unknown(_, args) => &args[..],
                _ => &[],
            };
            let missing: Vec<Term> = args.iter().copied().filter(|arg| !names.contains_key(arg)).collect();
            if !missing.is_empty() {
                pending.extend(missing);
                continue;
            }
            pending.pop();
            let name = script.define(pool, next, &names, &mut functions);
            names.insert(next, name);
        }
        for formula in formulas {
            let _ = writeln!(script.text, "(assert {})", names[formula]);
        }
        if names.values().any(|name| *name == format!("|{MEMORY}|")) {
            for address in std::mem::take(&mut script.addresses) {
                script.ask_byte(pool, address, &names[&address]);
            }
        }
        let _ = writeln!(script.text, "(check-sat)");
        let mut numbers: Vec<String> = script.asked.iter().map(|(name, _)| name.clone()).collect();
        numbers.extend((0..script.bytes).flat_map(byte_names));
        if !numbers.is_empty() {
            let _ = writeln!(script.text, "(get-value ({}))", numbers.join(" "));
        }
        script
    }

    /// Asks for an address, and for the byte that is there at first.
    fn ask_byte(&mut self, pool: &Pool, address: Term, name: &str) {
        let [address_name, byte] = byte_names(self.bytes);
        let sort = sort_name(pool.sort(address));
        let _ = writeln!(self.text, "(define-fun {address_name} () {sort} {name})");
        let _ = writeln!(self.text, "(define-fun {byte} () (_ BitVec 8) (select |{MEMORY}| {name}))");
        self.bytes += 1;
    }

    /// Defines a term, and returns its name.
    fn define(
        &mut self,
        pool: &Pool,
        term: Term,
        names: &BTreeMap<Term, String>,
        functions: &mut BTreeMap<String, ()>,
    ) -> String {
        let sort = pool.sort(term);
        match pool.node(term) {
            Node::Constant(Sort::Bool, value) => if *value == 1 { "true" } else { "false" }.to_string(),
            Node::Constant(sort @ Sort::Memory(_), _) => format!("((as const {}) #x00)", sort_name(*sort)),
            Node::Constant(_, value) => format!("(_ bv{value} {})", pool.width(term)),
            Node::Variable(name) => {
                let name = format!("|{name}|");
                let _ = writeln!(self.text, "(declare-const {name} {})", sort_name(sort));
                if !matches!(sort, Sort::Memory(_)) {
                    self.asked.push((name.clone(), term));
                }
                name
            }
            Node::Unknown(function, args) => {
                let quoted = format!("|{function}|");
                if functions.insert(function.clone(), ()).is_none() {
                    let sorts: Vec<String> = args.iter().map(|arg| sort_name(pool.sort(*arg))).collect();
                    let _ = writeln!(self.text, "(declare-fun {quoted} ({}) {})", sorts.join(" "), sort_name(sort));
                }
                let args: Vec<&str> = args.iter().map(|arg| &names[arg][..]).collect();
                let defined = format!("t{}", names.len());
                let _ =
                    writeln!(self.text, "(define-fun {defined} () {} ({quoted} {}))", sort_name(sort), args.join(" "));
                // A value that depends on a whole memory is not printed.
                let is_memory = |term: &Term| matches!(pool.sort(*term), Sort::Memory(_));
                let Node::Unknown(_, of) = pool.node(term) else { return defined };
                if !is_memory(&term) && !of.iter().any(is_memory) {
                    self.asked.push((defined.clone(), term));
                }
                defined
            }
            Node::Apply(op, args) => {
                let args: Vec<&str> = args.iter().map(|arg| &names[arg][..]).collect();
                let defined = format!("t{}", names.len());
                if let Node::Apply(Op::Select, args) = pool.node(term) {
                    self.addresses.insert(args[1]);
                }
                let from = pool.sort(first(pool, term));
                let _ = writeln!(
                    self.text,
                    "(define-fun {defined} () {} ({} {}))",
                    sort_name(sort),
                    operation(*op, from),
                    args.join(" ")
                );
                defined
            }
        }
    }

    /// The values that the solver printed: `((name #x00) (name true))`.
    fn assignment(&self, pool: &Pool, text: &str) -> Result<Assignment, Error> {
        let mut found = Assignment::new();
        let mut rest = text;
        for (name, term) in &self.asked {
            let number = number(&mut rest, name)?;
            let value = Value::Number(pool.sort(*term), number);
            let name = match pool.node(*term) {
                Node::Unknown(function, args) => {
                    let mut evaluator = Evaluator::new(pool, &found);
                    key(function, &args.iter().map(|arg| evaluator.value(*arg).number()).collect::<Vec<_>>())
                }
                _ => name.trim_matches('|').to_string(),
            };
            found.insert(name, value);
        }
        let mut bytes = BTreeMap::new();
        for [address, byte] in (0..self.bytes).map(byte_names) {
            bytes.insert(number(&mut rest, &address)?, number(&mut rest, &byte)? as u8);
        }
        if self.bytes > 0 {
            found.insert(MEMORY.to_string(), Value::Memory(bytes));
        }
        Ok(found)
    }
}

/// The names of an address and of its byte.
fn byte_names(number: usize) -> [String; 2] {
    [format!("memory.address.{number}"), format!("memory.byte.{number}")]
}

/// The next value that the solver printed, which is that of a name.
fn number(rest: &mut &str, name: &str) -> Result<u128, Error> {
    let at = rest.find(&format!("({name} ")).or_else(|| rest.find(&format!("({} ", name.trim_matches('|'))));
    let at = at.ok_or_else(|| Error::new(format!("the solver gives no value of {name}: {rest}")))?;
    let from = at + rest[at..].find(' ').unwrap_or(0) + 1;
    *rest = &rest[from..];
    let value = &rest[..rest.find(')').unwrap_or(rest.len())];
    let number = match value.trim() {
        "true" => Ok(1),
        "false" => Ok(0),
        value if value.starts_with("#x") => u128::from_str_radix(&value[2..], 16),
        value => u128::from_str_radix(value.trim_start_matches("#b"), 2),
    };
    number.map_err(|error| Error::new(format!("{value}: {error}")))
}

fn first(pool: &Pool, term: Term) -> Term {
    match pool.node(term) {
        Node::Apply(_, args) => args[0],
        _ => term,
    }
}

fn sort_name(sort: Sort) -> String {
    match sort {
        Sort::Bool => "Bool".into(),
        Sort::Bits(width) => format!("(_ BitVec {width})"),
        Sort::Memory(width) => format!("(Array (_ BitVec {width}) (_ BitVec 8))"),
    }
}

fn operation(op: Op, from: Sort) -> String {
    let width = match from {
        Sort::Bits(width) => width,
        _ => 0,
    };
    let name = match op {
        Op::Not => "not",
        Op::And => "and",
        Op::Or => "or",
        Op::Eq => "=",
        Op::Ite => "ite",
        Op::BvNot => "bvnot",
        Op::BvAnd => "bvand",
        Op::BvOr => "bvor",
        Op::BvXor => "bvxor",
        Op::BvAdd => "bvadd",
        Op::BvSub => "bvsub",
        Op::BvMul => "bvmul",
        Op::BvUdiv => "bvudiv",
        Op::BvUrem => "bvurem",
        Op::BvSdiv => "bvsdiv",
        Op::BvSrem => "bvsrem",
        Op::BvShl => "bvshl",
        Op::BvLshr => "bvlshr",
        Op::BvAshr => "bvashr",
        Op::BvUlt => "bvult",
        Op::BvUle => "bvule",
        Op::BvSlt => "bvslt",
        Op::BvSle => "bvsle",
        Op::Concat => "concat",
        Op::Select => "select",
        Op::Store => "store",
        Op::Extract(low, bits) => return format!("(_ extract {} {low})", low + bits - 1),
        Op::ZeroExtend(to) => return format!("(_ zero_extend {})", to - width),
        Op::SignExtend(to) => return format!("(_ sign_extend {})", to - width),
    };
    name.to_string()
}
