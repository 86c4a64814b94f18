//! The functions of the host that the programs of the library door import.

use crate::unwind::host::{common, with};
use crate::unwind::state::State;
use linmem::build::{FunctionId, ModuleBuilder};
use linmem::wasm_encoder::ValType;
use linmem_host::wasmtime::{self, Caller, Linker};

/// The imports, all of whose operands and results are `i32`. Only `maybe` throws.
#[derive(Clone, Copy, Debug)]
pub(super) struct Imports {
    /// `(handle, escapes, bytes)`: a region was opened, with a frame of this many bytes.
    pub(super) opened: FunctionId,
    /// `(position, bytes)`: a frame was reserved in a region.
    pub(super) reserved: FunctionId,
    /// `(position, offset, bytes, address)`: an allocation of a region has this place in the frame that was reserved last.
    pub(super) member: FunctionId,
    /// Returns the number of bytes of the next allocation.
    pub(super) bytes: FunctionId,
    /// `(position, address)`: the bytes were allocated in a region.
    pub(super) allocated: FunctionId,
    /// `(address, value)`: a byte was read.
    pub(super) read: FunctionId,
    /// `(address)`: returns the byte that the allocation at the address is filled with next.
    pub(super) fill: FunctionId,
    /// `(found, expected)`: a value was carried out of a structure.
    pub(super) carried: FunctionId,
    /// Returns the number of open regions.
    pub(super) depth: FunctionId,
    /// `(depth)`: the regions that were opened since that depth were closed.
    pub(super) left: FunctionId,
    /// `(depth)`: the regions that were opened since that depth are closed next.
    pub(super) leaving_to: FunctionId,
    /// `(count)`: a throw closes as many scopes next.
    pub(super) leaving: FunctionId,
    /// `(depth, inside)`: a handler begins. See [`State::caught`].
    pub(super) caught: FunctionId,
    /// Returns whether something happens.
    pub(super) decide: FunctionId,
    /// Returns a number below 4.
    pub(super) index: FunctionId,
    /// May throw an exception of either tag.
    pub(super) maybe: FunctionId,
}

impl Imports {
    pub(super) fn new(module: &mut ModuleBuilder) -> Imports {
        let mut import = |name: &str, params: usize, results: usize| {
            let ty = module.function_type(vec![ValType::I32; params], vec![ValType::I32; results]);
            let function = module.import_function("test", name, ty);
            if name != "maybe" {
                module.does_not_throw(function);
            }
            function
        };
        Imports {
            opened: import("opened", 3, 0),
            reserved: import("reserved", 2, 0),
            member: import("member", 4, 0),
            bytes: import("bytes", 0, 1),
            allocated: import("allocated", 2, 0),
            read: import("read", 2, 0),
            fill: import("fill", 1, 1),
            carried: import("carried", 2, 0),
            depth: import("depth", 0, 1),
            left: import("left", 1, 0),
            leaving_to: import("leaving_to", 1, 0),
            leaving: import("leaving", 1, 0),
            caught: import("caught", 2, 0),
            decide: import("decide", 0, 1),
            index: import("index", 0, 1),
            maybe: import("maybe", 0, 0),
        }
    }
}

/// The host's side of the imports.
pub(super) fn linker() -> wasmtime::Result<Linker<State>> {
    let mut linker = common()?;
    linker.func_wrap("test", "opened", |mut caller: Caller<'_, State>, handle: u32, escapes: i32, bytes: u32| {
        let state = caller.data_mut();
        let expected = state.opened(escapes != 0, u64::from(bytes));
        if expected != Some(u64::from(handle)) {
            state.fail(format!("the program opened the region {handle}, the model {expected:?}"));
        }
    })?;
    linker.func_wrap("test", "reserved", |mut caller: Caller<'_, State>, position: u32, bytes: u32| {
        caller.data_mut().reserved(position as usize, u64::from(bytes));
    })?;
    let member = |mut caller: Caller<'_, State>, position: u32, offset: u32, bytes: u32, address: u32| {
        with(&mut caller, |state, memory| {
            state.member(position as usize, (offset.into(), bytes.into()), address.into(), memory);
        });
    };
    linker.func_wrap("test", "member", member)?;
    linker.func_wrap("test", "allocated", |mut caller: Caller<'_, State>, position: u32, address: u32| {
        with(&mut caller, |state, memory| state.allocated_at(position as usize, u64::from(address), memory));
    })?;
    linker.func_wrap("test", "read", |mut caller: Caller<'_, State>, address: u32, value: u32| {
        caller.data_mut().read(u64::from(address), value);
    })?;
    linker.func_wrap("test", "fill", |mut caller: Caller<'_, State>, address: u32| {
        caller.data_mut().fill(u64::from(address))
    })?;
    linker.func_wrap("test", "carried", |mut caller: Caller<'_, State>, found: i32, expected: i32| {
        caller.data_mut().carried(found, expected);
    })?;
    linker.func_wrap("test", "left", |mut caller: Caller<'_, State>, depth: u32| {
        with(&mut caller, |state, memory| state.left(depth as usize, memory));
    })?;
    linker.func_wrap("test", "leaving_to", |mut caller: Caller<'_, State>, depth: u32| {
        caller.data_mut().leaving_to(depth as usize);
    })?;
    linker.func_wrap("test", "leaving", |mut caller: Caller<'_, State>, count: u32| {
        caller.data_mut().leaving(count as usize);
    })?;
    linker.func_wrap("test", "caught", |mut caller: Caller<'_, State>, depth: u32, inside: u32| {
        with(&mut caller, |state, memory| state.caught(depth as usize, inside as usize, memory));
    })?;
    linker.func_wrap("test", "index", |mut caller: Caller<'_, State>| caller.data_mut().choose(4) as u32)?;
    Ok(linker)
}
