//! The link door: takes a complete module, and returns the same module with its intrinsics lowered.
//!
//! ```text
//!   input     what linking knows about a module
//!   scan      parse and validate; find the functions that call intrinsics, and all function indices
//!   does      what the instructions of a function do, for the analyses of whole modules
//!   imports   resolve the imports from `linmem`, and the representation of segments
//!   declared  the types that imports declare, with their array types
//!   constants the static data that an import declares by its module and name
//!   statics   the imports that are static data, and the globals of the module without them
//!   which     find the memory that segments are in
//!   memory    choose the memory that segments are in, and the part of it that linmem owns
//!   built     modules of the library door, before they are lowered
//!   allocator add the functions by which a host allocates
//!   share     choose how linmem and the program share a memory of the module
//!   place     assign the addresses of static data
//!   initial   choose how the bytes of data segments get into the memory
//!   start     the function that copies them when the module starts
//!   wrappers  the functions that only pass on to an intrinsic, which are lowered where they are called; find_wrappers
//!             finds them
//!   calls     the call graph
//!   frames    fixed addresses for the regions of functions that cannot be entered again
//!   function  lower one function through the engine
//!   reach     find the instructions that every execution of a function reaches
//!   walk      the state of a function that is being lowered
//!   trace     the events of instructions that access memory, if accesses are traced
//!   traced    the tables of those instructions, and of the functions of WASI
//!   unwind    close regions when exceptions are thrown
//!   unwinding what exceptions close in each function
//!   labels    the labels of a function to which structures were added
//!   blocks    the types of the structures that were added
//!   plan      assign the indices of the linked module
//!   write     copy every section, with indices renumbered
//!   code      write the code section
//!   data      write the data segments and the start function
//!   segments  add the types of segments that are references
//!   globals   the globals of static data, and how code and constant expressions refer to them
//!   sections  copy or re-encode the entries of sections
//!   custom    copy or rewrite custom sections
//!   names     write the name section
//!   prune     remove the types that only removed imports had
//!   features  find the WebAssembly features that code uses
//! ```
//!
//! Functions that call no intrinsic are copied byte for byte, except for the indices of functions and globals, for
//! `global.get` of static data, and for `memory.size` and `memory.grow` of a split memory. A module that imports nothing
//! from `linmem`, not even static data, is returned unchanged, unless it gets an exported allocator, or the options request
//! other data segments or no names.

mod allocator;
mod blocks;
mod built;
mod calls;
mod carried;
mod code;
mod constants;
pub(crate) mod custom;
mod data;
mod declared;
mod does;
mod errors;
mod features;
mod find_wrappers;
pub(crate) mod frames;
mod function;
mod globals;
pub(crate) mod imports;
mod initial;
pub(crate) mod input;
mod labels;
mod memory;
mod names;
mod place;
mod plan;
mod prune;
pub(crate) mod reach;
pub(crate) mod scan;
mod sections;
mod segments;
pub(crate) mod shape;
mod share;
mod start;
mod statics;
mod trace;
mod traced;
mod unwind;
mod unwinding;
mod walk;
mod which;
pub(crate) mod wrappers;
mod write;

use crate::choices::Choices;
use crate::code::FunctionRef;
use crate::config::{Config, Init, NameSection, Optimize};
use crate::context::{Context, Growth, Home};
use crate::error::{Error, Finding, Place, Severity};
use crate::helpers::{Helper, Needs};
use crate::image;
use crate::index::{GlobalIndex, MemoryIndex};
use crate::link::errors::Errors;
use crate::link::function::{Findings, Purpose};
use crate::link::initial::HOST_PAGE;
use crate::link::unwinding::Unwind;
use crate::planted;
use crate::segment::{SegmentTypes, Segments};
use crate::setting::Setting;
use crate::sites;
use crate::source::Source;
use crate::width::WIDTH;
pub(crate) use built::{Built, BuiltData, Framed, check_built, frame_built};
pub(crate) use frames::Given;
use frames::{Frame, Frames};
use globals::Globals;
use indexmap::IndexSet;
use input::Input;
use linmem_allocator::Address;
use linmem_allocator::statics::ALLOWANCE;
use linmem_intrinsics::{Intrinsic, Representation, Safety};
pub(crate) use memory::{beyond_memory, end_of, maximum, reserve, same_in_all, shared_part};
pub(crate) use share::not_split;
use std::collections::BTreeSet;

