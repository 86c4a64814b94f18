//! Regions and allocations.
//!
//! Opening a region reads top; closing it writes top back. An allocation of constant size belongs to a
//! [frame](crate::engine::frames); all others bump on their own.

use crate::config::Optimize;
use crate::context::Home;
use crate::engine::frames::{Late, RegionKey};
use crate::engine::locals::Scratch;
use crate::engine::operands::{Operand, Value};
use crate::engine::{Certain, Engine, pack_constant};
use crate::helpers::Helper;
use linmem_allocator::layout::{ALIGNMENT, INLINE_BYTES, is_alignment, room};
use linmem_intrinsics::Violation;
use wasm_encoder::{BlockType, ValType};

/// A size that an allocation needs more than once.
#[derive(Clone, Copy)]
enum Size {
    Constant(u32),
    /// In the scratch local for sizes.
    Scratch,
}

impl Engine<'_> {
    /// Opens a region.
    ///
    /// ```wasm
    /// global.get $linmem.top
    /// ```
    ///
    /// Where home has to be found first, preceded by
    ///
    /// ```wasm
    /// global.get $linmem.top  i32.eqz  if  call $linmem.find_home  end
    /// ```
    pub(in crate::engine) fn lower_open(&mut self) {
        self.needs.use_regions();
        let top = self.context.top().0;
        if matches!(self.context.home, Home::Found { .. }) {
            let find = self.helper(Helper::FindHome);
            self.tape.emit(|sink| {
                sink.global_get(top).i32_eqz();
            });
            self.tape.label(None);
            self.tape.emit(|sink| {
                sink.if_(BlockType::Empty);
            });
            self.tape.call(find);
            self.tape.emit(|sink| {
                sink.end();
            });
        }
        let region = self.new_region();
        self.simple(Value::Region(region), |sink| {
            sink.global_get(top);
        });
    }

    /// Closes a region.
    ///
    /// ```wasm
    /// ;; the handle
    /// global.set $linmem.top
    /// ```
    pub(in crate::engine) fn lower_close(&mut self, handle: &Operand) {
        self.needs.use_regions();
        self.materialize(handle);
        let key = self.region_key(handle);
        let depth = self.control.len();
        if let Some(key @ RegionKey::Opened(_)) = key {
            let retired = self.frames.end(key, depth);
            self.retire(&retired);
        }
        let closed = self.frames.close(key);
        if let Some(control) = self.control.last_mut() {
            control.closed.extend(closed);
        }
        let top = self.context.top().0;
        self.tape.emit(|sink| {
            sink.global_set(top);
        });
    }

    /// Allocates with the alignment of 8.
    pub(in crate::engine) fn lower_allocate(&mut self, handle: &Operand, bytes: &Operand) {
        let key = self.region_key(handle);
        match bytes.constant() {
            Some(constant) if room(constant) <= u64::from(INLINE_BYTES) => {
                self.discard(handle);
                self.discard(bytes);
                self.lower_frame(key, constant);
            }
            Some(constant) => {
                self.discard(handle);
                self.discard(bytes);
                self.lower_alone(constant);
            }
            None => {
                self.discard(handle);
                self.lower_bump(bytes);
            }
        }
    }

    /// An allocation of a constant size that no frame has room for.
    fn lower_alone(&mut self, bytes: u32) {
        if !self.frames.has_room() {
            return self.lower_sized_bump(Size::Constant(bytes));
        }
        let base = self.locals.take_base();
        let region = RegionKey::Opened(self.new_region());
        self.write_bump(Size::Constant(bytes));
        self.tape.emit(|sink| {
            sink.local_set(base.0);
        });
        if let Some(slot) = self.frames.alone(region, base, bytes, self.control.len()) {
            self.push_deferred(Value::Slot(slot, None));
        }
    }

    /// An allocation of constant size, at most [`INLINE_BYTES`]: it joins a frame, or begins one.
    fn lower_frame(&mut self, key: Option<RegionKey>, bytes: u32) {
        let depth = self.control.len();
        let loop_depth = self.control.last().map_or(0, |control| control.loop_depth);
        if let Some(slot) = key.and_then(|key| self.frames.join(key, bytes, loop_depth, depth)) {
            return self.push_deferred(Value::Slot(slot, None));
        }
        if !self.frames.has_room() {
            return self.lower_sized_bump(Size::Constant(bytes));
        }
        let base = self.locals.take_base();
        // A handle that may be any region's is a region of its own: nothing joins the frame.
        let region = key.unwrap_or(RegionKey::Opened(self.new_region()));
        let Some(slot) = self.frames.begin(region, base, bytes, depth) else { return };
        self.write_frame(slot.frame);
        self.push_deferred(Value::Slot(slot, None));
    }

    /// Reserves a frame.
    ///
    /// ```wasm
    /// global.get $linmem.top
    /// local.tee $frame
    /// i32.const BYTES
    /// i32.add
    /// global.set $linmem.top       ;; cannot wrap: see INLINE_BYTES
    /// global.get $linmem.top
    /// global.get $linmem.limit
    /// i32.gt_u
    /// if
    ///   local.get $frame
    ///   i32.const BYTES
    ///   call $linmem.refill        ;; sets top
    ///   local.set $frame
    /// end
    /// ```
    ///
    /// # Traps
    ///
    /// In `$linmem.OutOfMemory`, with top as it was.
    fn write_frame(&mut self, frame: crate::engine::frames::FrameId) {
        let (top, limit) = (self.context.top().0, self.context.limit().0);
        let base = self.frames.base(frame).0;
        const I32_CONST: u8 = 0x41;
        if self.context.optimize == Optimize::Size {
            let bump = self.helper(Helper::Bump);
            self.tape.raw(&[I32_CONST]);
            self.tape.late(Late::FrameBytes(frame));
            self.tape.call(bump);
            self.tape.emit(|sink| {
                sink.local_set(base);
            });
            return;
        }
        let refill = self.helper(Helper::Refill);
        self.tape.emit(|sink| {
            sink.global_get(top).local_tee(base);
        });
        self.tape.raw(&[I32_CONST]);
        self.tape.late(Late::FrameBytes(frame));
        self.tape.emit(|sink| {
            sink.i32_add().global_set(top).global_get(top).global_get(limit).i32_gt_u();
        });
        self.tape.label(None);
        self.tape.emit(|sink| {
            sink.if_(BlockType::Empty).local_get(base);
        });
        self.tape.raw(&[I32_CONST]);
        self.tape.late(Late::FrameBytes(frame));
        self.tape.call(refill);
        self.tape.emit(|sink| {
            sink.local_set(base).end();
        });
    }

    /// An allocation of any size, which is on the stack.
    ///
    /// ```wasm
    /// local.tee $bytes
    /// i64.extend_i32_u
    /// i64.const 7   i64.add   i64.const -8   i64.and
    /// global.get $linmem.top
    /// i64.extend_i32_u
    /// i64.add
    /// local.tee $end               ;; in 64 bits, so that it cannot wrap
    /// global.get $linmem.limit
    /// i64.extend_i32_u
    /// i64.gt_u
    /// if (result i32)
    ///   global.get $linmem.top   local.get $bytes   call $linmem.refill
    /// else
    ///   global.get $linmem.top
    ///   local.get $end   i32.wrap_i64   global.set $linmem.top
    /// end
    /// ```
    ///
    /// # Traps
    ///
    /// In `$linmem.OutOfMemory`, with top as it was.
    fn lower_bump(&mut self, bytes: &Operand) {
        let size = self.keep_size(bytes);
        self.lower_sized_bump(size);
    }

    fn lower_sized_bump(&mut self, size: Size) {
        self.write_bump(size);
        self.push_segment(size);
    }

    fn write_bump(&mut self, size: Size) {
        if self.context.optimize == Optimize::Size {
            let bump = self.helper(Helper::Bump);
            self.push_size(size);
            return self.tape.call(bump);
        }
        let refill = self.helper(Helper::Refill);
        let (top, limit) = (self.context.top().0, self.context.limit().0);
        let end = self.locals.scratch(Scratch::End).0;
        match size {
            Size::Constant(bytes) => self.tape.emit(|sink| {
                sink.i64_const(room(bytes) as i64);
            }),
            Size::Scratch => {
                let bytes = self.locals.scratch(Scratch::Bytes).0;
                let mask = i64::from(ALIGNMENT) - 1;
                self.tape.emit(|sink| {
                    sink.local_get(bytes).i64_extend_i32_u().i64_const(mask).i64_add().i64_const(!mask).i64_and();
                });
            }
        }
        self.tape.emit(|sink| {
            sink.global_get(top).i64_extend_i32_u().i64_add().local_tee(end);
            sink.global_get(limit).i64_extend_i32_u().i64_gt_u();
        });
        self.tape.label(None);
        self.tape.emit(|sink| {
            sink.if_(BlockType::Result(ValType::I32)).global_get(top);
        });
        self.push_size(size);
        self.tape.call(refill);
        self.tape.emit(|sink| {
            sink.else_().global_get(top).local_get(end).i32_wrap_i64().global_set(top).end();
        });
    }

    /// Allocates with an alignment of choice. Up to 8 that is no choice.
    pub(in crate::engine) fn lower_allocate_aligned(
        &mut self,
        handle: &Operand,
        bytes: &Operand,
        alignment: &Operand,
    ) -> Result<(), Certain> {
        match alignment.constant() {
            Some(constant) if !is_alignment(constant) => {
                let message = format!("the alignment {constant} is not a power of two up to 65536");
                return Err(Certain { kind: Violation::BadAlignment, message });
            }
            Some(..=ALIGNMENT) => {
                self.discard(alignment);
                self.lower_allocate(handle, bytes);
            }
            _ => {
                self.discard(handle);
                self.lower_aligned_bump(bytes, alignment);
            }
        }
        Ok(())
    }

    /// An allocation with an alignment of more than 8, or one that is not known.
    ///
    /// ```wasm
    /// ;; the size   the alignment
    /// call $linmem.allocate_aligned
    /// ```
    ///
    /// With a constant size and alignment whose sum is at most [`INLINE_BYTES`], inline:
    ///
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
    ///
    /// # Traps
    ///
    /// In `$linmem.OutOfMemory`, with top as it was.
    fn lower_aligned_bump(&mut self, bytes: &Operand, alignment: &Operand) {
        if let (Some(size), Some(constant)) = (bytes.constant(), alignment.constant()) {
            let fits = room(size) + u64::from(constant) <= u64::from(INLINE_BYTES);
            if fits && self.context.optimize == Optimize::Speed {
                self.discard(bytes);
                self.discard(alignment);
                return self.write_aligned_bump(size, constant);
            }
        }
        let allocate = self.helper(Helper::AllocateAligned);
        self.materialize(bytes);
        self.materialize(alignment);
        let size = match bytes.constant() {
            Some(constant) => Size::Constant(constant),
            None => Size::Scratch,
        };
        if bytes.constant().is_none() && self.context.is_packed() {
            let (kept, scratch) = (self.locals.scratch(Scratch::From).0, self.locals.scratch(Scratch::Bytes).0);
            self.tape.emit(|sink| {
                sink.local_set(kept).local_tee(scratch).local_get(kept);
            });
        }
        self.tape.call(allocate);
        self.push_segment(size);
    }

    fn write_aligned_bump(&mut self, bytes: u32, alignment: u32) {
        let refill = self.helper(Helper::RefillAligned);
        let (top, limit) = (self.context.top().0, self.context.limit().0);
        let (start, end) = (self.locals.scratch(Scratch::To).0, self.locals.scratch(Scratch::From).0);
        let mask = alignment as i32 - 1;
        self.tape.emit(|sink| {
            sink.global_get(top).i32_const(mask).i32_add().i32_const(!mask).i32_and().local_tee(start);
            sink.i32_const(room(bytes) as i32).i32_add().local_tee(end).global_get(limit).i32_gt_u();
        });
        self.tape.label(None);
        self.tape.emit(|sink| {
            sink.if_(BlockType::Result(ValType::I32));
            sink.global_get(top).i32_const(bytes as i32).i32_const(alignment as i32);
        });
        self.tape.call(refill);
        self.tape.emit(|sink| {
            sink.else_().local_get(end).global_set(top).local_get(start).end();
        });
        self.push_segment(Size::Constant(bytes));
    }

    /// Takes a size off the stack, to where it can be read more than once.
    fn keep_size(&mut self, bytes: &Operand) -> Size {
        if let Some(constant) = bytes.constant() {
            self.discard(bytes);
            return Size::Constant(constant);
        }
        self.materialize(bytes);
        let scratch = self.locals.scratch(Scratch::Bytes).0;
        self.tape.emit(|sink| {
            sink.local_set(scratch);
        });
        Size::Scratch
    }

    fn push_size(&mut self, size: Size) {
        match size {
            Size::Constant(bytes) => self.tape.emit(|sink| {
                sink.i32_const(bytes as i32);
            }),
            Size::Scratch => {
                let scratch = self.locals.scratch(Scratch::Bytes).0;
                self.tape.emit(|sink| {
                    sink.local_get(scratch);
                });
            }
        }
    }

    /// Makes the address on the stack a segment of this size.
    fn push_segment(&mut self, size: Size) {
        if !self.context.is_packed() {
            return self.push(Value::Unknown);
        }
        match size {
            Size::Constant(bytes) => self.push_packed(|sink| pack_constant(sink, bytes)),
            Size::Scratch => {
                let bytes = self.locals.scratch(Scratch::Bytes).0;
                self.push_packed(|sink| {
                    sink.i64_extend_i32_u();
                    sink.local_get(bytes).i64_extend_i32_u().i64_const(32).i64_shl().i64_or();
                });
            }
        }
    }
}
