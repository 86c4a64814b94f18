//! One line program of a line table, run.
//!
//! The machine is that of section 6.2 of DWARF 5, as far as WebAssembly needs it, run here and not by gimli since what
//! linkers leave of functions that they removed has to be told from what is alive. Arithmetic saturates: an address
//! that large is beyond the code, and a line that large is none.

use crate::source::dwarf::Bytes;
use crate::source::files::Files;
use crate::source::table::{Builder, Position};
use gimli::{LineInstruction, LineProgramHeader};
use std::collections::BTreeMap;

/// The registers, as a sequence begins with them.
struct Registers {
    address: u64,
    line: u64,
    column: u64,
    file: u64,
}

impl Registers {
    const INITIAL: Registers = Registers { address: 0, line: 1, column: 0, file: 1 };

    fn advance(&mut self, bytes: u64) {
        self.address = self.address.saturating_add(bytes);
    }
}

/// Runs a line program to its end, or to where it cannot be read.
pub(super) fn run(header: &LineProgramHeader<Bytes<'_>>, files: &mut Files<'_>, builder: &mut Builder) {
    let encoding = header.line_encoding();
    if encoding.maximum_operations_per_instruction != 1 {
        // A machine with long instruction words; not WebAssembly.
        return;
    }
    let step = u64::from(encoding.minimum_instruction_length);
    // What an opcode above the base adds to the line and to the address.
    let special = |opcode: u8| {
        let adjusted = opcode.saturating_sub(header.opcode_base());
        let quotient = adjusted.checked_div(encoding.line_range).unwrap_or_default();
        let remainder = adjusted.checked_rem(encoding.line_range).unwrap_or_default();
        (i64::from(encoding.line_base) + i64::from(remainder), u64::from(quotient) * step)
    };

    let mut numbers = BTreeMap::new();
    let mut at = Registers::INITIAL;
    let mut instructions = header.instructions();
    while let Ok(Some(instruction)) = instructions.next_instruction(header) {
        let makes_row = match instruction {
            LineInstruction::Special(opcode) => {
                let (lines, bytes) = special(opcode);
                at.line = at.line.saturating_add_signed(lines);
                at.advance(bytes);
                true
            }
            LineInstruction::Copy => true,
            LineInstruction::AdvancePc(steps) => {
                at.advance(steps.saturating_mul(step));
                false
            }
            LineInstruction::ConstAddPc => {
                at.advance(special(u8::MAX).1);
                false
            }
            LineInstruction::FixedAddPc(bytes) => {
                at.advance(u64::from(bytes));
                false
            }
            LineInstruction::SetAddress(address) => {
                at.address = address;
                builder.place(address);
                false
            }
            LineInstruction::AdvanceLine(lines) => {
                at.line = at.line.saturating_add_signed(lines);
                false
            }
            LineInstruction::SetColumn(column) => {
                at.column = column;
                false
            }
            LineInstruction::SetFile(file) => {
                at.file = file;
                false
            }
            LineInstruction::EndSequence => {
                builder.end(at.address);
                at = Registers::INITIAL;
                false
            }
            // What statements and blocks begin where, and files that are declared late: no compiler for WebAssembly
            // does that, and without a file there is no line.
            _ => false,
        };
        if makes_row {
            // Only for files that are in the header, so that there are no more numbers than these.
            let number = header
                .file(at.file)
                .and_then(|file| *numbers.entry(at.file).or_insert_with(|| files.number(header, file)));
            builder.row(at.address, position(&at, number));
            if builder.is_full() {
                break;
            }
        }
    }
    builder.abandon();
}

/// What a row says. Line 0 is for code that comes from no line, and for that of a file without a name.
fn position(at: &Registers, file: Option<u32>) -> Position {
    let line = file.and_then(|_| u32::try_from(at.line).ok()).unwrap_or_default();
    Position { line, column: u32::try_from(at.column).unwrap_or_default(), file: file.unwrap_or_default() }
}
