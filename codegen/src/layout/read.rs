//! Reads a module, after linking it if it has intrinsics.

use crate::config::Config;
use crate::error::Error;
use crate::image::{self, Memory, MemoryInitialization, MemoryInitializer};
use crate::layout::areas::{Facts, areas};
use crate::layout::conventions::Conventions;
use crate::layout::copies::{SegmentCopy, copies};
use crate::layout::data::Data;
use crate::layout::description::{FunctionFrames, MemoryLayout, ModuleLayout};
use crate::layout::items::{frames, items};
use crate::link::input::{DATA, Input};
use crate::link::{Placement, link_placed, scan};
use crate::source::Source;
use std::collections::BTreeSet;
use wasmparser::{BinaryReader, DataKind, DataSectionReader, ExternalKind, Name};

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
        MemoryInitialization::Segmented(segments) => segments.clone(),
        MemoryInitialization::Static { .. } => Vec::new(),
    };
    let linked = Linked {
        program: &program,
        input: &input,
        segments,
        copies: copies(&input)?,
        passive: passive(&input)?,
        conventions: Conventions::of(&input),
    };
    let describe = |(index, memory): (u32, &Memory)| {
        let placement = placed.placement.as_ref().filter(|placement| placement.memory.0 == index);
        linked.layout(index, memory, placement)
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

/// The passive data segments.
fn passive(input: &Input<'_>) -> Result<BTreeSet<u32>, Error> {
    let Some(section) = input.section(DATA) else { return Ok(BTreeSet::new()) };
    let contents = BinaryReader::new(&input.bytes[section.range.clone()], section.range.start);
    let mut passive = BTreeSet::new();
    for (number, data) in (0..).zip(DataSectionReader::new(contents)?) {
        if let DataKind::Passive = data?.kind {
            passive.insert(number);
        }
    }
    Ok(passive)
}

/// A linked module, and the program that it was.
struct Linked<'a> {
    program: &'a Input<'a>,
    input: &'a Input<'a>,
    segments: Vec<MemoryInitializer<'a>>,
    copies: Vec<SegmentCopy>,
    passive: BTreeSet<u32>,
    conventions: Conventions,
}

impl Linked<'_> {
    fn layout(&self, index: u32, memory: &Memory, placement: Option<&Placement>) -> MemoryLayout {
        let Linked { program, input, segments, copies, passive, conventions } = self;
        let ty = input.types.as_ref().memory_at(index);
        let bytes = |pages: u64| pages.saturating_mul(memory.page_size().unwrap_or(u64::MAX));
        let minimum = bytes(memory.minimum);
        let data = Data::of(index, segments, copies, passive, memory.width);
        let (active, span) = data.active();
        let copied = data.copied;
        // Names such as `__heap_base` are about the memory that the program has first.
        let conventions = if index == 0 { *conventions } else { Conventions::default() };
        let items = placement.map(|placement| items(program, placement)).unwrap_or_default();
        let frames = placement.map(|placement| frames(program, placement)).unwrap_or_default();
        MemoryLayout {
            name: name(input, index),
            import: memory.import.clone(),
            shared: ty.shared,
            width: memory.width,
            minimum,
            maximum: ty.maximum.map(bytes),
            has_segments: placement.is_some_and(|placement| placement.has_segments),
            data: active,
            span,
            copied,
            areas: areas(&Facts { minimum, data, conventions, placement, items, frames }),
        }
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
