//! Chooses the memory that segments are in, and the part of it that linmem owns.

use crate::choices::Choices;
use crate::config::{Base, Config, Share};
use crate::context::{Growth, Home};
use crate::error::{Error, Finding, Place};
use crate::helpers::{HostImport, Needs};
use crate::index::{GlobalIndex, MemoryIndex};
use crate::link::input::Input;
use crate::link::which::EXPORT;
use crate::link::{share, which};
use crate::module::value_type;
use crate::setting::Setting;
use crate::start::WORD;
use crate::width::{PointerType, WIDTH};
use linmem_allocator::layout::{ALIGNMENT, Address, HOME, Layout, PAGE, align_up};
use linmem_intrinsics::wasi;
use wasmparser::{ExternalKind, Name, Operator, TypeRef};

/// The memory of a linked module.
#[derive(Clone, Debug)]
pub(super) struct Memory {
    /// Its index.
    pub(super) index: MemoryIndex,
    /// The initial number of pages, if linmem defines the memory.
    pub(super) defines: Option<u64>,
    /// The initial number of pages, if static data raises the minimum of a memory that the module defines.
    pub(super) raised: Option<u64>,
    /// The base and the end of the minimum size, in a memory that the instances of the module share: not for regions, of
    /// which each instance has its own, but for static data.
    pub(super) shared_part: Option<(Address, Address)>,
    /// The maximum number of pages, if linmem defines or splits the memory.
    pub(super) maximum: Option<u64>,
    /// Whether linmem must add an export of the memory.
    pub(super) exports: bool,
    /// The source of the first chunk.
    pub(super) home: Home,
    /// The source of further memory.
    pub(super) growth: Growth,
    /// How the memory is shared with the program, and the reason.
    pub(super) sharing: Option<Finding>,
}

impl Memory {
    /// The functions of the program that linmem calls to obtain memory.
    pub(super) fn functions_that_allocate(&self) -> Vec<u32> {
        match self.growth {
            Growth::Allocator(allocator) => [Some(allocator.function), allocator.pin].into_iter().flatten().collect(),
            Growth::Grow | Growth::Contiguous | Growth::Split(_) => Vec::new(),
        }
    }

    /// Exports the memory if the program imports WASI functions, raw or lifted: the host finds the memory that a host
    /// call refers to by its name. A host that allocates accesses the memory, too, but by any name.
    pub(super) fn export_for_host(&mut self, input: &Input<'_>, needs: &Needs) -> Result<(), Error> {
        let is_exported = |export: &wasmparser::Export<'_>| {
            export.name == EXPORT && export.kind == ExternalKind::Memory && export.index == self.index.0
        };
        let is_needed = needs.imports().any(HostImport::needs_memory);
        let is_used = needs.imports().any(|import| import.module() == wasi::MODULE) || input.imports.uses_wasi();
        let is_reachable = self.index.0 < input.imported_memory_count
            || input.exports.iter().any(|export| export.kind == ExternalKind::Memory && export.index == self.index.0);
        let is_for_allocator = input.exports_allocator && !is_reachable;
        if self.exports || !(is_used || is_for_allocator) || input.exports.iter().any(is_exported) {
            return Ok(());
        }
        let is_taken = input.exports.iter().any(|export| export.name == EXPORT);
        if is_taken && !is_needed && !is_for_allocator {
            // No import that linmem adds requires the memory; raw calls are the program's responsibility.
            return Ok(());
        }
        if is_taken {
            let who = if is_needed { "host calls require" } else { "`export_allocator` requires" };
            let message =
                format!("{who} the memory to be exported as `{EXPORT}`, but another item has that export name");
            return Err(Error::Unsupported { message, place: Place::Module });
        }
        self.exports = true;
        Ok(())
    }
}

