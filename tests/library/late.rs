//! Writers that assign indices after all code is written, and functions that are built on several threads.

use crate::support::build::configurations;
use crate::support::host::{Running, State};
use linmem::build::{FunctionBuilder, ModuleBuilder};
use linmem::wasm_encoder::{Instruction, ValType};
use linmem::{Access, Config, OnViolation, Representation, Safety};

#[path = "../../examples/own_writer/writer.rs"]
mod writer;

#[test]
fn bodies_are_resolved_after_all_code_is_written() {
    let reports = Config::new().with_safety(Safety::None).with_on_violation(OnViolation::Report);
    for config in configurations().into_iter().chain([reports]) {
        for representation in [Representation::Address, Representation::Packed, Representation::ALL[2]] {
            let bytes = writer::hello(&config, representation).unwrap_or_else(|error| panic!("{config:?}: {error}"));
            let mut running = Running::new(&bytes, State::default());
            running.call("_start", &[]).unwrap_or_else(|error| panic!("{config:?}: {error:?}"));
            assert_eq!(running.store.data().output, b"a\nb\nc\n", "{config:?}");
        }
    }
}

/// Adds `count` functions, which call each other, built on this many threads.
fn on_threads(threads: usize, config: &Config) -> Vec<u8> {
    const FUNCTIONS: u32 = 40;
    let mut module = ModuleBuilder::new(config, Representation::Packed).unwrap();
    let ty = module.function_type([ValType::I32], [ValType::I32]);
    let functions: Vec<_> = (0..FUNCTIONS).map(|n| module.declare_function(&format!("f{n}"), ty)).collect();
    let write = |f: &mut FunctionBuilder, number: u32| {
        let region = f.begin_region();
        let segment = f.allocate_dynamic(region, 8 + number as i32);
        f.put(Access::Int, segment, f.param(0), number as i32);
        f.write_all(1, segment);
        f.drop();
        f.get(Access::Int, segment, 0);
        f.push(f.param(0));
        f.call(functions[((number + 1) % FUNCTIONS) as usize]);
        f.instruction(&Instruction::I32Add);
        f.set(f.param(0), linmem::build::OnStack);
        f.end_region(region);
        f.push(f.param(0));
    };
    let mut bodies: Vec<_> = functions.iter().map(|function| module.body(*function).unwrap()).collect();
    std::thread::scope(|scope| {
        // Each thread takes every nth function, so that the threads interleave.
        let mut shares: Vec<Vec<_>> = (0..threads).map(|_| Vec::new()).collect();
        for (number, body) in bodies.iter_mut().enumerate() {
            shares[number % threads].push((number as u32, body));
        }
        for share in shares {
            scope.spawn(|| share.into_iter().for_each(|(number, body)| write(body, number)));
        }
    });
    // Bodies may also end on other threads.
    let finished = std::thread::scope(|scope| {
        let running: Vec<_> = bodies.into_iter().map(|body| scope.spawn(|| body.finish().unwrap())).collect();
        running.into_iter().map(|running| running.join().unwrap()).collect::<Vec<_>>()
    });
    for body in finished {
        module.define_finished(body).unwrap();
    }
    module.export("f", functions[0]);
    module.finish_on(threads).unwrap()
}

#[test]
fn functions_that_are_built_on_threads_have_the_same_bytes() {
    for config in [Config::new(), Config::new().with_safety(Safety::Temporal).with_on_violation(OnViolation::Report)] {
        let alone = on_threads(1, &config);
        for threads in [2, 3, 8] {
            assert_eq!(on_threads(threads, &config), alone, "{threads} threads");
        }
    }
}
