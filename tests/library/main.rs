//! The library door: scopes close their regions, misuse is an error, and a frontend that writes modules itself gets the same
//! code.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

#[path = "../support/mod.rs"]
mod support;

mod arrays;
mod check;
mod frames;
mod items;
mod late;
mod misuse;
mod operations;
mod printing;
mod scopes;
mod sections;
mod statics;
mod text;
mod tree;
mod writer;

use linmem::build::{FunctionBuilder, ModuleBuilder};
use linmem::wasm_encoder::ValType;
use linmem::{Config, Error, Representation};
use linmem_host::wasmtime::Val;
use support::build::{add_probe, configurations};
use support::host::{Running, State};

/// Builds a module whose export `f: i32 -> i32` has this code.
fn module(representation: Representation, code: impl FnOnce(&mut FunctionBuilder)) -> Result<Vec<u8>, Error> {
    built(&Config::default(), representation, code)
}

/// The same, with a configuration. Both modules also export `probe`: see [`add_probe`].
fn built(
    config: &Config,
    representation: Representation,
    code: impl FnOnce(&mut FunctionBuilder),
) -> Result<Vec<u8>, Error> {
    let mut module = ModuleBuilder::new(config, representation)?;
    let ty = module.function_type([ValType::I32], [ValType::I32]);
    let f = module.function("f", ty, code)?;
    module.export("f", f);
    add_probe(&mut module)?;
    module.finish()
}

/// Runs `f` for each argument, and checks its result, and that no region is open after the call.
fn expect(bytes: &[u8], cases: &[(i32, i32)], choices: &str) {
    let mut running = Running::new(bytes, State::default());
    let before = running.call("probe", &[]).unwrap()[0].unwrap_i32();
    for (argument, result) in cases {
        let found = running.call("f", &[Val::I32(*argument)]).unwrap_or_else(|error| panic!("{choices}: {error:?}"));
        assert_eq!(found[0].unwrap_i32(), *result, "f({argument}) with {choices}");
        let after = running.call("probe", &[]).unwrap()[0].unwrap_i32();
        assert_eq!(after, before, "f({argument}) left a region open with {choices}");
    }
}

/// Checks code in every configuration and representation: its results do not depend on how regions are tracked.
fn everywhere(code: impl Fn(&mut FunctionBuilder), cases: &[(i32, i32)]) {
    for config in configurations() {
        let choices = format!("{config:?}");
        for representation in [Representation::Address, Representation::Packed, Representation::ALL[2]] {
            let bytes =
                built(&config, representation, |f| code(f)).unwrap_or_else(|error| panic!("{choices}: {error}"));
            expect(&bytes, cases, &choices);
        }
    }
}
