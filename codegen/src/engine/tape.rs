//! The code of one function while it is being written.
//!
//! Instructions are appended as bytes, most of them exactly as they were in the input. If a lowering learns something
//! too late (a constant before a long expression folds into a later memory argument, or a packed segment must be
//! unpacked where it was pushed), it records an edit: a deletion or an insertion at an earlier position.
//! [`Tape::finish`] applies all edits in one pass, so code without intrinsics is copied once and nothing is moved
//! twice.
//!
//! # Order
//!
//! Several edits can apply at the same byte, so a position consists of a byte offset and a clock. The clock ticks
//! whenever a position is taken; earlier positions come first. Insertions at the same position keep the order in which
//! they were made.

use crate::code::{Code, FunctionRef, Number, Relocation};
use crate::engine::late::Late;
use crate::helpers::Helper;
use std::num::NonZeroU32;
use wasm_encoder::{Encode, Instruction, InstructionSink};

/// A place between two instructions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Position {
    at: u32,
    clock: NonZeroU32,
}

impl Position {
    /// The number of bytes before it.
    pub(crate) fn byte(self) -> u32 {
        self.at
    }
}

/// A place before code that may be written again.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Mark {
    pub(crate) position: Position,
    /// The number of edits that were made before. Those of the code after it have higher indices.
    edits: usize,
}

#[derive(Clone, Copy, Debug)]
enum Action {
    /// Remove this many bytes.
    Delete(u32),
    /// Insert this range of `aside`.
    Insert(u32, u32),
    /// Insert the index of a function.
    Function(FunctionRef),
    /// Insert a call that passes the number of a site.
    SiteCall(u32, FunctionRef),
    /// Insert a number that is assigned when the function is added to its module.
    Number(Number),
    /// Insert code that is determined at the end of the function.
    Late(Late),
    /// A label begins here: one of the program, with its index, or one added by lowering.
    Label(Option<u32>),
    /// Code of another line of the source begins here, given by its position in the list of the function.
    Line(u32),
    /// Insert the list of pieces with this index.
    Pieces(u32),
    /// Remove code that was moved elsewhere or is not needed, up to this position.
    Moved(Position),
}

/// A piece of code in a list that is inserted as a whole.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Piece {
    /// Instructions in this range of `aside`.
    Aside(u32, u32),
    /// Code that is determined at the end of the function.
    Late(Late),
    /// A label added by lowering begins here.
    Label,
    /// The code between two positions, moved here.
    Move(Position, Position),
}

#[derive(Clone, Copy, Debug)]
struct Edit {
    position: Position,
    action: Action,
}

/// Code that is being written.
#[derive(Debug, Default)]
pub(crate) struct Tape {
    code: Vec<u8>,
    aside: Vec<u8>,
    edits: Vec<Edit>,
    pieces: Vec<Vec<Piece>>,
    /// Whether the edits are not sorted by position.
    unordered: bool,
    clock: u32,
}

const BR_IF: u8 = 0x0d;
const CALL: u8 = 0x10;
const I32_CONST: u8 = 0x41;

/// The maximum number of later edits that an edit is inserted before. Most edits precede only a few; those that precede
/// more, because an operand is a large expression, are appended and sorted at the end.
const NEAR: usize = 24;

impl Tape {
    /// The number of bytes so far. A function is far smaller than 4 GiB: it has at most a few bytes for each byte of
    /// its input, which has at most 7,654,321 bytes.
    pub(crate) fn len(&self) -> u32 {
        self.code.len() as u32
    }

    /// Whether nothing was written or inserted after `position`. `false` if that is unknown.
    pub(crate) fn is_end(&self, position: Position) -> bool {
        !self.unordered && self.len() == position.at && self.edits.last().is_none_or(|edit| edit.position < position)
    }

