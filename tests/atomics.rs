//! Atomic operations on segments: each one does what its name says, and is checked as other accesses are, with every
//! representation, at every safety level and with every nesting policy. Checks do not move across them.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod support;

use linmem::intrinsics::Atomic;
use linmem::{Config, Intrinsic, Nesting, Operation, Representation, Safety, Signature, ValueType, Word};
use linmem_host::wasmtime::{Module, Val};
use support::host::{Limits, Running, State, compile, violation};

/// The number of bytes of the segments.
const SIZE: u32 = 24;

/// The intrinsics that access a word atomically, with its type.
fn intrinsics() -> Vec<(Intrinsic, Word)> {
    let word = |intrinsic: &Intrinsic| match intrinsic.operation() {
        Operation::OnWord(_, word) => Some((*intrinsic, word)),
        Operation::Notify => Some((*intrinsic, Word::Int)),
        _ => None,
    };
    Intrinsic::ALL.iter().filter_map(word).collect()
}

/// The types of the operands after the offset, and of the results.
fn types(intrinsic: Intrinsic) -> (Vec<ValueType>, Vec<ValueType>) {
    let ty = Signature::new(intrinsic, Representation::Packed).unwrap().function_type();
    (ty.params[2..].to_vec(), ty.results)
}

fn list(word: &str, types: &[ValueType]) -> String {
    types.iter().map(|ty| format!("({word} {ty})")).collect()
}

/// A module with these functions, which can call the intrinsic as `$access`, in a shared memory.
fn module(intrinsic: Intrinsic, representation: Representation, functions: &str) -> Vec<u8> {
    let (operands, results) = types(intrinsic);
    let text = format!(
        r#"(module
          (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
          (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result {{seg}})))
          (import "linmem" "MemoryAllocator.free" (func $free (param i32)))
          (import "linmem" "MemorySegment.setLong" (func $setLong (param {{seg}} i32 i64)))
          (import "linmem" "MemorySegment.getLong" (func $getLong (param {{seg}} i32) (result i64)))
          (import "linmem" "{}" (func $access (param {{seg}} i32) {} {}))
          (memory (export "memory") 1 16 shared)
          {functions})"#,
        intrinsic.name(),
        list("param", &operands),
        list("result", &results),
    );
    support::parse(&text.replace("{seg}", &representation.to_string()))
}

/// Calls an export of a new instance. The error is the kind of the violation, or `None` for another trap.
fn call(module: &Module, name: &str, args: &[Val]) -> Result<Vec<i64>, Option<String>> {
    let mut running = Running::of_module(module, State::default(), Limits::default());
    let results = running.call(name, args).map_err(|error| violation(&error))?;
    Ok(results.iter().map(i64_of).collect())
}

fn i64_of(value: &Val) -> i64 {
    match value {
        Val::I32(value) => i64::from(*value),
        Val::I64(value) => *value,
        other => panic!("{other:?} is not an integer"),
    }
}

fn val(ty: ValueType, value: i64) -> Val {
    if ty == ValueType::I64 { Val::I64(value) } else { Val::I32(value as i32) }
}

