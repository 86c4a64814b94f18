//! The functions that a traced module imports.

use super::auditor::{Access, Auditor, Memories};
use super::finding::Transfer;
use super::page;
use wasmtime::{AsContextMut, Caller, Extern, Linker};

/// The module that a traced module imports its events from.
const MODULE: &str = "linmem_trace";

/// The export name of the memory that shadows the traced one.
pub(crate) const SHADOW: &str = "linmem_trace.shadow";

/// The export name of the memory that functions of WASI use.
const MEMORY: &str = "memory";

/// The size of an element of a list of buffers: an address and a size.
const VECTOR: u64 = 8;

/// Defines the functions that a traced module imports. `auditor` finds the auditor in the store's data: one for each instance
/// of a traced module, so that a store has at most one such instance.
///
/// # Errors
///
/// If the linker already has these functions.
pub fn define<T: 'static>(
    linker: &mut Linker<T>,
    auditor: impl Fn(&mut T) -> &mut Auditor + Copy + Send + Sync + 'static,
) -> wasmtime::Result<()> {
    define_regions(linker, auditor)?;
    linker.func_wrap(
        MODULE,
        "access",
        move |mut caller: Caller<'_, T>, address: u32, offset: u32, bytes: u32, transfer: u32, site: u32| {
            let address = u64::from(address) + u64::from(offset);
            let access = Access { address, bytes: u64::from(bytes), transfer: direction(transfer), site };
            with(&mut caller, auditor, |auditor, shadow, page| auditor.access(shadow, page, access));
        },
    )?;
    linker.func_wrap(
        MODULE,
        "range",
        move |mut caller: Caller<'_, T>, address: u32, bytes: u32, transfer: u32, site: u32| {
            let (address, bytes, transfer) = (u64::from(address), u64::from(bytes), direction(transfer));
            let access = Access { address, bytes, transfer, site };
            with(&mut caller, auditor, |auditor, shadow, page| auditor.access(shadow, page, access));
        },
    )?;
    linker.func_wrap(
        MODULE,
        "outside",
        move |mut caller: Caller<'_, T>, start: u32, offset: u32, bytes: u32, transfer: u32, site: u32| {
            let start = u64::from(start);
            let address = start + u64::from(offset);
            let access = Access { address, bytes: u64::from(bytes), transfer: direction(transfer), site };
            with(&mut caller, auditor, |auditor, _, page| auditor.outside(page, start, access));
        },
    )?;
    linker.func_wrap(
        MODULE,
        "vectors",
        move |mut caller: Caller<'_, T>, list: u32, count: u32, transfer: u32, site: u32| {
            let (list, count, transfer) = (u64::from(list), u64::from(count), direction(transfer));
            let bytes = count.saturating_mul(VECTOR);
            let itself = Access { address: list, bytes, transfer: Transfer::Read, site };
            with(&mut caller, auditor, |auditor, shadow, page| auditor.access(shadow, page, itself));
            let memory = auditor(caller.data_mut()).memories.and_then(|memories| memories.wasi);
            for position in 0..count {
                let at = usize::try_from(list + position * VECTOR).unwrap_or(usize::MAX);
                let bytes = memory.and_then(|memory| memory.data(&caller).get(at..at.checked_add(VECTOR as usize)?));
                let Some([a, b, c, d, e, f, g, h]) = bytes else { break };
                let [address, bytes] = [[*a, *b, *c, *d], [*e, *f, *g, *h]].map(|it| u64::from(u32::from_le_bytes(it)));
                let access = Access { address, bytes, transfer, site };
                with(&mut caller, auditor, |auditor, shadow, page| auditor.access(shadow, page, access));
            }
        },
    )?;
    Ok(())
}

