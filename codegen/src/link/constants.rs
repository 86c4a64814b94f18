//! The static data that an import declares by its module and its name.
//!
//! | module | name |
//! | --- | --- |
//! | `linmem:utf8` | the text |
//! | `linmem:utf16` | the text, with `\uXXXX` and `\\` as escapes |
//! | `linmem:hex` | hexadecimal digits, with blanks between bytes |
//! | `linmem:reserve` | `NAME SIZE [align N]` |

use crate::statics::Initial;
use linmem_allocator::layout::{MAX_ALIGNMENT, is_alignment};
use linmem_intrinsics::MODULE;

/// How the name of an import declares static data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    /// A text in UTF-8.
    Utf8,
    /// A text in UTF-16LE.
    Utf16,
    /// Bytes.
    Hex,
    /// A reservation.
    Reserve,
}

impl Format {
    const ALL: [Format; 4] = [Format::Utf8, Format::Utf16, Format::Hex, Format::Reserve];

    /// The part of the module's name after `linmem:`.
    fn suffix(self) -> &'static str {
        match self {
            Format::Utf8 => "utf8",
            Format::Utf16 => "utf16",
            Format::Hex => "hex",
            Format::Reserve => "reserve",
        }
    }

    /// The format of a module, if its name starts with `linmem:`.
    ///
    /// # Errors
    ///
    /// If there is no such module.
    pub(super) fn of_module(module: &str) -> Option<Result<Format, String>> {
        let suffix = module.strip_prefix(MODULE)?.strip_prefix(':')?;
        let found = Format::ALL.into_iter().find(|format| format.suffix() == suffix);
        Some(found.ok_or_else(|| {
            let known = Format::ALL.map(|format| format!("`{MODULE}:{}`", format.suffix())).join(", ");
            format!("the module does not exist; the modules of static data are {known}")
        }))
    }

    /// Reads a name: the contents and the alignment of the static data.
    ///
    /// # Errors
    ///
    /// If the name is malformed.
    pub(super) fn read(self, name: &str) -> Result<(Initial, u32), String> {
        match self {
            Format::Utf8 => Ok((Initial::Bytes(name.as_bytes().to_vec()), 1)),
            Format::Utf16 => Ok((Initial::Bytes(utf16(name)?), 2)),
            Format::Hex => Ok((Initial::Bytes(hex(name)?), 1)),
            Format::Reserve => reservation(name),
        }
    }
}

/// The UTF-16LE bytes of a text with escapes.
fn utf16(name: &str) -> Result<Vec<u8>, String> {
    let mut units: Vec<u16> = Vec::with_capacity(name.len());
    let mut rest = name;
    while let Some(start) = rest.find('\\') {
        units.extend(rest[..start].encode_utf16());
        let escape = &rest[start + 1..];
        rest = if let Some(after) = escape.strip_prefix('\\') {
            units.push(u16::from(b'\\'));
            after
        } else {
            let digits = escape.strip_prefix('u').and_then(|text| text.get(..4));
            let digits = digits.filter(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()));
            let unit = digits.and_then(|digits| u16::from_str_radix(digits, 16).ok());
            units.push(unit.ok_or_else(|| {
                let found: String = escape.chars().take(5).collect();
                format!("`\\{found}` is not an escape; expected \\uXXXX with four hexadecimal digits, or \\\\")
            })?);
            &escape[5..]
        };
    }
    units.extend(rest.encode_utf16());
    Ok(units.into_iter().flat_map(u16::to_le_bytes).collect())
}

/// The bytes of hexadecimal digits. Blanks are allowed between bytes.
fn hex(name: &str) -> Result<Vec<u8>, String> {
    let digit = |found: char| {
        let digit = found.to_digit(16).and_then(|digit| u8::try_from(digit).ok());
        digit.ok_or_else(|| format!("`{}` is not a hexadecimal digit", found.escape_debug()))
    };
    let mut bytes = Vec::with_capacity(name.len() / 2);
    let mut characters = name.chars();
    while let Some(first) = characters.next() {
        if is_blank(first) {
            continue;
        }
        let high = digit(first)?;
        let Some(second) = characters.next().filter(|second| !is_blank(*second)) else {
            return Err(format!("the digit `{first}` is alone; expected two hexadecimal digits for each byte"));
        };
        bytes.push(high << 4 | digit(second)?);
    }
    Ok(bytes)
}

fn is_blank(character: char) -> bool {
    matches!(character, ' ' | '\t' | '\n' | '\r')
}

