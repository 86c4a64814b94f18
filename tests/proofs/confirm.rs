//! Runs counterexamples in wasmtime.

use crate::support;
use crate::support::host::{Running, State, violation};
use linmem_host::wasmtime::{Trap, Val, ValType};
use linmem_proofs::module::Module;
use linmem_proofs::theorem::{Counterexample, Outcome};

/// A module whose globals begin with the values of a counterexample.
fn with_globals(linked: &[u8], found: &Counterexample) -> Vec<u8> {
    let mut text = linmem::wat::print(linked).unwrap();
    for (name, value) in found.values.iter().filter_map(|(name, value)| Some((name.strip_prefix('@')?, value))) {
        let global = format!("(global $linmem.{name} ");
        let Some(start) = text.find(&global) else { continue };
        let end = start + text[start..].find('\n').unwrap();
        let line = &text[start..end];
        let at = line.rfind(".const ").unwrap() + ".const ".len();
        let line = format!("{}{value})", &line[..at]);
        text.replace_range(start..end, &line);
    }
    // Functions of linmem are not exported.
    let name = &found.call.0;
    if !Module::read(linked).unwrap().exports.contains_key(name) {
        let end = text.rfind(')').unwrap();
        text.insert_str(end, &format!("  (export \"{name}\" (func ${name}))\n"));
    }
    support::parse(&text)
}

/// Whether wasmtime can call the function of a counterexample: all its parameters are integers.
fn takes_integers(module: &Module<'_>, name: &str) -> bool {
    use linmem_proofs::module::ValType::{I32, I64};
    let function = module.function(name);
    let ty = function.and_then(|function| module.type_of(function).ok());
    ty.is_some_and(|ty| ty.params().iter().all(|param| matches!(*param, I32 | I64)))
}

/// What a module does with the values of a counterexample.
fn run(linked: &[u8], found: &Counterexample) -> Outcome {
    let mut running = Running::new(&with_globals(linked, found), State::default());
    running.store.set_fuel(FUEL).unwrap();
    let (export, operands) = &found.call;
    let function =
        running.instance.get_func(&mut running.store, export).unwrap_or_else(|| panic!("no export {export}"));
    let ty = function.ty(&running.store);
    let operands: Vec<Val> = ty
        .params()
        .zip(operands)
        .map(|(ty, value)| match ty {
            ValType::I64 => Val::I64(*value as i64),
            _ => Val::I32(*value as i32),
        })
        .collect();
    let number = |result: &Val| match result {
        Val::I32(value) => Some(u128::from(*value as u32)),
        Val::I64(value) => Some(u128::from(*value as u64)),
        _ => None,
    };
    match running.call(export, &operands) {
        Ok(results) => Outcome::Returns(results.iter().filter_map(number).collect()),
        Err(error) => Outcome::Traps(violation(&error).unwrap_or_else(|| match error.downcast_ref::<Trap>() {
            Some(Trap::MemoryOutOfBounds) => "memory".to_string(),
            Some(Trap::ArrayOutOfBounds) => "array".to_string(),
            Some(Trap::NullReference) => "null".to_string(),
            Some(Trap::HeapMisaligned) => "unaligned".to_string(),
            other => format!("{other:?}"),
        })),
    }
}

/// The fuel of a call: a loop may run for long, and filling the memory consumes some for each byte.
const FUEL: u64 = 1 << 33;

/// How wasmtime confirms a counterexample: the module does what the executor says, and thus violates the claim; or, if the
/// executor only knows a loop by its invariants, the module does something else than the one without the change.
pub(crate) fn confirmation(linked: &[u8], right: &[u8], found: &Counterexample) -> Option<String> {
    let module = Module::read(linked).unwrap();
    if !found.is_new || !takes_integers(&module, &found.call.0) {
        return None;
    }
    let is_exported = module.exports.contains_key(&found.call.0);
    let outcome = run(linked, found);
    if found.outcome != Outcome::Unclear {
        // The host of the counterexample may refuse to grow the memory, unlike this one.
        if !is_exported && outcome != found.outcome {
            return None;
        }
        assert_eq!(outcome, found.outcome, "wasmtime does not confirm {found}");
        return Some("confirmed by wasmtime".to_string());
    }
    let expected = run(right, found);
    (outcome != expected).then(|| format!("confirmed by wasmtime: {outcome:?}, and without the change {expected:?}"))
}
