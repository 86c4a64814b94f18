//! The items of static data, and static frames.

use crate::layout::description::StaticItem;
use crate::link::Placement;
use crate::link::frames::Frame;
use crate::link::input::Input;
use crate::statics::Initial;

/// The largest number of characters of a text or of bytes that are shown.
const LONGEST: usize = 32;

/// The items of at least one byte, in ascending order.
pub(super) fn items(program: &Input<'_>, placement: &Placement) -> Vec<StaticItem> {
    let items = program.statics.items().zip(&placement.items);
    let mut items: Vec<StaticItem> = items
        .filter_map(|((initial, alignment), start)| {
            let size = initial.item(alignment).size();
            (size > 0).then(|| StaticItem { start: *start, size, label: label(initial, alignment) })
        })
        .collect();
    items.sort_by(|left, right| (left.start, left.size, &left.label).cmp(&(right.start, right.size, &right.label)));
    items.dedup();
    items
}

/// The static frames of at least one byte, in ascending order.
pub(super) fn frames(program: &Input<'_>, placement: &Placement) -> Vec<StaticItem> {
    let frames = placement.frames.iter().filter(|frame| frame.bytes > 0);
    let item = |frame: &Frame| {
        let start = placement.reserve.map_or(0, |(start, _)| start + frame.start);
        StaticItem { start, size: frame.bytes, label: program.function_name(frame.function) }
    };
    let mut items: Vec<StaticItem> = frames.map(item).collect();
    items.sort_by(|left, right| (left.start, left.size, &left.label).cmp(&(right.start, right.size, &right.label)));
    items
}

/// A constant is shown as a text if it is one, in UTF-16 if it is aligned as such a text is.
fn label(initial: &Initial, alignment: u32) -> String {
    match initial {
        Initial::Zeros { name, size } => format!("{} reserved as `{}`", bytes_of(*size), shortened(name)),
        Initial::Bytes(bytes) => match if alignment == 2 { utf16(bytes) } else { utf8(bytes) } {
            Some(text) => format!("\"{}\"", shortened(&text)),
            None => hex(bytes),
        },
    }
}

fn bytes_of(size: u32) -> String {
    if size == 1 { "1 byte".to_string() } else { format!("{size} bytes") }
}

/// The text of the bytes, if they are one without control characters except line feeds and tabs.
fn utf8(bytes: &[u8]) -> Option<String> {
    std::str::from_utf8(bytes).ok().filter(|text| is_text(text)).map(str::to_string)
}

fn utf16(bytes: &[u8]) -> Option<String> {
    let (units, []) = bytes.as_chunks::<2>() else { return None };
    let text = char::decode_utf16(units.iter().map(|unit| u16::from_le_bytes(*unit)));
    text.collect::<Result<String, _>>().ok().filter(|text| is_text(text))
}

fn is_text(text: &str) -> bool {
    !text.chars().any(|char| char.is_control() && !matches!(char, '\n' | '\r' | '\t'))
}

fn shortened(text: &str) -> String {
    let start: String = text.chars().take(LONGEST).flat_map(char::escape_debug).collect();
    if text.chars().nth(LONGEST).is_some() { format!("{start}...") } else { start }
}

fn hex(bytes: &[u8]) -> String {
    let shown: Vec<String> = bytes.iter().take(LONGEST / 2).map(|byte| format!("{byte:02x}")).collect();
    let more = if bytes.len() > LONGEST / 2 { " ..." } else { "" };
    format!("{}{more}", shown.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn constant(bytes: &[u8], alignment: u32) -> String {
        label(&Initial::Bytes(bytes.to_vec()), alignment)
    }

    #[test]
    fn constants_are_texts_or_bytes() {
        assert_eq!(constant(b"a\n\"", 1), r#""a\n\"""#);
        assert_eq!(constant(&[0x89, b'P', 0], 1), "89 50 00");
        assert_eq!(constant(b"a\0\xe9\0", 2), "\"aé\"");
        assert_eq!(constant(b"a\0b", 2), "61 00 62");
        assert_eq!(constant(&[0, 0xd8], 2), "00 d8");
    }

    #[test]
    fn long_items_are_shortened() {
        assert_eq!(constant(&[b'x'; 33], 1), format!("\"{}...\"", "x".repeat(32)));
        assert_eq!(constant(&[b'x'; 32], 1), format!("\"{}\"", "x".repeat(32)));
        assert_eq!(constant(&[1; 17], 1), format!("{}...", "01 ".repeat(16)));
        let zeros = Initial::Zeros { name: "n".repeat(40), size: 1 };
        assert_eq!(label(&zeros, 8), format!("1 byte reserved as `{}...`", "n".repeat(32)));
    }
}