/// A linked module and its warnings.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Linked {
    /// The module, in the binary format.
    pub module: Vec<u8>,
    /// The warnings: uses that are lowered to a violation, since every execution that reaches them is a violation; how
    /// linmem and the program share a memory, if the program can observe it; custom sections that were dropped.
    pub warnings: Vec<Error>,
    /// For each function of the input, its index in the module; `None` for an intrinsic that no code refers to any more.
    pub functions: Vec<Option<u32>>,
}

/// Lowers every intrinsic of a module, which is given in the binary format or as text.
///
/// The output is deterministic. A module that imports nothing from `linmem` is returned unchanged, unless
/// [`Config::export_allocator`] adds an allocator, [`Config::init`] requests other data segments, or
/// [`Config::name_section`] requests that it has no names. If the module is given as text, or has debug information, errors and
/// reports name source lines.
///
/// # Errors
///
/// If the module is invalid, imports an intrinsic that is not in the catalogue, or uses something that linmem does not
/// support: the first of the errors that [`check`] returns, with its place. A use that is a definite violation is not
/// an error here: it is lowered to its violation.
pub fn link(bytes: &[u8], config: &Config) -> Result<Vec<u8>, Error> {
    let source = Source::read(bytes)?;
    let input = scan::parse(&source, config)?;
    link_smallest(&input, config).map(|outcome| outcome.module)
}

/// Like [`link`], and also returns the warnings about the module.
///
/// # Errors
///
/// As [`link`].
pub fn link_with_warnings(bytes: &[u8], config: &Config) -> Result<Linked, Error> {
    let source = Source::read(bytes)?;
    let input = scan::parse(&source, config)?;
    let Outcome { module, findings, functions, .. } = link_smallest(&input, config)?;
    let mut warnings = Vec::new();
    if input.changes() && choices(&input, config).checks_regions() {
        // Only `check` reports uncertain findings.
        let uses = crate::check::findings(&input, config.nesting, config.unwind.unwrap_or_default())?;
        warnings.extend(uses.into_iter().filter(|found| found.certain).map(|found| found.finding));
    }
    warnings.extend(findings);
    let warnings = warnings.into_iter().filter(|finding| finding.severity != Severity::Note);
    Ok(Linked { module, warnings: warnings.map(|finding| finding.error).collect(), functions })
}

/// Links a module. With [`Optimize::Size`] a module with few intrinsics may be smaller if it is lowered for speed, because the
/// helpers that calls need outweigh what the calls save: the smaller of both is the result.
fn link_smallest(input: &Input<'_>, config: &Config) -> Result<Outcome, Error> {
    let outcome = link_input(input, config, Purpose::Link).map_err(Errors::into_first)?;
    if config.optimize == Optimize::Size && input.changes() && !planted::is_always_for_size() {
        let for_speed = Config { optimize: Optimize::Speed, ..config.clone() };
        match link_input(input, &for_speed, Purpose::LinkSmall) {
            Ok(other) if size(&other.module) < size(&outcome.module) => return Ok(other),
            // Lowered for speed, a function may exceed a limit that it respects if it is lowered for size.
            Ok(_) | Err(_) => {}
        }
    }
    Ok(outcome)
}

/// The size of a module in bytes without its custom sections: names differ with what is lowered, and are often removed.
fn size(module: &[u8]) -> usize {
    let custom = |payload: wasmparser::Payload<'_>| match payload {
        wasmparser::Payload::CustomSection(section) => section.range().len(),
        _ => 0,
    };
    let payloads = wasmparser::Parser::new(0).parse_all(module).map_while(Result::ok);
    module.len() - payloads.map(custom).sum::<usize>()
}

