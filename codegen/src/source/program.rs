//! Runs one line program of `.debug_line`, on gimli's state machine.
//!
//! The loop executes instructions one by one instead of using gimli's iterator of rows, which differs in four ways:
//!
//! - The iterator drops a tombstone row even if that row ends the sequence. The rows before it would then belong to the
//!   next sequence.
//! - The iterator does not expose `set_address`. A sequence that is placed at 0 (see [`table`](super::table)) could not
//!   be recognized if its first row has a higher address.
//! - The iterator keeps every file that the program defines, without a limit.
//! - The state machine negates the operand of `advance_line`, which overflows for the smallest one.

use crate::source::files::Files;
use crate::source::sections::Bytes;
use crate::source::table::{Builder, Position};
use gimli::{IncompleteLineProgram, LineInstruction, LineRow};
use std::collections::BTreeMap;

/// Runs a line program to its end, or to the first instruction that cannot be parsed.
pub(super) fn run(mut program: IncompleteLineProgram<Bytes<'_>>, files: &mut Files<'_>, builder: &mut Builder) {
    let mut numbers = BTreeMap::new();
    let mut row = LineRow::new(program.header());
    let mut instructions = program.header().instructions();
    while let Ok(Some(instruction)) = instructions.next_instruction(program.header()) {
        let (instruction, target) = match instruction {
            // No compiler for WebAssembly defines files here. Rows of such a file have no line.
            LineInstruction::DefineFile(_) => continue,
            LineInstruction::AdvanceLine(lines) => (LineInstruction::AdvanceLine(lines.max(-i64::MAX)), None),
            LineInstruction::SetAddress(address) => (instruction, Some(address)),
            _ => (instruction, None),
        };
        match row.execute(instruction, &mut program) {
            Ok(true) if row.end_sequence() => builder.end(row.address()),
            Ok(true) => {
                let header = program.header();
                let index = row.file_index();
                let number = row
                    .file(header)
                    .and_then(|file| *numbers.entry(index).or_insert_with(|| files.number(header, file)));
                builder.row(row.address(), position(&row, number));
            }
            Ok(false) => match target {
                Some(address) if address == row.address() => builder.place(address),
                // gimli ignores a tombstone address: -1, -2, or a lower address.
                Some(_) => builder.reject(),
                None => continue,
            },
            // The address overflows.
            Err(_) => builder.reject(),
        }
        if builder.is_full() {
            break;
        }
        row.reset(program.header());
    }
    builder.abandon();
}

/// The position of a row. Line 0 denotes code without a source line; a row of an unknown file has no line either.
fn position(row: &LineRow, file: Option<u32>) -> Position {
    let line = file.and(row.line()).and_then(|line| u32::try_from(line.get()).ok());
    let column = match row.column() {
        gimli::ColumnType::LeftEdge => 0,
        gimli::ColumnType::Column(column) => u32::try_from(column.get()).unwrap_or_default(),
    };
    Position { line: line.unwrap_or_default(), column, file: file.unwrap_or_default() }
}
