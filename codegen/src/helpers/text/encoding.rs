//! What distinguishes encodings.

use crate::helpers::array_code::ArrayCode;
use crate::helpers::id::Helper;
use crate::helpers::text_code::TextCode;
use crate::planted::{self, Bug};
use linmem_intrinsics::{ArrayType, Element, Encoding};

/// U+FFFD, which replaces ill-formed input.
pub(super) const REPLACEMENT: i32 = 0xfffd;

/// Replaces characters that an encoding or an array cannot hold.
pub(super) const QUESTION_MARK: i32 = b'?' as i32;

/// The smallest unit that is not encoded as one byte of the same value.
pub(super) fn small_below(encoding: Encoding) -> i32 {
    match encoding {
        Encoding::Utf8 | Encoding::Wtf8 if planted::has(Bug::TextMask) => 0x100,
        Encoding::Utf8 | Encoding::Wtf8 => 0x80,
        Encoding::Latin1 => 0x100,
    }
}

/// The maximum number of bytes that an element is encoded as.
pub(in crate::helpers) fn most_bytes(encoding: Encoding, element: Element) -> u32 {
    match (encoding, element) {
        (Encoding::Latin1, _) => 1,
        (_, Element::I8) => 2,
        // A character of four bytes has two elements.
        _ => 3,
    }
}

impl TextCode {
    /// The helper for an encoding and an array type. Encodings that do not differ share one.
    pub(crate) fn helper(self, encoding: Encoding, ty: ArrayType) -> Helper {
        let no_surrogates = ty.element == Element::I8;
        match (self, encoding) {
            // Each element is one byte.
            (TextCode::Size, Encoding::Latin1) if no_surrogates => Helper::Array(ArrayCode::Size, ty),
            // U+FFFD and a lone surrogate have three bytes each.
            (TextCode::Size, Encoding::Wtf8) => Helper::Text(self, Encoding::Utf8, ty),
            (TextCode::Encode | TextCode::Write | TextCode::Allocate, Encoding::Wtf8) if no_surrogates => {
                Helper::Text(self, Encoding::Utf8, ty)
            }
            _ => Helper::Text(self, encoding, ty),
        }
    }
}
