//! The events of regions and allocations.

use crate::engine::knowledge::event::Event;
use crate::engine::lower::bump::Size;
use crate::engine::operands::Operand;
use crate::engine::state::Engine;
use crate::globals::Global;
use crate::helpers::{Helper, TraceEvent, policy, push_home};
use crate::index::LocalIndex;
use crate::segment::Held;
use crate::width::PointerInstructions;

/// The number of bytes after each allocation that belong to none.
const GAP: u32 = 8;

/// A region that is being closed, or that a call of the host allocates from.
#[derive(Clone, Copy, Debug)]
pub(in crate::engine) struct Before {
    pub(super) handle: Held,
    /// The local that holds top before that.
    pub(super) top: LocalIndex,
}

impl Engine {
    pub(super) fn push_limit(&mut self) {
        self.demands.use_regions();
        let limit = self.context.limit();
        self.tape.emit(|sink| {
            sink.global_get(limit);
        });
    }

    /// Reserves bytes that belong to no allocation, and pushes their address.
    pub(super) fn push_gap(&mut self) {
        let width = self.context.width();
        self.tape.emit(|sink| {
            sink.ptr_const(width, u64::from(GAP));
        });
        self.call_helper(Helper::Bump);
    }

    /// Writes the event of an open, after the region was opened. `handle` is the global that holds its handle.
    pub(in crate::engine) fn trace_open(&mut self, handle: u32) {
        if !self.traces() {
            return;
        }
        let context = self.context;
        let mark = if context.choices.checks_regions() { context.global(Global::Region) } else { context.top() };
        self.tape.emit(|sink| {
            push_home(sink.global_get(handle).global_get(mark), &context);
        });
        self.push_limit();
        self.tape.emit(|sink| {
            sink.i32_const(policy(context.choices));
        });
        self.event_call(TraceEvent::Open);
    }

    /// Begins a region that has no header with a gap, after its handle was pushed.
    pub(in crate::engine) fn trace_opened(&mut self) {
        if self.traces() && !self.context.choices.checks_regions() {
            self.event(Event::Grow);
            self.push_gap();
            self.tape.emit(|sink| {
                sink.drop();
            });
        }
    }

    /// Keeps the handle of an allocation for its event.
    pub(in crate::engine) fn trace_handle(&mut self, handle: &mut Operand) {
        if self.traces() {
            self.traced_handle = Some(self.hold(handle));
        }
    }

    /// Writes the event of an allocation whose address is on the stack.
    pub(in crate::engine) fn trace_allocate(&mut self, size: Size) {
        if !self.traces() {
            return;
        }
        let handle = self.traced_handle.take().unwrap_or(Held::Constant(0));
        let address = self.take_pointer();
        self.tape.emit(|sink| {
            sink.local_set(address.0);
        });
        self.push_held(handle);
        self.tape.emit(|sink| {
            sink.local_get(address.0);
        });
        self.push_size(size);
        self.push_gap();
        self.push_limit();
        self.event_call(TraceEvent::Allocate);
        self.tape.emit(|sink| {
            sink.local_get(address.0);
        });
    }

    /// Keeps what the event of a close needs.
    pub(in crate::engine) fn trace_close(&mut self, handle: &mut Operand) -> Option<Before> {
        self.traces().then(|| {
            let handle = self.hold(handle);
            Before { handle, top: self.keep_top() }
        })
    }

    fn keep_top(&mut self) -> LocalIndex {
        let (local, top) = (self.take_pointer(), self.context.top());
        self.demands.use_regions();
        self.tape.emit(|sink| {
            sink.global_get(top).local_set(local.0);
        });
        local
    }

    /// Writes the event of a close, after the region was closed.
    pub(in crate::engine) fn trace_closed(&mut self, before: Option<Before>) {
        let Some(Before { handle, top: before }) = before else { return };
        let top = self.context.top();
        self.push_held(handle);
        self.tape.emit(|sink| {
            sink.local_get(before.0).global_get(top);
        });
        self.push_limit();
        self.event_call(TraceEvent::Close);
        self.tape.emit(|sink| {
            sink.global_set(top);
        });
    }
}
