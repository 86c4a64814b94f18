//! The programs of the library door: scopes of regions with every kind of exit, in every configuration.
//!
//! ```text
//!   variant   the configurations
//!   host      the functions of the host that programs import
//!   parts     what a function that is being written refers to
//!   writer    the state of a function that is being written, and its statements
//!   memory    regions, allocations, and accesses to them
//!   exits     branches, returns, tail calls and throws
//!   tries     handlers of exceptions
//! ```
//!
//! A program is a function that `run` calls in a handler, with a region to allocate from if the function has parameters. It
//! returns a number, which its caller compares with what it was. A function calls only functions before it.

mod exits;
mod host;
mod memory;
mod parts;
mod tries;
mod variant;
mod writer;

pub use variant::VARIANTS;

use crate::unwind::reach::Reach;
use crate::unwind::run::Programs;
use crate::unwind::source::Source;
use crate::unwind::state::State;
use host::{Imports, linker};
use linmem::Error;
use linmem::build::{ModuleBuilder, TypeId};
use linmem::wasm_encoder::{BlockType, ConstExpr, ValType};
use parts::{Callee, World};
use std::cell::RefCell;
use std::collections::BTreeMap;
use variant::Variant;
use writer::Writer;

/// How many functions with scopes a module has.
const FUNCTIONS: usize = 28;

/// How often each function is run, every time with other decisions of the host. The modules take longer to compile than to
/// run.
const RUNS: usize = 8;

/// How many programs are run on a module: a function, and what the host decides.
pub const PROGRAMS: usize = FUNCTIONS * RUNS;

/// Builds a module with programs. Returns it with how often each construct was written.
fn build(source: &mut Source, variant: &Variant) -> Result<(Vec<u8>, BTreeMap<&'static str, usize>), Error> {
    let mut module = ModuleBuilder::new(&variant.config, variant.representation)?;
    module.enable_check();
    let imports = Imports::new(&mut module);
    let nothing = module.function_type([], []);
    let result = module.function_type([], [ValType::I32]);
    let one = module.function_type([ValType::I32], []);
    let borrowing = module.function_type([ValType::I32, ValType::I32], [ValType::I32]);
    let tags = [one, nothing].map(|ty| module.tag(ty));
    module.export("a", tags[0]);
    module.export("b", tags[1]);
    let mut block = |types: &[ValType]| BlockType::FunctionType(module.function_type([], types.to_vec()).0);
    let mut world = World {
        imports,
        tags: tags.map(|tag| tag.0),
        value_and_exception: block(&[ValType::I32, ValType::EXNREF]),
        two_values: block(&[ValType::I32, ValType::I64]),
        carried: module.global("carried", ValType::I32, true, &ConstExpr::i32_const(0)).0,
        types: [result, borrowing].map(|ty| ty.0),
        functions: Vec::new(),
        written: RefCell::default(),
    };
    module.reference(imports.decide);
    for program in 0..FUNCTIONS {
        let (borrows, throws) = (source.once_in(4), !source.once_in(4));
        let function = module.declare_function(&format!("f{program}"), if borrows { borrowing } else { result });
        module.reference(function);
        if !throws {
            module.does_not_throw(function);
            *world.written.get_mut().entry("function that does not throw").or_default() += 1;
        }
        let callee = Callee { function, borrows, throws };
        let mut writer = Writer::new(module.body(function)?, source, &world, variant, callee);
        writer.function();
        let body = writer.f;
        module.define(body)?;
        world.functions.push(callee);
        run(&mut module, source, &world, (variant, nothing), program)?;
    }
    let free = module.function("free", one, |f| memory::free(f, f.param(0)))?;
    module.export("free", free);
    // The programs are right: only exceptions leave regions open.
    let findings = module.check()?;
    if let Some(finding) = findings.iter().find(|finding| !matches!(finding.error, Error::LeftOpen { .. })) {
        panic!("{variant:?}: a finding about a right program: {}", finding.error);
    }
    Ok((module.finish()?, world.written.into_inner()))
}

/// Adds the export that runs a program.
fn run(
    module: &mut ModuleBuilder,
    source: &mut Source,
    world: &World,
    (variant, nothing): (&Variant, TypeId),
    program: usize,
) -> Result<(), Error> {
    let function = module.declare_function(&format!("run{program}"), nothing);
    let callee = Callee { function, borrows: false, throws: false };
    let mut writer = Writer::new(module.body(function)?, source, world, variant, callee);
    writer.run(world.functions[program]);
    let body = writer.f;
    module.define(body)?;
    module.export(&format!("run{program}"), function);
    Ok(())
}

/// Runs the programs of one module. The first one that fails is an error.
pub fn run_module(number: usize) -> Result<Reach, String> {
    let variant = Variant::of(number);
    let Variant { config, representation } = &variant;
    let mut source = Source::new(number as u64);
    let mut programs =
        Programs { number, config, representation: *representation, bytes: &[], functions: FUNCTIONS, runs: RUNS };
    let (bytes, written) =
        build(&mut source, &variant).map_err(|error| format!("{}: {error}", programs.describe(0)))?;
    programs.bytes = &bytes;
    let state = State::new(config, source.fork());
    let linker = linker().map_err(|error| error.to_string())?;
    let text = || linmem::wat::print(&bytes).unwrap_or_else(|error| error.to_string());
    let reach = programs.run(&linker, state, text)?;
    Ok(Reach { written, ..reach })
}
