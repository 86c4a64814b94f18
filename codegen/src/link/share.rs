//! Chooses how linmem and the program share a memory of the module, from the configuration or, by default, from the
//! code of the module.

use crate::config::{Config, DEFAULT_SPLIT, Share, SplitAddress};
use crate::context::{Allocator, Context, Convention, Growth, Split};
use crate::error::{Error, Finding, Place, Severity};
use crate::helpers::{Helper, Needs};
use crate::link::imports::Fate;
use crate::link::input::Input;
use crate::module::function_type;
use crate::width::{PointerType, WIDTH};
use linmem_allocator::layout::PAGE;
use linmem_intrinsics::ValueType;
use wasmparser::{ExternalKind, MemoryType};

/// How a memory is shared.
pub(super) struct Sharing {
    /// How linmem obtains memory.
    pub(super) growth: Growth,
    /// The choice and its reason; `None` if linmem takes no memory.
    pub(super) finding: Option<Finding>,
}

/// Rejects options that contradict each other for every module.
///
/// # Errors
///
/// If a split is given together with another way to share.
pub(super) fn check(config: &Config) -> Result<(), Error> {
    match &config.share {
        Some(share) if *share != Share::Split && config.split.is_some() => {
            Err(Error::Option { message: format!("--split requires --share split; found --share {share}") })
        }
        _ => Ok(()),
    }
}

/// Chooses how a memory of the module is shared.
///
/// # Errors
///
/// If this memory does not support what the configuration requests.
pub(super) fn choose(input: &Input<'_>, config: &Config, index: u32, ty: &MemoryType) -> Result<Sharing, Error> {
    check(config)?;
    let is_imported = index < input.imported_memory_count;
    let fail = |message: String| Err(Error::Option { message });
    let growth = match &config.share {
        Some(Share::Split) if is_imported => {
            return fail(format!(
                "--share split: memory {index} is imported, so that code outside of the module may use it; link the module \
                 that defines the memory with --share split"
            ));
        }
        Some(Share::Split) if ty.shared => {
            return fail(format!("--share split: memory {index} is shared between threads"));
        }
        Some(Share::Split) => split(config, ty)?,
        Some(Share::Trust) => Growth::Grow,
        Some(share @ Share::Allocator { export, pin }) => {
            Growth::Allocator(allocator(input, share, export, pin.as_deref())?)
        }
        None if is_imported || ty.shared => {
            if config.split.is_some() {
                let what = if is_imported { "imported" } else { "shared between threads" };
                return fail(format!("--split: memory {index} is {what} and cannot be split"));
            }
            Growth::Grow
        }
        None if config.split.is_some() || first_use(input, index).is_some() => split(config, ty)?,
        None => Growth::Grow,
    };
    if !takes_memory(input) {
        return Ok(Sharing { growth: Growth::Grow, finding: None });
    }
    let finding = Some(finding(input, config, index, ty, growth));
    Ok(Sharing { growth, finding })
}

fn split(config: &Config, ty: &MemoryType) -> Result<Growth, Error> {
    let maximum = ty.maximum.map(|pages| u32::try_from(pages).unwrap_or(u32::MAX));
    let pages = match config.split {
        Some(split) if u64::from(split.pages()) < ty.initial => {
            let bytes = ty.initial.saturating_mul(u64::from(PAGE));
            let message = format!("--split {split}: the minimum of the program's memory is {bytes} bytes");
            return Err(Error::Option { message });
        }
        Some(split) => split.pages(),
        // A declared maximum that leaves no room for linmem is replaced by the default split.
        None => match maximum {
            Some(0) => 1,
            Some(maximum) if maximum <= SplitAddress::MOST => maximum,
            _ => default_split(ty.initial),
        },
    };
    if let (Some(split), Some(most)) = (config.split, config.max_pages)
        && pages >= most
    {
        let message = format!("--split {split}: --max-pages {most} leaves no memory above the split");
        return Err(Error::Option { message });
    }
    if let Some(most) = config.max_pages
        && u64::from(most) <= ty.initial
    {
        let message =
            format!("--max-pages {most}: linmem requires more pages than the memory's minimum of {}", ty.initial);
        return Err(Error::Option { message });
    }
    Ok(Growth::Split(Split { pages, maximum }))
}

/// The default split of a program whose memory starts with `initial` pages: 2 GiB, or the middle of the remaining
/// address space if the memory already reaches 2 GiB.
fn default_split(initial: u64) -> u32 {
    let initial = u32::try_from(initial).unwrap_or(u32::MAX);
    match SplitAddress::MOST.checked_sub(initial) {
        Some(left) if initial >= DEFAULT_SPLIT => initial + left / 2,
        _ => DEFAULT_SPLIT,
    }
}

