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
//!
//! For the segments that `ofAddress` makes of the address in a local, one comparison with top asks for all their accesses, and
//! whether they end at or below 2^32.

use crate::config::Optimize;
use crate::context::Context;
use crate::engine::knowledge::event::Event;
use crate::engine::knowledge::group::Group;
use crate::engine::knowledge::proven::{From, Subject};
use crate::engine::knowledge::scan::{Check, Checked, Read};
use crate::engine::late::Late;
use crate::engine::lower::vouched::ADDRESSES;
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

/// The part of the test that concerns one segment, or the segments at one address.
#[derive(Clone, Copy, Debug)]
struct Question {
    checked: Checked,
    local: LocalIndex,
    /// The highest end of an access; 0 if there is none.
    end: u32,
    /// For an address, the largest size of a segment there whose end is checked; 0 if there is none.
    bytes: u32,
}

impl Question {
    /// The question that is equivalent to a check, if it can be grouped.
    fn of(check: &Check) -> Option<Question> {
        let From::Constant(offset) = check.from else { return None };
        let end = offset.checked_add(check.bytes).filter(|end| *end > 0)?;
        let (local, end, bytes) = match (check.checked, check.subject) {
            (
                Checked::Bounds(Extent::Local(_) | Extent::Structure(..) | Extent::Number(_))
                | Checked::Live(Start::Local(_)),
                Subject::Local(local),
            ) => (local, end, 0),
            (Checked::Live(Start::Address(_)), Subject::At { address, .. }) => (address, end, 0),
            (Checked::Fits, Subject::At { address, bytes }) => (address, 0, bytes),
            _ => return None,
        };
        Some(Question { checked: check.checked, local, end, bytes })
    }

    fn is_like(&self, other: &Question) -> bool {
        let is_live = |checked| matches!(checked, Checked::Live(_) | Checked::Fits);
        let same_kind = match (self.checked, other.checked) {
            (Checked::Bounds(_), Checked::Bounds(_)) => true,
            (one, other) => is_live(one) && is_live(other),
        };
        same_kind && self.local == other.local
    }

    /// Whether one comparison with top answers both whether an access may be of free bytes and whether a segment may end
    /// above 2^32.
    ///
    /// The comparison is `address > top - end`. It is false only if `address <= top - end`. The difference does not wrap
    /// around, because `end` is not above the lowest top. So
    ///
    /// - `address + end <= top`: no byte of an access is at or above top;
    /// - `address + bytes <= top + (bytes - end) <= ceiling + (bytes - end)`, which is not above 2^32 if
    ///   `bytes - end` is not more than the distance from the ceiling to 2^32.
    fn is_one_comparison(&self, context: &Context) -> bool {
        let above = u64::from(self.bytes.saturating_sub(self.end));
        u64::from(self.end) <= context.lowest_top() && context.layout().ceiling() + above <= ADDRESSES
    }

    /// The number of comparisons that it takes.
    fn comparisons(&self, context: &Context) -> usize {
        let both = self.end > 0 && self.bytes > 0;
        if both && !self.is_one_comparison(context) { 2 } else { 1 }
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
                Some(known) => {
                    known.end = known.end.max(question.end);
                    known.bytes = known.bytes.max(question.bytes);
                }
                None => questions.push(question),
            }
        }
        // No gain if there are as many comparisons as checks.
        let comparisons: usize = questions.iter().map(|question| question.comparisons(&self.context)).sum();
        if comparisons >= group.checks.len() || planted::is_off(Optimization::Group) {
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
        let Question { checked, local, end, .. } = *question;
        match checked {
            Checked::Fits | Checked::Live(Start::Address(_)) => self.ask_address(question, pieces),
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

impl Engine {
    /// Asks about the segments at the address in a local.
    ///
    /// ```wasm
    /// local.get $address   global.get $linmem.top   i32.const END   i32.sub   i32.gt_u      ;; one comparison, or
    /// local.get $address   i32.const 2^32 - BYTES   i32.gt_u
    /// local.get $address   i32.const END - 1   i32.add   global.get $linmem.top   i32.ge_u   i32.or
    /// ```
    fn ask_address(&mut self, question: &Question, pieces: &mut Vec<Piece>) {
        let Question { local, end, bytes, .. } = *question;
        let (top, width) = (self.context.top(), self.context.width());
        let both = end > 0 && bytes > 0;
        if both && question.is_one_comparison(&self.context) {
            let end = if planted::has(Bug::GroupComparesOneByteLess) { end - 1 } else { end };
            pieces.push(self.tape.aside(|sink| {
                sink.local_get(local.0).global_get(top).ptr_const(width, u64::from(end)).ptr_sub(width).ptr_gt_u(width);
            }));
            return;
        }
        if bytes > 0 {
            pieces.push(self.tape.aside(|sink| {
                sink.local_get(local.0).ptr_const(width, ADDRESSES - u64::from(bytes)).ptr_gt_u(width);
            }));
        }
        if end > 0 {
            pieces.push(self.tape.aside(|sink| {
                sink.local_get(local.0);
                if end > 1 {
                    sink.ptr_const(width, u64::from(end - 1)).ptr_add(width);
                }
                sink.global_get(top).ptr_ge_u(width);
                if both {
                    sink.i32_or();
                }
            }));
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
