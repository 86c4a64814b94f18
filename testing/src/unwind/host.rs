//! The functions of the host that programs with exceptions import.

use crate::host::engine;
use crate::unwind::state::State;
use linmem_host::wasmtime::{self, AsContextMut, Caller, ExnRef, ExnRefPre, ExnType, Linker, Val};

/// Calls a function with the memory and the state.
pub(super) fn with<R>(caller: &mut Caller<'_, State>, call: impl FnOnce(&mut State, &mut [u8]) -> R) -> R {
    let memory = caller.get_export("memory").unwrap().into_memory().unwrap();
    let (data, state) = memory.data_and_store_mut(caller);
    call(state, data)
}

/// Throws an exception of one of the tags of the program.
fn throw(caller: &mut Caller<'_, State>) -> wasmtime::Result<()> {
    let has_operand = caller.data_mut().choose(2) == 0;
    let name = if has_operand { "a" } else { "b" };
    let tag = caller.get_export(name).unwrap().into_tag().unwrap();
    let ty = ExnType::from_tag_type(&tag.ty(&*caller))?;
    let allocator = ExnRefPre::new(&mut *caller, ty);
    let fields = if has_operand { vec![Val::I32(7)] } else { Vec::new() };
    let exception = ExnRef::new(&mut *caller, &allocator, &tag, &fields)?;
    caller.as_context_mut().throw(exception)
}

/// The imports that the programs of both doors have.
pub(super) fn common() -> wasmtime::Result<Linker<State>> {
    let mut linker = Linker::new(engine());
    linker.func_wrap("test", "bytes", |mut caller: Caller<'_, State>| caller.data_mut().choose_bytes())?;
    linker.func_wrap("test", "depth", |mut caller: Caller<'_, State>| {
        with(&mut caller, |state, memory| state.check(memory));
        caller.data().depth()
    })?;
    linker.func_wrap("test", "decide", |mut caller: Caller<'_, State>| i32::from(caller.data_mut().decide()))?;
    linker.func_wrap("test", "maybe", |mut caller: Caller<'_, State>| -> wasmtime::Result<()> {
        if caller.data_mut().throws() { throw(&mut caller) } else { Ok(()) }
    })?;
    Ok(linker)
}

/// The imports of the programs of the link door.
pub(super) fn linker() -> wasmtime::Result<Linker<State>> {
    let mut linker = common()?;
    linker.func_wrap("test", "opened", |mut caller: Caller<'_, State>, escapes: i32| {
        caller.data_mut().opened(escapes != 0, 0);
    })?;
    linker.func_wrap("test", "allocated", |mut caller: Caller<'_, State>, back: u32, address: u32| {
        with(&mut caller, |state, memory| state.allocated(back as usize, u64::from(address), memory));
    })?;
    linker.func_wrap("test", "closed", |mut caller: Caller<'_, State>| {
        with(&mut caller, |state, memory| state.closed(memory));
    })?;
    linker.func_wrap("test", "caught", |mut caller: Caller<'_, State>, depth: u32| {
        with(&mut caller, |state, memory| state.caught(depth as usize, depth as usize, memory));
    })?;
    Ok(linker)
}