/// Looks up the functions of `--share allocator`.
fn allocator(input: &Input<'_>, share: &Share, export: &str, pin: Option<&str>) -> Result<Allocator, Error> {
    let fail = |message: String| Err(Error::Option { message: format!("--share {share}: {message}") });
    let function = |name: &str| {
        let is_it = |kind| matches!(kind, ExternalKind::Func | ExternalKind::FuncExact);
        input.exports.iter().find(|export| export.name == name && is_it(export.kind)).map(|export| export.index)
    };
    let Some(index) = function(export) else {
        return fail(format!("the module does not export a function `{export}`"));
    };
    let is_intrinsic =
        |function: u32| matches!(input.imports.functions().get(function as usize), Some(Fate::Intrinsic(_)));
    let pointer = WIDTH.value_type();
    let convention_of = |function: u32| {
        let ty = function_type(input.function_type(function));
        let is_pointer = |ty: &ValueType| *ty == pointer;
        match &ty.params[..] {
            _ if ty.results != [pointer] => None,
            [bytes] if is_pointer(bytes) => Some(Convention::Malloc),
            [bytes, ValueType::I32] if is_pointer(bytes) => Some(Convention::New),
            [_, _, _, _] if ty.params.iter().all(is_pointer) => Some(Convention::Realloc),
            _ => None,
        }
    };
    let convention = match convention_of(index) {
        _ if is_intrinsic(index) => return fail(format!("`{export}` is an intrinsic of linmem")),
        Some(convention) => convention,
        None => {
            let declared = crate::module::print_function_type(input.function_type(index));
            return fail(format!(
                "`{export}` has the type {declared}; an allocator has the type (param {pointer}) (result {pointer}) (malloc), \
                 (param {pointer} i32) (result {pointer}) (AssemblyScript's __new), or (param {pointer} {pointer} {pointer} \
                 {pointer}) (result {pointer}) (cabi_realloc)"
            ));
        }
    };
    let pin = match pin {
        None => None,
        Some(name) => match function(name) {
            None => return fail(format!("the module does not export a function `{name}`")),
            Some(pin) if convention_of(pin) == Some(Convention::Malloc) && !is_intrinsic(pin) => Some(pin),
            Some(pin) => {
                let declared = crate::module::print_function_type(input.function_type(pin));
                return fail(format!(
                    "`{name}` has the type {declared}; a pin function has the type (param {pointer}) (result {pointer})"
                ));
            }
        },
    };
    Ok(Allocator { function: index, convention, pin })
}

/// Requests the helpers that replace the program's `memory.size` and `memory.grow` if its memory is split.
pub(super) fn need_helpers(input: &Input<'_>, context: &Context, needs: &mut Needs) {
    let counted = input.bodies.iter().flat_map(|body| &body.sizes).filter(|size| context.counts_pages_of(size.memory));
    counted.for_each(|size| needs.add(size.helper));
}

/// Whether the module imports an intrinsic that may make linmem take memory.
fn takes_memory(input: &Input<'_>) -> bool {
    input.imports.functions().iter().any(|fate| match fate {
        Fate::Intrinsic(signature) => !signature.intrinsic.is_access(),
        Fate::Kept { .. } | Fate::Host { .. } => false,
    })
}

/// The first `memory.size` or `memory.grow` of a memory: its function, its offset in the binary, and its name.
fn first_use(input: &Input<'_>, memory: u32) -> Option<(u32, usize, &'static str)> {
    input.bodies.iter().find_map(|body| {
        let size = body.sizes.iter().find(|size| size.memory == memory)?;
        let name = if size.helper == Helper::ProgramGrow { "memory.grow" } else { "memory.size" };
        Some((body.index, body.body.range().start + size.at - 1, name))
    })
}

/// The choice and its reason. It is a note if the user requested it, or if no program can observe it.
fn finding(input: &Input<'_>, config: &Config, index: u32, ty: &MemoryType, growth: Growth) -> Finding {
    let asked = |share: &dyn std::fmt::Display| format!("as requested by --share {share}");
    let first = first_use(input, index);
    let (severity, message) = match (growth, &config.share) {
        (Growth::Split(Split { pages, .. }), share) => {
            let place = SplitAddress::of_pages(pages).map_or_else(|| pages.to_string(), |split| split.to_string());
            let (severity, why) = match (share, config.split, first) {
                (Some(share), ..) => (Severity::Note, asked(share)),
                (None, Some(split), _) => (Severity::Note, format!("as requested by --split {split}")),
                (None, None, Some((.., name))) => (Severity::Warning, format!("since the program contains {name}")),
                (None, None, None) => (Severity::Note, String::new()),
            };
            (
                severity,
                format!(
                    "memory {index} is split at {place} or below, {why}: the program owns the lower part, linmem the upper part"
                ),
            )
        }
        (Growth::Allocator(_), share) => {
            let why = share.as_ref().map(|share| asked(share)).unwrap_or_default();
            (Severity::Note, format!("linmem allocates from the program's allocator, {why}"))
        }
        (Growth::Grow, Some(share)) => (
            Severity::Note,
            format!(
                "linmem grows memory {index}, {}: the program must use only what its own memory.grow returned",
                asked(share)
            ),
        ),
        (Growth::Grow, None) if index < input.imported_memory_count && config.base.is_none() => (
            Severity::Warning,
            format!(
                "memory {index} is imported, so --share trust is used: linmem grows it, and all other code must use only \
                 what its own memory.grow returned"
            ),
        ),
        (Growth::Grow, None) if index < input.imported_memory_count => (
            Severity::Note,
            format!(
                "memory {index} is imported, so --share trust is used: linmem owns the memory above the base, and grows it; \
                 all other code must use only what its own memory.grow returned"
            ),
        ),
        (Growth::Grow, None) if ty.shared => (
            Severity::Warning,
            format!(
                "memory {index} is shared between threads, so --share trust is used: linmem grows it, and the program must \
                 use only what its own memory.grow returned"
            ),
        ),
        (Growth::Grow, None) => (
            Severity::Note,
            format!("linmem grows memory {index}, since the module contains neither memory.size nor memory.grow of it"),
        ),
    };
    let place = match first {
        Some((function, offset, _)) => input.place(function, offset),
        None => Place::Module,
    };
    Finding { severity, error: Error::Sharing { message, place } }
}
