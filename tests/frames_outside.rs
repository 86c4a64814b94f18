//! What static frames must not change: who calls a function again, what closing a region frees besides its own memory, and what
//! a program finds after a trap, or in a memory with a maximum.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod support;

use linmem::{Config, Safety, StaticFrames, Zero};
use linmem_host::wasmtime::{Caller, Engine, Func, Instance, Linker, Module, Store, Val};
use support::host::{Limits, Running, State};

const IMPORTS: &str = r#"
    (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
    (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result i64)))
    (import "linmem" "MemoryAllocator.free" (func $free (param i32)))
    (import "linmem" "MemorySegment.setInt" (func $set (param i64 i32 i32)))
    (import "linmem" "MemorySegment.getInt" (func $get (param i64 i32) (result i32)))"#;

/// The program, linked with static frames and without.
fn both(text: &str, config: &Config) -> [Vec<u8>; 2] {
    let text = format!("(module {IMPORTS} {text})");
    [StaticFrames::On, StaticFrames::Off]
        .map(|frames| linmem::link(text.as_bytes(), &config.clone().with_static_frames(frames)).unwrap())
}

/// A function that calls itself through `$again`, and returns what its segment contains then.
fn recursive(again: &str) -> String {
    format!(
        r#"(func $f (export "f") (param $n i32) (result i32) (local $r i32) (local $s i64)
      (local.set $r (call $new))
      (local.set $s (call $allocate (local.get $r) (i32.const 8)))
      (call $set (local.get $s) (i32.const 0) (local.get $n))
      (if (local.get $n) (then (drop {again})))
      (call $get (local.get $s) (i32.const 0))
      (call $free (local.get $r)))"#
    )
}

fn call(store: &mut Store<Option<Func>>, function: Func, arguments: &[Val]) -> i32 {
    let mut results = [Val::I32(0)];
    function.call(store, arguments, &mut results).unwrap();
    results[0].unwrap_i32()
}

#[test]
fn host_passes_functions_to_a_function_it_has_a_reference_to() {
    let text = format!(
        r#"(import "env" "register" (func $register (param funcref)))
      (type $t (func (param i32) (result i32)))
      (table $table 1 funcref)
      (elem declare func $take)
      (func $take (param $f funcref) (table.set $table (i32.const 0) (local.get $f)))
      (func (export "init") (call $register (ref.func $take)))
      {}"#,
        recursive("(call_indirect (type $t) (i32.sub (local.get $n) (i32.const 1)) (i32.const 0))")
    );
    for linked in both(&text, &Config::new()) {
        let engine = Engine::default();
        let mut store = Store::new(&engine, None);
        let mut linker = Linker::new(&engine);
        let register = |mut caller: Caller<'_, Option<Func>>, function: Option<Func>| *caller.data_mut() = function;
        linker.func_wrap("env", "register", register).unwrap();
        let instance = linker.instantiate(&mut store, &Module::new(&engine, &linked).unwrap()).unwrap();
        instance.get_typed_func::<(), ()>(&mut store, "init").unwrap().call(&mut store, ()).unwrap();
        let (f, take) = (instance.get_func(&mut store, "f").unwrap(), store.data().unwrap());
        take.call(&mut store, &[Val::FuncRef(Some(f))], &mut []).unwrap();
        assert_eq!(call(&mut store, f, &[Val::I32(3)]), 3);
    }
}

#[test]
fn others_assign_functions_to_fields_of_objects() {
    let text = format!(
        r#"(type $box (struct (field (mut funcref))))
      (type $t (func (param i32) (result i32)))
      (global $box (export "box") (ref $box) (struct.new $box (ref.null func)))
      {}"#,
        recursive(
            "(call_ref $t (i32.sub (local.get $n) (i32.const 1)) (ref.cast (ref $t) (struct.get $box 0 (global.get $box))))"
        )
    );
    let other = r#"(module (type $box (struct (field (mut funcref)))) (type $t (func (param i32) (result i32)))
      (import "m" "box" (global $box (ref $box))) (import "m" "f" (func $f (type $t)))
      (elem declare func $f) (start $go) (func $go (struct.set $box 0 (global.get $box) (ref.func $f))))"#;
    for linked in both(&text, &Config::new()) {
        let engine = support::host::engine();
        let mut store: Store<Option<Func>> = Store::new(engine, None);
        store.set_fuel(1_000_000).unwrap();
        let instance = Instance::new(&mut store, &Module::new(engine, &linked).unwrap(), &[]).unwrap();
        let mut linker = Linker::new(engine);
        linker.instance(&mut store, "m", instance).unwrap();
        linker.instantiate(&mut store, &Module::new(engine, support::parse(other)).unwrap()).unwrap();
        let f = instance.get_func(&mut store, "f").unwrap();
        assert_eq!(call(&mut store, f, &[Val::I32(3)]), 3);
    }
}

