//! The memories of a module: those that it imports get new ones, and the shared ones are counted, since the engine does not
//! ask the limiter about them.

use super::end::Error;
use super::limits::{Budget, ELEMENT};
use super::state::State;
use crate::audit;
use std::collections::BTreeMap;
use wasmparser::{ExternalKind, Parser, Payload, TypeRef};
use wasmtime::{Extern, ExternType, Linker, Memory, MemoryType, MemoryTypeBuilder, Module, SharedMemory, Store};

/// The page size if a memory does not declare one, as a logarithm.
const PAGE: u32 = 16;

/// What an instance of a module needs.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Needs {
    /// The initial bytes of its own memories and tables.
    initial: u64,
    /// The bytes of the memory that shadows another one, which are not counted.
    shadow: u64,
    /// By how many bytes its own shared memories can grow. The engine asks only for their initial sizes.
    growth: u64,
    /// Whether it imports a function that starts threads.
    pub(crate) spawns: bool,
}

impl Needs {
    /// Reads them from a module. What is invalid is left to the engine.
    pub(crate) fn read(bytes: &[u8], spawn: (&str, &str), is_traced: bool) -> Needs {
        let mut needs = Needs::default();
        // The initial bytes of each memory.
        let mut initial = Vec::new();
        for payload in Parser::new(0).parse_all(bytes) {
            match payload {
                Ok(Payload::ImportSection(imports)) => {
                    for import in imports.into_imports().flatten() {
                        let is_spawn = (import.module, import.name) == spawn;
                        needs.spawns |= is_spawn && matches!(import.ty, TypeRef::Func(_));
                        if let TypeRef::Memory(_) = import.ty {
                            initial.push(0);
                        }
                    }
                }
                Ok(Payload::MemorySection(memories)) => {
                    for ty in memories.into_iter().flatten() {
                        let page = ty.page_size_log2.unwrap_or(PAGE);
                        let bytes = |pages: u64| pages.saturating_mul(1_u64.checked_shl(page).unwrap_or(u64::MAX));
                        let growth = ty.maximum.unwrap_or(u64::MAX).saturating_sub(ty.initial);
                        if ty.shared {
                            needs.growth = needs.growth.saturating_add(bytes(growth));
                        }
                        needs.initial = needs.initial.saturating_add(bytes(ty.initial));
                        initial.push(bytes(ty.initial));
                    }
                }
                Ok(Payload::TableSection(tables)) => {
                    for table in tables.into_iter().flatten() {
                        needs.initial = needs.initial.saturating_add(table.ty.initial.saturating_mul(ELEMENT));
                    }
                }
                Ok(Payload::ExportSection(exports)) if is_traced => {
                    let mut exports = exports.into_iter().flatten();
                    let shadow =
                        exports.find(|export| export.kind == ExternalKind::Memory && export.name == audit::SHADOW);
                    let bytes = shadow.and_then(|export| initial.get(export.index as usize));
                    needs.shadow = bytes.copied().unwrap_or_default();
                    needs.initial = needs.initial.saturating_sub(needs.shadow);
                }
                Ok(_) => {}
                Err(_) => break,
            }
        }
        needs
    }
}

/// Takes what an instance needs, before it is made.
///
/// # Errors
///
/// If it is not left.
pub(crate) fn take(store: &mut Store<State>, needs: Needs, budget: &Budget) -> Result<(), Error> {
    let limiter = &mut store.data_mut().limiter;
    limiter.exempt(needs.shadow);
    match limiter.take(needs.growth) && limiter.take_ahead(needs.initial) {
        true => Ok(()),
        false => Err(too_large(limiter.refused().unwrap_or_default(), needs, budget)),
    }
}

/// Gives a module a new memory for each memory that it imports.
///
/// # Errors
///
/// If a memory is too large for the engine or the limit.
pub(crate) fn define_imported(
    linker: &mut Linker<State>,
    store: &mut Store<State>,
    module: &Module,
    needs: Needs,
    budget: &Budget,
) -> Result<(), Error> {
    // Imports of the same name are the same memory, which must match all of their types.
    let mut imported: BTreeMap<(&str, &str), MemoryType> = BTreeMap::new();
    for import in module.imports() {
        if let ExternType::Memory(ty) = import.ty() {
            let key = (import.module(), import.name());
            let ty = match imported.get(&key) {
                Some(other) => both(other, &ty).map_err(|error| Error::instantiate(&error))?,
                None => ty,
            };
            imported.insert(key, ty);
        }
    }
    let initial = |ty: &MemoryType| ty.minimum().saturating_mul(ty.page_size());
    // What the other memories need is not given to a shared one.
    let mut reserved = imported.values().map(initial).fold(0, u64::saturating_add);
    for ((module, name), ty) in imported {
        reserved = reserved.saturating_sub(initial(&ty));
        let memory = if ty.is_shared() {
            let (limit, used) = budget.state();
            let room = limit.saturating_sub(used).saturating_sub(reserved) / ty.page_size();
            let maximum = ty.maximum().unwrap_or(room).min(room);
            if maximum < ty.minimum() {
                return Err(too_large(used.saturating_add(reserved).saturating_add(initial(&ty)), needs, budget));
            }
            store.data_mut().limiter.take(maximum.saturating_mul(ty.page_size()));
            lowered(&ty, maximum).and_then(|ty| SharedMemory::new(store.engine(), ty)).map(Extern::from)
        } else {
            Memory::new(&mut *store, ty).map(Extern::from)
        };
        let memory = memory.map_err(|error| not_started(&error, store.data(), needs, budget))?;
        linker.define(&mut *store, module, name, memory).map_err(|error| Error::instantiate(&error))?;
    }
    Ok(())
}

/// The type of a shared memory, with another maximum.
fn lowered(ty: &MemoryType, maximum: u64) -> wasmtime::Result<MemoryType> {
    with_limits(ty, ty.minimum(), Some(maximum))
}

/// The type of a memory that matches both types, as far as one can.
fn both(first: &MemoryType, second: &MemoryType) -> wasmtime::Result<MemoryType> {
    let maximum = [first.maximum(), second.maximum()].into_iter().flatten().min();
    with_limits(first, first.minimum().max(second.minimum()), maximum)
}

fn with_limits(ty: &MemoryType, minimum: u64, maximum: Option<u64>) -> wasmtime::Result<MemoryType> {
    MemoryTypeBuilder::new()
        .memory64(ty.is_64())
        .shared(ty.is_shared())
        .page_size_log2(ty.page_size_log2())
        .min(minimum)
        .max(maximum)
        .build()
}

/// The error for a program that does not start: the limit of its memory, if that is the reason.
pub(crate) fn not_started(error: &wasmtime::Error, state: &State, needs: Needs, budget: &Budget) -> Error {
    match state.limiter.refused() {
        Some(needed) => too_large(needed, needs, budget),
        None => Error::instantiate(error),
    }
}

/// The error for a program that needs so much.
fn too_large(needed: u64, needs: Needs, budget: &Budget) -> Error {
    const SHARED: &str = "; a shared memory that the module defines counts with its maximum";
    Error::Memory { needed, limit: budget.state().0, reason: if needs.growth > 0 { SHARED } else { "" } }
}