/// Defines the events of regions.
fn define_regions<T: 'static>(
    linker: &mut Linker<T>,
    auditor: impl Fn(&mut T) -> &mut Auditor + Copy + Send + Sync + 'static,
) -> wasmtime::Result<()> {
    linker.func_wrap(
        MODULE,
        "open",
        move |mut caller: Caller<'_, T>, handle: u32, mark: u32, home: u32, limit: u32, policy: u32, site: u32| {
            with(&mut caller, auditor, |auditor, shadow, page| {
                auditor.read(page);
                auditor.open(shadow, [handle, mark, home, limit].map(u64::from), policy, site);
                auditor.resume(page);
            });
        },
    )?;
    linker.func_wrap(
        MODULE,
        "allocate",
        move |mut caller: Caller<'_, T>, handle: u32, address: u32, bytes: u32, gap: u32, limit: u32, site: u32| {
            with(&mut caller, auditor, |auditor, shadow, page| {
                auditor.read(page);
                auditor.allocate(shadow, [handle, address, bytes, gap, limit].map(u64::from), site);
                auditor.resume(page);
            });
        },
    )?;
    linker.func_wrap(
        MODULE,
        "close",
        move |mut caller: Caller<'_, T>, handle: u32, before: u32, after: u32, limit: u32, site: u32| -> u32 {
            let top = with(&mut caller, auditor, |auditor, shadow, page| {
                auditor.read(page);
                let top = auditor.close(shadow, [handle, before, after, limit].map(u64::from), site);
                auditor.resume(page);
                top
            });
            // It is one of two 32-bit numbers.
            top.map_or(after, |top| top as u32)
        },
    )?;
    Ok(())
}

/// Reports the regions that are open: for the end of a program that was not interrupted.
pub fn finish<T: 'static>(store: &mut impl AsContextMut<Data = T>, auditor: impl Fn(&mut T) -> &mut Auditor) {
    read(store, &auditor);
    auditor(store.as_context_mut().data_mut()).report_leaks();
}

/// The regions that are open now stay open on purpose, and are not reported at the end: the host opened them.
pub fn keep_open<T: 'static>(store: &mut impl AsContextMut<Data = T>, auditor: impl Fn(&mut T) -> &mut Auditor) {
    read(store, &auditor);
    auditor(store.as_context_mut().data_mut()).keep_open();
}

/// Reads what the module has recorded.
fn read<T: 'static>(store: &mut impl AsContextMut<Data = T>, auditor: &impl Fn(&mut T) -> &mut Auditor) {
    // A module that has recorded anything has called the host before.
    if let Some(memories) = auditor(store.as_context_mut().data_mut()).memories {
        with_memories(store, memories, auditor, |auditor, _, page| auditor.read(page));
    }
}

/// Calls a function with the auditor, the shadow and the page of events. A module without that memory was not traced by linmem.
fn with<T: 'static, R>(
    caller: &mut Caller<'_, T>,
    auditor: impl Fn(&mut T) -> &mut Auditor,
    act: impl FnOnce(&mut Auditor, &mut [u8], &mut [u8]) -> R,
) -> Option<R> {
    let memories = match auditor(caller.data_mut()).memories {
        Some(memories) => memories,
        None => {
            let shadow = caller.get_export(SHADOW)?.into_memory()?;
            let wasi = caller.get_export(MEMORY).and_then(Extern::into_memory);
            *auditor(caller.data_mut()).memories.insert(Memories { shadow, wasi })
        }
    };
    Some(with_memories(caller, memories, auditor, act))
}

fn with_memories<T: 'static, R>(
    store: &mut impl AsContextMut<Data = T>,
    memories: Memories,
    auditor: impl Fn(&mut T) -> &mut Auditor,
    act: impl FnOnce(&mut Auditor, &mut [u8], &mut [u8]) -> R,
) -> R {
    let (memory, data) = memories.shadow.data_and_store_mut(store);
    let (shadow, page) = page::split(memory);
    act(auditor(data), shadow, page)
}

fn direction(transfer: u32) -> Transfer {
    match transfer {
        0 => Transfer::Read,
        1 => Transfer::Write,
        _ => Transfer::Either,
    }
}
