//! Chooses how linmem and the program share a memory of the module, from the configuration or, by default, from the
//! code of the module.

use crate::config::{Config, DEFAULT_FIXED_SPLIT, DEFAULT_SPLIT, Share, SplitAddress};
use crate::context::{Allocator, Context, Convention, Growth, Split};
use crate::error::{Error, Finding, Place, Severity};
use crate::helpers::{Helper, Needs};
use crate::link::imports::Fate;
use crate::link::input::Input;
use crate::module::function_type;
use crate::setting::Setting;
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
        Some(share) => match config.split {
            Some(split) if *share != Share::Split => Err(not_split(split, share)),
            _ => Ok(()),
        },
        None => Ok(()),
    }
}

/// The error for a split of a memory that is shared in another way.
pub(crate) fn not_split(split: SplitAddress, share: &Share) -> Error {
    Error::option(Setting::split(split), format!("the way to share the memory is `{share}`, not `split`"))
}

/// Chooses how a memory of the module is shared.
///
/// # Errors
///
/// If this memory does not support what the configuration requests.
pub(super) fn choose(input: &Input<'_>, config: &Config, index: u32, ty: &MemoryType) -> Result<Sharing, Error> {
    check(config)?;
    let is_imported = index < input.imported_memory_count;
    let growth = match &config.share {
        Some(share @ Share::Split) if is_imported => {
            let message = format!(
                "memory {index} is imported, so that code outside of the module may use it; split the memory in the module \
                 that defines it"
            );
            return Err(Error::option(Setting::share(share), message));
        }
        Some(share @ Share::Split) if ty.shared => {
            let message = format!("memory {index} is shared between threads");
            return Err(Error::option(Setting::share(share), message));
        }
        Some(Share::Split) => split(input, config, ty)?,
        Some(Share::Trust) => Growth::Grow,
        Some(share @ Share::Allocator { export, pin }) => {
            Growth::Allocator(allocator(input, share, export, pin.as_deref())?)
        }
        None if is_imported || ty.shared => {
            if let Some(split) = config.split {
                let what = if is_imported { "imported" } else { "shared between threads" };
                let message = format!("memory {index} is {what} and cannot be split");
                return Err(Error::option(Setting::split(split), message));
            }
            Growth::Grow
        }
        None if config.split.is_some() || first_use(input, index).is_some() => split(input, config, ty)?,
        None => Growth::Grow,
    };
    if !takes_memory(input) && (input.statics.is_empty() || growth == Growth::Grow) {
        return Ok(Sharing { growth: Growth::Grow, finding: None });
    }
    let finding = Some(finding(input, config, index, ty, growth));
    Ok(Sharing { growth, finding })
}

fn split(input: &Input<'_>, config: &Config, ty: &MemoryType) -> Result<Growth, Error> {
    // Static data that is not at a base is above the split, so that the split must be known.
    let is_fixed = !input.statics.is_empty() && config.base.is_none();
    let maximum = ty.maximum.map(|pages| u32::try_from(pages).unwrap_or(u32::MAX));
    let pages = match config.split {
        Some(split) if u64::from(split.pages()) < ty.initial => {
            let bytes = ty.initial.saturating_mul(u64::from(PAGE));
            let message = format!("the minimum of the program's memory is {bytes} bytes");
            return Err(Error::option(Setting::split(split), message));
        }
        Some(split) => split.pages(),
        // A declared maximum that leaves no room for linmem is replaced by the default split.
        None => match maximum {
            Some(0) => 1,
            Some(maximum) if maximum <= SplitAddress::MOST => maximum,
            _ if is_fixed => default_split(ty.initial, DEFAULT_FIXED_SPLIT),
            _ => default_split(ty.initial, DEFAULT_SPLIT),
        },
    };
    if let (Some(split), Some(most)) = (config.split, config.max_pages)
        && pages >= most
    {
        let message = format!("a maximum of {most} pages leaves no memory above the split");
        return Err(Error::option(Setting::split(split), message));
    }
    if let (true, None, Some(most)) = (is_fixed, config.split, config.max_pages)
        && pages >= most
    {
        let message =
            format!("static data goes above the split, which is at {pages} pages; a lower split leaves room for it");
        return Err(Error::option(Setting::max_pages(most), message));
    }
    if let Some(most) = config.max_pages
        && u64::from(most) <= ty.initial
    {
        let message = format!("linmem requires more pages than the memory's minimum of {}", ty.initial);
        return Err(Error::option(Setting::max_pages(most), message));
    }
    let fixed = is_fixed.then(|| u32::try_from(ty.initial).unwrap_or(u32::MAX));
    Ok(Growth::Split(Split { pages, maximum, fixed }))
}

