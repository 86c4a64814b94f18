//! Text in GC arrays and in memory.
//!
//! The helpers of each encoding and array type; those of [strings](string) are similar:
//!
//! ```text
//!   size        how many bytes a range of an array has when it is encoded
//!   encode      encodes a range, without any check
//!   write       checks the ranges of the array and of the memory, then calls encode
//!   allocate    checks the range of the array, calls encode at top, and moves top after the text
//!   new         guesses the length of the text in memory, makes an array, and decodes the text into it
//!   count       counts the units of text in memory, if it is ill-formed
//! ```
//!
//! Encoding needs the room that the text takes at most: [`most_bytes`](encoding::most_bytes) for each element. If there
//! is less, its size is computed first. So no byte is written before all checks are done.
//!
//! Sizes are computed in 64 bits: a text has at most `3 * (2^32 - 1)` bytes. A size that is not a pointer becomes the
//! largest pointer, which neither a segment nor the memory has room for.

mod decode;
mod encode;
mod encoding;
mod malformed;
mod measure;
mod place;
mod string;
mod units;
mod walk;

pub(super) use encoding::most_bytes;
pub(super) use malformed::malformed;
pub(super) use units::{HIGH_SURROGATE, is};

use crate::helpers::routine::Routine;
use crate::helpers::text_code::TextCode;
use linmem_intrinsics::{ArrayType, Encoding};

impl TextCode {
    /// Writes its body.
    pub(super) fn write(self, encoding: Encoding, ty: ArrayType, r: &mut Routine<'_>) {
        match self {
            TextCode::Size => measure::size(r, encoding, ty),
            TextCode::Encode => encode::encode(r, encoding, ty),
            TextCode::Write => place::write(r, encoding, ty),
            TextCode::Allocate => place::allocate(r, encoding, ty),
            TextCode::New => decode::new(r, encoding, ty),
            TextCode::Count => decode::count(r, encoding, ty),
        }
    }
}
