//! The layout of a module as a picture: one bar for each memory, addresses to its left, uses to its right.
//!
//! The height of an area grows with the logarithm of its size, so that a stack of 64 bytes and a heap of 1 GiB fit on one
//! page. A large area has a break in the bar, which says that it is not to scale. Each use has a lightness and a pattern of
//! its own, so that the picture can be read without colours.

use super::words::{bytes, size, title};
use linmem::image::Verdict;
use linmem::layout::{Area, AreaKind, MemoryLayout, ModuleLayout};

const WIDTH: u32 = 760;
const BAR: (u32, u32) = (170, 120);
const MARGIN: u32 = 28;
const TITLE: u32 = 52;

/// The largest number of functions whose frames are listed.
const MAX_FRAMES: usize = 12;

const STYLE: &str = "
  svg { background: #ffffff; font: 13px system-ui, sans-serif; fill: #1b1b1b }
  .title { font-size: 15px; font-weight: 600 }
  .note { fill: #5a5a5a }
  .address { font: 12px ui-monospace, monospace; text-anchor: end }
  .area { stroke: #1b1b1b }
  .break { fill: #ffffff; stroke: #1b1b1b }
  @media (prefers-color-scheme: dark) {
    svg { background: #16181c; fill: #ececec }
    .note { fill: #a8a8a8 }
    .area { stroke: #ececec }
    .break { fill: #16181c; stroke: #ececec }
  }";

/// The fill of a use, and whether it has stripes.
fn fill(kind: AreaKind) -> (&'static str, Option<&'static str>) {
    match kind {
        AreaKind::Null => ("#f4f1ea", Some("#8d8778")),
        AreaKind::Data => ("#1f4e79", None),
        AreaKind::Stack => ("#6c8fb3", None),
        AreaKind::Heap => ("#b9cfe3", None),
        AreaKind::Chunk => ("#c2571a", None),
        AreaKind::Growth => ("#f3c39b", Some("#c2571a")),
        // The program's own, and uses that this version does not know.
        _ => ("#d8d8d8", None),
    }
}

/// The picture.
pub(crate) fn svg(layout: &ModuleLayout) -> String {
    let mut body = String::new();
    let mut y = MARGIN;
    for (index, memory) in layout.memories.iter().enumerate() {
        y = add_memory(&mut body, index, memory, y);
    }
    let verdict = match &layout.verdict {
        Verdict::Static => "image: static".to_string(),
        Verdict::Segmented(reason) => format!("image: segmented: {reason}"),
    };
    for line in wrapped(&verdict, 104) {
        body += &text("note", MARGIN, y, &line);
        y += 18;
    }
    let shown = layout.frames.iter().take(MAX_FRAMES);
    let frames = shown.map(|frames| format!("frame of {}: {}", frames.function, bytes(frames.total())));
    for line in frames {
        body += &text("note", MARGIN, y, &cut(&line, 104));
        y += 18;
    }
    let height = y + MARGIN;
    let patterns: String = AreaKind::ALL.iter().filter_map(|kind| pattern(*kind)).collect();
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{WIDTH}\" height=\"{height}\" viewBox=\"0 0 {WIDTH} {height}\" \
         role=\"img\">\n<title>Memory layout</title>\n<style>{STYLE}\n</style>\n<defs>{patterns}</defs>\n{body}</svg>\n"
    )
}

fn pattern(kind: AreaKind) -> Option<String> {
    let (fill, stripes) = fill(kind);
    Some(format!(
        "<pattern id=\"{}\" width=\"8\" height=\"8\" patternUnits=\"userSpaceOnUse\" patternTransform=\"rotate(45)\">\
         <rect width=\"8\" height=\"8\" fill=\"{fill}\"/><rect width=\"2\" height=\"8\" fill=\"{}\"/></pattern>",
        kind.name(),
        stripes?
    ))
}

/// Adds a memory below `y`, and returns where it ends.
fn add_memory(body: &mut String, index: usize, memory: &MemoryLayout, y: u32) -> u32 {
    *body += &text("title", MARGIN, y + 6, &title(index, memory));
    let segments = if memory.has_segments { "; segments are here" } else { "" };
    *body += &text("note", MARGIN, y + 26, &format!("{}{segments}", size(memory)));
    let mut y = y + TITLE;
    for area in &memory.areas {
        let height = height(area);
        add_area(body, area, y, height);
        y += height;
    }
    let end = memory.areas.last().map(|area| area.end);
    if let Some(Some(end)) = end {
        *body += &text("address", BAR.0 - 10, y + 4, &format!("{end:#x}"));
    }
    y + 2 * MARGIN
}

/// The height of an area: 26 for up to 64 bytes, and 4 more for each doubling.
fn height(area: &Area) -> u32 {
    let doublings = |bytes: u64| (bytes / 64).max(1).ilog2();
    match area.end {
        Some(end) => 26 + 4 * doublings(end - area.start),
        None => 60,
    }
}

fn add_area(body: &mut String, area: &Area, y: u32, height: u32) {
    let (x, width) = BAR;
    let (plain, stripes) = fill(area.kind);
    let fill = if stripes.is_some() { format!("url(#{})", area.kind.name()) } else { plain.to_string() };
    let dashes = if area.end.is_none() { " stroke-dasharray=\"5 4\"" } else { "" };
    *body += &format!(
        "<rect class=\"area\" x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" fill=\"{fill}\"{dashes}/>\n"
    );
    if area.end.is_none_or(|end| end - area.start >= 1 << 16) {
        add_break(body, y + height / 2);
    }
    *body += &text("address", x - 10, y + 4, &format!("{:#x}", area.start));
    let label_x = x + width + 14;
    *body += &text("", label_x, y + height / 2 + 5 - if height > 40 { 8 } else { 0 }, &cut(&area.label, 56));
    if height > 40 {
        let size = area.end.map_or("open".to_string(), |end| bytes(end - area.start));
        *body += &text("note", label_x, y + height / 2 + 14, &size);
    }
}

/// A zigzag across the bar.
fn add_break(body: &mut String, y: u32) {
    let (x, width) = BAR;
    let points = |y: u32| -> Vec<String> {
        (0..=12).map(|step| format!("{},{}", x + width * step / 12, y + 4 * (step % 2))).collect()
    };
    let (mut upper, mut lower) = (points(y - 4), points(y + 2));
    lower.reverse();
    upper.extend(lower);
    *body += &format!("<polygon class=\"break\" points=\"{}\"/>\n", upper.join(" "));
}

fn text(class: &str, x: u32, y: u32, text: &str) -> String {
    let class = if class.is_empty() { String::new() } else { format!(" class=\"{class}\"") };
    format!("<text{class} x=\"{x}\" y=\"{y}\">{}</text>\n", escaped(text))
}

/// Text of XML. Characters that XML cannot contain are replaced.
fn escaped(text: &str) -> String {
    let mut out = String::new();
    for char in text.chars() {
        match char {
            '&' => out += "&amp;",
            '<' => out += "&lt;",
            '>' => out += "&gt;",
            '"' => out += "&quot;",
            '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            char if char.is_control() => out.push('\u{fffd}'),
            char => out.push(char),
        }
    }
    out
}

fn cut(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_string(),
    }
}

/// Lines of at most this many characters, unless a word is longer.
fn wrapped(text: &str, most: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        match lines.last_mut() {
            Some(line) if line.is_empty() || line.chars().count() + 1 + word.chars().count() <= most => {
                if !line.is_empty() {
                    line.push(' ');
                }
                line.push_str(word);
            }
            _ => lines.push(word.to_string()),
        }
    }
    lines
}
