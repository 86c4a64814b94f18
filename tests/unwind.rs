//! Random programs of the link door with exceptions, against the reference model.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod support;

use linmem::Config;
use linmem::{Nesting, Unwind, Zero};
use linmem_codegen::planted::Bug;
use linmem_testing::host::{Running, State};
use linmem_testing::unwind::link::{PROGRAMS, VARIANTS, run_module};
use linmem_testing::unwind::run;

/// The number of modules that are run: over 20,000 programs.
const MODULES: usize = VARIANTS * 2;

#[test]
fn exceptions_close_the_regions_that_they_make_unreachable() {
    linmem_codegen::planted::always_for_size();
    let reach = run(0..MODULES, run_module).unwrap_or_else(|error| panic!("{error}"));
    support::show(&format!("unwind: {reach:?}"));
    assert_eq!(reach.programs, MODULES * PROGRAMS);
    assert!(reach.programs > 20_000 && reach.depth > 16, "{reach:?}");
    assert!(reach.thrown_by_host > 5000 && reach.caught > 10_000, "{reach:?}");
    assert!(reach.closed > 5000 && reach.kept > 5000, "{reach:?}");
}

#[test]
fn planted_bugs_are_detected() {
    linmem_codegen::planted::always_for_size();
    support::planted::expect_found(Bug::UNWIND, 0..VARIANTS, run_module);
}

/// Calls throw through a region, in every configuration that tracks regions differently: 200,000 in one for each safety level.
#[test]
fn many_exceptions_take_one_page() {
    const TEXT: &str = r#"(module
      (import "linmem" "MemoryAllocator.new" (func $new (result i32)))
      (import "linmem" "MemoryAllocator.allocate" (func $allocate (param i32 i32) (result i64)))
      (import "linmem" "MemoryAllocator.free" (func $free (param i32)))
      (tag $oops)
      (func $throws (param $n i32) (if (local.get $n) (then (throw $oops))))
      (func $work (param $n i32) (local $a i32)
        (local.set $a (call $new))
        (drop (call $allocate (local.get $a) (i32.const 1000)))
        (call $throws (local.get $n))
        (call $free (local.get $a)))
      (func (export "run") (param $calls i32) (local $i i32)
        (loop $again
          (block $h (try_table (catch $oops $h) (call $work (i32.const 1))))
          (br_if $again (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $calls))))))"#;
    for (safety, nesting) in support::levels(support::representation("i64")) {
        for zero in Zero::ALL {
            let config =
                Config::new().with_safety(safety).with_nesting(nesting).with_zero(*zero).with_unwind(Unwind::Release);
            let linked = linmem::link(TEXT.as_bytes(), &config).unwrap();
            let mut running = Running::new(&linked, State::default());
            let run = running.instance.get_typed_func::<i32, ()>(&mut running.store, "run").unwrap();
            let is_long = nesting == Nesting::Stack && *zero == Zero::Never;
            // A leak of 2,000 regions takes 30 pages.
            run.call(&mut running.store, if is_long { 200_000 } else { 2000 }).unwrap();
            let memory = running.instance.get_memory(&mut running.store, "memory").unwrap();
            assert_eq!(memory.size(&running.store), 1, "{safety} {nesting} {zero}");
        }
    }
}
