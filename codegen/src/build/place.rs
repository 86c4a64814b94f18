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
    let mut message = error.message().to_string();
    if let Place::Offset(offset) = place
        && let Some(section) = section(&module, offset)
    {
        message = format!("{message}, in the {section} section");
    }
    if message.starts_with("uninitialized local") {
        message += "; a scope that closes its region for exceptions is a block, after which a local that cannot be null \
                    counts as uninitialized again: make it nullable, or assign it outside of the scope";
    }
    Error::NotValid { message, place, module }
}

/// The section that contains an offset.
fn section(module: &[u8], offset: usize) -> Option<&'static str> {
    const NAMES: [&str; 14] = [
        "custom",
        "type",
        "import",
        "function",
        "table",
        "memory",
        "global",
        "export",
        "start",
        "element",
        "code",
        "data",
        "data count",
        "tag",
    ];
    let sections = Parser::new(0).parse_all(module).map_while(Result::ok).filter_map(|payload| payload.as_section());
    let mut found = sections.filter(|(_, range)| range.start <= offset && offset <= range.end);
    found.next().and_then(|(id, _)| NAMES.get(id as usize).copied())
}
