//! Regions that are parts of static frames: no code opens or closes them, and their segments are constants.

use crate::engine::knowledge::event::Event;
use crate::engine::late::Late;
use crate::engine::operands::{Operand, Value};
use crate::engine::state::Engine;
use crate::planted::{self, Bug};
use crate::statics::StaticSegment;
use crate::width::PointerInstructions;
use linmem_allocator::Zero;
use linmem_intrinsics::Signature;

/// The handle of every region in a static frame, should the program look at it. It differs from zero.
pub(in crate::engine) const STATIC_HANDLE: u64 = 8;

/// The largest number of bytes that individual stores zero.
const MAX_STORES: u32 = 64;

impl Engine {
    /// The items of static data from this one on are static frames.
    pub(crate) fn set_first_frame(&mut self, item: Option<u32>) {
        self.first_frame = item;
    }

    /// Whether an operand is a segment of a static frame.
    pub(in crate::engine) fn is_in_static_frame(&self, operand: &Operand) -> bool {
        match (operand.value, self.first_frame) {
            (Value::Static(segment), Some(first)) => segment.item >= first,
            _ => false,
        }
    }

    /// Opens a region. Its handle is a constant that code has only if the program keeps or compares it.
    pub(crate) fn open_static(&mut self) {
        if self.is_dead() {
            return;
        }
        let region = self.new_region();
        self.static_regions.insert(region);
        let width = self.context.width();
        self.simple(Value::Region(region), |sink| {
            sink.ptr_const(width, STATIC_HANDLE);
        });
    }

    /// Allocates a segment, and zeroes it if that is requested, also if that is done when regions are closed: after a trap, the
    /// frame is not zero.
    pub(crate) fn allocate_static(&mut self, signature: &Signature, segment: StaticSegment) {
        if self.is_dead() {
            return;
        }
        self.discard_operands(signature);
        if self.context.choices.zero != Zero::Never {
            self.clear_static(segment);
        }
        self.push_static(segment);
    }

    /// Closes a region, and zeroes its bytes if that is requested.
    pub(crate) fn close_static(&mut self, signature: &Signature, bytes: StaticSegment) {
        if self.is_dead() {
            return;
        }
        self.discard_operands(signature);
        if self.context.choices.zero == Zero::Free {
            self.clear_static(bytes);
        }
    }

    /// Pushes a segment over static data in place of an intrinsic.
    pub(crate) fn replace_by_static(&mut self, signature: &Signature, segment: StaticSegment) {
        if self.is_dead() {
            return;
        }
        self.discard_operands(signature);
        self.push_static(segment);
    }

    fn discard_operands(&mut self, signature: &Signature) {
        let mut operands = std::mem::take(&mut self.taken);
        self.take(signature, &mut operands);
        // From the top of the stack down.
        operands.iter().rev().for_each(|operand| self.discard(operand));
        self.taken = operands;
        self.locals.free_spills();
        let end = self.tape.here();
        self.locals.free_held(end);
    }

    /// ```wasm
    /// i32.const ADDRESS   i64.const 0   i64.store offset=OFFSET           ;; for each eight bytes, or
    /// i32.const ADDRESS   i32.const 0   i32.const BYTES   memory.fill
    /// ```
    fn clear_static(&mut self, segment: StaticSegment) {
        if planted::has(Bug::StaticFrameNotZeroed) {
            return;
        }
        self.event(Event::Pinned);
        let (context, width) = (self.context, self.context.width());
        let bytes = segment.bytes.next_multiple_of(8);
        if bytes <= MAX_STORES {
            for offset in (0..bytes).step_by(8) {
                self.tape.late(Late::StaticAddress(segment));
                self.tape.emit(|sink| {
                    sink.i64_const(0).i64_store(context.memarg(offset, 8));
                });
            }
        } else {
            self.tape.late(Late::StaticAddress(segment));
            self.tape.emit(|sink| {
                sink.i32_const(0).ptr_const(width, u64::from(bytes)).memory_fill(context.memory.0);
            });
        }
        self.event(Event::Pinned);
    }
}
