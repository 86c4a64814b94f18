//! The functions that a traced module imports.

use super::auditor::{Access, Auditor};
use super::finding::Transfer;
use wasmtime::{Caller, Extern, Linker, Memory};

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
    linker.func_wrap(
        MODULE,
        "open",
        move |mut caller: Caller<'_, T>, handle: u32, mark: u32, home: u32, limit: u32, policy: u32, site: u32| {
            with(&mut caller, auditor, |auditor, shadow| {
                auditor.open(shadow, [handle, mark, home, limit].map(u64::from), policy, site);
            });
        },
    )?;
    linker.func_wrap(
        MODULE,
        "allocate",
        move |mut caller: Caller<'_, T>, handle: u32, address: u32, bytes: u32, gap: u32, limit: u32, site: u32| {
            with(&mut caller, auditor, |auditor, shadow| {
                auditor.allocate(shadow, [handle, address, bytes, gap, limit].map(u64::from), site);
            });
        },
    )?;
    linker.func_wrap(
        MODULE,
        "close",
        move |mut caller: Caller<'_, T>, handle: u32, before: u32, after: u32, limit: u32, site: u32| -> u32 {
            let top = with(&mut caller, auditor, |auditor, shadow| {
                auditor.close(shadow, [handle, before, after, limit].map(u64::from), site)
            });
            // It is one of two 32-bit numbers.
            top.map_or(after, |top| top as u32)
        },
    )?;
    linker.func_wrap(
        MODULE,
        "access",
        move |mut caller: Caller<'_, T>, address: u32, offset: u32, bytes: u32, transfer: u32, site: u32| {
            let address = u64::from(address) + u64::from(offset);
            let access = Access { address, bytes: u64::from(bytes), transfer: direction(transfer), site };
            with(&mut caller, auditor, |auditor, shadow| auditor.access(shadow, access));
        },
    )?;
    linker.func_wrap(
        MODULE,
        "range",
        move |mut caller: Caller<'_, T>, address: u32, bytes: u32, transfer: u32, site: u32| {
            let (address, bytes, transfer) = (u64::from(address), u64::from(bytes), direction(transfer));
            let access = Access { address, bytes, transfer, site };
            with(&mut caller, auditor, |auditor, shadow| auditor.access(shadow, access));
        },
    )?;
    linker.func_wrap(
        MODULE,
        "outside",
        move |mut caller: Caller<'_, T>, start: u32, offset: u32, bytes: u32, transfer: u32, site: u32| {
            let start = u64::from(start);
            let address = start + u64::from(offset);
            let access = Access { address, bytes: u64::from(bytes), transfer: direction(transfer), site };
            with(&mut caller, auditor, |auditor, _| auditor.outside(start, access));
        },
    )?;
    linker.func_wrap(
        MODULE,
        "vectors",
        move |mut caller: Caller<'_, T>, list: u32, count: u32, transfer: u32, site: u32| {
            let (list, count) = (u64::from(list), u64::from(count));
            let mut accesses =
                vec![Access { address: list, bytes: count.saturating_mul(VECTOR), transfer: Transfer::Read, site }];
            if let Some(Extern::Memory(memory)) = caller.get_export(MEMORY) {
                let data = memory.data(&caller);
                let buffers = buffers(data, list, count);
                let access = |(address, bytes)| Access { address, bytes, transfer: direction(transfer), site };
                accesses.extend(buffers.map(access));
            }
            with(&mut caller, auditor, |auditor, shadow| {
                accesses.into_iter().for_each(|access| auditor.access(shadow, access));
            });
        },
    )?;
    Ok(())
}

/// Calls a function with the auditor and the shadow memory. A module without that memory was not traced by linmem.
fn with<T: 'static, R>(
    caller: &mut Caller<'_, T>,
    auditor: impl Fn(&mut T) -> &mut Auditor,
    act: impl FnOnce(&mut Auditor, &mut [u8]) -> R,
) -> Option<R> {
    let memory: Memory = match auditor(caller.data_mut()).shadow {
        Some(memory) => memory,
        None => {
            let memory = caller.get_export(SHADOW)?.into_memory()?;
            *auditor(caller.data_mut()).shadow.insert(memory)
        }
    };
    let (shadow, data) = memory.data_and_store_mut(caller);
    Some(act(auditor(data), shadow))
}

fn direction(transfer: u32) -> Transfer {
    match transfer {
        0 => Transfer::Read,
        1 => Transfer::Write,
        _ => Transfer::Either,
    }
}

/// The addresses and sizes of the buffers in a list, as far as the list is in the memory.
fn buffers(data: &[u8], list: u64, count: u64) -> impl Iterator<Item = (u64, u64)> {
    let start = usize::try_from(list).unwrap_or(usize::MAX);
    let bytes = data.get(start..).unwrap_or_default();
    let elements = bytes.chunks_exact(VECTOR as usize).take(usize::try_from(count).unwrap_or(usize::MAX));
    elements.map(|element| match element {
        [a, b, c, d, e, f, g, h] => {
            (u64::from(u32::from_le_bytes([*a, *b, *c, *d])), u64::from(u32::from_le_bytes([*e, *f, *g, *h])))
        }
        _ => (0, 0),
    })
}
