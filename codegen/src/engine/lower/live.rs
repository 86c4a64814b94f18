//! Liveness checks of accesses.
//!
//! Packed segments are checked by address: the accessed bytes must not be in free memory of linmem. All free memory is
//! at or above top, so that one comparison almost always suffices. For an address at or above top, a helper decides,
//! because memory there may have another owner.
//!
//! ```wasm
//! ;; of a segment in a local           ;; of any other one
//! local.get $linmem.last               ;; the address   i32.const BYTES - 1   i32.add
//! global.get $linmem.top               global.get $linmem.top
//! i32.ge_u                             i32.ge_u
//! if
//!   ;; the address   the number of bytes
//!   call $linmem.check_segment
//! end
//! ```
//!
//! Static data is never freed, so that accesses of it are not checked. It lies below top, as the comparison requires.
//!
//! References are checked by their region, which records whether it is closed:
//!
//! ```wasm
//! local.get $linmem.segment   struct.get $segment 2   struct.get $region 0   i32.eqz
//! if  call $linmem.UseAfterFree  end
//! ```
//!
//! # Traps
//!
//! In `$linmem.UseAfterFree`.

use crate::engine::knowledge::event::Event;
use crate::engine::knowledge::proven::{Fact, From};
use crate::engine::knowledge::scan::Checked;
use crate::engine::late::Late;
use crate::engine::operands::{Operand, Value};
use crate::engine::split::Splits;
use crate::engine::state::Engine;
use crate::helpers::Helper;
use crate::index::LocalIndex;
use crate::planted::{self, Bug};
use crate::segment::Held;
use crate::segment::Part;
use crate::segment::Start;
use crate::segment::packed;
use crate::width::{PointerInstructions, PointerType};
use linmem_intrinsics::Violation;
use wasm_encoder::ValType;

impl Engine {
    /// Checks that `bytes` bytes from `offset` have not been freed.
    pub(super) fn check_live(&mut self, segment: &mut Operand, offset: &mut Operand, bytes: &mut Operand) {
        if self.is_of_open_region(segment) {
            return;
        }
        if self.context.segments.types().is_some() {
            return self.check_open(segment, Some((offset, bytes)));
        }
        if self.constant(bytes) == Some(0) {
            return;
        }
        let subject = self.subject(segment);
        let from = match (self.constant(offset), self.program_local_of(offset)) {
            (Some(constant), _) => Some(From::Constant(constant)),
            (None, local) => local.map(From::Local),
        };
        let part = self.constant(bytes).zip(from);
        if let (Some(subject), Some((bytes, from))) = (subject, part)
            && self.knowledge.proven().is_live(subject, Some(from), bytes, &self.locals.contents)
        {
            return;
        }
        let start = self.start_of(segment);
        let (offset, bytes) = (self.hold(offset), self.hold(bytes));
        let top = self.context.top();
        let position = self.tape.here();
        self.reads.clear();
        match (start, offset, bytes) {
            (Start::Local(local), Held::Constant(offset), Held::Constant(count)) => {
                self.read_byte(local);
                let count = if planted::has(Bug::LiveFirstByte) { 1 } else { count };
                self.tape.late(Late::Byte(local, offset.wrapping_add(count).wrapping_sub(1)));
            }
            (Start::Local(local), Held::Local(offset), Held::Constant(count)) => {
                self.read_byte(local);
                self.tape.late(Late::ByteAt(local, offset, count.wrapping_sub(1)));
            }
            (Start::Local(local), ..) => self.push_may_be_free(local),
            // Addresses are numbers modulo 2^32, so that the constants can be added first.
            (_, Held::Constant(offset), Held::Constant(count)) => {
                start.push(self, Held::Constant(offset.wrapping_add(count).wrapping_sub(1)));
            }
            _ => {
                start.push(self, offset);
                self.push_last_byte(bytes);
            }
        }
        if !matches!((start, bytes), (Start::Local(_), Held::Local(_))) {
            let width = self.context.width();
            self.tape.emit(|sink| {
                sink.global_get(top).ptr_ge_u(width);
            });
        }
        self.write_if(|engine| {
            start.push(engine, offset);
            engine.push_held(bytes);
            engine.call_helper(Helper::CheckSegment);
        });
        let key = match from {
            Some(From::Constant(constant)) => (Some(constant), None),
            Some(From::Local(local)) => (None, Some(local)),
            None => (None, None),
        };
        let count = part.map(|(bytes, _)| bytes);
        self.record_check(position, subject, key, count, Checked::Live(start));
        if let (Some(subject), Some((bytes, from))) = (subject, part) {
            self.prove(Fact::Live(subject, Some((from, bytes))));
        }
    }

    /// Records that a check reads the address of a byte, or of the last one.
    fn read_byte(&mut self, local: LocalIndex) {
        let times = self.frequency();
        self.splits.read_byte(local, times);
        let taken_back = Splits::parts_of_byte(times);
        self.reads.extend(taken_back.map(|(part, times)| (local, part, times)));
    }

    /// Pushes whether a byte of the segment in a local may be free.
    fn push_may_be_free(&mut self, local: LocalIndex) {
        let times = self.frequency();
        self.splits.read(local, Part::Last, times);
        self.reads.push((local, Part::Last, times));
        self.tape.late(Late::MayBeFree(local));
    }

