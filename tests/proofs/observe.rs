//! Changes a module so that a run of it shows what claims are about: the accesses and growths of the memory, the calls of
//! functions that the executor does not execute, and the locals of a function.

use crate::support;
use linmem_proofs::execute::parameter;
use linmem_proofs::module::{Module, ValType};
use linmem_proofs::theorem::Theorem;
use std::collections::BTreeSet;
use std::fmt::Write;

/// The number of accesses and of growths that are recorded.
pub(crate) const MAX_ACCESSES: u64 = 4000;
pub(crate) const MAX_GROWTHS: u64 = 200;

/// A module that shows what it does.
pub(crate) struct Observed {
    pub(crate) bytes: Vec<u8>,
    /// The locals that the function assigns.
    pub(crate) assigned: BTreeSet<u32>,
    /// The functions whose calls are observed.
    pub(crate) called: Vec<u32>,
    /// The number of loops of the function.
    pub(crate) loops: usize,
    /// The memory that claims are about.
    pub(crate) memory: u32,
}

/// Whether a value is an integer, which hosts can pass and read.
pub(crate) fn is_integer(ty: ValType) -> bool {
    matches!(ty, ValType::I32 | ValType::I64)
}

/// The bytes of an access, its offset, and the type of what it stores.
fn access(line: &str) -> Option<(u32, u64, Option<&str>)> {
    let mut words = line.split_whitespace();
    let (ty, name) = words.next()?.split_once('.')?;
    let kind = ["load", "store"].into_iter().find(|kind| name.starts_with(kind))?;
    let whole = match ty {
        "i32" | "f32" => 4,
        "i64" | "f64" => 8,
        _ => 16,
    };
    let digits: String = name[kind.len()..].chars().take_while(char::is_ascii_digit).collect();
    let bytes = digits.parse::<u32>().map_or(whole, |bits| bits / 8);
    let offset = words.find_map(|word| word.strip_prefix("offset=")?.parse().ok()).unwrap_or(0);
    Some((bytes, offset, (kind == "store").then_some(ty)))
}

/// The index of a function or a local that an instruction names. If a local has the name of another one, its index is in the
/// text: `$"#local6 name"`.
fn index(name: &str, known: impl IntoIterator<Item = (u32, String)>) -> Option<u32> {
    if let Some(number) = name.strip_prefix("$\"#local") {
        return number.parse().ok();
    }
    let by_name = || known.into_iter().find(|(_, known)| name.strip_prefix('$') == Some(known)).map(|(at, _)| at);
    name.parse().ok().or_else(by_name)
}

