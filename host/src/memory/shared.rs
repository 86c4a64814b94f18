//! Copies between a shared memory and the host, without `unsafe`.
//!
//! Rust has no safe way to read bytes that other threads may be writing: wasmtime gives a shared memory as a slice of
//! `UnsafeCell<u8>`. WebAssembly has one: `memory.copy` on a shared memory is defined while other threads write, and copies
//! bytes that are written meanwhile in the old or the new state. A small module does the copies. It imports the shared memory,
//! and copies between it and a page of its own, which is not shared and which the host reads and writes as a slice:
//!
//! ```wat
//! (module
//!   (import "" "" (memory $shared 0 65536 shared))
//!   (memory $page (export "p") 1 1)
//!   (func (export "r") (param $address i32) (param $bytes i32)
//!     (memory.copy $page $shared (i32.const 0) (local.get $address) (local.get $bytes)))
//!   (func (export "w") (param $address i32) (param $bytes i32)
//!     (memory.copy $shared $page (local.get $address) (i32.const 0) (local.get $bytes))))
//! ```
//!
//! It is instantiated in a store of its own, so that neither the limits nor the fuel of the guest's store apply to it. A copy
//! is not atomic as a whole, and does not order other accesses: data that another thread publishes has to be received by the
//! atomic operations of `wasmtime::SharedMemory` first.

use super::error::Error;
use std::sync::{Mutex, PoisonError};
use wasmtime::{Engine, Instance, Memory, Module, SharedMemory, Store, TypedFunc, WasmParams, WasmTy};

/// The module for 32-bit memories: the text above.
const MODULE_32: &[u8] =
    b"\0asm\x01\0\0\0\x01\x06\x01`\x02\x7f\x7f\0\x02\x09\x01\0\0\x02\x03\0\x80\x80\x04\x03\x03\x02\0\0\x05\
    \x04\x01\x01\x01\x01\x07\x0d\x03\x01p\x02\x01\x01r\0\0\x01w\0\x01\x0a\x1b\x02\x0c\0A\0 \0 \x01\xfc\
    \x0a\x01\0\x0b\x0c\0 \0A\0 \x01\xfc\x0a\0\x01\x0b";

/// The module for 64-bit memories: the same with `(memory i64 0 281474976710656 shared)` and an `i64` address.
const MODULE_64: &[u8] =
    b"\0asm\x01\0\0\0\x01\x06\x01`\x02~\x7f\0\x02\x0d\x01\0\0\x02\x07\0\x80\x80\x80\x80\x80\x80@\x03\x03\
    \x02\0\0\x05\x04\x01\x01\x01\x01\x07\x0d\x03\x01p\x02\x01\x01r\0\0\x01w\0\x01\x0a\x1b\x02\x0c\0A\0 \
    \0 \x01\xfc\x0a\x01\0\x0b\x0c\0 \0A\0 \x01\xfc\x0a\0\x01\x0b";

/// The size of the page that copies go through.
const PAGE: usize = 65536;

/// An instance of the module that copies.
pub(super) struct Copier {
    state: Mutex<State>,
}

struct State {
    store: Store<()>,
    page: Memory,
    functions: Functions,
}

enum Functions {
    Narrow(Pair<u32>),
    Wide(Pair<u64>),
}

/// The functions that read and write the shared memory, whose addresses have the type `P`.
struct Pair<P: WasmTy>
where
    (P, u32): WasmParams,
{
    read: TypedFunc<(P, u32), ()>,
    write: TypedFunc<(P, u32), ()>,
}

