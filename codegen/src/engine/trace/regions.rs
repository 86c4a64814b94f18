//! The events of regions and allocations.

use crate::engine::knowledge::event::Event;
use crate::engine::lower::bump::Size;
use crate::engine::operands::Operand;
use crate::engine::state::Engine;
use crate::helpers::Helper;
use crate::index::LocalIndex;
use crate::segment::Held;

/// A region that is being closed, or that a call of the host allocates from.
#[derive(Clone, Copy, Debug)]
pub(in crate::engine) struct Before {
    pub(super) handle: Held,
    /// The local that holds top before that.
    pub(super) top: LocalIndex,
}

impl Engine {
    /// Writes the event of an open, after the handle was pushed.
    pub(in crate::engine) fn trace_open(&mut self) {
        if !self.traces() {
            return;
        }
        // A region without a header begins with a gap.
        if !self.context.choices.checks_regions() {
            self.event(Event::Grow);
        }
        self.call_helper(Helper::TraceOpen);
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
        self.call_helper(Helper::TraceAllocate);
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
        self.push_held(handle);
        self.tape.emit(|sink| {
            sink.local_get(before.0);
        });
        self.call_helper(Helper::TraceClose);
    }
}
