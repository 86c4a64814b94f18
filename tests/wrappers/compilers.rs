//! The program `iovec` as compilers of other languages make it: the instructions that each operation executes, beside those of
//! the program written by hand. The modules are in `tests/cost/compilers`, their sources and the commands in `tests/toolchains`;
//! `cli/tests/toolchains.rs` compiles them again and compares.

use super::support;
use super::support::host::{Running, State};
use linmem::{Config, Safety, StaticFrames};
use linmem_codegen::planted::{Optimization, turn_off};
use linmem_host::wasmtime::Val;
use std::fmt::Write;

/// How often the operation runs.
const TIMES: i32 = 10_000;

/// The most instructions without checks, as a multiple of those of the program written by hand.
const MAX_RATIO: f64 = 1.1;

/// The call in the program written by hand, and the same code without the call.
const CALL: &str = "(call $use (i32.add (local.get $mark) (i32.const 16)))";
const INLINED: &str = "(i32.add (i32.load offset=16 (local.get $mark)) (i32.load offset=20 (local.get $mark)))";

/// The result of the program, and the instructions for each operation.
fn run(module: &[u8]) -> (i32, f64) {
    let mut running = Running::new(module, State::default());
    let result = running.call("iovec", &[Val::I32(TIMES)]).unwrap()[0].unwrap_i32();
    (result, running.fuel("iovec", &[Val::I32(TIMES)]) as f64 / f64::from(TIMES))
}

#[test]
fn compiled_programs_cost_as_much_as_those_written_by_hand() {
    let folder = support::root().join("tests/cost");
    let by_hand = std::fs::read_to_string(folder.join("iovec.hand.wat")).unwrap();
    assert_eq!(by_hand.matches(CALL).count(), 1);
    let mut table = String::from(
        "instructions for each operation of iovec, as compilers make it (segments are i64)\n\
         calls: without static frames, and functions that only pass on are called; regions: without static frames\n\
         by hand: without checks; with the call of a function that reads the iovec only if the compiler leaves it\n\n",
    );
    writeln!(table, "{:24} {:>8} {:>8} {:>8} {:>8}", "", "calls", "regions", "linked", "by hand").unwrap();
    for (name, by_hand) in [("moonbit", by_hand.clone()), ("assemblyscript", by_hand.replace(CALL, INLINED))] {
        let module = std::fs::read(folder.join("compilers").join(format!("{name}.wasm"))).unwrap();
        let (_, by_hand) = run(&support::parse(&by_hand));
        for safety in [Safety::None, Safety::Spatial, Safety::Temporal] {
            let config = Config::new().with_safety(safety);
            let without = config.clone().with_static_frames(StaticFrames::Off);
            let linked = run(&linmem::link(&module, &config).unwrap());
            let regions = run(&linmem::link(&module, &without).unwrap());
            turn_off(Some(Optimization::Wrappers));
            let calls = linmem::link(&module, &without);
            turn_off(None);
            let calls = run(&calls.unwrap());
            // Each operation adds an address, which is a multiple of 8 and depends on the frame, and 16.
            for (result, _) in [linked, regions, calls] {
                let sum = result / TIMES;
                assert!(result % TIMES == 0 && sum % 8 == 0 && sum > 16, "{name} {safety}: {result}");
            }
            writeln!(
                table,
                "{:24} {:8.2} {:8.2} {:8.2} {by_hand:8.2}",
                format!("{name} {safety}"),
                calls.1,
                regions.1,
                linked.1
            )
            .unwrap();
            let ratio = linked.1 / by_hand;
            assert!(
                safety != Safety::None || ratio <= MAX_RATIO,
                "{name}: {ratio:.2} times as many as by hand\n{table}"
            );
        }
    }
    let _guard = support::goldens("cost");
    insta::assert_snapshot!("compilers", table);
}