    /// Checks that no byte of a segment has been freed.
    pub(super) fn check_all_live(&mut self, segment: &mut Operand) {
        if self.is_of_open_region(segment) {
            return;
        }
        if self.context.segments.types().is_some() {
            return self.check_open(segment, None);
        }
        let start = self.start_of(segment);
        let (extent, top) = (self.extent(segment), self.context.top());
        match start {
            Start::Local(local) => self.push_may_be_free(local),
            _ => {
                start.push(self, Held::Constant(0));
                extent.push(self);
                let width = self.context.width();
                self.tape.emit(|sink| {
                    sink.ptr_add(width).ptr_const(width, 1).ptr_sub(width).global_get(top).ptr_ge_u(width);
                });
            }
        }
        self.write_if(|engine| {
            start.push(engine, Held::Constant(0));
            extent.push(engine);
            engine.call_helper(Helper::CheckSegment);
        });
    }

    /// Checks that the region of a segment is open. `used` is the accessed range, for reports; `None` for the whole
    /// segment.
    fn check_open(&mut self, segment: &mut Operand, used: Option<(&mut Operand, &mut Operand)>) {
        let subject = self.subject(segment);
        if subject.is_some_and(|subject| self.knowledge.proven().is_live(subject, None, 0, &self.locals.contents)) {
            return;
        }
        let reports = self.reports();
        let key = used
            .as_ref()
            .map(|(offset, bytes)| ((self.constant(offset), self.program_local_of(offset)), self.constant(bytes)));
        let used = used.filter(|_| reports).map(|(offset, bytes)| (self.hold(offset), self.hold(bytes)));
        let position = self.tape.here();
        self.reads.clear();
        self.push_is_closed(segment);
        self.write_if(|engine| {
            if reports {
                let start = engine.start_of(segment);
                let extent = engine.extent(segment);
                let top = engine.context.top();
                engine.demands.use_regions();
                start.push(engine, used.map_or(Held::Constant(0), |(offset, _)| offset));
                match used {
                    Some((_, bytes)) => engine.push_held(bytes),
                    None => extent.push(engine),
                }
                engine.tape.emit(|sink| {
                    sink.global_get(top);
                });
            }
            engine.call_helper(Helper::Violation(Violation::UseAfterFree));
        });
        let ((constant, local), bytes) = key.unwrap_or(((Some(0), None), Some(0)));
        let checked = match segment.value {
            Value::Slot(slot) => Checked::Open(slot),
            Value::Structure(types, held) => Checked::OpenStructure(types, held),
            Value::Numbers(id) => Checked::OpenRegion(self.number_region(id)),
            _ => return self.event(Event::Pinned),
        };
        self.record_check(position, subject, (constant, local), bytes, checked);
        if let Some(subject) = subject {
            self.prove(Fact::Live(subject, None));
        }
    }

    /// Whether the region of a segment is known to be open.
    fn is_of_open_region(&self, segment: &Operand) -> bool {
        match segment.value {
            Value::Slot(slot) if segment.deferred => {
                self.knowledge.innermost.is_open(self.knowledge.frames.region(slot.frame))
                    || planted::has(Bug::FrameIsLive)
            }
            // It is never freed.
            Value::Static(_) => true,
            // A structure that `ofAddress` made belongs to no region.
            _ => self.context.segments.types().is_some() && segment.packing.is_some(),
        }
    }

    /// The source of a segment's start. Stores the segment in a local if necessary.
    pub(in crate::engine) fn start_of(&mut self, segment: &mut Operand) -> Start {
        match segment.value {
            Value::Slot(slot) if segment.deferred => Start::Frame(self.knowledge.frames.base(slot.frame), slot.offset),
            Value::I64(constant) => Start::Constant(packed::start_of(constant)),
            Value::Structure(types, local) => Start::Structure(types, local),
            Value::Numbers(id) => Start::Address(self.number_start(id)),
            _ => match (self.address_of(segment), self.program_local_of(segment), segment.packing) {
                (Some(address), ..) => Start::Address(address),
                (None, Some(local), _) => Start::Local(local),
                (None, None, Some(position)) => {
                    let local = self.locals.take_held(self.context.width().val_type(), position);
                    self.tape.insert(position, |sink| {
                        sink.local_tee(local.0);
                    });
                    Start::Address(local)
                }
                (None, None, None) => Start::Held(self.hold_in_local(segment, ValType::I64)),
            },
        }
    }

    /// Replaces an address on the stack by that of the last of `bytes` bytes. For 0 bytes, that is the address minus
    /// one.
    fn push_last_byte(&mut self, bytes: Held) {
        let width = self.context.width();
        self.tape.emit(|sink| {
            match bytes {
                Held::Constant(1) => sink,
                Held::Constant(bytes) => sink.ptr_const(width, u64::from(bytes.wrapping_sub(1))).ptr_add(width),
                Held::Local(_) => bytes.push(sink, width).ptr_add(width).ptr_const(width, 1).ptr_sub(width),
            };
        });
    }
}
