//! Opening and closing regions.
//!
//! Without checks, opening a region reads top, and closing it restores top. Where regions are checked, each has a
//! header, which is reserved by the same bump as the first frame; see `linmem_allocator::layout`.

use crate::choices::Tracking;
use crate::config::Optimize;
use crate::context::Home;
use crate::engine::knowledge::event::Event;
use crate::engine::knowledge::frames::{FrameId, RegionId, RegionKey};
use crate::engine::late::Late;
use crate::engine::maker::Maker;
use crate::engine::operands::{Operand, Value};
use crate::engine::state::Engine;
use crate::globals::Global;
use crate::helpers::{Helper, emit_header, emit_store_header, push_home};
use crate::planted::{self, Bug};
use crate::width::PointerInstructions;
use linmem_allocator::layout::REGION_HANDLE;
use linmem_allocator::{Nesting, Zero};
use linmem_intrinsics::Violation;
use wasm_encoder::BlockType;

impl Engine {
    /// Opens a region.
    pub(in crate::engine) fn lower_open(&mut self) {
        self.demands.use_regions();
        let region = self.new_region();
        let handle = match self.context.choices.tracking() {
            Tracking::Marks => self.write_open(),
            Tracking::Count => self.write_counted_open(),
            Tracking::Headers | Tracking::List => self.write_checked_open(region),
        };
        self.event(Event::Open(RegionKey::Opened(region)));
        self.simple(Value::Region(region), |sink| {
            sink.global_get(handle);
        });
        self.trace_open();
    }

    /// ```wasm
    /// global.get $linmem.top
    /// ```
    ///
    /// If home must be found first, this precedes it:
    ///
    /// ```wasm
    /// global.get $linmem.top  i32.eqz  if  call $linmem.find_home  end
    /// ```
    fn write_open(&mut self) -> u32 {
        let (top, width) = (self.context.top(), self.context.width());
        if matches!(self.context.home, Home::Found { .. }) {
            self.tape.emit(|sink| {
                sink.global_get(top).ptr_eqz(width);
            });
            self.write_if(|engine| engine.call_helper(Helper::FindHome));
        }
        top
    }

    /// ```wasm
    /// global.get $linmem.open   i32.eqz   if  global.get $linmem.top   global.set $linmem.mark  end
    /// global.get $linmem.open   i32.const 1   i32.add   global.set $linmem.open
    /// global.get $linmem.top
    /// ```
    fn write_counted_open(&mut self) -> u32 {
        let top = self.write_open();
        let (open, mark) = (self.context.global(Global::Open), self.context.global(Global::Mark));
        self.tape.emit(|sink| {
            sink.global_get(open).i32_eqz();
        });
        self.write_if(|engine| {
            engine.tape.emit(|sink| {
                sink.global_get(top).global_set(mark);
            });
        });
        self.tape.emit(|sink| {
            sink.global_get(open).i32_const(1).i32_add().global_set(open);
        });
        top
    }

