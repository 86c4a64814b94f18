//! Allocations. Those of constant size belong to a [frame](crate::engine::knowledge::frames); all others bump
//! individually.

use crate::config::Optimize;
use crate::engine::knowledge::event::Event;
use crate::engine::knowledge::frames::RegionKey;
use crate::engine::knowledge::rounds::Reserved;
use crate::engine::late::Late;
use crate::engine::locals::Scratch;
use crate::engine::lower::bump::Size;
use crate::engine::maker::Maker;
use crate::engine::operands::{Operand, Value};
use crate::engine::state::{Certain, Engine};
use crate::helpers::{Alignment, Helper};
use crate::segment::Held;
use crate::width::PointerInstructions;
use linmem_allocator::Zero;
use linmem_allocator::layout::{ALIGNMENT, INLINE_BYTES, is_alignment, room};
use linmem_intrinsics::Violation;

impl Engine {
    /// Allocates with an alignment of 8.
    pub(in crate::engine) fn lower_allocate(&mut self, handle: &mut Operand, bytes: &Operand) {
        // Memory may grow.
        self.event(Event::Grow);
        let key = self.region_key(handle);
        self.trace_handle(handle);
        let size = self.keep(bytes, Scratch::Bytes);
        let maker = self.take_handle(handle);
        match size {
            // If accesses are traced, each allocation is followed by bytes that belong to none.
            _ if self.traces() => self.lower_sized_bump(size, maker),
            // An allocation that may return null cannot join a frame.
            Size::Constant(_) if self.context.choices.gives_null() => self.lower_sized_bump(size, maker),
            Size::Constant(constant) if room(u64::from(constant)) <= u64::from(INLINE_BYTES) => {
                self.lower_frame(key, constant, maker);
            }
            Size::Constant(constant) => self.lower_alone(key, constant, maker),
            Size::Local(_) => self.lower_sized_bump(size, maker),
        }
    }

    /// Lowers an allocation of constant size that is too large for a frame.
    fn lower_alone(&mut self, key: Option<RegionKey>, bytes: u32, maker: Maker) {
        if !self.knowledge.frames.has_room() {
            return self.lower_sized_bump(Size::Constant(bytes), maker);
        }
        let base = self.locals.take_base();
        let region = key.unwrap_or(RegionKey::Opened(self.new_region()));
        self.write_bump(Size::Constant(bytes));
        self.tape.emit(|sink| {
            sink.local_set(base.0);
        });
        if let Some(slot) = self.knowledge.begin_lone_frame(region, base, bytes) {
            self.leave_scope_place(slot.frame, maker);
            self.push_deferred(Value::Slot(slot));
        }
    }

    /// Lowers an allocation of constant size, at most [`INLINE_BYTES`], which joins or begins a frame.
    fn lower_frame(&mut self, key: Option<RegionKey>, bytes: u32, maker: Maker) {
        if let Some(slot) = key.and_then(|key| self.knowledge.join(key, bytes)) {
            return self.push_deferred(Value::Slot(slot));
        }
        if !self.knowledge.frames.has_room() {
            return self.lower_sized_bump(Size::Constant(bytes), maker);
        }
        let base = self.locals.take_base();
        // An unknown handle is treated as a region of its own, so that no allocation joins the frame.
        let region = key.unwrap_or(RegionKey::Opened(self.new_region()));
        let Some(slot) = self.knowledge.begin_frame(region, base, bytes) else { return };
        let start = self.tape.here();
        self.write_frame(slot.frame);
        let end = self.tape.here();
        self.knowledge.reserve(Reserved { frame: slot.frame, code: (start, end) });
        self.leave_scope_place(slot.frame, maker);
        // When optimizing for size, a helper reserves and zeroes the frame.
        if self.context.choices.zero == Zero::Allocate && self.optimize == Optimize::Speed {
            self.tape.late(Late::ClearFrame(slot.frame, 0));
        }
        self.push_deferred(Value::Slot(slot));
    }

    /// Allocates with the given alignment. Constants up to 8 are lowered as `lower_allocate`.
    pub(in crate::engine) fn lower_allocate_aligned(
        &mut self,
        handle: &mut Operand,
        bytes: &Operand,
        alignment: &Operand,
    ) -> Result<(), Certain> {
        self.event(Event::Grow);
        match self.constant(alignment) {
            Some(constant) if !is_alignment(u64::from(constant)) => {
                self.discard(alignment);
                // Check the handle first, as if the alignment were unknown.
                self.keep(bytes, Scratch::Bytes);
                self.take_handle(handle);
                if self.reports() {
                    [constant, 0, 0].into_iter().for_each(|number| self.push_held(Held::Constant(number)));
                }
                let message = format!("the alignment {constant} is not a power of two up to 65536");
                return Err(self.certain(Violation::BadAlignment, message));
            }
            Some(..=ALIGNMENT) => {
                self.discard(alignment);
                self.lower_allocate(handle, bytes);
            }
            _ => self.lower_aligned_bump(handle, bytes, alignment),
        }
        Ok(())
    }

