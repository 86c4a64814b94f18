//! What the tests of the library door have in common.

use linmem::build::{FunctionBuilder, ModuleBuilder};
use linmem::wasm_encoder::ValType;
use linmem::{Config, Error, Nesting, Safety, StaticFrames, Unwind, Zero};

/// Every way of tracking regions that may nest; with and without exceptions that release regions, and with and without
/// zeroing of freed memory; each with static frames and without.
pub fn configurations() -> Vec<Config> {
    let mut all = Vec::new();
    for safety in [Safety::None, Safety::Temporal] {
        for nesting in [Nesting::Stack, Nesting::Outermost] {
            for unwind in [Unwind::Program, Unwind::Release] {
                for zero in [Zero::Never, Zero::Free] {
                    let config = Config::new().with_safety(safety).with_nesting(nesting).with_unwind(unwind);
                    let config = config.with_zero(zero);
                    all.extend(
                        [StaticFrames::Off, StaticFrames::On].map(|frames| config.clone().with_static_frames(frames)),
                    );
                }
            }
        }
    }
    all
}

/// Adds the export `probe`, which allocates in a new region and returns the address. If no region is open, the address is
/// always the same.
pub fn add_probe(module: &mut ModuleBuilder) -> Result<(), Error> {
    let ty = module.function_type([], [ValType::I32]);
    let probe = module.function("probe", ty, |f| {
        let address = f.local(ValType::I32);
        f.region(|f, region| {
            let segment = f.allocate_dynamic(region, 8);
            f.set(address, |f: &mut FunctionBuilder| f.address(segment));
        });
        f.push(address);
    })?;
    module.export("probe", probe);
    Ok(())
}
