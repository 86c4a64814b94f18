//! Bumping top, and making a segment of the reserved bytes.

use crate::config::Optimize;
use crate::context::Context;
use crate::engine::knowledge::frames::FrameId;
use crate::engine::late::Late;
use crate::engine::locals::Scratch;
use crate::engine::maker::Maker;
use crate::engine::numbers::PartSource;
use crate::engine::operands::{Operand, Value};
use crate::engine::state::Engine;
use crate::helpers::{Alignment, Helper};
use crate::index::LocalIndex;
use crate::planted::{self, Bug, Optimization};
use crate::segment::SegmentTypes;
use crate::segment::packed;
use crate::width::{PointerInstructions, PointerType};
use linmem_allocator::layout::{ALIGNMENT, room};
use linmem_allocator::{Width, Zero};
use wasm_encoder::{BlockType, InstructionSink};

/// A number that an allocation needs more than once.
#[derive(Clone, Copy)]
pub(in crate::engine) enum Size {
    Constant(u32),
    /// In a scratch local.
    Local(LocalIndex),
}

/// The maximum size in bytes of a frame that is zeroed by individual stores.
const MAX_STORES: u32 = 64;

/// Zeroes a frame, starting at an offset.
///
/// ```wasm
/// local.get $frame   i64.const 0   i64.store offset=OFFSET          ;; for each eight bytes, or
/// local.get $frame   i32.const 0   i32.const BYTES   memory.fill
/// ```
pub(in crate::engine) fn clear(
    sink: &mut InstructionSink<'_>,
    context: &Context,
    base: LocalIndex,
    from: u32,
    bytes: u32,
) {
    if bytes.saturating_sub(from) <= MAX_STORES {
        for offset in (from..bytes).step_by(8) {
            sink.local_get(base.0).i64_const(0).i64_store(context.memarg(offset, 8));
        }
        return;
    }
    let width = context.width();
    sink.local_get(base.0);
    if from != 0 {
        sink.ptr_const(width, u64::from(from)).ptr_add(width);
    }
    sink.i32_const(0).ptr_const(width, u64::from(bytes - from)).memory_fill(context.memory.0);
}

/// Pushes, as an `i64`, the size in a local, rounded up.
///
/// ```wasm
/// local.get $bytes   i64.extend_i32_u   i64.const 7   i64.add   i64.const -8   i64.and
/// ```
pub(in crate::engine) fn push_room(sink: &mut InstructionSink<'_>, width: Width, bytes: LocalIndex) {
    let mask = i64::from(ALIGNMENT) - 1;
    sink.ptr_get_wide(width, bytes.0);
    if !planted::has(Bug::RoomNotRounded) {
        sink.i64_const(mask).i64_add().i64_const(!mask).i64_and();
    }
}

impl Engine {
    /// Reserves a frame.
    ///
    /// ```wasm
    /// global.get $linmem.top       ;; not again if the region was opened just before: local.tee $handle
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
    /// In `$linmem.OutOfMemory`; top is unchanged.
    pub(super) fn write_frame(&mut self, frame: FrameId) {
        let base = self.knowledge.frames.base(frame).0;
        if self.optimize == Optimize::Size {
            self.write_frame_bytes(frame);
            self.call_helper(Helper::Bump);
            self.tape.emit(|sink| {
                sink.local_set(base);
            });
            return;
        }
        self.write_frame_bump(frame);
        self.write_if(|engine| {
            engine.tape.emit(|sink| {
                sink.local_get(base);
            });
            engine.write_frame_bytes(frame);
            engine.call_helper(Helper::refill(&engine.context, Alignment::Fixed));
            engine.tape.emit(|sink| {
                sink.local_set(base);
            });
        });
    }

    /// Writes the fast path of a frame, up to the condition of the slow path.
    pub(super) fn write_frame_bump(&mut self, frame: FrameId) {
        let (top, limit, width) = (self.context.top(), self.context.limit(), self.context.width());
        self.tape.late(Late::FrameStart(frame));
        self.write_frame_bytes(frame);
        self.tape.emit(|sink| {
            sink.ptr_add(width).global_set(top).global_get(top).global_get(limit).ptr_gt_u(width);
        });
    }

    /// Pushes the size of a frame, which is known only at the end of the function.
    pub(super) fn write_frame_bytes(&mut self, frame: FrameId) {
        self.tape.late(Late::FrameBytes(frame));
    }

    /// Lowers an allocation of any size.
    pub(super) fn lower_sized_bump(&mut self, size: Size, maker: Maker) {
        self.write_bump(size);
        self.push_segment(size, maker);
        // A structure is a part of other knowledge, so that its local is always assigned.
        if self.context.segments.types().is_none() && !self.traces() {
            self.allocated = self.operands.last_position();
        }
    }