fn reservation(text: &str) -> Result<(Initial, u32), String> {
    const DEFAULT_ALIGNMENT: u32 = 8;
    let words: Vec<&str> = text.split(is_blank).filter(|word| !word.is_empty()).collect();
    let (name, size, alignment) = match words[..] {
        [name, size] => (name, size, DEFAULT_ALIGNMENT),
        [name, size, "align", alignment] => {
            let number = number(alignment).filter(|number| is_alignment(u64::from(*number)));
            let valid = number
                .ok_or_else(|| format!("the alignment `{alignment}` is not a power of two up to {MAX_ALIGNMENT}"))?;
            (name, size, valid)
        }
        _ => return Err("expected NAME SIZE or NAME SIZE align N".to_string()),
    };
    let size = number(size).ok_or_else(|| {
        format!(
            "`{size}` is not a size below 2^32; expected a decimal number, optionally with the suffix KiB or MiB, or a \
             hexadecimal number with 0x"
        )
    })?;
    Ok((Initial::Zeros { name: name.to_string(), size }, alignment))
}

/// A number of bytes.
fn number(text: &str) -> Option<u32> {
    let (digits, radix, unit) = if let Some(digits) = text.strip_prefix("0x") {
        (digits, 16, 1)
    } else if let Some(digits) = text.strip_suffix("KiB") {
        (digits, 10, 1 << 10)
    } else if let Some(digits) = text.strip_suffix("MiB") {
        (digits, 10, 1 << 20)
    } else {
        (text, 10, 1)
    };
    // A sign is not a digit.
    if !digits.chars().all(|digit| digit.is_digit(radix)) {
        return None;
    }
    u32::from_str_radix(digits, radix).ok()?.checked_mul(unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(format: Format, name: &str) -> Result<Vec<u8>, String> {
        match format.read(name)? {
            (Initial::Bytes(bytes), _) => Ok(bytes),
            (Initial::Zeros { .. }, _) => Err("a reservation".to_string()),
        }
    }

    #[test]
    fn utf16_has_escapes() {
        assert_eq!(bytes(Format::Utf16, "aé"), Ok(vec![0x61, 0, 0xe9, 0]));
        assert_eq!(bytes(Format::Utf16, "\u{1f600}"), Ok(vec![0x3d, 0xd8, 0x00, 0xde]));
        assert_eq!(bytes(Format::Utf16, r"\uD800x\\u\u00e9"), Ok(vec![0, 0xd8, 0x78, 0, 0x5c, 0, 0x75, 0, 0xe9, 0]));
        for name in [r"\", r"\u", r"\u12", r"\u+123", r"\u12é", r"\u{12}", r"\x41", r"\\\"] {
            assert!(bytes(Format::Utf16, name).is_err(), "{name}");
        }
    }

    #[test]
    fn hex_has_blanks_between_bytes() {
        assert_eq!(bytes(Format::Hex, ""), Ok(vec![]));
        assert_eq!(bytes(Format::Hex, " 0A\tff\n00 "), Ok(vec![10, 255, 0]));
        assert_eq!(bytes(Format::Hex, "0aFF"), Ok(vec![10, 255]));
        for name in ["0", "0 a", "0g", "0x00", "00,00", "é0", "\u{a0}00"] {
            assert!(bytes(Format::Hex, name).is_err(), "{name}");
        }
    }

    #[test]
    fn reservations_have_sizes_and_alignments() {
        let read = |name: &str| Format::Reserve.read(name).ok();
        let zeros = |size, alignment| Some((Initial::Zeros { name: "a".to_string(), size }, alignment));
        assert_eq!(read("a 12"), zeros(12, 8));
        assert_eq!(read(" a  0x1F "), zeros(31, 8));
        assert_eq!(read("a 3KiB align 1"), zeros(3072, 1));
        assert_eq!(read("a 2MiB align 0x10000"), zeros(2 << 20, 65536));
        assert_eq!(read("a 4294967295"), zeros(u32::MAX, 8));
        for name in [
            "",
            "a",
            "12",
            "a 12 8",
            "a 12 align",
            "a 12 align 8 8",
            "a -1",
            "a +1",
            "a 0x",
            "a KiB",
            "a 0x1KiB",
            "a 1GiB",
            "a 4294967296",
            "a 4096MiB",
            "a 1 align 0",
            "a 1 align 3",
            "a 1 align 131072",
            "a 1 Align 8",
        ] {
            assert_eq!(read(name), None, "{name}");
        }
    }

    #[test]
    fn only_modules_of_linmem_are_known() {
        assert_eq!(Format::of_module("linmem:hex"), Some(Ok(Format::Hex)));
        assert!(matches!(Format::of_module("linmem:utf32"), Some(Err(_))));
        assert!(matches!(Format::of_module("linmem:"), Some(Err(_))));
        assert_eq!(Format::of_module("linmem"), None);
        assert_eq!(Format::of_module("linmems:hex"), None);
    }
}