    /// The number of bytes that were written after `position` and not removed. `None` if something was inserted, or if that is
    /// unknown.
    pub(crate) fn remaining_after(&self, position: Position) -> Option<u32> {
        if self.unordered {
            return None;
        }
        let mut remaining = self.len().checked_sub(position.at)?;
        for edit in self.edits.iter().rev().take_while(|edit| edit.position > position) {
            match edit.action {
                Action::Line(_) => {}
                Action::Delete(bytes) => remaining = remaining.checked_sub(bytes)?,
                _ => return None,
            }
        }
        Some(remaining)
    }

    /// Whether nothing was inserted at or after `position`. `false` if that is unknown.
    pub(crate) fn is_plain_after(&self, position: Position) -> bool {
        !self.unordered && self.edits.last().is_none_or(|edit| edit.position < position)
    }

    /// Takes the position after everything written so far.
    pub(crate) fn here(&mut self) -> Position {
        self.clock += 1;
        Position { at: self.len(), clock: NonZeroU32::MIN.saturating_add(self.clock) }
    }

    /// Appends instructions as bytes.
    pub(crate) fn raw(&mut self, bytes: &[u8]) {
        self.code.extend_from_slice(bytes);
    }

    /// Appends instructions.
    pub(crate) fn emit(&mut self, write: impl FnOnce(&mut InstructionSink<'_>)) {
        write(&mut InstructionSink::new(&mut self.code));
    }

    /// Appends an instruction.
    pub(crate) fn instruction(&mut self, instruction: &Instruction<'_>) {
        instruction.encode(&mut self.code);
    }

    /// Appends the index of a function.
    pub(crate) fn function(&mut self, target: FunctionRef) {
        self.edit_here(Action::Function(target));
    }

    /// Appends a number that is assigned when the function is added to its module.
    pub(crate) fn number(&mut self, number: Number) {
        self.edit_here(Action::Number(number));
    }

    /// Appends an instruction whose last byte stands for a number that is assigned when the module is finished.
    pub(crate) fn emit_with_number(&mut self, write: impl FnOnce(&mut InstructionSink<'_>), number: Number) {
        self.emit(write);
        self.code.pop();
        self.number(number);
    }

    /// Appends a call.
    pub(crate) fn call(&mut self, target: FunctionRef) {
        self.code.push(CALL);
        self.function(target);
    }

    /// Appends a call that passes the number of a site, given by its position among those of the function.
    pub(crate) fn call_with_site(&mut self, site: u32, target: FunctionRef) {
        self.edit_here(Action::SiteCall(site, target));
    }

    /// Appends code that is determined at the end of the function.
    pub(crate) fn late(&mut self, late: Late) {
        self.edit_here(Action::Late(late));
    }

    /// Inserts code that is determined at the end of the function, after earlier insertions at the same position.
    pub(crate) fn insert_late(&mut self, position: Position, late: Late) {
        self.edit(Edit { position, action: Action::Late(late) });
    }

    /// Records that the next instruction opens a label: one of the program, with its index, or one added by lowering.
    pub(crate) fn label(&mut self, of_program: Option<u32>) {
        self.edit_here(Action::Label(of_program));
    }

    /// Records that the code that follows is of another line of the source.
    pub(crate) fn line(&mut self, line: u32) {
        self.edit_here(Action::Line(line));
    }

    /// Inserts instructions at a position, after earlier insertions at the same position.
    pub(crate) fn insert(&mut self, position: Position, write: impl FnOnce(&mut InstructionSink<'_>)) {
        let start = self.aside.len() as u32;
        write(&mut InstructionSink::new(&mut self.aside));
        let end = self.aside.len() as u32;
        if start < end {
            self.edit(Edit { position, action: Action::Insert(start, end) });
        }
    }

    /// Removes the bytes from `start` to `end`. No other edit may be inside that range.
    pub(crate) fn delete(&mut self, start: u32, end: Position) {
        if start < end.at {
            let position = Position { at: start, clock: end.clock };
            self.edit(Edit { position, action: Action::Delete(end.at - start) });
        }
    }

    /// Writes instructions that become a piece of a list.
    pub(crate) fn aside(&mut self, write: impl FnOnce(&mut InstructionSink<'_>)) -> Piece {
        let start = self.aside.len() as u32;
        write(&mut InstructionSink::new(&mut self.aside));
        Piece::Aside(start, self.aside.len() as u32)
    }

    /// Inserts pieces at a position, and removes the code that they move from its old place, with all insertions in it.
    pub(crate) fn hoist(
        &mut self,
        position: Position,
        pieces: Vec<Piece>,
        moved: impl IntoIterator<Item = (Position, Position)>,
    ) {
        self.pieces.push(pieces);
        self.edit(Edit { position, action: Action::Pieces(self.pieces.len() as u32 - 1) });
        for (start, end) in moved {
            self.edit(Edit { position: start, action: Action::Moved(end) });
        }
    }

    /// Marks the place after everything written so far.
    pub(crate) fn mark(&mut self) -> Mark {
        Mark { position: self.here(), edits: self.edits.len() }
    }

    /// The edits between two places, in any order. Edits are inserted before those with higher positions, or appended, so
    /// that those after the mark stay behind those that were made before it.
    fn edits_between(&self, start: Mark, end: Position) -> impl Iterator<Item = &Edit> {
        let later = self.edits.get(start.edits..).unwrap_or_default();
        later.iter().filter(move |edit| start.position < edit.position && edit.position < end)
    }

    /// Whether all functions that the code between two places refers to are helpers that `allows` allows at their
    /// positions.
    pub(crate) fn calls_only(&self, start: Mark, end: Position, allows: impl Fn(Position, Helper) -> bool) -> bool {
        self.edits_between(start, end).all(|edit| match edit.action {
            Action::Function(FunctionRef::Helper(helper)) | Action::SiteCall(_, FunctionRef::Helper(helper)) => {
                allows(edit.position, helper)
            }
            Action::Function(_) | Action::SiteCall(..) => false,
            _ => true,
        })
    }

    /// The label of the `br_if` between two positions after the mark. `None` if it is not known yet.
    pub(crate) fn branch_label(&self, since: Mark, (start, end): (Position, Position)) -> Option<u32> {
        if self.edits_between(since, end).any(|edit| start < edit.position) {
            return None;
        }
        let (opcode, label) = self.code.get(start.at as usize..end.at as usize)?.split_first()?;
        // A label of two bytes is that of a structure outside of 127 others.
        match label {
            [label @ ..0x80] if *opcode == BR_IF => Some(u32::from(*label)),
            _ => None,
        }
    }

    /// Writes pieces instead of the code between two places, which some of them move.
    pub(crate) fn replace(&mut self, start: Mark, end: Position, pieces: Vec<Piece>) {
        self.pieces.push(pieces);
        let actions = [Action::Pieces(self.pieces.len() as u32 - 1), Action::Moved(end)];
        let edits = actions.map(|action| Edit { position: start.position, action });
        if self.unordered {
            self.edits.extend(edits);
        } else {
            let at = self.edits.partition_point(|edit| edit.position <= start.position);
            self.edits.splice(at..at, edits);
        }
    }

    /// Removes the code between two positions, with all insertions in it.
    pub(crate) fn remove(&mut self, (start, end): (Position, Position)) {
        self.edit(Edit { position: start, action: Action::Moved(end) });
    }

    fn edit_here(&mut self, action: Action) {
        let position = self.here();
        self.edits.push(Edit { position, action });
    }

    /// Inserts an edit after all edits at the same or earlier positions.
    fn edit(&mut self, edit: Edit) {
        let behind = self.edits.iter().rev().take(NEAR + 1).take_while(|other| other.position > edit.position).count();
        if behind > NEAR || self.unordered {
            self.unordered = true;
            self.edits.push(edit);
        } else {
            self.edits.insert(self.edits.len() - behind, edit);
        }
    }

    /// Applies the edits. `late` writes the code that was deferred until the end.
    pub(crate) fn finish(mut self, mut late: impl FnMut(Late, &mut Code)) -> Code {
        if self.unordered {
            self.edits.sort_by_key(|edit| edit.position);
        }
        let mut out = Code { bytes: Vec::with_capacity(self.code.len()), ..Code::default() };
        self.write(0, self.code.len(), &self.edits, &mut late, &mut out);
        out
    }

    /// Writes a range of bytes with its edits.
    fn write(&self, from: usize, to: usize, edits: &[Edit], late: &mut dyn FnMut(Late, &mut Code), out: &mut Code) {
        let mut cursor = from;
        let mut moved: Option<Position> = None;
        for edit in edits {
            if moved.is_some_and(|moved| edit.position < moved) {
                continue;
            }
            let at = edit.position.at as usize;
            if at > cursor {
                out.bytes.extend_from_slice(&self.code[cursor..at]);
                cursor = at;
            }
            match edit.action {
                Action::Delete(bytes) => cursor = at + bytes as usize,
                Action::Insert(start, end) => out.bytes.extend_from_slice(&self.aside[start as usize..end as usize]),
                Action::Function(target) => {
                    out.relocations.push(Relocation { at: out.bytes.len(), replaces: 0, target });
                }
                Action::SiteCall(site, target) => {
                    out.bytes.push(I32_CONST);
                    out.numbers.push((out.bytes.len(), Number::Site(site)));
                    out.bytes.push(CALL);
                    out.relocations.push(Relocation { at: out.bytes.len(), replaces: 0, target });
                }
                Action::Number(number) => out.numbers.push((out.bytes.len(), number)),
                Action::Late(what) => late(what, out),
                Action::Line(line) => out.lines.push((out.bytes.len(), line)),
                Action::Label(of_program) => out.labels.push(of_program),
                Action::Pieces(number) => {
                    for piece in &self.pieces[number as usize] {
                        self.write_piece(*piece, late, out);
                    }
                }
                Action::Moved(end) => {
                    moved = Some(end);
                    cursor = end.at as usize;
                }
            }
        }
        if cursor < to {
            out.bytes.extend_from_slice(&self.code[cursor..to]);
        }
    }

    fn write_piece(&self, piece: Piece, late: &mut dyn FnMut(Late, &mut Code), out: &mut Code) {
        match piece {
            Piece::Aside(start, end) => out.bytes.extend_from_slice(&self.aside[start as usize..end as usize]),
            Piece::Late(what) => late(what, out),
            Piece::Label => out.labels.push(None),
            Piece::Move(start, end) => {
                // Skip the edit at the start itself: it marks the code as moved.
                let first = self.edits.partition_point(|edit| edit.position <= start);
                let last = self.edits.partition_point(|edit| edit.position < end);
                self.write(start.at as usize, end.at as usize, &self.edits[first..last], late, out);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finish(tape: Tape) -> Vec<u8> {
        tape.finish(|_, _| ()).bytes
    }

    #[test]
    fn insertions_follow_position_order() {
        let mut tape = Tape::default();
        tape.raw(&[1]);
        let first = tape.here();
        let second = tape.here();
        tape.raw(&[9]);
        tape.insert(second, |sink| {
            sink.i32_add();
        });
        tape.insert(first, |sink| {
            sink.drop();
        });
        tape.insert(first, |sink| {
            sink.nop();
        });
        assert_eq!(finish(tape), [1, 0x1a, 0x01, 0x6a, 9]);
    }

    #[test]
    fn deletion_keeps_insertions_at_its_ends() {
        let mut tape = Tape::default();
        tape.raw(&[1]);
        let before = tape.here();
        tape.raw(&[2, 3]);
        let end = tape.here();
        tape.raw(&[4]);
        tape.delete(1, end);
        tape.insert(before, |sink| {
            sink.nop();
        });
        tape.insert(end, |sink| {
            sink.drop();
        });
        assert_eq!(finish(tape), [1, 0x01, 0x1a, 4]);
    }

    #[test]
    fn insertions_at_end_keep_order() {
        let mut tape = Tape::default();
        tape.raw(&[1, 2]);
        let end = tape.here();
        tape.delete(1, end);
        tape.insert(end, |sink| {
            sink.drop();
        });
        tape.insert(end, |sink| {
            sink.nop();
        });
        tape.raw(&[9]);
        assert_eq!(finish(tape), [1, 0x1a, 0x01, 9]);
    }
}