/// Changes a module for a theorem, whose function is `function` and is called by way of `target`. `None` if it has a form
/// that this does not know.
pub(crate) fn observe(linked: &[u8], theorem: &Theorem, function: u32, target: u32) -> Option<Observed> {
    let module = Module::read(linked).unwrap();
    let ty = module.type_of(function).ok()?;
    let types: Vec<ValType> = ty.params().iter().chain(&module.body(function)?.locals).copied().collect();
    if module.memory.is_some_and(|(width, _)| width != 32) {
        return None;
    }
    let local_name = |at: u32| (at, parameter(&module, function, at).trim_start_matches('$').to_string());
    let mut observed = Observed {
        bytes: Vec::new(),
        assigned: BTreeSet::new(),
        called: Vec::new(),
        loops: 0,
        memory: theorem.plan.memory,
    };
    let mut text = String::new();
    let printed = linmem::wat::print(linked).unwrap();
    let (mut number, mut has_begun) = (None, true);
    for line in printed.lines().take(printed.lines().count() - 1) {
        let code = line.trim();
        if let Some(head) = line.strip_prefix("  (func ") {
            number = head.split_once("(;").and_then(|(_, rest)| rest.split_once(";)")?.0.parse::<u32>().ok());
            has_begun = number != Some(function);
        } else if !line.starts_with("    ") {
            number = None;
        }
        let is_code = number.is_some() && line.starts_with("    ") && !code.starts_with("(local");
        if (is_code || code == ")") && !has_begun {
            has_begun = true;
            enter(&mut text, &types, ty.params().len());
        }
        let (word, operand) = code.split_once(' ').unwrap_or((code, ""));
        let operand = operand.split_whitespace().next().unwrap_or("");
        let is_here = is_code && number == Some(function);
        if let Some((bytes, offset, stored)) = access(code).filter(|_| is_code) {
            let kind = stored.unwrap_or("load");
            let _ = writeln!(text, "    i64.const {offset} i64.const {bytes} call $observed.{kind}");
        }
        match word {
            "memory.fill" | "memory.copy" if is_code => {
                let _ = writeln!(text, "    call $observed.{word}");
            }
            "memory.grow" if is_code => {
                let _ = writeln!(text, "    global.set $observed.asked global.get $observed.asked");
                let _ = writeln!(text, "{line}\n    call $observed.grown");
                continue;
            }
            "loop" if is_here => {
                let _ = writeln!(text, "    i32.const 1 global.set $observed.loop.{}", observed.loops);
                observed.loops += 1;
            }
            "call" if is_code => {
                let named = (0..module.functions.len() as u32).map(|at| (at, module.name_of(at)));
                let callee = index(operand, named)?;
                let name = module.name_of(callee);
                let name = name.strip_prefix("linmem.").unwrap_or(&name);
                let is_cut = theorem.plan.unreached.iter().any(|(known, _)| known == name);
                if module.body(callee).is_none() || theorem.plan.opaque.contains(name) || is_cut {
                    let at = observed.called.iter().position(|known| *known == callee).unwrap_or_else(|| {
                        observed.called.push(callee);
                        observed.called.len() - 1
                    });
                    let _ = writeln!(text, "    global.get $observed.active global.set $observed.call.{at}");
                }
            }
            _ => {}
        }
        let _ = writeln!(text, "{line}");
        if is_here && ["local.set", "local.tee"].contains(&word) {
            let at = index(operand, (0..types.len() as u32).map(local_name))?;
            observed.assigned.insert(at);
            if is_integer(types[at as usize]) {
                let _ = writeln!(text, "    local.get {at} global.set $observed.local.{at}");
            }
        }
    }
    declare(&mut text, &module, &types, ty.params().len(), &observed);
    let _ = writeln!(text, "  (export \"observed.target\" (func {target})))");
    observed.bytes = support::parse(&text);
    Some(observed)
}

/// Shows the parameters and locals when the function is entered.
fn enter(text: &mut String, types: &[ValType], params: usize) {
    let _ = writeln!(text, "    i32.const 1 global.set $observed.active");
    for (at, _) in types.iter().enumerate().filter(|(_, ty)| is_integer(**ty)) {
        let _ = writeln!(text, "    local.get {at} global.set $observed.local.{at}");
        if at < params {
            let _ = writeln!(text, "    local.get {at} global.set $observed.param.{at}");
        }
    }
}

/// Declares what the changed code uses.
fn declare(text: &mut String, module: &Module<'_>, types: &[ValType], params: usize, observed: &Observed) {
    let mut global = |name: &str, ty: &str| {
        let _ = writeln!(text, "  (global $observed.{name} (export \"observed.{name}\") (mut {ty}) ({ty}.const 0))");
    };
    for name in ["active", "accesses", "growths", "asked"] {
        global(name, "i32");
    }
    for name in ["lowest", "lowest_bytes", "highest", "highest_bytes"] {
        global(name, "i64");
    }
    for (at, ty) in types.iter().enumerate().filter(|(_, ty)| is_integer(**ty)) {
        global(&format!("local.{at}"), &ty.to_string());
        if at < params {
            global(&format!("param.{at}"), &ty.to_string());
        }
    }
    (0..observed.called.len()).for_each(|at| global(&format!("call.{at}"), "i32"));
    (0..observed.loops).for_each(|at| global(&format!("loop.{at}"), "i32"));
    for at in 0..module.globals.len() {
        let _ = writeln!(text, "  (export \"observed.global.{at}\" (global {at}))");
    }
    if module.memory.is_some() {
        let _ = writeln!(text, "  (export \"observed.memory\" (memory {}))", observed.memory);
    }
    let _ = writeln!(text, "{}", helpers());
}