/// The default split of a program whose memory starts with `initial` pages: `usual`, or the middle of the remaining
/// address space if the memory already reaches that.
fn default_split(initial: u64, usual: u32) -> u32 {
    let initial = u32::try_from(initial).unwrap_or(u32::MAX);
    match SplitAddress::MOST.checked_sub(initial) {
        Some(left) if initial >= usual => initial + left / 2,
        _ => usual,
    }
}

/// Looks up the functions of [`Share::Allocator`].
fn allocator(input: &Input<'_>, share: &Share, export: &str, pin: Option<&str>) -> Result<Allocator, Error> {
    let fail = |message: String| Err(Error::option(Setting::share(share), message));
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

/// Whether linmem may take memory: if the module imports an intrinsic that allocates, or gets an allocator.
pub(super) fn takes_memory(input: &Input<'_>) -> bool {
    let takes = |fate: &Fate<'_>| match fate {
        Fate::Intrinsic(signature) => !signature.intrinsic.is_access() && !signature.intrinsic.effects().synchronizes(),
        Fate::Kept { .. } | Fate::Host { .. } => false,
    };
    input.exports_allocator || input.imports.functions().iter().any(takes)
}

/// The first `memory.size` or `memory.grow` of a memory: its function, its offset in the binary, and its name.
pub(super) fn first_use(input: &Input<'_>, memory: u32) -> Option<(u32, usize, &'static str)> {
    input.bodies.iter().find_map(|body| {
        let size = body.sizes.iter().find(|size| size.memory == memory)?;
        let name = if size.helper == Helper::ProgramGrow { "memory.grow" } else { "memory.size" };
        Some((body.index, body.body.range().start + size.at - 1, name))
    })
}

/// The choice and its reason. It is a note if the user requested it, or if no program can observe it.
fn finding(input: &Input<'_>, config: &Config, index: u32, ty: &MemoryType, growth: Growth) -> Finding {
    let first = first_use(input, index);
    let (severity, message) = match (growth, &config.share) {
        (Growth::Split(Split { pages, fixed, .. }), share) => {
            let place = SplitAddress::of_pages(pages).map_or_else(|| pages.to_string(), |split| split.to_string());
            let or_below = if fixed.is_some() { ", where static data begins" } else { " or below" };
            let is_requested = share.is_some() || config.split.is_some();
            let (severity, why) = match first {
                _ if is_requested => (Severity::Note, "as requested".to_string()),
                Some((.., name)) => (Severity::Warning, format!("since the program contains {name}")),
                None => (Severity::Note, String::new()),
            };
            (
                severity,
                format!(
                    "memory {index} is split at {place}{or_below}, {why}: the program owns the lower part, linmem the upper part"
                ),
            )
        }
        (Growth::Allocator(_), _) => {
            (Severity::Note, "linmem allocates from the program's allocator, as requested".to_string())
        }
        (Growth::Grow | Growth::Contiguous, Some(_)) => (
            Severity::Note,
            format!(
                "linmem grows memory {index}, as requested: the program must use only what its own memory.grow returned"
            ),
        ),
        (Growth::Grow | Growth::Contiguous, None) if index < input.imported_memory_count && config.base.is_none() => (
            Severity::Warning,
            format!(
                "memory {index} is imported, so that it is shared by `trust`: linmem grows it, and all other code must use only \
                 what its own memory.grow returned"
            ),
        ),
        (Growth::Grow | Growth::Contiguous, None) if index < input.imported_memory_count && ty.shared => (
            Severity::Note,
            format!(
                "memory {index} is imported and shared between threads: linmem has static data at the base, and each instance \
                 grows the memory for its regions; all other code must use only what its own memory.grow returned"
            ),
        ),
        (Growth::Grow | Growth::Contiguous, None) if index < input.imported_memory_count => (
            Severity::Note,
            format!(
                "memory {index} is imported, so that it is shared by `trust`: linmem owns the memory above the base, and grows it; \
                 all other code must use only what its own memory.grow returned"
            ),
        ),
        (Growth::Grow | Growth::Contiguous, None) if ty.shared => (
            Severity::Warning,
            format!(
                "memory {index} is shared between threads, so that it is not split: linmem grows it, and the program must \
                 use only what its own memory.grow returned"
            ),
        ),
        (Growth::Grow | Growth::Contiguous, None) => (
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
