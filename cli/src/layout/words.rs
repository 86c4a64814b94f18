//! Memories and numbers in words.

use crate::printable::on_one_line;
use linmem::image::Verdict;
use linmem::layout::{MemoryLayout, ModuleLayout};

/// A memory in a title: its index, its name and its origin. Names are shortened to `longest` characters.
pub(super) fn title(index: usize, memory: &MemoryLayout, longest: usize) -> String {
    let shown = |name: &str| cut(&on_one_line(name), longest);
    let name = memory.name.as_ref().map(|name| format!(" `{}`", shown(name))).unwrap_or_default();
    let origin = match &memory.import {
        Some(import) => format!("imported from `{}.{}`", shown(&import.module), shown(&import.name)),
        None => "defined".to_string(),
    };
    let shared = if memory.shared { ", shared" } else { "" };
    let bits = if memory.width == linmem::image::Width::Bits64 { ", 64-bit" } else { "" };
    format!("memory {index}{name}, {origin}{shared}{bits}")
}

/// The size of a memory.
pub(super) fn size(memory: &MemoryLayout) -> String {
    match memory.maximum {
        Some(maximum) => format!("{} at first, at most {}", bytes(memory.minimum), bytes(maximum)),
        None => format!("{} at first, no maximum", bytes(memory.minimum)),
    }
}

/// Whether an engine can make images, or how data gets into the memories otherwise.
pub(super) fn verdict(layout: &ModuleLayout) -> String {
    let copies = layout.memories.iter().any(|memory| memory.copied > 0);
    let has_active = layout.memories.iter().any(|memory| memory.data > 0);
    match &layout.verdict {
        Verdict::Static if copies && has_active => {
            "static for active segments, which an engine can map; the start function copies the other data".to_string()
        }
        Verdict::Static if copies => "none: the start function copies the data into the memory".to_string(),
        Verdict::Static => "static: an engine can map it instead of copying segments".to_string(),
        Verdict::Segmented(reason) => format!("segmented: {}", on_one_line(&reason.to_string())),
    }
}

/// The first characters of a text.
pub(super) fn cut(text: &str, longest: usize) -> String {
    match text.char_indices().nth(longest) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_string(),
    }
}

/// A number of bytes, with the largest unit that divides it.
pub(super) fn bytes(bytes: u64) -> String {
    const UNITS: [(u64, &str); 3] = [(1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")];
    match UNITS.iter().find(|(size, _)| bytes >= *size && bytes.is_multiple_of(*size)) {
        Some((size, unit)) => format!("{} {unit}", grouped(bytes / size)),
        None if bytes == 1 => "1 byte".to_string(),
        None => format!("{} bytes", grouped(bytes)),
    }
}

/// A number with commas between groups of three digits.
pub(super) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (position, digit) in digits.chars().enumerate() {
        if position > 0 && (digits.len() - position).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped_and_have_units() {
        assert_eq!(["0", "999", "1,000", "1,234,567"].map(String::from), [0, 999, 1000, 1_234_567].map(grouped));
        assert_eq!(bytes(65536), "64 KiB");
        assert_eq!(bytes(65537), "65,537 bytes");
        assert_eq!(bytes(4 << 30), "4 GiB");
        assert_eq!(bytes(0), "0 bytes");
    }
}
