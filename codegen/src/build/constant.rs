//! Constant expressions of a frontend, which refer to functions by number.

use wasm_encoder::reencode::{self, Reencode};
use wasm_encoder::{ConstExpr, Encode};
use wasmparser::{BinaryReader, Operator};

/// The expression with the final indices of the functions that it refers to. An expression that cannot be read is
/// returned unchanged, and validation rejects it.
pub(super) fn resolved(expression: &ConstExpr, index: impl Fn(u32) -> u32) -> ConstExpr {
    let mut bytes = Vec::new();
    expression.encode(&mut bytes);
    let read = wasmparser::ConstExpr::new(BinaryReader::new(&bytes, 0));
    let refers = |operator| matches!(operator, Ok(Operator::RefFunc { .. }));
    if !read.get_operators_reader().into_iter().any(refers) {
        return expression.clone();
    }
    Numbered(index).const_expr(read).unwrap_or_else(|_| expression.clone())
}

struct Numbered<F>(F);

impl<F: Fn(u32) -> u32> Reencode for Numbered<F> {
    type Error = std::convert::Infallible;

    fn function_index(&mut self, function: u32) -> Result<u32, reencode::Error<Self::Error>> {
        Ok((self.0)(function))
    }
}