/// Chooses the memory that segments are in, or a new one if the module has none.
pub(super) fn choose(input: &Input<'_>, config: &Config, choices: Choices) -> Result<Memory, Error> {
    if input.memory_count == 0 {
        return define(input, config, choices);
    }
    config.check_not_own("the module has a memory of its own")?;
    let index = which::memory(input, config)?;
    let ty = input.types.as_ref().memory_at(index);
    let unsupported = |what: &str| {
        let message = format!("memory {index} {what}");
        Err(Error::Unsupported { message, place: Place::Module })
    };
    if ty.memory64 {
        let other = (0..input.memory_count).find(|other| !input.types.as_ref().memory_at(*other).memory64);
        let advice = match other {
            Some(other) => format!("; `memory = {other}` chooses the 32-bit memory {other}"),
            None => String::new(),
        };
        return Err(Error::NotYet { what: format!("a 64-bit memory (memory {index})"), advice });
    }
    if ty.page_size_log2.is_some_and(|log2| log2 != PAGE.trailing_zeros()) {
        return unsupported("has a custom page size; linmem requires pages of 65536 bytes");
    }
    let share::Sharing { growth, finding } = share::choose(input, config, index, &ty)?;
    let takes_memory = finding.is_some();
    let maximum = match growth {
        Growth::Split(_) => maximum(config, ty.initial)?,
        Growth::Grow | Growth::Contiguous | Growth::Allocator(_) => match config.max_pages {
            Some(most) if takes_memory || !input.statics.is_empty() => {
                let message = "linmem neither defines nor splits the memory, whose type states its maximum";
                return Err(Error::option(Setting::max_pages(most), message));
            }
            _ => None,
        },
    };
    let end = end_of(ty.initial);
    let found = Home::Found { base: None };
    let start = match &config.base {
        None => None,
        Some(base @ Base::Address(address)) => Some((base, Start::Constant(u64::from(*address)))),
        Some(base @ Base::Global(name)) => Some((base, global(input, base, name)?)),
    };
    let has_instances = ty.shared && index < input.imported_memory_count;
    let mut part = None;
    let home = match start {
        None => found,
        Some((base, Start::Constant(address))) if has_instances => {
            part = Some(shared_part(address, end, base)?);
            found
        }
        Some((base, start)) if has_instances && !start.is_given(input) => return Err(same_in_all(base, index)),
        Some((base, Start::Constant(address))) => reserve(address, end, base, choices)?,
        Some((_, Start::Global(global))) => Home::Found { base: Some((global, end)) },
    };
    let index = MemoryIndex(index);
    Ok(Memory {
        index,
        defines: None,
        raised: None,
        shared_part: part,
        maximum,
        exports: false,
        home,
        growth,
        sharing: finding,
    })
}

/// Describes a memory that linmem defines.
///
/// # Errors
///
/// If the memory cannot be exported as `memory`, or does not extend beyond its base.
fn define(input: &Input<'_>, config: &Config, choices: Choices) -> Result<Memory, Error> {
    if let Some(export) = input.exports.iter().find(|export| export.name == EXPORT) {
        let message = format!(
            "the module has no memory, and linmem cannot export the memory that it adds: `{EXPORT}` is already \
             exported as a {}",
            kind(export.kind)
        );
        return Err(Error::Unsupported { message, place: Place::Module });
    }
    share::check(config)?;
    let refuse = |setting| Err(Error::option(setting, "the module has no memory"));
    if let Some(name) = &config.memory {
        return refuse(Setting::memory(name));
    }
    match (&config.share, config.split) {
        (Some(share @ (Share::Allocator { .. } | Share::Split)), _) => return refuse(Setting::share(share)),
        (_, Some(split)) => return refuse(Setting::split(split)),
        // linmem is the only owner of a memory that it defines.
        (Some(Share::Trust) | None, None) => {}
    }
    let base = match &config.base {
        None => HOME,
        Some(Base::Address(address)) => u64::from(*address),
        Some(base @ Base::Global(name)) => match global(input, base, name)? {
            Start::Constant(address) => address,
            Start::Global(_) => {
                let message =
                    "the module has no memory, and the value of the global is not known when the module is linked";
                return Err(Error::option(Setting::base(base), message));
            }
        },
    };
    match Home::in_new_memory(base, None, choices) {
        Some((home, pages)) => {
            let maximum = maximum(config, pages)?;
            let index = MemoryIndex(0);
            let defines = Some(pages);
            let growth = Growth::of_own(config);
            Ok(Memory {
                index,
                defines,
                raised: None,
                shared_part: None,
                maximum,
                exports: true,
                home,
                growth,
                sharing: None,
            })
        }
        None => Err(beyond_memory(base)),
    }
}

/// The error for a base that no memory reaches.
pub(crate) fn beyond_memory(base: Address) -> Error {
    Error::option(Setting::base(base), "the base is beyond the end of the largest memory")
}

/// The maximum number of pages of a memory that linmem defines or splits, and that starts with `pages`.
pub(crate) fn maximum(config: &Config, pages: u64) -> Result<Option<u64>, Error> {
    const MOST: u64 = 65536;
    let Some(max_pages) = config.max_pages else { return Ok(None) };
    let fail = |message: String| Err(Error::option(Setting::max_pages(max_pages), message));
    match u64::from(max_pages) {
        most if most < pages => fail(format!("the maximum is below the memory's minimum of {pages}")),
        most if most > MOST => fail(format!("a memory has at most {MOST} pages")),
        most => Ok(Some(most)),
    }
}

/// The end of a memory of this many pages, as far as regions can reach.
pub(crate) fn end_of(pages: u64) -> Address {
    pages.saturating_mul(u64::from(PAGE)).min(Layout::of(WIDTH).ceiling())
}

/// The part of a memory for static data that the instances of a module share, from a base to the end of the minimum size.
///
/// # Errors
///
/// If the base leaves no room in the memory.
pub(crate) fn shared_part(address: Address, end: Address, base: &Base) -> Result<(Address, Address), Error> {
    let start = align_up(address, u64::from(ALIGNMENT));
    if start.saturating_add(WORD) > end {
        return Err(outside(address, end, base));
    }
    Ok((start, end))
}

