//! Strings of JavaScript and text in memory.
//!
//! ```text
//!   measure     how many bytes a range of a string has when it is encoded
//!   encode      encodes a range, without any check
//!   place       checks the ranges of the string and of the memory, then calls encode
//!   decode      makes a string of the text in memory
//! ```
//!
//! A string is read unit by unit by `charCodeAt`, which engines compile to a load. To copy the units to an array by
//! `intoCharCodeArray` first, and to encode the array, requires engines with arrays. On V8, it takes about as long for ASCII, and
//! 1.3 to 1.6 times as long for other text: see the bench in `benches/v8`.

mod decode;
mod encode;
mod measure;
mod place;

use crate::helpers::id::{Helper, HostImport};
use crate::helpers::routine::{Local, Routine};
use crate::helpers::string_code::{StringCode, StringFunction};
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

/// Calls a function of the host, whose operands are on the stack.
fn call(r: &mut Routine<'_>, function: StringFunction) {
    r.import(HostImport::String(function));
}

/// Pushes the unit of a string at an index.
fn push_unit(r: &mut Routine<'_>, string: Local, index: Local) {
    r.get(string).get(index);
    call(r, StringFunction::CharCodeAt);
}

/// Traps if a range of a string is outside, as the host's functions do, or if it is not a string.
///
/// ```wasm
/// index + count > length(string):   charCodeAt(string, 2^32 - 1)          ;; in 64 bits
/// ```
fn check_range(r: &mut Routine<'_>, (string, index, count): (Local, Local, Local)) {
    r.get(index).i64_extend_i32_u().get(count).i64_extend_i32_u().i64_add();
    r.get(string);
    call(r, StringFunction::Length);
    r.i64_extend_i32_u().i64_gt_u().if_();
    // No string has so many units.
    r.get(string).i32_const(-1);
    call(r, StringFunction::CharCodeAt);
    r.drop().unreachable().end();
}
