//! What holds text outside of memory: an array or a string. Each has its own helpers.

use crate::helpers::{Helper, STRING, StringCode, TextCode};
use crate::module::val_type;
use linmem_intrinsics::{ArrayReference, ArrayType, Encoding, Signature};
use wasm_encoder::ValType;

/// What holds text.
#[derive(Clone, Copy, Debug)]
pub(in crate::engine) enum TextSource {
    /// An array of this type.
    Array(ArrayType),
    /// A string of JavaScript.
    String {
        /// The type of the arrays that strings are made of, if one is made.
        units: Option<ArrayType>,
    },
}

impl TextSource {
    /// That of a signature; `None` if it has no text, or is a pattern.
    pub(super) fn of(signature: &Signature) -> Option<TextSource> {
        let array = signature.array.map(|array| array.ty);
        match signature.string {
            Some(_) => Some(TextSource::String { units: array }),
            None => array.map(TextSource::Array),
        }
    }

    /// The type of a local that can hold it.
    pub(super) fn val_type(self) -> ValType {
        val_type(match self {
            TextSource::Array(ty) => ArrayReference { nullable: true, ty }.value_type(),
            TextSource::String { .. } => STRING,
        })
    }

    /// The helper that computes the size of its text.
    pub(super) fn size(self, encoding: Encoding) -> Helper {
        match self {
            TextSource::Array(ty) => TextCode::Size.helper(encoding, ty),
            TextSource::String { .. } => StringCode::Size.helper(encoding),
        }
    }

    /// The helper that encodes its text to memory, if there is room.
    pub(super) fn write(self, encoding: Encoding) -> Helper {
        match self {
            TextSource::Array(ty) => TextCode::Write.helper(encoding, ty),
            TextSource::String { .. } => StringCode::Write.helper(encoding),
        }
    }

    /// The helper that encodes its text to memory that it allocates.
    pub(super) fn allocate(self, encoding: Encoding) -> Helper {
        match self {
            TextSource::Array(ty) => TextCode::Allocate.helper(encoding, ty),
            TextSource::String { .. } => StringCode::Allocate.helper(encoding),
        }
    }

    /// The helper that makes one of text in memory; `None` if the type of the arrays is not known.
    pub(super) fn make(self, encoding: Encoding) -> Option<Helper> {
        match self {
            TextSource::Array(ty) => Some(TextCode::New.helper(encoding, ty)),
            TextSource::String { units } => units.map(|ty| StringCode::New(ty.index).helper(encoding)),
        }
    }
}
