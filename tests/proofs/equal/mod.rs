//! Programs are linked twice: as users get them, and with every optimization off and each intrinsic in a function of its own,
//! where it is lowered without knowing anything. Both forms must do the same for all values: see `linmem_proofs::equal`.
//!
//! ```text
//!   random     random functions, and the planted bugs that they find
//!   program    writes a random function
//! ```

mod program;
mod random;

use crate::support;
use linmem::Config;
use linmem_codegen::planted::{Bug, plant, turn_all_off};
use linmem_proofs::equal::{Equality, Pair, equal};
use linmem_proofs::error::Error;
use linmem_proofs::execute::Compared;
use linmem_proofs::smt::Solver;

/// How often the body of a loop is executed, at most.
const ITERATIONS: u32 = 3;

/// The slow paths of allocations, which `refill` and `reserve` are about: where they are taken, nothing is compared.
const SLOW_PATHS: [&str; 4] = ["refill", "refill_aligned", "find_home", "reserve"];

fn compared() -> Compared {
    let outside = SLOW_PATHS.iter().map(ToString::to_string).collect();
    Compared { iterations: ITERATIONS, outside, is_endless: false }
}

/// The program in which each intrinsic is imported by another name, and called by a function that has its name.
fn wrapped(text: &str) -> String {
    let mut out = String::new();
    let mut functions = String::new();
    let mut rest = text;
    while let Some(at) = rest.find("(import \"linmem\" ") {
        let end = at + closing(&rest[at..]);
        let import = &rest[at..end];
        out.push_str(&rest[..at]);
        rest = &rest[end..];
        let Some(function) = import.find("(func $") else {
            out.push_str(import);
            continue;
        };
        let inner = &import[function + "(func $".len()..import.len() - 1];
        let inner = &inner[..inner.rfind(')').unwrap()];
        let name = &inner[..inner.find([' ', '(']).unwrap_or(inner.len())];
        let ty = &inner[name.len()..];
        out.push_str(&format!("{}(func ${name}.linmem{ty}))", &import[..function]));
        let operands: String = (0..parameters(ty)).map(|at| format!(" (local.get {at})")).collect();
        functions.push_str(&format!("  (func ${name}{ty} (call ${name}.linmem{operands}))\n"));
    }
    out.push_str(rest);
    let end = end_of_module(&out);
    out.insert_str(end, &functions);
    out
}

/// The end of a form in parentheses that begins the text.
fn closing(text: &str) -> usize {
    let (mut depth, mut quoted) = (0, false);
    for (at, letter) in text.char_indices() {
        match letter {
            '"' => quoted = !quoted,
            '(' if !quoted => depth += 1,
            ')' if !quoted => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return at + 1;
        }
    }
    text.len()
}

/// The number of parameters of a function type.
fn parameters(ty: &str) -> usize {
    ty.split("(param")
        .skip(1)
        .map(|rest| rest[..rest.find(')').unwrap()].split_whitespace().filter(|word| !word.starts_with('$')).count())
        .sum()
}

/// The end of the module: its last parenthesis that is not in a comment.
fn end_of_module(text: &str) -> usize {
    let mut end = 0;
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let code = line.find(";;").map_or(line, |comment| &line[..comment]);
        if let Some(last) = code.rfind(')') {
            end = at + last;
        }
        at += line.len();
    }
    end
}

/// Both forms of a program: as users get it, with a bug if there is one, and plain.
fn link(text: &str, config: &Config, bug: Option<Bug>) -> Result<[Vec<u8>; 2], String> {
    let config = config.clone().with_static_frames(linmem::StaticFrames::Off);
    plant(bug);
    let optimized = linmem::link(&support::parse(text), &config).map_err(|error| error.to_string());
    plant(None);
    let optimized = optimized?;
    let wrapped = linmem::wat::parse(wrapped(text).as_bytes()).map_err(|error| error.to_string())?.into_owned();
    turn_all_off(true);
    let plain = linmem::link(&wrapped, &config);
    turn_all_off(false);
    Ok([optimized, plain.map_err(|error| error.to_string())?])
}

fn compare(solver: &Solver, forms: &[Vec<u8>; 2], function: &str, segments: &[u32]) -> Result<Equality, Error> {
    let [optimized, plain] = forms;
    equal(solver, &Pair { optimized, plain, function, segments, compared: &compared() })
}