#[test]
fn atomic_accesses_are_checked_as_others() {
    for (intrinsic, word) in intrinsics() {
        let (operands, results) = types(intrinsic);
        let zeros: String = operands.iter().map(|ty| format!("({ty}.const 0)")).collect();
        let drops = "(drop)".repeat(results.len());
        let functions = format!(
            r#"(func (export "access") (param $offset i32) (local $s {{seg}})
                 (local.set $s (call $allocate (call $new) (i32.const {SIZE})))
                 (call $access (local.get $s) (local.get $offset) {zeros}) {drops})
               (func $freed (result {{seg}}) (local $r i32) (local $s {{seg}})
                 (local.set $r (call $new))
                 (local.set $s (call $allocate (local.get $r) (i32.const {SIZE})))
                 (call $free (local.get $r))
                 (local.get $s))
               (func (export "freed") (param $offset i32)
                 (call $access (call $freed) (local.get $offset) {zeros}) {drops})"#
        );
        let size = word.access().bytes();
        for representation in [Representation::Address, Representation::Packed, Representation::ALL[2]] {
            let bytes = module(intrinsic, representation, &functions);
            for (safety, nesting) in support::levels(representation) {
                let what = format!("{} {representation} {safety} {nesting}", intrinsic.name());
                let config = Config::new().with_safety(safety).with_nesting(nesting);
                let compiled = compile(&linmem::link(&bytes, &config).unwrap());
                let access = |name: &str, offset: u32| call(&compiled, name, &[Val::I32(offset as i32)]);
                let is_checked = safety >= Safety::Spatial && representation.carries_size();
                let is_temporal = safety >= Safety::Temporal && representation.carries_size();
                assert_eq!(access("access", 0), Ok(vec![]), "{what}");
                assert_eq!(access("access", SIZE - size), Ok(vec![]), "{what}");
                for outside in [SIZE - size + 1, SIZE, u32::MAX - 7, u32::MAX] {
                    let found = access("access", outside);
                    if is_checked {
                        assert_eq!(found, Err(Some("OutOfBounds".to_string())), "{what} {outside}");
                    } else if outside % size != 0 {
                        assert_eq!(found, Err(None), "{what} {outside}");
                    }
                }
                // A misaligned address is found by the engine, not by linmem.
                assert_eq!(access("access", size / 2), Err(None), "{what}");
                let freed = if is_temporal { Err(Some("UseAfterFree".to_string())) } else { Ok(vec![]) };
                assert_eq!(access("freed", 8), freed, "{what}");
            }
        }
    }
}

/// The old or other result of an operation, and the new value.
fn apply(atomic: Atomic, old: i64, values: &[i64]) -> (Option<i64>, i64) {
    let value = values.last().copied().unwrap_or_default();
    match atomic {
        Atomic::Get => (Some(old), old),
        Atomic::Set => (None, value),
        Atomic::GetAndAdd => (Some(old), old.wrapping_add(value)),
        Atomic::GetAndSet => (Some(old), value),
        Atomic::GetAndAnd => (Some(old), old & value),
        Atomic::GetAndOr => (Some(old), old | value),
        Atomic::GetAndXor => (Some(old), old ^ value),
        Atomic::CompareAndExchange => (Some(old), if old == values[0] { value } else { old }),
        Atomic::CompareAndSet if old == values[0] => (Some(1), value),
        Atomic::CompareAndSet => (Some(0), old),
        // The timeout is 0 or less; one that is negative never ends.
        Atomic::Wait => (Some(if old == values[0] { 2 } else { 1 }), old),
    }
}

