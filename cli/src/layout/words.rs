//! Memories and numbers in words.

use linmem::layout::MemoryLayout;

/// A memory in a title: its index, its name and its origin.
pub(super) fn title(index: usize, memory: &MemoryLayout) -> String {
    let name = memory.name.as_ref().map(|name| format!(" `{name}`")).unwrap_or_default();
    let origin = match &memory.import {
        Some(import) => format!("imported from {import}"),
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
