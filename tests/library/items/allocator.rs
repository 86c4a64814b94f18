//! The exported allocator of a module that is built.

use crate::support::host::{Running, State};
use linmem::build::ModuleBuilder;
use linmem::{Config, Error, Representation, Safety};
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