#[test]
fn atomic_operations_compute_what_they_are_named_for() {
    const NUMBERS: [i64; 5] = [0, 1, -1, 0x1234_5678_9abc_def0, i64::MIN];
    for (intrinsic, word) in intrinsics() {
        let Operation::OnWord(atomic, _) = intrinsic.operation() else { continue };
        let (operands, results) = types(intrinsic);
        let narrow = |value: i64| if word == Word::Int { i64::from(value as i32) } else { value };
        let timeouts = if atomic == Atomic::Wait { &[0][..] } else { &NUMBERS };
        for first in NUMBERS {
            for second in timeouts.iter().copied() {
                let values: Vec<i64> = match operands.len() {
                    0 => vec![],
                    1 => vec![narrow(second)],
                    _ if atomic == Atomic::Wait => vec![narrow(first), 0],
                    _ => vec![narrow(first), narrow(second)],
                };
                // The operands are constants, or in locals, or computed.
                let constants: String =
                    operands.iter().zip(&values).map(|(ty, value)| format!("({ty}.const {value})")).collect();
                let locals: String = (0..values.len()).map(|index| format!("(local.get {})", index + 2)).collect();
                let computed: String = operands
                    .iter()
                    .enumerate()
                    .map(|(index, ty)| format!("({ty}.xor (local.get {}) ({ty}.const 0))", index + 2))
                    .collect();
                let params = list("param", &operands);
                let result = list("result", &results);
                let mut functions = String::new();
                for (name, values) in [("constants", constants), ("locals", locals), ("computed", computed)] {
                    functions += &format!(
                        r#"(func (export "{name}") (param $old i64) (param $offset i32) {params} {result} (result i64)
                             (local $s {{seg}})
                             (local.set $s (call $allocate (call $new) (i32.const {SIZE})))
                             (call $setLong (local.get $s) (i32.const 16) (local.get $old))
                             (call $access (local.get $s) (local.get $offset) {values})
                             (call $getLong (local.get $s) (i32.const 16)))"#
                    );
                }
                for representation in [Representation::Address, Representation::Packed] {
                    let bytes = module(intrinsic, representation, &functions);
                    let config = Config::new().with_safety(Safety::Temporal);
                    let compiled = compile(&linmem::link(&bytes, &config).unwrap());
                    for old in NUMBERS {
                        let (returned, new) = apply(atomic, narrow(old), &values);
                        // Only the low bytes of the eight change.
                        let mask = if word == Word::Int { i64::from(u32::MAX) } else { -1 };
                        let expected: Vec<i64> = returned.into_iter().chain([(old & !mask) | (new & mask)]).collect();
                        let mut args = vec![Val::I64(old), Val::I32(16)];
                        args.extend(operands.iter().zip(&values).map(|(ty, value)| val(*ty, *value)));
                        for name in ["constants", "locals", "computed"] {
                            let found = call(&compiled, name, &args).expect("it does not trap");
                            assert_eq!(found, expected, "{} {name} {old} {values:?}", intrinsic.name());
                        }
                    }
                }
            }
        }
    }
}

/// An access after an atomic write is outside of its segment. Other threads have seen the write by then.
#[test]
fn checks_do_not_move_across_atomic_operations() {
    let functions = r#"
        (func $outside (param $s {seg})
          (call $setLong (local.get $s) (i32.const 0) (i64.const 1))
          (call $access (local.get $s) (i32.const 8) (i32.const 0x7654321))
          (call $setLong (local.get $s) (i32.const 1000) (i64.const 1)))
        (func $loop (param $s {seg}) (local $i i32)
          (loop $again
            (call $access (local.get $s) (i32.const 8) (i32.const 0x7654321))
            (call $setLong (local.get $s) (local.get $i) (i64.const 1))
            (local.set $i (i32.add (local.get $i) (i32.const 8)))
            (br_if $again (i32.lt_u (local.get $i) (i32.const 1000)))))
        (func (export "written") (result i32) (local $at i32) (local $count i32)
          (loop $again
            (local.set $count (i32.add (local.get $count)
              (i32.eq (i32.load (local.get $at)) (i32.const 0x7654321))))
            (local.set $at (i32.add (local.get $at) (i32.const 4)))
            (br_if $again (i32.lt_u (local.get $at) (i32.shl (memory.size) (i32.const 16)))))
          (local.get $count))
        (func (export "straight") (call $outside (call $allocate (call $new) (i32.const 16))))
        (func (export "counted") (call $loop (call $allocate (call $new) (i32.const 16))))"#;
    for representation in [Representation::Packed, Representation::ALL[2]] {
        let bytes = module(Intrinsic::SegmentSetVolatileInt, representation, functions);
        for safety in [Safety::Spatial, Safety::Temporal] {
            let config = Config::new().with_safety(safety).with_nesting(Nesting::Stack);
            let compiled = compile(&linmem::link(&bytes, &config).unwrap());
            for name in ["straight", "counted"] {
                let mut running = Running::of_module(&compiled, State::default(), Limits::default());
                let error = running.call(name, &[]).expect_err("the last access is outside");
                assert_eq!(violation(&error).as_deref(), Some("OutOfBounds"), "{name} {representation} {safety}");
                let written = running.call("written", &[]).unwrap();
                assert_eq!(i64_of(&written[0]), 1, "{name} {representation} {safety}");
            }
        }
    }
}