/// Returns every static finding about a module: why it cannot be linked; how it misuses or may misuse regions and
/// segments, even if the configuration does not check that at run time; and how it shares its memory with linmem.
pub fn check(bytes: &[u8], config: &Config) -> Vec<Finding> {
    let findings = || -> Result<Vec<Finding>, Errors> {
        let source = Source::read(bytes)?;
        let input = scan::parse(&source, config)?;
        let uses = crate::check::findings(&input, config.nesting, config.unwind.unwrap_or_default())?;
        let mut findings: Vec<Finding> = uses.into_iter().map(|found| found.finding).collect();
        let mut thorough = config.clone();
        if let Some(representation) = input.imports.representation().filter(|kind| kind.carries_size()) {
            thorough.safety = Some(config.safety_of(representation).max(Safety::Spatial));
        }
        match link_input(&input, &thorough, Purpose::Check) {
            // Dropped custom sections are a property of the output, not of the input.
            Ok(outcome) => {
                let is_about_input = |finding: &Finding| !matches!(finding.error, Error::Dropped { .. });
                findings.extend(outcome.findings.into_iter().filter(is_about_input));
            }
            Err(errors) => findings.extend(errors.0.into_iter().map(certain)),
        }
        Ok(findings)
    };
    findings().unwrap_or_else(|errors| errors.0.into_iter().map(certain).collect())
}

fn certain(error: Error) -> Finding {
    Finding { severity: Severity::Error, error }
}

/// Rejects a program that creates segments from addresses, or that exposes the intrinsic that does.
fn check_sealed(input: &Input<'_>) -> Result<(), Error> {
    let makes = |function: u32| {
        input.imports.intrinsic(function).is_some_and(|signature| signature.intrinsic == Intrinsic::SegmentOfAddress)
    };
    const REF_FUNC: u8 = 0xd2;
    let mut places = Vec::new();
    let mut referred = BTreeSet::new();
    for body in &input.bodies {
        let start = body.body.range().start;
        for reference in &body.references {
            let FunctionRef::Program(function) = reference.target else { continue };
            if makes(function) {
                // The function index follows a one-byte opcode.
                let offset = start + reference.at - 1;
                if input.bytes[offset] == REF_FUNC {
                    referred.insert(function);
                }
                places.push(input.place(body.index, offset));
            }
        }
    }
    // References in code were found above.
    let is_new = |import: &&u32| makes(**import) && !referred.contains(*import);
    places.extend(input.shims.iter().filter(is_new).map(|import| Place::Import(*import)));
    input.source.locate_imports(&mut places);
    if places.is_empty() { Ok(()) } else { Err(Error::Sealed { places }) }
}

/// The choices for a module.
fn choices(input: &Input<'_>, config: &Config) -> Choices {
    Choices::of(config, input.imports.representation().unwrap_or(Representation::Address))
}

/// Where linmem's regions are in a linked module.
#[derive(Clone, Debug)]
pub(crate) struct Placement {
    /// The memory.
    pub(crate) memory: MemoryIndex,
    /// Whether linmem defines it.
    pub(crate) is_new: bool,
    /// Whether the module has segments in it: it imports intrinsics or static data, or exports an allocator.
    pub(crate) has_segments: bool,
    /// Whether the module opens regions or allocates.
    pub(crate) has_regions: bool,
    /// Whether code of linmem obtains further chunks.
    pub(crate) grows: bool,
    /// The first chunk.
    pub(crate) home: Home,
    /// The source of further chunks.
    pub(crate) growth: Growth,
    /// The start and the end of static data, if there is any, with the word that instances agree by.
    pub(crate) statics: Option<(Address, Address)>,
    /// The address of each item of static data.
    pub(crate) items: Vec<Address>,
    /// The start and the end of the reserve of static frames, if there are any.
    pub(crate) reserve: Option<(Address, Address)>,
    /// The static frames.
    pub(crate) frames: Vec<Frame>,
    /// The address of the word that instances agree by, if there is one.
    pub(crate) word: Option<Address>,
}

