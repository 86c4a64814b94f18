//! Strings of JavaScript and text in memory.
//!
//! ```text
//!   access      calls of the functions of the host, and the check of a range
//!   measure     how many bytes a range of a string has when it is encoded
//!   encode      encodes a range, without any check
//!   place       checks the ranges of the string and of the memory, then calls encode
//!   decode      makes a string of the text in memory
//! ```
//!
//! A string is read unit by unit by `charCodeAt`, which engines compile to a load. To copy the units to an array by
//! `intoCharCodeArray` first, and to encode the array, requires engines with arrays. On V8, it takes about as long for ASCII, and
//! 1.3 to 1.6 times as long for other text: see the bench in `benches/v8`.

mod access;
mod decode;
mod encode;
mod measure;
mod place;

use crate::helpers::id::Helper;
use crate::helpers::routine::Routine;
use crate::helpers::string_code::StringCode;
use linmem_intrinsics::Encoding;

impl StringCode {
    /// Writes its body.
    pub(in crate::helpers) fn write(self, encoding: Encoding, r: &mut Routine<'_>) {
        match self {
            StringCode::Size => measure::size(r, encoding),
            StringCode::Encode => encode::encode(r, encoding),
            StringCode::Write => place::write(r, encoding),
            StringCode::Allocate => place::allocate(r, encoding),
            StringCode::New(index) => decode::new(r, encoding, index),
        }
    }

    /// The helper for an encoding. Encodings that do not differ share one.
    pub(crate) fn helper(self, encoding: Encoding) -> Helper {
        match (self, encoding) {
            // U+FFFD and a lone surrogate have three bytes each.
            (StringCode::Size, Encoding::Wtf8) => Helper::String(self, Encoding::Utf8),
            _ => Helper::String(self, encoding),
        }
    }
}
