//! The areas of one memory.

use crate::context::{Growth, Home};
use crate::layout::conventions::Conventions;
use crate::layout::data::Data;
use crate::layout::description::{Area, AreaKind, StaticItem};
use crate::layout::layers::layered;
use crate::link::Placement;
use crate::start::WORD;
use linmem_allocator::layout::{HOME, PAGE};

/// What is known about a memory.
pub(super) struct Facts<'a> {
    pub(super) minimum: u64,
    pub(super) data: Data,
    /// What the program says about it.
    pub(super) conventions: Conventions,
    /// What linmem has in it.
    pub(super) placement: Option<&'a Placement>,
    /// The items of static data.
    pub(super) items: Vec<StaticItem>,
    /// The static frames.
    pub(super) frames: Vec<StaticItem>,
}

/// The areas, in ascending order. Where two uses overlap, the more certain one counts: linmem's static data, then other data
/// and linmem's chunks, then what the program says by names, then the rest.
pub(super) fn areas(facts: &Facts<'_>) -> Vec<Area> {
    let mut known = Vec::new();
    if let Some(placement) = facts.placement {
        add_statics(&mut known, placement, facts);
    }
    known.extend(facts.data.areas(facts.minimum));
    if let Some(placement) = facts.placement {
        add_placement(&mut known, placement, facts.minimum);
    }
    add_conventions(&mut known, facts);
    if let Some(Home::Reserved { start, end, .. }) = facts.placement.map(|placement| placement.home) {
        known.push(area(start, end, AreaKind::Chunk, "linmem: the header of the chunk, and padding"));
    }
    known.push(area(0, facts.minimum, AreaKind::Program, "nothing is known"));
    layered(&known)
}

fn area(start: u64, end: u64, kind: AreaKind, label: &str) -> Area {
    Area { start, end: Some(end), kind, label: label.to_string(), items: Vec::new() }
}

fn add_statics(areas: &mut Vec<Area>, placement: &Placement, facts: &Facts<'_>) {
    if let Some(word) = placement.word {
        let label = "linmem: the word by which instances agree which of them writes the data";
        areas.push(area(word, word + WORD, AreaKind::Data, label));
    }
    if let Some((start, end)) = placement.reserve {
        let frames = area(start, end, AreaKind::Frames, "linmem: static frames");
        areas.push(Area { items: facts.frames.clone(), ..frames });
    }
    if let Some((start, end)) = placement.statics {
        let copied = if facts.data.copies(start, end) { ", copied by the start function" } else { "" };
        let statics = area(start, end, AreaKind::Data, &format!("linmem: static data{copied}"));
        areas.push(Area { items: facts.items.clone(), ..statics });
    }
}

fn add_conventions(areas: &mut Vec<Area>, facts: &Facts<'_>) {
    if let Some(end) = facts.conventions.stack.filter(|end| *end > 0) {
        areas.extend(stack(end, facts));
    }
    let is_linmems = |address: u64| match facts.placement.map(|placement| placement.home) {
        Some(Home::Reserved { start, .. }) => start <= address,
        _ => false,
    };
    let heap = facts.conventions.heap.filter(|start| *start < facts.minimum && !is_linmems(*start));
    areas.extend(heap.map(|start| area(start, facts.minimum, AreaKind::Heap, "heap, from __heap_base")));
}

/// The stack that ends at an address. It is below all data, or between the data and the heap. In the second case, zeroed data
/// is between the data segments and the stack, and where it ends is only known if the program says so.
fn stack(end: u64, facts: &Facts<'_>) -> Option<Area> {
    let Conventions { stack_low, data_end, .. } = facts.conventions;
    let Data { places, has_others, .. } = &facts.data;
    let is_first = !has_others && places.first().is_some_and(|first| first.start >= end);
    let start = stack_low.or(data_end).filter(|start| *start < end).or(is_first.then_some(0));
    if let Some(start) = start {
        return Some(area(start, end, AreaKind::Stack, "stack, from __stack_pointer downwards"));
    }
    let last = places.iter().filter(|place| place.start < end).map(|place| place.end).max().unwrap_or(0);
    let data = if *has_others { "data" } else { "zeroed data" };
    let label = format!("stack or {data}, below __stack_pointer");
    (last < end).then(|| area(last, end, AreaKind::Program, &label))
}

fn add_placement(areas: &mut Vec<Area>, placement: &Placement, minimum: u64) {
    if placement.is_new {
        areas.push(area(0, HOME, AreaKind::Null, "not handed out, so that no segment is at address 0"));
    }
    if let Home::Reserved { start, top, end, .. } = placement.home {
        let start = if placement.statics.is_some() { top } else { start };
        let label = match (placement.has_regions, placement.reserve) {
            (true, _) => "linmem: the first chunk of regions",
            (false, None) => "linmem: not used, since the module opens no region",
            (false, Some(_)) => "linmem: not used, since all regions are static frames",
        };
        areas.push(area(start, end, AreaKind::Chunk, label));
    }
    let (start, label) = match placement.growth {
        Growth::Grow => (minimum, "linmem: further chunks, by memory.grow"),
        Growth::Contiguous => (minimum, "linmem: the growth of the chunk, by memory.grow"),
        Growth::Split(split) => {
            if !placement.grows && split.fixed.is_none() {
                // The memory is only split when linmem grows it.
                return;
            }
            let program = split.fixed.map_or(minimum, |pages| u64::from(pages) * u64::from(PAGE));
            let split = u64::from(split.pages) * u64::from(PAGE);
            areas.push(area(program, split, AreaKind::Program, "the program's growth, up to the split"));
            (split.max(minimum), "linmem: chunks above the split")
        }
        // Chunks are blocks of the program's heap.
        Growth::Allocator(_) => return,
    };
    if placement.grows {
        let label = label.to_string();
        areas.push(Area { start, end: None, kind: AreaKind::Growth, label, items: Vec::new() });
    }
}