    /// Opens a region with a header. The header begins a frame.
    ///
    /// ```wasm
    /// global.get $linmem.top   local.tee $frame   i32.const BYTES   i32.add   global.set $linmem.top
    /// global.get $linmem.top   global.get $linmem.limit   i32.gt_u
    /// if
    ///   local.get $frame   global.set $linmem.top
    ///   i32.const BYTES   call $linmem.open   local.set $frame
    /// else
    ///   local.get $frame
    ///   global.get $linmem.serial   i32.const 2   i32.add   global.set $linmem.serial
    ///   global.get $linmem.serial   i64.extend_i32_u
    ///   global.get $linmem.region   i64.extend_i32_u   i64.const 32   i64.shl   i64.or
    ///   i64.store
    ///   local.get $frame   global.set $linmem.region
    /// end
    /// global.get $linmem.serial
    /// ```
    ///
    /// The header is kept in a local if this function checks the region.
    ///
    /// # Traps
    ///
    /// In `$linmem.Nested`, if only one region may be open. In `$linmem.OutOfMemory`; top is unchanged.
    fn write_checked_open(&mut self, region: RegionId) -> u32 {
        let serial = self.context.global(Global::Serial);
        if self.context.choices.nesting == Nesting::Forbid {
            self.write_nested_check();
        }
        let header = self.context.layout().region_header();
        let frame = if self.knowledge.frames.has_room() {
            let base = self.locals.take_base();
            self.knowledge.begin_frame(RegionKey::Opened(region), base, header).map(|slot| slot.frame)
        } else {
            None
        };
        match frame {
            None => {
                let width = self.context.width();
                self.tape.emit(|sink| {
                    sink.ptr_const(width, u64::from(header));
                });
                self.call_helper(Helper::Open);
                self.tape.emit(|sink| {
                    sink.drop();
                });
                self.tape.late(Late::TakeHeader(region));
            }
            Some(frame) => {
                // Opening a region of a list takes too much code to inline.
                let inline = self.context.choices.tracking() == Tracking::Headers && self.optimize == Optimize::Speed;
                if inline {
                    self.write_inline_open(region, frame);
                } else {
                    self.write_called_open(region, frame);
                }
                if self.context.choices.zero == Zero::Allocate {
                    self.tape.late(Late::ClearFrame(frame, header));
                }
                self.leave_scope_place(frame, Maker::Innermost);
            }
        }
        serial
    }

    fn write_inline_open(&mut self, region: RegionId, frame: FrameId) {
        let context = self.context;
        let top = context.top();
        let base = self.knowledge.frames.base(frame).0;
        self.write_frame_bump(frame);
        self.write_if(|engine| {
            engine.tape.emit(|sink| {
                sink.local_get(base).global_set(top);
            });
            engine.write_called_open(region, frame);
            engine.tape.emit(|sink| {
                sink.else_();
                emit_header(sink, &context, base);
            });
            engine.tape.late(Late::KeepHeader(region));
            engine.tape.emit(|sink| {
                emit_store_header(sink, &context, base);
            });
        });
    }

    fn write_called_open(&mut self, region: RegionId, frame: FrameId) {
        let base = self.knowledge.frames.base(frame).0;
        self.write_frame_bytes(frame);
        self.call_helper(Helper::Open);
        self.tape.emit(|sink| {
            sink.local_set(base);
        });
        self.tape.late(Late::TakeHeader(region));
    }

    /// ```wasm
    /// global.get $linmem.region   ;; home   i32.ne
    /// if  call $linmem.Nested  unreachable  end
    /// ```
    fn write_nested_check(&mut self) {
        let context = self.context;
        let (region, width) = (context.global(Global::Region), context.width());
        self.tape.emit(|sink| {
            sink.global_get(region);
            push_home(sink, &context).ptr_ne(width);
        });
        self.write_if(|engine| {
            if context.choices.reports() {
                engine.tape.emit(|sink| {
                    sink.global_get(region).ptr_load(width, context.ptr_memarg(REGION_HANDLE));
                    sink.ptr_const(width, 0).ptr_const(width, 0);
                });
            }
            engine.call_helper(Helper::Violation(Violation::Nested));
        });
    }

    /// Closes a region.
    pub(in crate::engine) fn lower_close(&mut self, handle: &mut Operand) {
        self.demands.use_regions();
        let key = self.region_key(handle);
        let is_checked = self.context.choices.checks_regions();
        if self.unwinds && is_checked && planted::has(Bug::UnwindKeepsHeader) {
            return self.discard(handle);
        }
        let closing = self.trace_close(handle);
        match self.context.choices.tracking() {
            Tracking::Marks => {
                let tail = self.tail.filter(|tail| tail.is_before_close(handle, &self.tape));
                self.materialize(handle);
                self.write_top_back();
                if self.context.choices.zero != Zero::Free && !self.context.choices.lists_loans() && !self.traces() {
                    let end = self.tape.here();
                    self.tail = tail.map(|tail| tail.close(end));
                }
            }
            Tracking::Count => {
                self.discard(handle);
                self.write_counted_close();
            }
            Tracking::Headers => self.write_checked_close(handle),
            Tracking::List => self.write_called_close(handle),
        }
        self.trace_closed(closing);
        self.event(Event::Close(key));
    }

