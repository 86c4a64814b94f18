//! The executor does what wasmtime does: random code without loops, with operands at the limits of their types.

use crate::support::host::{Running, State};
use linmem_host::wasmtime::{Trap, Val};
use linmem_proofs::execute::{Plan, execute};
use linmem_proofs::module::Module;
use linmem_proofs::refute::{Outcome, outcome};
use linmem_proofs::term::{Pool, Sort};
use linmem_proofs::value::{Assignment, Value};
use std::fmt::Write;

/// The number of modules, and of calls of each.
const MODULES: u64 = 400;
const CALLS: u64 = 12;

/// A generator of numbers: xorshift.
pub(crate) struct Random(u64);

impl Random {
    /// A generator whose numbers follow from a seed.
    pub(crate) fn new(seed: u64) -> Random {
        let mut random = Random((seed + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15));
        random.next();
        random
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    pub(crate) fn below(&mut self, limit: usize) -> usize {
        (self.next() >> 16) as usize % limit
    }

    pub(crate) fn one<'a>(&mut self, words: &'a str) -> &'a str {
        let words: Vec<&str> = words.split(' ').collect();
        words[self.below(words.len())]
    }

    /// A number, often near a limit.
    fn number(&mut self) -> u64 {
        let near = [0, 1, 0x7F, 0x80, 0xFFFF, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF, 1 << 63, u64::MAX];
        match self.below(3) {
            0 => self.next(),
            1 => self.next() % 70_000,
            _ => near[self.below(near.len())].wrapping_add(self.next() % 5).wrapping_sub(2),
        }
    }
}

/// Writes an expression of a type.
fn value(random: &mut Random, ty: &str, depth: usize) -> String {
    let other = if ty == "i32" { "i64" } else { "i32" };
    if depth == 0 {
        return match random.below(3) {
            0 => format!("({ty}.const {})", if ty == "i32" { random.number() as u32 as u64 } else { random.number() }),
            1 => format!("(global.get $g{ty})"),
            _ => format!("(local.get ${}{})", if ty == "i32" { "a" } else { "b" }, random.below(3)),
        };
    }
    let depth = depth - 1;
    let sub = |random: &mut Random, ty: &str| value(random, ty, depth);
    match random.below(12) {
        0..=2 => {
            let op = random.one("add sub mul and or xor shl shr_u shr_s rotl rotr");
            format!("({ty}.{op} {} {})", sub(random, ty), sub(random, ty))
        }
        3 => {
            let op = random.one("div_u div_s rem_u rem_s");
            format!("({ty}.{op} {} {})", sub(random, ty), sub(random, ty))
        }
        4 if ty == "i32" => {
            let (of, op) = (random.one("i32 i64"), random.one("eq ne lt_u lt_s le_u le_s gt_u gt_s ge_u ge_s"));
            format!("({of}.{op} {} {})", sub(random, of), sub(random, of))
        }
        4 => format!("(i64.{} {})", random.one("extend_i32_u extend_i32_s"), sub(random, other)),
        5 if ty == "i32" => format!("({} {})", random.one("i32.wrap_i64 i64.eqz"), sub(random, other)),
        5 => format!("(i64.{} {})", random.one("extend8_s extend16_s extend32_s"), sub(random, ty)),
        6 => format!("({ty}.{} {})", random.one("clz ctz popcnt extend8_s extend16_s"), sub(random, ty)),
        7 => format!("(select {} {} {})", sub(random, ty), sub(random, ty), sub(random, "i32")),
        8 => {
            let op = if ty == "i32" {
                random.one("load load8_u load8_s load16_u load16_s")
            } else {
                random.one("load load8_u load8_s load16_u load16_s load32_u load32_s")
            };
            let address = address(random, depth);
            format!("({ty}.{op} offset={} {address})", random.below(40))
        }
        9 => format!(
            "(if (result {ty}) {} (then {} {}) (else {} {}))",
            sub(random, "i32"),
            statement(random, depth),
            sub(random, ty),
            statement(random, depth),
            value(random, ty, depth)
        ),
        10 => format!(
            "(block $l (result {ty}) (drop (br_if $l {} {})) {} {})",
            value(random, ty, depth),
            value(random, "i32", depth),
            statement(random, depth),
            value(random, ty, depth)
        ),
        _ if random.below(4) == 0 && ty == "i32" => {
            format!("(memory.grow (i32.and {} (i32.const 3)))", value(random, "i32", depth))
        }
        _ => format!("(call $f{ty} {} {})", value(random, "i32", depth), value(random, "i64", depth)),
    }
}

/// An address, which is usually in the first page.
fn address(random: &mut Random, depth: usize) -> String {
    let inner = value(random, "i32", depth);
    if random.below(8) == 0 { inner } else { format!("(i32.and {inner} (i32.const {}))", random.one("63 65535 7")) }
}