impl Copier {
    /// # Errors
    ///
    /// If the engine does not support bulk memory operations or several memories, or if the pages of the memory do not have
    /// 64 KiB.
    pub(super) fn new(engine: &Engine, memory: &SharedMemory) -> Result<Copier, Error> {
        let unsupported = |error: wasmtime::Error| Error::Unsupported { reason: format!("{:#}", error) };
        let is_64 = memory.ty().is_64();
        let module = Module::new(engine, if is_64 { MODULE_64 } else { MODULE_32 }).map_err(unsupported)?;
        let mut store = Store::new(engine, ());
        // An engine that does not consume fuel rejects this, and does not need it.
        let _ = store.set_fuel(u64::MAX);
        store.set_epoch_deadline(u64::MAX / 2);
        let instance = Instance::new(&mut store, &module, &[memory.clone().into()]).map_err(unsupported)?;
        let page = instance
            .get_memory(&mut store, "p")
            .ok_or_else(|| Error::Unsupported { reason: "the copying module has no page".to_string() })?;
        let functions = match is_64 {
            false => Functions::Narrow(Pair::new(&mut store, &instance).map_err(unsupported)?),
            true => Functions::Wide(Pair::new(&mut store, &instance).map_err(unsupported)?),
        };
        Ok(Copier { state: Mutex::new(State { store, page, functions }) })
    }

    /// Copies from the shared memory. The caller has checked the range.
    pub(super) fn read(&self, address: u64, buffer: &mut [u8]) -> Result<(), Error> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let State { store, page, functions } = &mut *state;
        for (address, piece) in (address..).step_by(PAGE).zip(buffer.chunks_mut(PAGE)) {
            functions.call(store, address, piece.len(), false)?;
            let bytes = page.data(&mut *store).get(..piece.len()).ok_or(Error::Shared)?;
            piece.copy_from_slice(bytes);
        }
        Ok(())
    }

    /// Copies to the shared memory. The caller has checked the range.
    pub(super) fn write(&self, address: u64, buffer: &[u8]) -> Result<(), Error> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let State { store, page, functions } = &mut *state;
        for (address, piece) in (address..).step_by(PAGE).zip(buffer.chunks(PAGE)) {
            page.data_mut(&mut *store).get_mut(..piece.len()).ok_or(Error::Shared)?.copy_from_slice(piece);
            functions.call(store, address, piece.len(), true)?;
        }
        Ok(())
    }
}

impl<P: WasmTy> Pair<P>
where
    (P, u32): WasmParams,
{
    fn new(store: &mut Store<()>, instance: &Instance) -> wasmtime::Result<Pair<P>> {
        Ok(Pair { read: instance.get_typed_func(&mut *store, "r")?, write: instance.get_typed_func(&mut *store, "w")? })
    }
}

impl Functions {
    fn call(&self, store: &mut Store<()>, address: u64, bytes: usize, to_shared: bool) -> Result<(), Error> {
        let too_large = |value| move |_| Error::TooLarge { value, bits: 32 };
        let bytes = u32::try_from(bytes).map_err(too_large(bytes as u64))?;
        let result = match self {
            Functions::Narrow(pair) => {
                let function = if to_shared { &pair.write } else { &pair.read };
                function.call(store, (u32::try_from(address).map_err(too_large(address))?, bytes))
            }
            Functions::Wide(pair) => {
                let function = if to_shared { &pair.write } else { &pair.read };
                function.call(store, (address, bytes))
            }
        };
        result.map_err(|error| Error::trapped("memory.copy", error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The module of the documentation, without names.
    fn assembled(memory: &str, address: &str) -> Vec<u8> {
        let text = format!(
            r#"(module (import "" "" (memory {memory} shared)) (memory (export "p") 1 1)
  (func (export "r") (param {address} i32) (memory.copy 1 0 (i32.const 0) (local.get 0) (local.get 1)))
  (func (export "w") (param {address} i32) (memory.copy 0 1 (local.get 0) (i32.const 0) (local.get 1))))"#
        );
        let buffer = wast::parser::ParseBuffer::new(&text).unwrap();
        wast::parser::parse::<wast::Wat>(&buffer).unwrap().encode().unwrap()
    }

    #[test]
    fn modules_are_those_of_the_documentation() {
        assert_eq!(MODULE_32, assembled("0 65536", "i32"));
        assert_eq!(MODULE_64, assembled("i64 0 281474976710656", "i64"));
    }
}
