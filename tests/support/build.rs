//! What tests of the library door share.

use linmem::allocator::{Nesting, Unwind, Zero};
use linmem::build::{FunctionBuilder, ModuleBuilder};
use linmem::wasm_encoder::ValType;
use linmem::{Config, Error, Safety};

/// Every way to keep track of regions that may nest, with and without exceptions that release them, and with memory that
/// is zeroed when it is freed.
pub fn configurations() -> Vec<Config> {
    let mut all = Vec::new();
    for safety in [Safety::None, Safety::Temporal] {
        for nesting in [Nesting::Stack, Nesting::Outermost] {
            for unwind in [Unwind::Ignore, Unwind::Release] {
                for zero in [Zero::Never, Zero::Free] {
                    all.push(Config { safety: Some(safety), nesting, unwind, zero, ..Config::default() });
                }
            }
        }
    }
    all
}

/// Adds the export `probe`, which gives the address of what is allocated in a region of its own. It is always the same
/// where no region is open.
pub fn add_probe(module: &mut ModuleBuilder) -> Result<(), Error> {
    let ty = module.function_type([], [ValType::I32]);
    let probe = module.function("probe", ty, |f| {
        let address = f.local(ValType::I32);
        f.region(|f, region| {
            let segment = f.allocate_dynamic(region, 8);
            f.set(address, |f: &mut FunctionBuilder<'_>| f.address(segment));
        });
        f.push(address);
    })?;
    module.export("probe", probe);
    Ok(())
}
