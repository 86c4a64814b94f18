//! Checks that a handle is that of the innermost open region.

use crate::choices::Tracking;
use crate::config::Optimize;
use crate::context::Home;
use crate::engine::knowledge::event::HandleCheck;
use crate::engine::knowledge::frames::RegionKey;
use crate::engine::locals::Scratch;
use crate::engine::maker::Maker;
use crate::engine::operands::{Operand, Value};
use crate::engine::state::Engine;
use crate::globals::Global;
use crate::helpers::{Helper, emit_load_header, push_home};
use crate::index::LocalIndex;
use crate::planted::{self, Bug};
use crate::width::PointerInstructions;
use linmem_allocator::layout::REGION_HANDLE;
use linmem_intrinsics::Violation;

impl Engine {
    /// Pops the handle of an allocation, which is on top of the stack once the operands above it were discarded or
    /// stored in locals. Checks it unless it is known to be valid. Returns the region of the handle, for the segment.
    pub(super) fn take_handle(&mut self, handle: &Operand) -> Maker {
        let key = self.region_key(handle);
        if let Some(maker) = self.unchecked_maker(handle) {
            self.discard(handle);
            return maker;
        }
        let maker = self.check_handle(handle);
        // With `Tracking::List`, a region other than the innermost one may allocate.
        match self.context.choices.tracking() {
            Tracking::List => {
                self.knowledge.innermost.check_open(key);
                maker
            }
            Tracking::Headers | Tracking::Marks | Tracking::Count => {
                self.knowledge.innermost.check_innermost(key);
                Maker::Innermost
            }
        }
    }

    /// The region of a handle whose check is unnecessary or disabled; `None` if the handle must be checked. The check
    /// is unnecessary if the region is known to be open and allowed to allocate. That does not imply that it is the
    /// innermost one.
    pub(super) fn unchecked_maker(&mut self, handle: &Operand) -> Option<Maker> {
        let key = self.region_key(handle);
        if !self.context.choices.checks_regions() || self.knowledge.innermost.is(key) {
            return Some(Maker::Innermost);
        }
        if !self.knowledge.innermost.is_last(key) {
            return None;
        }
        if !self.context.has_scopes() || planted::has(Bug::UncheckedIsInnermost) {
            // Only segments that are structures refer to their region.
            return Some(Maker::Innermost);
        }
        match key {
            Some(RegionKey::Parameter(local)) => Some(Maker::Handle(local)),
            Some(RegionKey::Opened(_)) => self.header(handle).map(Maker::Header),
            None => None,
        }
    }

    /// Checks the handle of an allocation against the header of the innermost open region.
    ///
    /// ```wasm
    /// ;; the handle
    /// global.get $linmem.region   i32.load   i32.ne
    /// global.get $linmem.region   ;; home    i32.eq   i32.or
    /// if
    ///   ;; the handle again, from its local
    ///   call $linmem.check_allocator
    /// end
    /// ```
    ///
    /// When optimizing for size, or if home may not exist yet, only the call is written. For a region that this
    /// function opened, see [`write_header_check`](Engine::write_header_check).
    ///
    /// # Traps
    ///
    /// In `$linmem.UseAfterFree`, `$linmem.NotInnermost` or `$linmem.Corrupted`.
    fn check_handle(&mut self, handle: &Operand) -> Maker {
        if let Some(header) = self.header(handle) {
            self.discard(handle);
            self.check_header(self.region_key(handle), header);
            return Maker::Header(header);
        }
        self.materialize(handle);
        if self.optimize == Optimize::Size || matches!(self.context.home, Home::Found { .. }) {
            let local = self.locals.scratch(Scratch::Handle);
            if self.context.has_scopes() {
                self.tape.emit(|sink| {
                    sink.local_tee(local.0);
                });
            }
            self.call_helper(Helper::Blame(Violation::UseAfterFree));
            return Maker::Handle(local);
        }
        let local = match self.local_of(handle) {
            Some(local) => local,
            None => {
                let scratch = self.locals.scratch(Scratch::Handle);
                self.tape.emit(|sink| {
                    sink.local_tee(scratch.0);
                });
                scratch
            }
        };
        let context = self.context;
        let (region, width) = (context.global(Global::Region), context.width());
        self.tape.emit(|sink| {
            sink.global_get(region).ptr_load(width, context.ptr_memarg(REGION_HANDLE)).ptr_ne(width);
            sink.global_get(region);
            push_home(sink, &context).ptr_eq(width).i32_or();
        });
        self.write_if(|engine| {
            engine.tape.emit(|sink| {
                sink.local_get(local.0);
            });
            engine.call_helper(Helper::Blame(Violation::UseAfterFree));
        });
        Maker::Handle(local)
    }

    /// Checks that a region is the innermost one. The check is removed at the end of a loop if the region was the innermost
    /// one before the loop, and if nothing in the loop can open or close a region.
    fn check_header(&mut self, region: Option<RegionKey>, header: LocalIndex) {
        let Some(in_loop) = self.knowledge.loop_after(region) else {
            return self.write_header_check(header, Violation::UseAfterFree);
        };
        let before = self.demands.functions.clone();
        let start = self.tape.here();
        self.write_header_check(header, Violation::UseAfterFree);
        let code = (start, self.tape.here());
        let calls = self.demands.functions.difference(&before).copied().collect();
        self.demands.functions = before;
        self.knowledge.add_handle_check(in_loop, HandleCheck { code, calls });
    }

    /// Checks that the innermost open region is the one whose header is in a local, and that its header is intact. No
    /// region's header equals home's header: see `linmem_allocator::layout`.
    ///
    /// ```wasm
    /// local.get $header   global.get $linmem.region   i64.load   i64.ne
    /// if
    ///   local.get $header   i32.wrap_i64   call $linmem.check_close
    ///   ;; the handle is that of the innermost region, so the rest of its header was overwritten
    ///   call $linmem.Corrupted
    /// end
    /// ```
    pub(super) fn write_header_check(&mut self, header: LocalIndex, closed: Violation) {
        let (context, width) = (self.context, self.context.width());
        self.tape.emit(|sink| {
            sink.local_get(header.0);
            emit_load_header(sink, &context).i64_ne();
        });
        self.write_if(|engine| {
            engine.tape.emit(|sink| {
                sink.local_get(header.0).ptr_wrap(width);
            });
            engine.call_helper(Helper::Blame(closed));
            // In a list, the region may be elsewhere than at the end and may then allocate.
            if context.choices.tracking() == Tracking::Headers {
                if context.choices.reports() {
                    let region = context.global(Global::Region);
                    engine.tape.emit(|sink| {
                        sink.local_get(header.0).ptr_wrap(width).global_get(region);
                        sink.global_get(region).ptr_load(width, context.ptr_memarg(REGION_HANDLE));
                    });
                }
                engine.call_helper(Helper::Violation(Violation::Corrupted));
            }
        });
    }

    /// The local that holds the header of a region that this function opened. A handle that is known to be of a region
    /// is that of the region opened last at that place, and so is the header.
    pub(super) fn header(&mut self, handle: &Operand) -> Option<LocalIndex> {
        let Value::Region(region) = handle.value else { return None };
        let locals = &mut self.locals;
        self.knowledge.header(region, || locals.add_header())
    }
}