    /// Restores top to the mark on the stack, and zeroes the memory above it if that is requested.
    ///
    /// ```wasm
    /// global.set $linmem.top                            ;; or call $linmem.release
    /// ```
    ///
    /// If the host's loans are in a list, this follows `global.set`:
    ///
    /// ```wasm
    /// global.get $linmem.loan   global.get $linmem.top   i32.ge_u
    /// if  global.get $linmem.top   call $linmem.end_loans  end
    /// ```
    fn write_top_back(&mut self) {
        let skips_zeroing = self.unwinds && planted::has(Bug::UnwindSkipsZeroing);
        if self.context.choices.zero == Zero::Free && !skips_zeroing {
            return self.call_helper(Helper::Release);
        }
        let (top, width) = (self.context.top(), self.context.width());
        self.tape.emit(|sink| {
            sink.global_set(top);
        });
        if self.context.choices.lists_loans() {
            let loan = self.context.global(Global::Loan);
            self.tape.emit(|sink| {
                sink.global_get(loan).global_get(top).ptr_ge_u(width);
            });
            self.write_if(|engine| {
                engine.tape.emit(|sink| {
                    sink.global_get(top);
                });
                engine.call_helper(Helper::EndLoans);
            });
        }
    }

    /// ```wasm
    /// global.get $linmem.open   i32.const 1   i32.sub   global.set $linmem.open
    /// global.get $linmem.open   i32.eqz   if  global.get $linmem.mark   global.set $linmem.top  end
    /// ```
    fn write_counted_close(&mut self) {
        let (open, mark) = (self.context.global(Global::Open), self.context.global(Global::Mark));
        self.tape.emit(|sink| {
            sink.global_get(open).i32_const(1).i32_sub().global_set(open).global_get(open).i32_eqz();
        });
        self.write_if(|engine| {
            engine.tape.emit(|sink| {
                sink.global_get(mark);
            });
            engine.write_top_back();
        });
    }

    /// Closes a region that must be the innermost one. If this function opened it:
    ///
    /// ```wasm
    /// ;; its header, checked
    /// global.get $linmem.region
    /// global.get $linmem.region   i32.load offset=4   global.set $linmem.region
    /// global.set $linmem.top
    /// ```
    ///
    /// # Traps
    ///
    /// In `$linmem.AlreadyFreed`, `$linmem.NotInnermost` or `$linmem.Corrupted`.
    fn write_checked_close(&mut self, handle: &Operand) {
        let Some(header) = self.header(handle) else { return self.write_called_close(handle) };
        self.discard(handle);
        self.write_header_check(header, Violation::AlreadyFreed);
        self.write_leave_scope();
        let (region, width) = (self.context.global(Global::Region), self.context.width());
        let previous = self.context.ptr_memarg(self.context.layout().region_previous());
        self.tape.emit(|sink| {
            sink.global_get(region).global_get(region).ptr_load(width, previous).global_set(region);
        });
        self.write_top_back();
    }

    /// ```wasm
    /// ;; the handle   call $linmem.close
    /// ```
    fn write_called_close(&mut self, handle: &Operand) {
        self.materialize(handle);
        self.call_helper(Helper::Close);
    }

    /// Wraps code in an `if` without results; the condition is on the stack.
    pub(in crate::engine) fn write_if(&mut self, then: impl FnOnce(&mut Self)) {
        self.tape.label(None);
        self.tape.emit(|sink| {
            sink.if_(BlockType::Empty);
        });
        then(self);
        self.tape.emit(|sink| {
            sink.end();
        });
    }
}