fn statement(random: &mut Random, depth: usize) -> String {
    let depth = depth.saturating_sub(1);
    match random.below(8) {
        0 | 1 => format!("(local.set $a{} {})", random.below(3), value(random, "i32", depth)),
        2 => format!("(local.set $b{} {})", random.below(3), value(random, "i64", depth)),
        3 => format!("(global.set $gi32 {})", value(random, "i32", depth)),
        4 => format!("(global.set $gi64 {})", value(random, "i64", depth)),
        5 => {
            let op = random.one("i32.store i32.store8 i32.store16 i64.store i64.store8 i64.store16 i64.store32");
            let (address, value) = (address(random, depth), value(random, &op[..3], depth));
            format!("({op} offset={} {address} {value})", random.below(40))
        }
        6 => format!(
            "(block $x (block $y (block $z (br_table $x $y $z {})) {}) {})",
            value(random, "i32", depth),
            statement(random, depth),
            statement(random, depth)
        ),
        _ => format!(
            "(if {} (then (return {} {})))",
            value(random, "i32", 1),
            value(random, "i32", 0),
            value(random, "i64", 0)
        ),
    }
}

fn module(random: &mut Random) -> String {
    let mut body = String::new();
    for _ in 0..6 {
        let _ = writeln!(body, "      {}", statement(random, 4));
    }
    let (first, second) = (value(random, "i32", 4), value(random, "i64", 4));
    format!(
        "(module (memory (export \"memory\") 1 3)
          (global $gi32 (mut i32) (i32.const 5)) (global $gi64 (mut i64) (i64.const -7))
          (func $fi32 (param $a i32) (param $b i64) (result i32)
            (if (i32.lt_s (local.get $a) (i32.const 0)) (then (return (i32.wrap_i64 (local.get $b)))))
            (global.set $gi64 (local.get $b)) (i32.add (local.get $a) (global.get $gi32)))
          (func $fi64 (param $a i32) (param $b i64) (result i64)
            (global.set $gi32 (local.get $a)) (i64.xor (local.get $b) (global.get $gi64)))
          (func $run (export \"run\") (param $a0 i32) (param $a1 i32) (param $b0 i64) (param $b1 i64) (result i32 i64)
            (local $a2 i32) (local $b2 i64)
{body}            {first} {second}))"
    )
}

/// What wasmtime does.
fn actual(bytes: &[u8], operands: [u64; 4]) -> Outcome {
    let mut running = Running::new(bytes, State::default());
    let [a, b, c, d] = operands;
    let operands = [Val::I32(a as i32), Val::I32(b as i32), Val::I64(c as i64), Val::I64(d as i64)];
    match running.call("run", &operands) {
        Ok(results) => Outcome::Returns(
            results
                .iter()
                .map(|result| match result {
                    Val::I32(value) => u128::from(*value as u32),
                    Val::I64(value) => u128::from(*value as u64),
                    other => panic!("{other:?} is not an integer"),
                })
                .collect(),
        ),
        Err(error) => Outcome::Traps(
            match error.downcast_ref::<Trap>() {
                Some(Trap::MemoryOutOfBounds) => "memory",
                Some(Trap::IntegerDivisionByZero | Trap::IntegerOverflow) => "division",
                other => panic!("{other:?}: {error}"),
            }
            .to_string(),
        ),
    }
}

#[test]
fn the_executor_agrees_with_wasmtime() {
    let mut random = Random(0x9E37_79B9_7F4A_7C15);
    let (mut returns, mut memory, mut division) = (0, 0, 0);
    for number in 0..MODULES {
        let text = module(&mut random);
        let bytes = crate::support::parse(&text);
        let read = Module::read(&bytes).unwrap();
        let mut pool = Pool::default();
        let done = execute(&mut pool, &read, read.function("run").unwrap(), &Plan::default());
        let done = done.unwrap_or_else(|error| panic!("module {number}: {error}\n{text}"));
        for _ in 0..CALLS {
            let operands: [u64; 4] = std::array::from_fn(|_| random.number());
            let names =
                [("$a0", 32), ("$a1", 32), ("$b0", 64), ("$b1", 64), ("pages", 64), ("@gi32", 32), ("@gi64", 64)];
            let values = operands.into_iter().chain([1, 5, -7_i64 as u64]);
            let mut assignment: Assignment = names
                .into_iter()
                .zip(values)
                .map(|((name, width), value)| {
                    let value = u128::from(value) & ((1 << width) - 1);
                    (name.to_string(), Value::Number(Sort::Bits(width), value))
                })
                .collect();
            // No growth within the maximum is refused.
            for growth in 1..1000 {
                assignment.insert(format!("agreed#{growth}"), Value::Number(Sort::Bool, 1));
            }
            let found = outcome(&pool, &done, &assignment);
            assert_eq!(found, actual(&bytes, operands), "module {number}, operands {operands:?}\n{text}");
            match found {
                Outcome::Returns(_) => returns += 1,
                Outcome::Traps(kind) if kind == "memory" => memory += 1,
                _ => division += 1,
            }
        }
    }
    println!("{returns} calls return, {memory} trap at an access, {division} at a division");
    assert!(returns > 1000 && memory > 50 && division > 50, "too few of one kind");
}
