//! The place of a mistake that only validation found.

use crate::error::{Built, Error, Place};
use crate::source_line::SourceLine;
use wasmparser::{BinaryReaderError, Parser, Payload};

/// An instruction that does not validate.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wrong {
    /// The position of its function in the code section.
    pub(super) function: usize,
    /// The number of the instruction in its function, counted from zero.
    pub(super) instruction: usize,
    /// The offset of the mistake in the instructions of the function.
    pub(super) offset: usize,
}

/// The error for a module that was built and does not validate. `function` is the name of the function at a position in
/// the code section, and `line` is the line of an instruction.
pub(super) fn not_valid(
    error: &BinaryReaderError,
    module: Vec<u8>,
    function: impl Fn(usize) -> Option<String>,
    line: impl Fn(Wrong) -> Option<SourceLine>,
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
        let (mut instruction, mut count) = (None, 0usize);
        while let Ok((operator, offset)) = operators.read_with_offset() {
            if offset > error.offset() {
                break;
            }
            instruction = Some(format!("{operator:?}"));
            count += 1;
        }
        if let Some(name) = function(position) {
            let offset = error.offset().saturating_sub(start);
            let source = line(Wrong { function: position, instruction: count.saturating_sub(1), offset });
            place = Place::Built(Box::new(Built { function: name, operation: None, instruction, source }));
        }
        break;
    }
    Error::NotValid { message: error.message().to_string(), place, module }
}