/// The functions that record accesses and growths: the first accesses, the lowest one and the one that ends highest.
fn helpers() -> String {
    let mut text = format!(
        r#"  (memory $observed.trace (export "observed.trace") 2)
  (func $observed.access (param $at i64) (param $bytes i64)
    (if (i32.eqz (global.get $observed.active)) (then (return)))
    (if (i64.eqz (local.get $bytes)) (then (return)))
    (if (i32.or (i32.eqz (global.get $observed.accesses)) (i64.lt_u (local.get $at) (global.get $observed.lowest)))
      (then
        (global.set $observed.lowest (local.get $at))
        (global.set $observed.lowest_bytes (local.get $bytes))))
    (if (i64.gt_u (i64.add (local.get $at) (local.get $bytes))
          (i64.add (global.get $observed.highest) (global.get $observed.highest_bytes)))
      (then
        (global.set $observed.highest (local.get $at))
        (global.set $observed.highest_bytes (local.get $bytes))))
    (if (i32.lt_u (global.get $observed.accesses) (i32.const {MAX_ACCESSES}))
      (then
        (i64.store $observed.trace (i32.shl (global.get $observed.accesses) (i32.const 4)) (local.get $at))
        (i64.store $observed.trace offset=8 (i32.shl (global.get $observed.accesses) (i32.const 4)) (local.get $bytes))))
    (if (i32.le_u (global.get $observed.accesses) (i32.const {MAX_ACCESSES}))
      (then (global.set $observed.accesses (i32.add (global.get $observed.accesses) (i32.const 1))))))
  (func $observed.grown (param $first i32) (result i32)
    (if (i32.and (global.get $observed.active) (i32.and (i32.ne (local.get $first) (i32.const -1))
          (i32.lt_u (global.get $observed.growths) (i32.const {MAX_GROWTHS}))))
      (then
        (i32.store $observed.trace offset=65536 (i32.shl (global.get $observed.growths) (i32.const 3)) (local.get $first))
        (i32.store $observed.trace offset=65540 (i32.shl (global.get $observed.growths) (i32.const 3)) (global.get $observed.asked))
        (global.set $observed.growths (i32.add (global.get $observed.growths) (i32.const 1)))))
    (local.get $first))
  (func $observed.load (param i32 i64 i64) (result i32)
    (call $observed.access (i64.add (i64.extend_i32_u (local.get 0)) (local.get 1)) (local.get 2))
    (local.get 0))
  (func $observed.memory.fill (param i32 i32 i32) (result i32 i32 i32)
    (call $observed.access (i64.extend_i32_u (local.get 0)) (i64.extend_i32_u (local.get 2)))
    (local.get 0) (local.get 1) (local.get 2))
  (func $observed.memory.copy (param i32 i32 i32) (result i32 i32 i32)
    (call $observed.access (i64.extend_i32_u (local.get 0)) (i64.extend_i32_u (local.get 2)))
    (call $observed.access (i64.extend_i32_u (local.get 1)) (i64.extend_i32_u (local.get 2)))
    (local.get 0) (local.get 1) (local.get 2))
"#
    );
    for ty in ["i32", "i64", "f32", "f64", "v128"] {
        let _ = writeln!(
            text,
            "  (func $observed.{ty} (param i32 {ty} i64 i64) (result i32 {ty})
    (call $observed.access (i64.add (i64.extend_i32_u (local.get 0)) (local.get 2)) (local.get 3))
    (local.get 0) (local.get 1))"
        );
    }
    text
}