/// A linked module, with what `layout` describes.
pub(crate) struct Placed {
    pub(crate) module: Vec<u8>,
    /// `None` if the module imports nothing from `linmem`.
    pub(crate) placement: Option<Placement>,
    /// The sizes of the frames of each function of the input that has frames.
    pub(crate) frames: Vec<(u32, Vec<u32>)>,
}

/// Links a module, and returns where linmem's memory is.
///
/// # Errors
///
/// As [`link`].
pub(crate) fn link_placed(input: &Input<'_>, config: &Config) -> Result<Placed, Error> {
    let Outcome { module, placement, frames, .. } =
        link_input(input, config, Purpose::Link).map_err(Errors::into_first)?;
    Ok(Placed { module, placement, frames })
}

/// A linked module with one active segment in each memory, if that is requested.
fn with_images(module: Vec<u8>, config: &Config) -> Result<Vec<u8>, Error> {
    if config.init != Init::Image {
        return Ok(module);
    }
    image::write(&module, HOST_PAGE, ALLOWANCE).map_err(|error| match error {
        // Offsets in the linked module are not places in the input.
        Error::Unsupported { message, .. } => Error::option(Setting::init(config.init), message),
        other => other,
    })
}

/// The result of linking.
struct Outcome {
    /// The module; empty if only findings were requested and there are some.
    module: Vec<u8>,
    findings: Vec<Finding>,
    /// The index of each function of the input in the module.
    functions: Vec<Option<u32>>,
    placement: Option<Placement>,
    /// The sizes of the frames of each function of the input that has frames.
    frames: Vec<(u32, Vec<u32>)>,
}

