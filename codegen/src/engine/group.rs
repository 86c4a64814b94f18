//! Groups the checks of straight-line code, so that one test guards them all.
//!
//! A function that reads one field after another has a check for every access, and one check of the highest end would
//! imply all of them. So checks of constant offsets in straight-line code are grouped at the position of the first one:
//!
//! ```wasm
//! ;; may any of them fail?           ;; one comparison for each segment, of the highest end
//! if
//!   ;; the checks, in their original order
//! end
//! ;; the accesses
//! ```
//!
//! The test is false only if no check fails. If it is true, the checks run in their order, and the first that fails does
//! so with its own numbers. The only difference is that the accesses between the first check and that one have not run.
//! Apart from accesses of memory, the code between grouped checks has no effect that is visible from outside, and it
//! contains no branch.

use crate::config::Optimize;
use crate::engine::knowledge::event::Event;
use crate::engine::knowledge::group::Group;
use crate::engine::knowledge::proven::{From, Subject};
use crate::engine::knowledge::scan::{Check, Checked, Read};
use crate::engine::late::Late;
use crate::engine::state::Engine;
use crate::engine::tape::Piece;
use crate::engine::tape::Tape;
use crate::index::LocalIndex;
use crate::planted::{self, Bug, Optimization};
use crate::segment::Part;
use crate::segment::{Extent, Start};
use crate::segment::{Held, Out};
use crate::width::PointerInstructions;
use linmem_allocator::Width;
use wasm_encoder::BlockType;
use wasm_encoder::InstructionSink;

/// The maximum number of checks in a group.
const MAX_CHECKS: usize = 64;

/// The part of the test that concerns one segment.
#[derive(Clone, Copy, Debug)]
struct Question {
    checked: Checked,
    local: LocalIndex,
    /// The highest end of an access.
    end: u32,
}

impl Question {
    /// The question that is equivalent to a check, if it can be grouped.
    fn of(check: &Check) -> Option<Question> {
        let (Subject::Local(local), From::Constant(offset)) = (check.subject, check.from) else { return None };
        let end = offset.checked_add(check.bytes).filter(|end| *end > 0)?;
        match check.checked {
            Checked::Bounds(Extent::Local(_) | Extent::Structure(..) | Extent::Number(_))
            | Checked::Live(Start::Local(_)) => Some(Question { checked: check.checked, local, end }),
            _ => None,
        }
    }

    fn is_like(&self, other: &Question) -> bool {
        let same_kind = matches!(
            (self.checked, other.checked),
            (Checked::Bounds(_), Checked::Bounds(_)) | (Checked::Live(_), Checked::Live(_))
        );
        same_kind && self.local == other.local
    }
}

impl Engine {
    /// Adds a check that was just written to the current group, if it can be grouped.
    pub(super) fn group_check(&mut self, check: Check, reads: &[Read]) {
        let is_asked = self.optimize == Optimize::Speed;
        let Some(question) = Question::of(&check).filter(|_| is_asked) else { return self.event(Event::Pinned) };
        let can_join = |group: &Group| {
            self.locals.contents.is_unchanged(question.local, group.start) || planted::has(Bug::GroupAcrossAssignment)
        };
        if !self.knowledge.group().is_some_and(|group| can_join(group) && group.checks.len() < MAX_CHECKS) {
            self.event(Event::Pinned);
        }
        self.knowledge.add_to_group(check, reads);
    }

    /// Guards the checks of a group with one test, if that saves comparisons.
    pub(super) fn write_group(&mut self, group: &Group) {
        let mut questions: Vec<Question> = Vec::new();
        for question in group.checks.iter().filter_map(Question::of) {
            match questions.iter_mut().find(|known| known.is_like(&question)) {
                Some(_) if planted::has(Bug::GroupAsksFirst) => {}
                Some(known) => known.end = known.end.max(question.end),
                None => questions.push(question),
            }
        }
        // No gain if there are as many questions as checks.
        if questions.len() == group.checks.len() || planted::is_off(Optimization::Group) {
            return;
        }
        for (local, part, times) in &group.reads {
            self.splits.take_back(*local, *part, *times);
        }
        let mut pieces = Vec::new();
        for (position, question) in questions.iter().enumerate() {
            self.ask(question, &mut pieces);
            if position > 0 {
                pieces.push(self.tape.aside(|sink| {
                    sink.i32_or();
                }));
            }
        }
        pieces.push(Piece::Label);
        pieces.push(self.tape.aside(|sink| {
            sink.if_(BlockType::Empty);
        }));
        let moved: Vec<_> = group.checks.iter().map(|check| check.code).collect();
        pieces.extend(moved.iter().map(|(start, end)| Piece::Move(*start, *end)));
        pieces.push(self.tape.aside(|sink| {
            sink.end();
        }));
        self.tape.hoist(group.start, pieces, moved);
    }

    fn ask(&mut self, question: &Question, pieces: &mut Vec<Piece>) {
        let Question { checked, local, end } = *question;
        match checked {
            Checked::Bounds(extent) => {
                let mut out = Pieces { tape: &mut self.tape, width: self.context.width(), list: pieces };
                extent.push_outside(&mut out, Held::Constant(0), Held::Constant(end));
            }
            _ => {
                let (top, times) = (self.context.top(), self.frequency());
                self.splits.read_byte(local, times);
                pieces.push(Piece::Late(Late::Byte(local, end - 1)));
                let width = self.context.width();
                pieces.push(self.tape.aside(|sink| {
                    sink.global_get(top).ptr_ge_u(width);
                }));
            }
        }
    }
}

/// The code that precedes the checks of a group.
struct Pieces<'a> {
    tape: &'a mut Tape,
    width: Width,
    list: &'a mut Vec<Piece>,
}

impl Out for Pieces<'_> {
    fn width(&self) -> Width {
        self.width
    }

    fn emit(&mut self, write: impl FnOnce(&mut InstructionSink<'_>)) {
        self.list.push(self.tape.aside(write));
    }

    fn part(&mut self, local: LocalIndex, part: Part) {
        self.list.push(Piece::Late(Late::Part(local, part)));
    }

    fn shorter(&mut self, local: LocalIndex, bytes: u32) {
        self.list.push(Piece::Late(Late::Shorter(local, bytes)));
    }
}