/// Home from a base to the end of the minimum size.
///
/// # Errors
///
/// If the base leaves no room in the memory.
pub(crate) fn reserve(address: Address, end: Address, base: &Base, choices: Choices) -> Result<Home, Error> {
    Home::reserved(address, end, false, choices).ok_or_else(|| outside(address, end, base))
}

/// The error for a base that leaves no room in the memory.
fn outside(address: Address, end: Address, base: &Base) -> Error {
    let message = format!("the address {address} is outside of the memory, whose minimum is {end} bytes");
    Error::option(Setting::base(base), message)
}

/// The error for a base in a memory that all instances of the module import.
pub(crate) fn same_in_all(base: &Base, memory: u32) -> Error {
    let message = format!(
        "memory {memory} is imported and shared between threads, so that every instance of the module would own the same \
         bytes; an imported global can give each instance a base of its own"
    );
    Error::option(Setting::base(base), message)
}

/// The address of a base.
#[derive(Clone, Copy)]
enum Start {
    Constant(Address),
    /// The value is known only at instantiation. This is its index in the linked module.
    Global(GlobalIndex),
}

impl Start {
    /// Whether the address is, or is computed from, an import, so that it can differ between the instances of a module.
    fn is_given(self, input: &Input<'_>) -> bool {
        match self {
            Start::Constant(_) => false,
            Start::Global(global) => depends_on_import(input, global.0),
        }
    }
}

/// Whether a global is imported, or its value is computed from one that is. A value refers only to earlier globals.
fn depends_on_import(input: &Input<'_>, global: u32) -> bool {
    let Some(defined) = global.checked_sub(input.imported_global_count) else { return true };
    let operators = input.global_values.get(defined as usize).map(|value| value.get_operators_reader());
    operators.into_iter().flatten().flatten().any(|operator| match operator {
        Operator::GlobalGet { global_index } => global_index < global && depends_on_import(input, global_index),
        _ => false,
    })
}

/// Looks up the global of a base by its export name, its name or its import name.
fn global(input: &Input<'_>, base: &Base, name: &str) -> Result<Start, Error> {
    let fail = |what: &str| Err(Error::option(Setting::base(base), what));
    let exported = input
        .exports
        .iter()
        .find(|export| export.kind == ExternalKind::Global && export.name == name)
        .map(|export| export.index);
    let named = || {
        input.names.iter().find_map(|subsection| match subsection {
            Name::Global(map) => {
                map.clone().into_iter().flatten().find(|naming| naming.name == name).map(|naming| naming.index)
            }
            _ => None,
        })
    };
    let imports: Vec<_> = (0..)
        .zip(input.import_list.iter().filter(|import| matches!(import.ty, TypeRef::Global(_))))
        .filter(|(_, import)| import.name == name || is_qualified(name, import))
        .collect();
    let index = match (exported.or_else(named), &imports[..]) {
        (Some(index), _) => index,
        (None, [(index, _)]) => *index,
        (None, []) => return fail("the global does not exist; searched exports, imports and the name section"),
        (None, several) => {
            let names: Vec<String> =
                several.iter().map(|(_, import)| format!("{}.{}", import.module, import.name)).collect();
            return fail(&format!("several imported globals have this name: {}", names.join(", ")));
        }
    };
    if index >= input.global_count {
        return fail("the global does not exist; searched exports, imports and the name section");
    }
    if input.statics.segment(index).is_some() {
        return fail("the global is static data, whose address depends on the base");
    }
    let ty = input.types.as_ref().global_at(index);
    let pointer = WIDTH.value_type();
    if value_type(ty.content_type) != pointer || ty.mutable {
        return fail(&format!("the global must be an immutable {pointer}"));
    }
    let defined = index.checked_sub(input.imported_global_count);
    let constant =
        defined.and_then(|position| input.global_values.get(position as usize)).and_then(|value| {
            match value.get_operators_reader().read() {
                Ok(Operator::I32Const { value }) => Some(u64::from(value as u32)),
                Ok(Operator::I64Const { value }) => Some(value as u64),
                _ => None,
            }
        });
    // More than one instruction (an extended constant expression) is not a plain constant.
    let plain = defined
        .and_then(|position| input.global_values.get(position as usize))
        .is_some_and(|value| value.get_operators_reader().into_iter().count() == 2);
    match constant {
        Some(address) if plain => Ok(Start::Constant(address)),
        // Only static data can have no index.
        _ => Ok(Start::Global(GlobalIndex(input.statics.index(index).unwrap_or(index)))),
    }
}

/// Whether a name is the module and the name of an import, separated by a dot.
fn is_qualified(name: &str, import: &wasmparser::Import<'_>) -> bool {
    name.strip_prefix(import.module).and_then(|rest| rest.strip_prefix('.')) == Some(import.name)
}

fn kind(kind: ExternalKind) -> &'static str {
    match kind {
        ExternalKind::Func | ExternalKind::FuncExact => "function",
        ExternalKind::Table => "table",
        ExternalKind::Memory => "memory",
        ExternalKind::Global => "global",
        ExternalKind::Tag => "tag",
    }
}
