//! Constant expressions of a frontend, which refer to functions by number and to static data.

use wasm_encoder::{ConstExpr, Encode, Instruction};
use wasmparser::{BinaryReader, Operator};

/// The expression with the final indices of the functions that it refers to, and with the instructions that `global`
/// returns in place of the `global.get` of an index. An expression that cannot be read is returned unchanged, and
/// validation rejects it.
pub(super) fn resolved(
    expression: &ConstExpr,
    index: impl Fn(u32) -> u32,
    global: impl Fn(u32) -> Option<Vec<u8>>,
) -> ConstExpr {
    let mut bytes = Vec::new();
    expression.encode(&mut bytes);
    let mut operators = wasmparser::ConstExpr::new(BinaryReader::new(&bytes, 0)).get_operators_reader();
    let mut resolved = Vec::new();
    while !operators.eof() {
        let start = operators.original_position();
        let Ok(operator) = operators.read() else { return expression.clone() };
        let own = match operator {
            // `ConstExpr` adds it.
            Operator::End if operators.eof() => continue,
            Operator::RefFunc { function_index } => {
                Instruction::RefFunc(index(function_index)).encode(&mut resolved);
                continue;
            }
            Operator::GlobalGet { global_index } => global(global_index),
            _ => None,
        };
        match own {
            Some(own) => resolved.extend(own),
            None => resolved.extend(bytes.get(start..operators.original_position()).unwrap_or_default()),
        }
    }
    ConstExpr::raw(resolved)
}