/// Regions that stay open inside one that is closed: left open by a callee, by the function itself, and by an exception.
const LEFT_OPEN: [&str; 3] = [
    r#"(func $inner (call $set (call $allocate (call $new) (i32.const 30000)) (i32.const 0) (i32.const 1)))
       (func $outer (local $a i32)
         (local.set $a (call $new))
         (call $set (call $allocate (local.get $a) (i32.const 16)) (i32.const 0) (i32.const 1))
         (call $inner)
         (call $free (local.get $a)))"#,
    r#"(func $outer (local $a i32) (local $b i32)
         (local.set $a (call $new))
         (call $set (call $allocate (local.get $a) (i32.const 16)) (i32.const 0) (i32.const 1))
         (local.set $b (call $new))
         (call $set (call $allocate (local.get $b) (global.get $bytes)) (i32.const 0) (i32.const 1))
         (call $free (local.get $a)))"#,
    r#"(tag $oops)
       (func $inner (param $n i32) (local $b i32)
         (local.set $b (call $new))
         (call $set (call $allocate (local.get $b) (local.get $n)) (i32.const 0) (local.get $n))
         (if (i32.and (local.get $n) (i32.const 1)) (then (throw $oops)))
         (call $free (local.get $b)))
       (func $outer (local $a i32)
         (local.set $a (call $new))
         (call $set (call $allocate (local.get $a) (i32.const 16)) (i32.const 0) (i32.const 1))
         (block $caught (try_table (catch_all $caught) (call $inner (i32.const 30001))))
         (call $free (local.get $a)))"#,
];

#[test]
fn regions_left_open_inside_are_freed() {
    for functions in LEFT_OPEN {
        let text = format!(
            r#"(global $bytes (mut i32) (i32.const 30000)) {functions}
          (func (export "go") (param $times i32) (result i32)
            (loop $again (call $outer)
              (br_if $again (local.tee $times (i32.sub (local.get $times) (i32.const 1)))))
            (i32.const 7))"#
        );
        for safety in [Safety::None, Safety::Spatial] {
            for linked in both(&text, &Config::new().with_safety(safety).with_zero(Zero::Free)) {
                let limits = Limits { pages: 20, ..Limits::default() };
                let mut running = Running::with_limits(&linked, State::default(), limits);
                assert_eq!(running.call("go", &[Val::I32(500)]).unwrap()[0].unwrap_i32(), 7, "{functions}");
            }
        }
    }
}

#[test]
fn memory_is_zero_after_a_trap() {
    let text = r#"(func (export "f") (param $n i32) (result i32) (local $r i32) (local $s i64) (local $x i32)
      (local.set $r (call $new))
      (local.set $s (call $allocate (local.get $r) (i32.const 8)))
      (local.set $x (call $get (local.get $s) (i32.const 0)))
      (call $set (local.get $s) (i32.const 0) (i32.const 1234))
      (if (local.get $n) (then unreachable))
      (call $free (local.get $r))
      (local.get $x))"#;
    for zero in [Zero::Allocate, Zero::Free] {
        for linked in both(text, &Config::new().with_zero(zero)) {
            let mut running = Running::new(&linked, State::default());
            let mut f = |n| running.call("f", &[Val::I32(n)]).ok().map(|results| results[0].unwrap_i32());
            assert_eq!([f(0), f(1), f(0)], [Some(0), None, Some(0)]);
        }
    }
}

#[test]
fn frames_leave_room_in_memories_with_a_maximum() {
    let text = r#"
      (func (export "f") (local $r i32) (local.set $r (call $new))
        (call $set (call $allocate (local.get $r) (i32.const 16000)) (i32.const 0) (i32.const 1))
        (call $free (local.get $r)))
      (func (export "g") (param $n i32) (result i32) (local $r i32) (local.set $r (call $new))
        (call $set (call $allocate (local.get $r) (local.get $n)) (i32.const 0) (i32.const 1))
        (call $free (local.get $r)) (local.get $n))"#;
    for linked in both(text, &Config::new().with_max_pages(1)) {
        let mut running = Running::new(&linked, State::default());
        assert_eq!(running.call("g", &[Val::I32(60000)]).unwrap()[0].unwrap_i32(), 60000);
    }
}