fn link_input(input: &Input<'_>, config: &Config, purpose: Purpose) -> Result<Outcome, Errors> {
    if !input.changes() {
        let functions = (0..input.function_count).map(Some).collect();
        let module = match config.name_section {
            NameSection::None => names::without_names(input),
            NameSection::Keep | NameSection::Auto => input.bytes.to_vec(),
        };
        let module = with_images(module, config)?;
        return Ok(Outcome { module, findings: Vec::new(), functions, placement: None, frames: Vec::new() });
    }
    if !input.errors.is_empty() {
        let mut errors = input.errors.clone();
        input.source.locate_imports(errors.iter_mut().filter_map(Error::import_place));
        return Err(Errors(errors));
    }
    let choices = Choices { repeats_loops: purpose != Purpose::LinkSmall, ..choices(input, config) };
    let declared = input.imports.representation();
    if let Some(representation) = declared {
        config.check(representation)?;
    }
    if config.sealed {
        check_sealed(input)?;
    }
    let representation = declared.unwrap_or(Representation::Address);
    let mut memory = memory::choose(input, config, choices)?;
    let items = input.statics.items().count() as u32;
    let given = Given { allocator: memory.functions_that_allocate(), items, ..Given::default() };
    let mut frames = match purpose {
        Purpose::Link | Purpose::LinkSmall => Frames::plan(input, config, choices, &given)?,
        Purpose::Check => Frames::default(),
    };
    let mut statics = place::place(input, config, choices, &mut memory, &mut frames)?;
    let context = Context {
        representation,
        choices,
        memory: memory.index,
        width: WIDTH,
        first_global: GlobalIndex(input.statics.index(input.global_count).unwrap_or(input.global_count)),
        home: memory.home,
        growth: memory.growth,
        keeps_errno: input.imports.has(Intrinsic::WasiLastErrno),
        trace: trace::shadow(input, config, &memory)?,
        segments: Segments::new(representation, choices, WIDTH, input.first_added_type()),
    };
    if input.exports_allocator {
        allocator::check(input, &context)?;
    }
    let previous = sites::merged(input.customs.iter().filter(|it| it.name == sites::SECTION).map(|it| it.data));
    let mut needs = Needs::new(context);
    needs.number_sites_from(previous.len() as u32);
    let mut found = Findings { purpose, list: Vec::new() };
    share::need_helpers(input, &context, &mut needs);
    let mut unwind = match config.unwind.unwrap_or_default() {
        linmem_allocator::Unwind::Release => {
            let segment_types = context.segments.types().map_or(0, SegmentTypes::count);
            Some(Unwind::new(input, &context, input.first_added_type() + segment_types)?)
        }
        linmem_allocator::Unwind::Program => None,
    };
    let mut lowered =
        function::lower_all(input, &context, &mut needs, &mut found, unwind.as_mut(), &frames).map_err(Errors)?;
    let block_types = unwind.map(Unwind::into_block_types).unwrap_or_default();
    let mut findings = found.list;
    let is_wrong = !findings.is_empty();
    findings.extend(memory.sharing.take());
    if purpose == Purpose::Check && is_wrong {
        let (module, functions, frames) = (Vec::new(), Vec::new(), Vec::new());
        return Ok(Outcome { module, findings, functions, placement: None, frames });
    }
    let shims = function::shims(input, &context, &mut needs);
    let exports = allocator::lower(input, &context, &mut needs);
    memory.export_for_host(input, &needs)?;
    statics.place_in(&mut lowered, context.first_global.0 + needs.globals().len() as u32);
    let added = plan::Added { shims: &shims, exports: &exports };
    let plan = plan::Plan::new(input, &context, &needs, added, block_types, statics.initialization.has_start())?;
    let dropped = input.customs.iter().filter(|section| section.fate() == custom::Fate::Dropped);
    let names: IndexSet<String> = dropped.map(|section| section.name.to_string()).collect();
    if !names.is_empty() {
        let error = Error::Dropped { names: names.into_iter().collect() };
        findings.push(Finding { severity: Severity::Warning, error });
    }
    let has_names = match config.name_section {
        NameSection::Keep => true,
        NameSection::None => false,
        NameSection::Auto => input.customs.iter().any(|section| section.name == custom::NAME),
    };
    let customs = write::Customs { previous: &previous, file: config.file.as_deref(), has_names };
    let globals = Globals { statics: &input.statics, data: &statics, segments: context.segments };
    let module = write::module(input, &context, &needs, &memory, globals, &plan, &lowered, added, customs)?;
    plan.check_indices()?;
    let (module, is_pruned) = match prune::without_unused_types(&module, input, &plan) {
        Some(pruned) => (pruned, true),
        None => (module, false),
    };
    // Copied functions were valid in the input. Without static data, only the indices of functions of the same types have
    // changed.
    let is_valid = |function| !is_pruned && input.statics.is_empty() && plan.is_copied(function, &lowered);
    crate::module::validate(&module, |function| !is_valid(function)).map_err(Error::defect)?;
    let module = with_images(module, config)?;
    let placement = Placement {
        memory: memory.index,
        is_new: memory.defines.is_some(),
        has_segments: input.imports.has_any() || input.exports_allocator,
        has_regions: !needs.globals().is_empty(),
        grows: needs.helpers().any(Helper::obtains_memory),
        home: context.home,
        growth: context.growth,
        statics: statics.occupied(),
        word: statics.initialization.once,
        items: statics.placed.addresses,
        reserve: statics.reserve,
        frames: frames.frames().to_vec(),
    };
    let framed = input.bodies.iter().zip(&lowered).filter_map(|(body, lowered)| Some((body.index, lowered.as_ref()?)));
    let framed = framed.filter(|(_, lowered)| !lowered.frames.is_empty());
    let frames = framed.map(|(function, lowered)| (function, lowered.frames.clone())).collect();
    Ok(Outcome { module, findings, functions: plan.into_functions(), placement: Some(placement), frames })
}
