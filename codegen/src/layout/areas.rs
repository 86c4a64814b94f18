//! The areas of one memory.

use crate::context::{Growth, Home};
use crate::image::{MemoryInitializer, Width};
use crate::layout::conventions::Conventions;
use crate::layout::description::{Area, AreaKind};
use crate::link::Placement;
use linmem_allocator::layout::{HOME, PAGE};

/// Neighbouring data segments are one area if fewer bytes than this are between them.
const NEAR: u64 = 64;

/// What is known about a memory.
pub(super) struct Facts<'a> {
    pub(super) minimum: u64,
    pub(super) width: Width,
    /// Its active data segments.
    pub(super) segments: Vec<&'a MemoryInitializer<'a>>,
    /// What the program says about it.
    pub(super) conventions: Conventions,
    /// What linmem has in it.
    pub(super) placement: Option<&'a Placement>,
}

/// The start, the end and the bytes of active data at known addresses.
pub(super) fn data(segments: &[&MemoryInitializer<'_>], width: Width) -> Vec<(u64, u64, u32)> {
    let place = |segment: &&MemoryInitializer<'_>| {
        let start = segment.offset.evaluate(|_| None)?.address(width)?;
        let end = start.checked_add(segment.data.len() as u64)?;
        (end > start).then_some((start, end, segment.segment))
    };
    let mut places: Vec<_> = segments.iter().filter_map(place).collect();
    places.sort_unstable();
    places
}

/// The areas, in ascending order. Where two uses overlap, the more certain one counts: data and linmem's chunks, then what the
/// program says by names, then the rest.
pub(super) fn areas(facts: &Facts<'_>) -> Vec<Area> {
    let mut known = Vec::new();
    let data = data(&facts.segments, facts.width);
    add_data(&mut known, &data);
    if let Some(placement) = facts.placement {
        add_placement(&mut known, placement, facts.minimum);
    }
    add_conventions(&mut known, facts, data.first().map(|(start, ..)| *start));
    if let Some(Home::Reserved { start, end, .. }) = facts.placement.map(|placement| placement.home) {
        known.push(area(start, end, AreaKind::Chunk, "linmem: the header of the chunk, and padding".to_string()));
    }
    known.push(area(0, facts.minimum, AreaKind::Program, "nothing is known".to_string()));
    let mut areas = Vec::new();
    known.into_iter().for_each(|area| fill(&mut areas, &area));
    areas
}

/// Adds the parts of an area that no other area covers.
fn fill(areas: &mut Vec<Area>, new: &Area) {
    let mut parts = Vec::new();
    let mut cursor = new.start;
    let end = new.end.unwrap_or(u64::MAX);
    for other in areas.iter() {
        let other_end = other.end.unwrap_or(u64::MAX);
        if other_end <= cursor || other.start >= end {
            continue;
        }
        if cursor < other.start {
            parts.push(Area { start: cursor, end: Some(other.start), ..new.clone() });
        }
        cursor = cursor.max(other_end);
    }
    if cursor < end {
        parts.push(Area { start: cursor, ..new.clone() });
    }
    areas.extend(parts);
    areas.sort_by_key(|area| area.start);
}

fn area(start: u64, end: u64, kind: AreaKind, label: String) -> Area {
    Area { start, end: Some(end), kind, label }
}

fn add_data(areas: &mut Vec<Area>, data: &[(u64, u64, u32)]) {
    let mut groups: Vec<(u64, u64, Vec<u32>)> = Vec::new();
    for (start, end, segment) in data {
        match groups.last_mut() {
            Some((_, last, members)) if *start <= last.saturating_add(NEAR) => {
                *last = (*last).max(*end);
                members.push(*segment);
            }
            _ => groups.push((*start, *end, vec![*segment])),
        }
    }
    for (start, end, members) in groups {
        let (least, most) = (members.iter().min().copied().unwrap_or(0), members.iter().max().copied().unwrap_or(0));
        let label = match members.len() {
            1 => format!("data segment {least}"),
            count => format!("{count} data segments, {least} to {most}"),
        };
        areas.push(area(start, end, AreaKind::Data, label));
    }
}

fn add_conventions(areas: &mut Vec<Area>, facts: &Facts<'_>, first_data: Option<u64>) {
    let Conventions { stack, data_end, heap } = facts.conventions;
    if let Some(end) = stack.filter(|end| *end > 0) {
        // The stack is below the data, or between the data and the heap.
        let start = match (first_data, data_end) {
            (Some(first), _) if end <= first => 0,
            (_, Some(start)) if start < end => start,
            _ => 0,
        };
        areas.push(area(start, end, AreaKind::Stack, "stack, from __stack_pointer downwards".to_string()));
    }
    let is_linmems = |address: u64| match facts.placement.map(|placement| placement.home) {
        Some(Home::Reserved { start, .. }) => start <= address,
        _ => false,
    };
    if let Some(start) = heap.filter(|start| *start < facts.minimum && !is_linmems(*start)) {
        areas.push(area(start, facts.minimum, AreaKind::Heap, "heap, from __heap_base".to_string()));
    }
}

fn add_placement(areas: &mut Vec<Area>, placement: &Placement, minimum: u64) {
    if placement.is_new {
        areas.push(area(0, HOME, AreaKind::Null, "not handed out, so that no segment is at address 0".to_string()));
    }
    if let Some((start, end)) = placement.statics {
        areas.push(area(start, end, AreaKind::Data, "linmem: static data".to_string()));
    }
    if let Home::Reserved { start, top, end, .. } = placement.home {
        let start = if placement.statics.is_some() { top } else { start };
        areas.push(area(start, end, AreaKind::Chunk, "linmem: the first chunk of regions".to_string()));
    }
    let (start, label) = match placement.growth {
        Growth::Grow => (minimum, "linmem: further chunks, by memory.grow"),
        Growth::Split(split) => {
            let program = split.fixed.map_or(minimum, |pages| u64::from(pages) * u64::from(PAGE));
            let split = u64::from(split.pages) * u64::from(PAGE);
            areas.push(area(program, split, AreaKind::Program, "the program's growth, up to the split".to_string()));
            (split.max(minimum), "linmem: chunks above the split")
        }
        // Chunks are blocks of the program's heap.
        Growth::Allocator(_) => return,
    };
    areas.push(Area { start, end: None, kind: AreaKind::Growth, label: label.to_string() });
}
