//! The layout of a module as text for a terminal.

use super::words::{bytes, grouped, size, title};
use linmem::image::Verdict;
use linmem::layout::{Area, MemoryLayout, ModuleLayout};

/// The largest number of functions whose frames are listed.
const MAX_FUNCTIONS: usize = 20;

/// The table.
pub(crate) fn table(layout: &ModuleLayout) -> String {
    let mut out = String::new();
    for (index, memory) in layout.memories.iter().enumerate() {
        add_memory(&mut out, index, memory);
    }
    if layout.memories.is_empty() {
        out += "the module has no memory\n";
    }
    let verdict = match &layout.verdict {
        Verdict::Static => "static: an engine can map it instead of copying segments".to_string(),
        Verdict::Segmented(reason) => format!("segmented: {reason}"),
    };
    out += &format!("image: {verdict}\n");
    add_frames(&mut out, layout);
    out
}

fn add_memory(out: &mut String, index: usize, memory: &MemoryLayout) {
    let segments = if memory.has_segments { "; segments are here" } else { "" };
    *out += &format!("{}: {}{segments}\n", title(index, memory), size(memory));
    let rows: Vec<[String; 3]> = memory.areas.iter().map(row).collect();
    let widths = [0, 1].map(|column| rows.iter().map(|row| row[column].len()).max().unwrap_or(0));
    for (row, area) in rows.iter().zip(&memory.areas) {
        let kind = area.kind.name();
        let ([addresses, size, label], [wide, narrow]) = (row, widths);
        *out += &format!("  {addresses:<wide$}  {size:>narrow$}  {kind:<7}  {label}\n");
    }
    if memory.data > 0 {
        *out += &format!("  {} of data in a span of {}\n", bytes(memory.data), bytes(memory.span));
    }
    out.push('\n');
}

/// The addresses, the size and the label of an area.
fn row(area: &Area) -> [String; 3] {
    let addresses = match area.end {
        Some(end) => format!("{:#010x}..{end:#010x}", area.start),
        None => format!("{:#010x}..", area.start),
    };
    let size = area.end.map(|end| grouped(end - area.start)).unwrap_or_default();
    [addresses, size, area.label.clone()]
}

fn add_frames(out: &mut String, layout: &ModuleLayout) {
    if layout.frames.is_empty() {
        return;
    }
    *out += "frames:\n";
    let names = layout.frames.iter().take(MAX_FUNCTIONS).map(|frames| frames.function.chars().count());
    let width = names.max().unwrap_or(0);
    for frames in layout.frames.iter().take(MAX_FUNCTIONS) {
        let list: Vec<String> = frames.bytes.iter().map(u32::to_string).collect();
        let total = grouped(frames.total());
        let parts = if list.len() > 1 { format!(" ({})", list.join(" + ")) } else { String::new() };
        *out += &format!("  {:<width$}  {total} bytes{parts}\n", frames.function);
    }
    if layout.frames.len() > MAX_FUNCTIONS {
        *out += &format!("  and {} more functions\n", layout.frames.len() - MAX_FUNCTIONS);
    }
}
