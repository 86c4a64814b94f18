//! Reads a module, after linking it if it has intrinsics.

use crate::config::Config;
use crate::error::Error;
use crate::image::{self, Memory, Width};
use crate::layout::areas::{Facts, areas, data};
use crate::layout::conventions::Conventions;
use crate::layout::description::{FunctionFrames, MemoryLayout, ModuleLayout};
use crate::link::input::Input;
use crate::link::{Placement, link_placed, scan};
use crate::source::Source;
use wasmparser::{ExternalKind, Name};

/// Describes how a module uses its memories, after it is linked. `page_size` and `allowance` are the host's: see
/// [`try_static_init`](crate::image::ModuleMemories::try_static_init).
///
/// # Errors
///
/// If the module is invalid or cannot be linked.
pub fn read(bytes: &[u8], config: &Config, page_size: u64, allowance: u64) -> Result<ModuleLayout, Error> {
    let source = Source::read(bytes)?;
    let program = scan::parse(&source, config)?;
    let placed = link_placed(&program, config)?;
    let linked = Source::read(&placed.module)?;
    let input = scan::parse(&linked, &Config::new())?;
    let mut memories = image::read(&placed.module)?;
    let segments = match &memories.initialization {
        image::MemoryInitialization::Segmented(segments) => segments.clone(),
        image::MemoryInitialization::Static { .. } => Vec::new(),
    };
    let conventions = Conventions::of(&input);
    let describe = |(index, memory): (u32, &Memory)| {
        let placement = placed.placement.as_ref().filter(|placement| placement.memory.0 == index);
        let own: Vec<_> = segments.iter().filter(|segment| segment.memory == index).collect();
        layout(&input, index, memory, own, placement, conventions)
    };
    let described = (0..).zip(&memories.memories).map(describe).collect();
    let mut frames: Vec<FunctionFrames> = placed
        .frames
        .into_iter()
        .map(|(function, bytes)| FunctionFrames { function: program.function_name(function), bytes })
        .collect();
    frames.sort_by_key(|frames| std::cmp::Reverse(frames.total()));
    let verdict = memories.try_static_init(page_size, allowance);
    Ok(ModuleLayout { memories: described, verdict, frames })
}

fn layout(
    input: &Input<'_>,
    index: u32,
    memory: &Memory,
    segments: Vec<&image::MemoryInitializer<'_>>,
    placement: Option<&Placement>,
    conventions: Conventions,
) -> MemoryLayout {
    let ty = input.types.as_ref().memory_at(index);
    let bytes = |pages: u64| pages.saturating_mul(memory.page_size().unwrap_or(u64::MAX));
    let minimum = bytes(memory.minimum);
    let width: Width = memory.width;
    let places = data(&segments, width);
    let end = places.iter().map(|(_, end, _)| *end).max().unwrap_or(0);
    let span = places.first().map_or(0, |(start, ..)| end - start);
    // Names such as `__heap_base` are about the memory that the program has first.
    let conventions = if index == 0 { conventions } else { Conventions::default() };
    MemoryLayout {
        name: name(input, index),
        import: memory.import.clone(),
        shared: ty.shared,
        width,
        minimum,
        maximum: ty.maximum.map(bytes),
        has_segments: placement.is_some(),
        data: places.iter().map(|(start, end, _)| end - start).sum(),
        span,
        areas: areas(&Facts { minimum, width, segments, conventions, placement }),
    }
}

/// The export name of a memory, else its name in the name section.
fn name(input: &Input<'_>, memory: u32) -> Option<String> {
    let export = input.exports.iter().find(|export| export.kind == ExternalKind::Memory && export.index == memory);
    let named = || {
        input.names.iter().find_map(|subsection| match subsection {
            Name::Memory(map) => map
                .clone()
                .into_iter()
                .map_while(Result::ok)
                .find(|naming| naming.index == memory)
                .map(|naming| naming.name),
            _ => None,
        })
    };
    export.map(|export| export.name).or_else(named).map(str::to_string)
}