    /// Reserves any number of bytes and pushes their address.
    ///
    /// ```wasm
    /// ;; the rounded size          ;; or local.get $linmem.room, if the function computed it before
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
    /// In `$linmem.OutOfMemory`; top is unchanged.
    pub(super) fn write_bump(&mut self, size: Size) {
        let choices = self.context.choices;
        if self.optimize == Optimize::Size || choices.zero == Zero::Allocate || self.traces() {
            self.push_size(size);
            return self.call_helper(Helper::Bump);
        }
        let (top, limit, width) = (self.context.top(), self.context.limit(), self.context.width());
        let end = self.locals.scratch(Scratch::End).0;
        match size {
            Size::Constant(bytes) => self.tape.emit(|sink| {
                sink.i64_const(room(u64::from(bytes)) as i64);
            }),
            Size::Local(bytes) => match self.room_of(bytes) {
                Some(room) => self.tape.emit(|sink| {
                    sink.local_get(room.0);
                }),
                None => self.tape.emit(|sink| push_room(sink, width, bytes)),
            },
        }
        self.tape.emit(|sink| {
            sink.global_get(top).ptr_extend(width).i64_add().local_tee(end);
            sink.global_get(limit).ptr_extend(width).i64_gt_u();
        });
        self.write_slow_arm(|engine| {
            engine.tape.emit(|sink| {
                sink.global_get(top);
            });
            engine.push_size(size);
            engine.call_helper(Helper::refill(&engine.context, Alignment::Fixed));
        });
        self.tape.emit(|sink| {
            sink.else_().global_get(top).local_get(end).ptr_wrap(width).global_set(top).end();
        });
    }

    /// The local that holds the rounded size of an allocation, if it pays to compute it where the function begins: the size is
    /// a parameter that is never assigned, and the allocation is in a loop.
    fn room_of(&mut self, bytes: LocalIndex) -> Option<LocalIndex> {
        let is_worth = self.locals.is_constant_parameter(bytes) && self.frequency() > 1 && self.locals.has_room(1);
        (is_worth && !planted::is_off(Optimization::Rooms)).then(|| self.locals.room_of(bytes))
    }

    /// Begins an `if` whose result is an address, and writes its first arm.
    pub(super) fn write_slow_arm(&mut self, then: impl FnOnce(&mut Self)) {
        let pointer = self.context.width().val_type();
        self.tape.label(None);
        self.tape.emit(|sink| {
            sink.if_(BlockType::Result(pointer));
        });
        then(self);
    }

    /// Makes a reference to a segment of the given size from the address on the stack. The address 0 becomes the null
    /// segment, whose size is 0:
    ///
    /// ```wasm
    /// local.tee $to   ;; the size   i32.const 0   local.get $to   select   ;; the region   struct.new $segment
    /// ```
    fn push_new_structure(&mut self, types: SegmentTypes, size: Size, maker: Maker) {
        let width = self.context.width();
        let null = self.context.choices.gives_null().then(|| self.locals.scratch(Scratch::To).0);
        if let Some(address) = null {
            self.tape.emit(|sink| {
                sink.local_tee(address);
            });
        }
        let constant = match (size, null) {
            (Size::Constant(bytes), None) => Some(self.part_use(PartSource::Size(bytes))),
            _ => {
                self.push_size(size);
                None
            }
        };
        if let Some(address) = null {
            self.tape.emit(|sink| {
                sink.ptr_const(width, 0).local_get(address).ptr_nez(width).select();
            });
        }
        let region = types.has_regions().then(|| self.push_maker(maker));
        let known = match size {
            Size::Constant(bytes) if null.is_none() => Some(bytes),
            _ => None,
        };
        self.push_made(types, known, (constant, region));
    }

    /// Pops a pointer so that it can be read more than once, until the intrinsic ends.
    pub(super) fn keep(&mut self, operand: &Operand, scratch: Scratch) -> Size {
        if let Some(constant) = self.constant(operand) {
            self.discard(operand);
            return Size::Constant(constant);
        }
        // A local of the program that still holds it can be read again.
        if let (Some(local), true) = (self.program_local_of(operand), operand.start.is_some()) {
            self.discard(operand);
            return Size::Local(local);
        }
        self.materialize(operand);
        let scratch = self.locals.scratch(scratch);
        self.tape.emit(|sink| {
            sink.local_set(scratch.0);
        });
        Size::Local(scratch)
    }

    pub(in crate::engine) fn push_size(&mut self, size: Size) {
        let width = self.context.width();
        self.tape.emit(|sink| {
            match size {
                Size::Constant(bytes) => sink.ptr_const(width, u64::from(bytes)),
                Size::Local(local) => sink.local_get(local.0),
            };
        });
    }

    /// Makes a segment of the given size from the address on the stack. The address 0 becomes the null segment:
    ///
    /// ```wasm
    /// local.tee $to   ;; pack it   i64.const 0   local.get $to   select
    /// ```
    pub(super) fn push_segment(&mut self, size: Size, maker: Maker) {
        self.trace_allocate(size);
        if let Some(types) = self.context.segments.types() {
            return self.push_new_structure(types, size, maker);
        }
        if !self.context.is_packed() {
            return self.push(Value::Unknown);
        }
        let null = self.context.choices.gives_null().then(|| self.locals.scratch(Scratch::To).0);
        let known = match size {
            Size::Constant(bytes) if null.is_none() => Some(bytes),
            _ => None,
        };
        let width = self.context.width();
        self.push_packed(Value::Unknown, known, |sink| {
            if let Some(address) = null {
                sink.local_tee(address);
            }
            match size {
                Size::Constant(bytes) => {
                    packed::make_constant(sink, bytes);
                }
                Size::Local(bytes) => {
                    packed::add_size(packed::widen_start(sink).local_get(bytes.0));
                }
            }
            if let Some(address) = null {
                sink.i64_const(0).local_get(address).ptr_nez(width).select();
            }
        });
    }
}
