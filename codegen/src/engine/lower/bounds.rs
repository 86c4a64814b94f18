//! Bounds checks of accesses.
//!
//! ```wasm
//! ;; getByte of a segment in a local that is split     ;; getInt with a constant offset
//! local.get $offset   local.get $linmem.size           local.get $segment   i64.const END << 32
//! i32.ge_u                                             i64.lt_u
//! if                                                   if
//!   call $linmem.OutOfBounds                             call $linmem.OutOfBounds
//! end                                                  end
//! ```
//!
//! The checks are placed after all operands have been evaluated, before anything is read or written. They read locals,
//! so that they do not depend on the contents of the stack.

use crate::engine::knowledge::event::Event;
use crate::engine::knowledge::proven::{Fact, From, Subject};
use crate::engine::knowledge::scan::{Check, Checked};
use crate::engine::late::Late;
use crate::engine::operands::{Operand, Value};
use crate::engine::split::frequency;
use crate::engine::state::{Certain, Engine};
use crate::engine::tape::Position;
use crate::helpers::Helper;
use crate::index::LocalIndex;
use crate::segment::Extent;
use crate::segment::Held;
use crate::segment::Out;
use crate::segment::Part;
use linmem_allocator::Width;
use linmem_intrinsics::{Violation, out_of_bounds};
use wasm_encoder::InstructionSink;
use wasm_encoder::ValType;

/// The statically known result of a bounds check.
pub(in crate::engine) enum Judgement {
    Inside,
    Outside(String),
    Unknown,
}

impl Engine {
    /// Checks that `bytes` bytes from `offset` are inside a segment.
    ///
    /// # Errors
    ///
    /// If they are known to be outside.
    pub(super) fn check_bounds(
        &mut self,
        segment: &mut Operand,
        offset: &mut Operand,
        bytes: &mut Operand,
    ) -> Result<(), Certain> {
        let subject = self.subject(segment);
        match self.judge(segment, subject, offset, bytes) {
            Judgement::Inside => return Ok(()),
            Judgement::Outside(message) => return Err(self.write_out_of_bounds(segment, offset, bytes, message)),
            Judgement::Unknown => {}
        }
        let (offset_key, constant) = (self.program_local_of(offset), (self.constant(offset), self.constant(bytes)));
        let extent = self.extent(segment);
        let (offset, bytes) = (self.hold(offset), self.hold(bytes));
        let start = self.tape.here();
        self.reads.clear();
        extent.push_outside(self, offset, bytes);
        self.write_if(|engine| {
            if engine.reports() {
                engine.push_held(offset);
                engine.push_held(bytes);
                extent.push(engine);
            }
            engine.call_helper(Helper::Violation(Violation::OutOfBounds));
        });
        self.record_check(start, subject, (constant.0, offset_key), constant.1, Checked::Bounds(extent));
        match (subject, constant, offset_key) {
            (Some(subject), (Some(start), Some(count)), _) => {
                self.prove(Fact::AtLeast(subject, start.saturating_add(count)));
            }
            (Some(subject), (None, Some(count)), Some(offset)) => self.prove(Fact::Reaches(subject, offset, count)),
            _ => {}
        }
        Ok(())
    }

    /// Writes the violation of an access that is known to be outside.
    pub(super) fn write_out_of_bounds(
        &mut self,
        segment: &mut Operand,
        offset: &mut Operand,
        bytes: &mut Operand,
        message: String,
    ) -> Certain {
        self.event(Event::Pinned);
        if self.reports() {
            let extent = self.extent(segment);
            let (offset, bytes) = (self.hold(offset), self.hold(bytes));
            self.push_held(offset);
            self.push_held(bytes);
            extent.push(self);
        }
        self.certain(Violation::OutOfBounds, message)
    }

    /// Writes a violation that is certain. Its numbers are on the stack if violations are reported.
    pub(super) fn certain(&mut self, kind: Violation, message: String) -> Certain {
        self.call_helper(Helper::Violation(kind));
        Certain { kind, message }
    }

    /// Records a check that was just written, in the current loop or group.
    pub(super) fn record_check(
        &mut self,
        start: Position,
        subject: Option<Subject>,
        offset: (Option<u32>, Option<LocalIndex>),
        bytes: Option<u32>,
        checked: Checked,
    ) {
        let end = self.tape.here();
        let from = match offset {
            (Some(constant), _) => Some(From::Constant(constant)),
            (None, local) => local.map(From::Local),
        };
        let reads = std::mem::take(&mut self.reads);
        match (subject, from, bytes) {
            (Some(subject), Some(from), Some(bytes)) => {
                let check = Check { code: (start, end), subject, from, bytes, checked };
                if !self.knowledge.scan_check(check, &reads) {
                    self.group_check(check, &reads);
                }
            }
            // A check that cannot be identified stays where it is, and so must all others.
            _ => self.event(Event::Pinned),
        }
    }

    /// The identity of a segment, for the facts about it.
    pub(in crate::engine) fn subject(&self, segment: &Operand) -> Option<Subject> {
        match segment.value {
            Value::Slot(slot) if segment.deferred => Some(Subject::Slot(slot)),
            Value::Static(segment) => Some(Subject::Static(segment)),
            Value::Structure(..) | Value::Numbers(_) => segment.source.map(Subject::Local),
            Value::At(_) => {
                let (address, bytes) = self.address_of(segment).zip(segment.bytes)?;
                Some(Subject::At { address, bytes })
            }
            _ => self.program_local_of(segment).map(Subject::Local),
        }
    }

