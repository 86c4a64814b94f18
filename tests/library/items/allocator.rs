//! The exported allocator of a module that is built.

use crate::support::host::{Running, State};
use linmem::build::ModuleBuilder;
use linmem::wasm_encoder::ValType;
use linmem::{Config, Error, Intrinsic, Representation, Safety, Signature};
use linmem_host::wasmtime::Val;

#[test]
fn host_allocates_in_built_module() {
    for &representation in Representation::ALL {
        let safety = if representation.carries_size() { Safety::Temporal } else { Safety::None };
        let mut module = ModuleBuilder::new(&Config::new().with_safety(safety), representation).unwrap();
        module.export_allocator().unwrap();
        let mut running = Running::new(&module.finish().unwrap(), State::default());
        let region = running.call("linmem_open", &[]).unwrap()[0];
        let segment = running.call("linmem_allocate", &[region, Val::I32(24), Val::I32(64)]).unwrap()[0];
        let address = if representation.carries_size() {
            assert_eq!(running.call("linmem_size", &[segment]).unwrap()[0].unwrap_i32(), 24, "{representation}");
            running.call("linmem_address", &[segment]).unwrap()[0].unwrap_i32()
        } else {
            segment.unwrap_i32()
        };
        assert!(address > 0 && address % 64 == 0, "{representation}: {address}");
        running.call("linmem_close", &[region]).unwrap();
        let is_checked = safety == Safety::Temporal;
        assert_eq!(running.call("linmem_close", &[region]).is_err(), is_checked, "{representation}");
    }
}

#[test]
fn export_allocator_rejects_taken_name() {
    let mut module = ModuleBuilder::new(&Config::new(), Representation::Packed).unwrap();
    let memory = module.segment_memory();
    module.export("linmem_close", memory);
    let error = module.export_allocator();
    let message = "the module already has an export `linmem_close`";
    assert!(matches!(&error, Err(Error::Builder { message: found, .. }) if found == message), "{error:?}");
}

/// With the option, closing a region of the module ends the loans in it.
#[test]
fn built_module_lends_to_host() {
    for &representation in Representation::ALL {
        for safety in [Safety::None, Safety::Spatial].into_iter().take(1 + usize::from(representation.carries_size())) {
            let config = Config::new().with_safety(safety).with_export_allocator(true);
            let mut module = ModuleBuilder::new(&config, representation).unwrap();
            module.enable_check();
            module.export_allocator().unwrap();
            let open = Signature::new(Intrinsic::AllocatorNew, representation).unwrap();
            let close = Signature::new(Intrinsic::AllocatorFree, representation).unwrap();
            let handle = module.function_type([], [ValType::I32]);
            let open = module.function("open", handle, |f| f.signature(&open)).unwrap();
            module.export("open", open);
            let takes_handle = module.function_type([ValType::I32], []);
            let close = module.function("close", takes_handle, |f| {
                f.push(f.param(0));
                f.signature(&close);
            });
            module.export("close", close.unwrap());
            module.check().unwrap();
            let mut running = Running::new(&module.finish().unwrap(), State::default());
            let acquire = |running: &mut Running, token: i64| {
                let results = running.call("linmem_acquire", &[Val::I32(24), Val::I32(64), Val::I64(token)]).unwrap();
                let top = running.call("linmem_top", &[]).unwrap()[0];
                (results[1], Val::I32(top.unwrap_i32() - 16), top)
            };
            let (outer, outer_loan, outer_top) = acquire(&mut running, 5);
            let region = running.call("open", &[]).unwrap()[0];
            let (inner, inner_loan, inner_top) = acquire(&mut running, 6);
            let refused = |running: &mut Running, handle, loan, top| {
                running.call("linmem_release", &[handle, loan, top]).unwrap()[0].unwrap_i32()
            };
            assert_eq!(refused(&mut running, outer, outer_loan, outer_top), 1, "{representation} {safety}");
            running.call("close", &[region]).unwrap();
            assert_eq!(refused(&mut running, inner, inner_loan, inner_top), 1, "{representation} {safety}");
            assert_eq!(refused(&mut running, outer, outer_loan, outer_top), 0, "{representation} {safety}");
            assert_eq!(running.call("linmem_top", &[]).unwrap()[0].unwrap_i32(), outer.unwrap_i32());
        }
    }
}
