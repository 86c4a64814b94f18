//! The layout of a module as a picture: one bar for each memory, addresses to its left, uses to its right.
//!
//! The height of an area grows with the logarithm of its size, so that a stack of 64 bytes and a heap of 1 GiB fit on one
//! page. A large area has a break in the bar, which says that it is not to scale. Each use has a lightness and a pattern of
//! its own, so that the picture can be read without colours.

use super::rows::{Row, items, more_items, omitted, rows};
use super::words::{bytes, size, title, verdict};
use crate::printable::on_one_line;
use linmem::layout::{Area, AreaKind, MemoryLayout, ModuleLayout};

const WIDTH: u32 = 760;
const BAR: (u32, u32) = (170, 120);
const MARGIN: u32 = 28;

/// The heights of a line of a title and of other lines.
const TITLE_LINE: u32 = 20;
const LINE: u32 = 17;

/// The largest number of columns of a title, of a label, and of a line below the memories.
const TITLE_COLUMNS: usize = 56;
const LABEL_COLUMNS: usize = 56;
const COLUMNS: usize = 84;

/// The largest number of areas of a memory that are drawn.
const MAX_AREAS: usize = 24;

/// The largest number of items of static data that are listed.
const MAX_ITEMS: usize = 6;

/// The largest number of characters of a name in a title.
const MAX_NAME: usize = 80;

/// The largest number of lines of a title, of the verdict and of a label.
const MAX_LINES: usize = 6;

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
        AreaKind::Frames => ("#8a3b12", None),
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
    for line in wrapped(&format!("image: {}", verdict(layout)), COLUMNS) {
        body += &text("note", MARGIN, y, &line);
        y += 18;
    }
    let shown = layout.frames.iter().take(MAX_FRAMES);
    let frames = shown.map(|frames| format!("frame of {}: {}", frames.function, bytes(frames.total())));
    for line in frames.flat_map(|line| wrapped(&line, COLUMNS)) {
        body += &text("note", MARGIN, y, &line);
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
    let mut y = y + 6;
    for line in wrapped(&title(index, memory, MAX_NAME), TITLE_COLUMNS) {
        *body += &text("title", MARGIN, y, &line);
        y += TITLE_LINE;
    }
    let segments = if memory.has_segments { "; segments are here" } else { "" };
    *body += &text("note", MARGIN, y, &format!("{}{segments}", size(memory)));
    y += 26;
    for row in rows(&memory.areas, MAX_AREAS) {
        y = match row {
            Row::Area(area) => add_area(body, area, y),
            Row::Omitted(areas) => add_omitted(body, areas, y),
        };
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

/// Adds an area below `y`, and returns where it ends.
fn add_area(body: &mut String, area: &Area, y: u32) -> u32 {
    let mut height = height(area);
    let mut lines: Vec<(&str, String)> =
        wrapped(&area.label, LABEL_COLUMNS).into_iter().map(|line| ("", line)).collect();
    if height > 40 {
        lines.push(("note", area.end.map_or("open".to_string(), |end| bytes(end - area.start))));
    }
    let items = items(area, MAX_ITEMS).into_iter().map(|(addresses, label)| format!("{addresses}  {label}"));
    let items = items.chain(more_items(area, MAX_ITEMS)).flat_map(|line| wrapped(&line, LABEL_COLUMNS));
    lines.extend(items.map(|line| ("note", line)));
    height = height.max(9 + LINE * lines.len() as u32);
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
    let others = lines.len().saturating_sub(1) as u32;
    let first = y + height / 2 + 5 - others * LINE / 2;
    for ((class, line), number) in lines.iter().zip(0..) {
        *body += &text(class, x + width + 14, first + number * LINE, line);
    }
    y + height
}

/// Adds a gap in the bar for areas that are not drawn, and returns where it ends.
fn add_omitted(body: &mut String, areas: &[Area], y: u32) -> u32 {
    const HEIGHT: u32 = 40;
    let start = areas.first().map(|area| area.start).unwrap_or_default();
    *body += &text("address", BAR.0 - 10, y + 4, &format!("{start:#x}"));
    add_break(body, y + HEIGHT / 2);
    *body += &text("note", BAR.0 + BAR.1 + 14, y + HEIGHT / 2 + 5, &omitted(areas));
    y + HEIGHT
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

/// Text of XML, without the characters that XML cannot contain.
fn escaped(text: &str) -> String {
    let mut out = String::new();
    for char in on_one_line(text).chars() {
        match char {
            '&' => out += "&amp;",
            '<' => out += "&lt;",
            '>' => out += "&gt;",
            '"' => out += "&quot;",
            char => out.push(char),
        }
    }
    out
}

/// The number of columns that a character takes, in a font whose characters have different widths.
fn columns(char: char) -> usize {
    if char.is_ascii() && !matches!(char, 'm' | 'w' | 'M' | 'W' | '@' | '%') { 1 } else { 2 }
}

/// Lines of at most this many columns. There are at most [`MAX_LINES`].
fn wrapped(text: &str, most: usize) -> Vec<String> {
    let width = |text: &str| text.chars().map(columns).sum::<usize>();
    let mut lines = vec![String::new()];
    for word in on_one_line(text).split(' ') {
        if let Some(line) = lines.last_mut()
            && width(line) + 1 + width(word) <= most
        {
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
            continue;
        }
        // The word begins a line, and is divided if it is longer.
        if lines.last().is_some_and(|line| !line.is_empty()) {
            lines.push(String::new());
        }
        let mut used = 0;
        for char in word.chars() {
            if used + columns(char) > most {
                lines.push(String::new());
                used = 0;
            }
            used += columns(char);
            lines.last_mut().into_iter().for_each(|line| line.push(char));
        }
    }
    if lines.len() > MAX_LINES {
        lines.truncate(MAX_LINES);
        lines.last_mut().into_iter().for_each(|line| line.push('…'));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_wrapped_between_and_inside_of_words() {
        assert_eq!(wrapped("ab cd ef", 5), ["ab cd", "ef"]);
        assert_eq!(wrapped("a bcdefghi j", 4), ["a", "bcde", "fghi", "j"]);
        assert_eq!(wrapped("éWx", 3), ["é", "Wx"]);
        assert_eq!(wrapped("", 4), [""]);
        let long = wrapped(&"x".repeat(100), 10);
        assert_eq!((long.len(), long[5].as_str()), (MAX_LINES, "xxxxxxxxxx…"));
    }
}
