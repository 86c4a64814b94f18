//! The place of a mistake that only validation found.

use crate::error::{Built, Error, Place};
use crate::source_line::SourceLine;
use wasmparser::{BinaryReaderError, Parser, Payload};

/// The error for a module that was built and does not validate. `function` is the name of a defined function, and
/// `line` is the line at an offset in its instructions; both are asked for a position in the code section.
pub(super) fn not_valid(
    error: &BinaryReaderError,
    module: Vec<u8>,
    function: impl Fn(usize) -> Option<String>,
    line: impl Fn(usize, usize) -> Option<SourceLine>,
) -> Error {
    let mut place = Place::Offset(error.offset());
    let bodies = Parser::new(0).parse_all(&module).filter_map(|payload| match payload {
        Ok(Payload::CodeSectionEntry(body)) => Some(body),
        _ => None,
    });
    for (position, body) in bodies.enumerate() {
        if !(body.range().start..=body.range().end).contains(&error.offset()) {
            continue;
        }
        let Ok(mut operators) = body.get_operators_reader() else { break };
        let start = operators.original_position();
        let mut instruction = None;
        while let Ok((operator, offset)) = operators.read_with_offset() {
            if offset > error.offset() {
                break;
            }
            instruction = Some(format!("{operator:?}"));
        }
        if let Some(name) = function(position) {
            let source = line(position, error.offset().saturating_sub(start));
            place = Place::Built(Box::new(Built { function: name, operation: None, instruction, source }));
        }
        break;
    }
    Error::NotValid { message: error.message().to_string(), place, module }
}