    /// The local of the program that still holds the address of a segment, if there is one.
    pub(super) fn address_of(&self, segment: &Operand) -> Option<LocalIndex> {
        let (Value::At(address), Some(since)) = (segment.value, segment.position) else { return None };
        self.locals.contents.is_unchanged(address, since).then_some(address)
    }

    /// Records a fact that holds from here on.
    pub(in crate::engine) fn prove(&mut self, fact: Fact) {
        let since = self.tape.here();
        self.knowledge.prove(fact, since);
    }

    /// The size of a segment, if known.
    pub(super) fn known_size(&self, segment: &Operand) -> Option<u32> {
        match segment.value {
            Value::Slot(slot) if segment.deferred => Some(slot.bytes),
            Value::I64(constant) if self.context.is_packed() => self.context.segments.constant_size(constant),
            _ => segment.bytes.or_else(|| {
                let subject = self.subject(segment)?;
                self.knowledge.proven().size(subject, &self.locals.contents)
            }),
        }
    }

    pub(in crate::engine) fn judge(
        &self,
        segment: &Operand,
        subject: Option<Subject>,
        offset: &Operand,
        bytes: &Operand,
    ) -> Judgement {
        let size = self.known_size(segment);
        let decided = |inside: bool, offset: u32, bytes: u32| match size {
            _ if inside => Judgement::Inside,
            Some(size) => Judgement::Outside(out_of_bounds(offset, bytes, size)),
            None => Judgement::Outside(format!(
                "bytes {offset}..{} of a segment, but a segment has at most {} bytes",
                u64::from(offset) + u64::from(bytes),
                u32::MAX
            )),
        };
        match (self.constant(offset), self.constant(bytes)) {
            (Some(offset), Some(bytes)) => {
                let end = offset.checked_add(bytes);
                match (end, size) {
                    (None, _) => decided(false, offset, bytes),
                    (Some(end), Some(size)) => decided(end <= size, offset, bytes),
                    (Some(end), None) => {
                        let proven = subject
                            .is_some_and(|subject| self.knowledge.proven().has(subject, end, &self.locals.contents));
                        if end == 0 || proven { Judgement::Inside } else { Judgement::Unknown }
                    }
                }
            }
            (None, Some(bytes)) => {
                if size.is_some_and(|size| bytes > size) {
                    return decided(false, 0, bytes);
                }
                let proven = subject.zip(self.program_local_of(offset)).is_some_and(|(subject, offset)| {
                    self.knowledge.proven().reaches(subject, offset, bytes, &self.locals.contents)
                });
                if proven { Judgement::Inside } else { Judgement::Unknown }
            }
            (Some(offset), None) if size.is_some_and(|size| offset > size) => decided(false, offset, 0),
            _ => Judgement::Unknown,
        }
    }

    /// The source of a segment's size. Stores the segment in a local if necessary.
    pub(in crate::engine) fn extent(&mut self, segment: &mut Operand) -> Extent {
        match (self.known_size(segment), segment.value, self.program_local_of(segment)) {
            (Some(size), ..) => Extent::Known(size),
            (None, Value::Structure(types, local), _) => Extent::Structure(types, local),
            (None, Value::Numbers(id), _) => Extent::Number(self.number_size(id)),
            (None, _, Some(local)) => Extent::Local(local),
            (None, _, None) => Extent::Held(self.hold_in_local(segment, ValType::I64)),
        }
    }

    /// Pushes a number that was held.
    pub(in crate::engine) fn push_held(&mut self, held: Held) {
        let width = self.context.width();
        self.tape.emit(|sink| {
            held.push(sink, width);
        });
    }

    /// An estimate of how often the code at the current position runs.
    pub(in crate::engine) fn frequency(&self) -> u64 {
        let loops = self.control.last().map_or(0, |control| control.loops);
        frequency(loops, self.optimize)
    }

    /// An estimate of how often the code around the innermost loop runs.
    pub(in crate::engine) fn frequency_around(&self) -> u64 {
        let loops = self.control.last().map_or(0, |control| control.loops);
        frequency(loops.saturating_sub(1), self.optimize)
    }
}

impl Out for Engine {
    fn width(&self) -> Width {
        self.context.width()
    }

    fn emit(&mut self, write: impl FnOnce(&mut InstructionSink<'_>)) {
        self.tape.emit(write);
    }

    fn part(&mut self, local: LocalIndex, part: Part) {
        let times = self.frequency();
        self.splits.read(local, part, times);
        self.reads.push((local, part, times));
        self.tape.late(Late::Part(local, part));
    }

    fn shorter(&mut self, local: LocalIndex, bytes: u32) {
        self.tape.late(Late::Shorter(local, bytes));
    }
}

/// An earlier position in the code of a function.
pub(super) struct At<'a> {
    /// The function.
    pub(super) engine: &'a mut Engine,
    /// The position.
    pub(super) position: Position,
}

impl Out for At<'_> {
    fn width(&self) -> Width {
        self.engine.context.width()
    }

    fn emit(&mut self, write: impl FnOnce(&mut InstructionSink<'_>)) {
        self.engine.tape.insert(self.position, write);
    }

    fn part(&mut self, local: LocalIndex, part: Part) {
        self.engine.splits.read(local, part, self.engine.frequency());
        self.engine.tape.insert_late(self.position, Late::Part(local, part));
    }

    fn shorter(&mut self, local: LocalIndex, bytes: u32) {
        self.engine.tape.insert_late(self.position, Late::Shorter(local, bytes));
    }
}
