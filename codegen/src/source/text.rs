//! The lines of a module that is given as text.
//!
//! The parser records the position of each instruction of a function. Its encoder writes one operator for each of them,
//! in the same order, and the `end` of the function. So the nth operator of a body is the nth instruction of the text.

use crate::module::features;
use crate::source::table::{Builder, Position, Table};
use wasmparser::{FunctionBody, Parser, Payload};
use wast::Wat;
use wast::core::{FuncKind, ModuleField, ModuleKind};
use wast::parser::{self, ParseBuffer};
use wast::token::Span;

/// The limit on the length of lines, in bytes. In a longer line, the line number does not help to find an instruction,
/// so offsets in the binary are used instead.
const MAX_COLUMNS: usize = 10_000;

/// The lines of all functions, by their offsets in `bytes`, the binary format of the text.
///
/// `None` if the text only quotes a binary, or has a line that is too long.
pub(super) fn table(text: &str, bytes: &[u8]) -> Option<Table> {
    if text.lines().any(|line| line.len() > MAX_COLUMNS) {
        return None;
    }
    with_fields(text, |fields| {
        let functions = fields.iter().filter_map(|field| match field {
            ModuleField::Func(function) => match &function.kind {
                FuncKind::Inline { expression, .. } => Some(expression.instr_spans.as_deref().unwrap_or_default()),
                FuncKind::Import(..) => None,
            },
            _ => None,
        });
        let mut parser = Parser::new(0);
        parser.set_features(features());
        let bodies = parser.parse_all(bytes).map_while(Result::ok).filter_map(|payload| match payload {
            Payload::CodeSectionEntry(body) => Some(body),
            _ => None,
        });
        let lines = Lines::new(text)?;
        let mut builder = Builder::new(bytes.len() as u64);
        for (body, spans) in bodies.zip(functions) {
            read_function(&body, spans, &lines, &mut builder);
            if builder.is_full() {
                break;
            }
        }
        builder.abandon();
        Some(builder.finish(Vec::new()))
    })
}

/// Adds the lines of a function. Its `end`, which has no span, is on the line of the instruction before.
fn read_function(body: &FunctionBody<'_>, spans: &[Span], lines: &Lines, builder: &mut Builder) {
    let Ok(mut operators) = body.get_operators_reader() else { return };
    builder.place(body.range().start as u64);
    for span in spans {
        let offset = operators.original_position();
        if operators.read().is_err() {
            builder.reject();
            break;
        }
        let (line, column) = lines.position(*span);
        builder.row(offset as u64, Position { line, column, file: 0 });
    }
    builder.end(body.range().end as u64);
}

/// Calls `look` with the fields of a module, after abbreviations are expanded. `None` if the text has no fields.
pub(super) fn with_fields<T>(text: &str, look: impl FnOnce(&[ModuleField<'_>]) -> Option<T>) -> Option<T> {
    let mut buffer = ParseBuffer::new(text).ok()?;
    buffer.track_instr_spans(true);
    let mut wat = parser::parse::<Wat<'_>>(&buffer).ok()?;
    let Wat::Module(module) = &mut wat else { return None };
    module.resolve().ok()?;
    match &module.kind {
        ModuleKind::Text(fields) => look(fields),
        ModuleKind::Binary(_) => None,
    }
}

/// The start offsets of the lines of a text.
pub(super) struct Lines {
    /// The offset of each line, in order.
    starts: Vec<u32>,
}

impl Lines {
    /// `None` if the text is too large for offsets of 32 bits.
    pub(super) fn new(text: &str) -> Option<Lines> {
        u32::try_from(text.len()).ok()?;
        let newlines = text.match_indices('\n').map(|(offset, _)| offset as u32 + 1);
        Some(Lines { starts: std::iter::once(0).chain(newlines).collect() })
    }

    /// The line and the column of a span, both counted from one.
    pub(super) fn position(&self, span: Span) -> (u32, u32) {
        let offset = span.offset() as u32;
        let line = self.starts.partition_point(|start| *start <= offset);
        let start = self.starts.get(line.saturating_sub(1)).copied().unwrap_or_default();
        (line as u32, offset.saturating_sub(start).saturating_add(1))
    }
}
