//! Finds the instructions of a module, and lists their lines.

use crate::source::Source;
use crate::source_line::SourceLine;
use wasmparser::{Operator, Parser, Payload};

/// All instructions of a module, with their offsets.
pub(super) fn instructions(bytes: &[u8]) -> Vec<(usize, Operator<'_>)> {
    let mut found = Vec::new();
    for payload in Parser::new(0).parse_all(bytes) {
        if let Payload::CodeSectionEntry(body) = payload.unwrap() {
            let mut operators = body.get_operators_reader().unwrap();
            while !operators.eof() {
                let (operator, offset) = operators.read_with_offset().unwrap();
                found.push((offset, operator));
            }
        }
    }
    found
}

/// Every instruction as `Name line:column`, with `-` if there is no line.
pub(super) fn listing(source: &Source<'_>) -> Vec<String> {
    let show = |(offset, operator): &(usize, Operator<'_>)| {
        let name = format!("{operator:?}");
        let name = name.split([' ', '{']).next().unwrap_or_default();
        match source.line(*offset) {
            Some(SourceLine { file: None, line, column }) => format!("{name} {line}:{column}"),
            Some(line) => format!("{name} {line}"),
            None => format!("{name} -"),
        }
    };
    instructions(&source.bytes).iter().map(show).collect()
}