    /// Lowers an allocation whose alignment is larger than 8 or unknown.
    ///
    /// ```wasm
    /// ;; the size   the alignment
    /// call $linmem.allocate_aligned
    /// ```
    ///
    /// Inline if size and alignment are constants whose sum is at most [`INLINE_BYTES`].
    ///
    /// # Traps
    ///
    /// In `$linmem.OutOfMemory`; top is unchanged.
    fn lower_aligned_bump(&mut self, handle: &mut Operand, bytes: &Operand, alignment: &Operand) {
        self.trace_handle(handle);
        let is_constant = self.constant(bytes).is_some() && self.constant(alignment).is_some();
        if !is_constant && let Some(maker) = self.unchecked_maker(handle) {
            return self.lower_aligned_in_place(handle, bytes, alignment, maker);
        }
        let alignment_size = self.keep(alignment, Scratch::From);
        let size = self.keep(bytes, Scratch::Bytes);
        let maker = self.take_handle(handle);
        if let (Size::Constant(size), Size::Constant(constant)) = (size, alignment_size) {
            let fits = room(u64::from(size)) + u64::from(constant) <= u64::from(INLINE_BYTES);
            let choices = self.context.choices;
            if fits && self.optimize == Optimize::Speed && choices.zero != Zero::Allocate {
                return self.write_aligned_bump(size, constant, maker);
            }
        }
        self.push_size(size);
        self.push_size(alignment_size);
        self.call_helper(Helper::AllocateAligned);
        self.push_segment(size, maker);
    }

    /// Lowers an allocation whose size and alignment remain on the stack.
    fn lower_aligned_in_place(&mut self, handle: &Operand, bytes: &Operand, alignment: &Operand, maker: Maker) {
        self.discard(handle);
        self.materialize(bytes);
        self.materialize(alignment);
        let size = match self.constant(bytes) {
            None if self.context.representation.carries_size() || self.traces() => {
                let (kept, scratch) = (self.locals.scratch(Scratch::From), self.locals.scratch(Scratch::Bytes));
                self.tape.emit(|sink| {
                    sink.local_set(kept.0).local_tee(scratch.0).local_get(kept.0);
                });
                Size::Local(scratch)
            }
            // An address does not need the size.
            size => Size::Constant(size.unwrap_or_default()),
        };
        self.call_helper(Helper::AllocateAligned);
        self.push_segment(size, maker);
    }

    /// ```wasm
    /// global.get $linmem.top
    /// i32.const ALIGNMENT-1   i32.add   i32.const -ALIGNMENT   i32.and
    /// local.tee $to
    /// i32.const BYTES   i32.add   local.tee $from
    /// global.get $linmem.limit
    /// i32.gt_u
    /// if (result i32)
    ///   global.get $linmem.top   i32.const BYTES   i32.const ALIGNMENT   call $linmem.refill_aligned
    /// else
    ///   local.get $from   global.set $linmem.top   local.get $to
    /// end
    /// ```
    fn write_aligned_bump(&mut self, bytes: u32, alignment: u32, maker: Maker) {
        let (top, limit, width) = (self.context.top(), self.context.limit(), self.context.width());
        let (start, end) = (self.locals.scratch(Scratch::To).0, self.locals.scratch(Scratch::From).0);
        let (size, alignment) = (u64::from(bytes), u64::from(alignment));
        let mask = alignment - 1;
        self.tape.emit(|sink| {
            sink.global_get(top).ptr_const(width, mask).ptr_add(width).ptr_const(width, !mask).ptr_and(width);
            sink.local_tee(start).ptr_const(width, room(size)).ptr_add(width).local_tee(end);
            sink.global_get(limit).ptr_gt_u(width);
        });
        self.write_slow_arm(|engine| {
            engine.tape.emit(|sink| {
                sink.global_get(top).ptr_const(width, size).ptr_const(width, alignment);
            });
            engine.call_helper(Helper::refill(&engine.context, Alignment::Parameter));
        });
        self.tape.emit(|sink| {
            sink.else_().local_get(end).global_set(top).local_get(start).end();
        });
        self.push_segment(Size::Constant(bytes), maker);
    }
}
