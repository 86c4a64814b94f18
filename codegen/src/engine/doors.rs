//! The interface between the engine and the doors, besides instructions.

use crate::choices::{Choices, Tracking};
use crate::engine::knowledge::contents::{Assigned, Content};
use crate::engine::knowledge::event::Event;
use crate::engine::knowledge::frames::RegionKey;
use crate::engine::operands::Value;
use crate::engine::recording::LOCAL_SET;
use crate::engine::shape::{Arity, Shape};
use crate::engine::state::{Engine, Origin};
use crate::helpers::Helper;
use crate::index::LocalIndex;
use crate::source_line::SourceLine;
use crate::statics::StaticSegment;
use crate::width::PointerType;
use linmem_allocator::Zero;
use linmem_intrinsics::Representation;
use wasm_encoder::ValType;

/// An argument of a function whose code is lowered in place of its call.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Argument {
    /// A constant.
    I32(i32),
    /// A constant.
    I64(i64),
    /// The value of a local.
    Local(LocalIndex),
}

impl Engine {
    /// The representation of segments.
    pub(crate) fn representation(&self) -> Representation {
        self.context.representation
    }

    /// The type of pointers: handles, addresses, offsets and sizes.
    pub(crate) fn pointer_type(&self) -> ValType {
        self.context.width().val_type()
    }

    /// The type of segments.
    pub(crate) fn segment_type(&self) -> ValType {
        self.context.segment_type()
    }

    /// Pushes a segment over static data.
    pub(crate) fn static_segment(&mut self, segment: StaticSegment) {
        if !self.is_dead() {
            self.record_static(segment);
            self.push_static(segment);
        }
    }

    /// Adds a local.
    pub(crate) fn add_local(&mut self, ty: ValType, assigned: Assigned) -> LocalIndex {
        self.locals.add(ty, assigned)
    }

    /// Pops an operand into a new local that nothing else assigns. The local is declared only if code needs it.
    pub(crate) fn keep_in_local(&mut self, ty: ValType) -> LocalIndex {
        let local = self.locals.add_unwritten(ty);
        if self.is_dead() {
            return local;
        }
        let operand = self.pop();
        if self.define(local, &operand).is_some() {
            self.recorded_local(LOCAL_SET, local);
            return local;
        }
        let local = self.locals.write(local);
        self.recorded_local(LOCAL_SET, local);
        self.assign(local, &operand);
        local
    }

    /// Pops an operand that a function is called with, whose code is lowered in place of the call. A constant, or the value of
    /// a local that still has it, is not written where it is on the stack, but where that code pushes it.
    pub(crate) fn take_argument(&mut self, ty: ValType) -> Argument {
        let floor = self.control.last().map_or(0, |control| control.floor);
        let operand = self.operands.top(floor).filter(|operand| operand.start.is_some() || operand.deferred);
        let argument = operand.filter(|_| !self.is_dead()).and_then(|operand| {
            Some(match operand.value {
                Value::I32(value) => Argument::I32(value),
                Value::I64(value) => Argument::I64(value),
                // The operand still has the value of that local, as it would otherwise have been kept.
                Value::Numbers(_) => Argument::Local(operand.source?),
                _ => Argument::Local(self.local_of(&operand)?),
            })
        });
        match argument {
            None => Argument::Local(self.keep_in_local(ty)),
            Some(argument) => {
                let operand = self.pop();
                if !operand.deferred {
                    self.discard(&operand);
                }
                argument
            }
        }
    }

    /// Pushes an argument that was taken. No local of the function was assigned since.
    pub(crate) fn push_argument(&mut self, argument: Argument) {
        match argument {
            Argument::I32(value) => self.i32_const_deferred(value),
            Argument::I64(value) => self.i64_const_deferred(value),
            Argument::Local(local) => self.local_get(local),
        }
    }

    /// Records that nothing reads the local of a handle any more.
    pub(crate) fn free_handle(&mut self, handle: LocalIndex) {
        let since = self.tape.here();
        self.locals.free_handle(handle, since);
    }

    /// Whether the function has declared a local so far.
    pub(crate) fn has_local(&self, local: LocalIndex) -> bool {
        self.locals.has(local)
    }

    /// Whether a local is assigned once, or was added by lowering, so that no other code assigns it.
    pub(crate) fn is_owned(&self, local: LocalIndex) -> bool {
        self.locals.contents.assigned(local) == Assigned::Once || self.locals.contents.is_own(local)
    }

    /// Whether the current position is unreachable.
    pub(crate) fn is_dead(&self) -> bool {
        self.dead.is_some()
    }

    /// Whether violations are reported.
    pub(crate) fn reports(&self) -> bool {
        self.context.choices.reports()
    }

    /// Whether the origin of code matters, because violations are reported or accesses are traced.
    pub(crate) fn has_sites(&self) -> bool {
        self.reports() || self.traces()
    }

    /// Sets the origin of the code that follows.
    pub(crate) fn set_origin(&mut self, origin: Origin) {
        self.origin = origin;
    }

    /// The source line of the current code.
    pub(crate) fn source(&self) -> Option<&SourceLine> {
        self.origin.source.as_ref()
    }

    /// Sets the source line of the code that follows.
    pub(crate) fn set_source(&mut self, source: SourceLine) {
        if !self.is_dead() {
            self.tape.line(self.lines.len() as u32);
            self.lines.push(source.clone());
        }
        self.origin.source = Some(source);
    }

    /// The options of the module.
    pub(crate) fn choices(&self) -> Choices {
        self.context.choices
    }

    /// Whether closing a region also closes the regions nested in it.
    pub(crate) fn closes_all_at_once(&self) -> bool {
        self.context.choices.tracking() == Tracking::Marks
    }

    /// Whether closing a region only writes its mark to top.
    pub(crate) fn closes_by_top(&self) -> bool {
        let choices = self.context.choices;
        self.closes_all_at_once() && choices.zero != Zero::Free && !choices.lists_loans()
    }

    /// Whether the module keeps the errno of the last lifted call.
    pub(crate) fn keeps_errno(&self) -> bool {
        self.context.keeps_errno
    }

    /// Whether the program's `memory.size` and `memory.grow` of a memory become calls of helpers.
    pub(crate) fn counts_pages_of(&self, memory: u32) -> bool {
        self.context.counts_pages_of(memory)
    }

    /// Calls a helper in place of an instruction of the program.
    pub(crate) fn call_for_program(&mut self, arity: Arity, helper: Helper) {
        if !self.is_dead() {
            let target = self.helper(helper);
            self.record_differs();
            self.other(Shape::Effect, arity, |tape| tape.call(target));
        }
    }

    /// Records that nothing refers any more to the region whose handle `handle` holds. Nothing else assigns that local.
    pub(crate) fn forget_region(&mut self, handle: LocalIndex) {
        if let Some(Content::Region(region)) = self.locals.contents.content(handle) {
            self.event(Event::Retire(RegionKey::Opened(region)));
        }
    }

    /// Pushes top, for a door that itself generates the code that leaves regions.
    pub(crate) fn push_top(&mut self) {
        self.demands.use_regions();
        let top = self.context.top();
        self.other(Shape::Pure, Arity::Known { pops: 0, pushes: 1 }, |tape| {
            tape.emit(|sink| {
                sink.global_get(top);
            });
        });
    }

    /// Pops the new value of top.
    pub(crate) fn write_top(&mut self) {
        self.demands.use_regions();
        let top = self.context.top();
        self.other(Shape::Pure, Arity::Known { pops: 1, pushes: 0 }, |tape| {
            tape.emit(|sink| {
                sink.global_set(top);
            });
        });
    }
}
