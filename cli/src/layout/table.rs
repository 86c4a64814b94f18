//! The layout of a module as text for a terminal.

use super::rows::{Row, items, more_items, omitted, rows};
use super::words::{bytes, grouped, size, title, verdict};
use crate::printable::on_one_line;
use linmem::layout::{Area, MemoryLayout, ModuleLayout};

/// The largest number of areas of a memory that are listed.
const MAX_AREAS: usize = 64;

/// The largest number of items of static data that are listed.
const MAX_ITEMS: usize = 16;

/// The largest number of functions whose frames are listed.
const MAX_FUNCTIONS: usize = 20;

/// The largest number of frames of a function that are listed.
const MAX_FRAMES: usize = 16;

/// The table. Names cannot forge rows: they are escaped.
pub(crate) fn table(layout: &ModuleLayout) -> String {
    let mut out = String::new();
    for (index, memory) in layout.memories.iter().enumerate() {
        add_memory(&mut out, index, memory);
    }
    if layout.memories.is_empty() {
        out += "the module has no memory\n";
    }
    out += &format!("image: {}\n", verdict(layout));
    add_frames(&mut out, layout);
    out
}

fn add_memory(out: &mut String, index: usize, memory: &MemoryLayout) {
    let segments = if memory.has_segments { "; segments are here" } else { "" };
    *out += &format!("{}: {}{segments}\n", title(index, memory, usize::MAX), size(memory));
    let rows = rows(&memory.areas, MAX_AREAS);
    let cells = rows.iter().filter_map(|row| match row {
        Row::Area(area) => Some([addresses(area).len(), bytes_in(area).len()]),
        Row::Omitted(_) => None,
    });
    let widths = cells.fold([0, 0], |[wide, narrow], [addresses, size]| [wide.max(addresses), narrow.max(size)]);
    rows.iter().for_each(|row| add_row(out, row, widths));
    if memory.data > 0 {
        *out += &format!("  {} of data in a span of {}\n", bytes(memory.data), bytes(memory.span));
    }
    if memory.copied > 0 {
        *out += &format!("  {} of data copied by the start function\n", bytes(memory.copied));
    }
    out.push('\n');
}

fn add_row(out: &mut String, row: &Row<'_>, [wide, narrow]: [usize; 2]) {
    match row {
        Row::Area(area) => {
            let (addresses, size, kind) = (addresses(area), bytes_in(area), area.kind.name());
            let label = on_one_line(&area.label);
            *out += &format!("  {addresses:<wide$}  {size:>narrow$}  {kind:<7}  {label}\n");
            let items = items(area, MAX_ITEMS);
            let width = items.iter().map(|(addresses, _)| addresses.len()).max().unwrap_or(0);
            for (addresses, label) in items {
                *out += &format!("    {addresses:<width$}  {}\n", on_one_line(label));
            }
            out.extend(more_items(area, MAX_ITEMS).map(|more| format!("    {more}\n")));
        }
        Row::Omitted(areas) => *out += &format!("  {}\n", omitted(areas)),
    }
}

fn addresses(area: &Area) -> String {
    match area.end {
        Some(end) => format!("{:#010x}..{end:#010x}", area.start),
        None => format!("{:#010x}..", area.start),
    }
}

fn bytes_in(area: &Area) -> String {
    area.end.map(|end| grouped(end - area.start)).unwrap_or_default()
}

fn add_frames(out: &mut String, layout: &ModuleLayout) {
    if layout.frames.is_empty() {
        return;
    }
    *out += "frames:\n";
    let shown = || layout.frames.iter().take(MAX_FUNCTIONS);
    let names: Vec<String> = shown().map(|frames| on_one_line(&frames.function)).collect();
    let width = names.iter().map(|name| name.chars().count()).max().unwrap_or(0);
    for (frames, name) in shown().zip(&names) {
        let list: Vec<String> = frames.bytes.iter().take(MAX_FRAMES).map(u32::to_string).collect();
        let more = if frames.bytes.len() > MAX_FRAMES { " + ..." } else { "" };
        let total = grouped(frames.total());
        let parts = if list.len() > 1 { format!(" ({}{more})", list.join(" + ")) } else { String::new() };
        *out += &format!("  {name:<width$}  {total} bytes{parts}\n");
    }
    if layout.frames.len() > MAX_FUNCTIONS {
        *out += &format!("  and {} more functions\n", layout.frames.len() - MAX_FUNCTIONS);
    }
}
