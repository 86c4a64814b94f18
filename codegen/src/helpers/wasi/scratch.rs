//! Building blocks of helpers that call the host: calls, temporary frames, and memory that grows.
//!
//! The functions of WASI preview 1 take 32-bit addresses and sizes: [`Width::Bits32`](linmem_allocator::Width) is the
//! width of that ABI. The helpers in this folder use `i32` for both, so they work only in modules with a 32-bit memory.

use crate::code::FunctionRef;
use crate::globals::Global;
use crate::helpers::call::Call;
use crate::helpers::id::{Alignment, Helper, HostImport, Refused};
use crate::helpers::routine::{Label, Local, Routine};
use crate::module::val_type;
use linmem_allocator::Zero;
use linmem_intrinsics::ValueType;
use linmem_intrinsics::wasi::{Errno, Function as HostFunction};
use wasm_encoder::ValType;

/// Memory that is freed before the helper returns.
#[derive(Clone, Copy, Debug)]
pub(super) struct Frame {
    /// The previous value of top.
    mark: Local,
    /// Its address.
    pub(super) start: Local,
    bytes: u32,
}

/// Memory of any size that is freed before the helper returns.
#[derive(Clone, Copy, Debug)]
pub(super) struct Buffer {
    /// The previous value of top.
    mark: Local,
    /// Its address.
    pub(super) start: Local,
    end: Local,
}

impl Routine<'_> {
    /// Declares a local that holds an `i32`.
    pub(super) fn int(&mut self) -> Local {
        self.local(ValType::I32)
    }

    /// Declares locals for results of these types.
    pub(super) fn results(&mut self, types: &[ValueType]) -> Vec<Local> {
        types.iter().map(|ty| self.local(val_type(*ty))).collect()
    }

    /// Pushes the results.
    pub(super) fn give(&mut self, results: &[Local]) {
        for result in results {
            self.get(*result);
        }
    }

    pub(super) fn constant(&mut self, value: u32) -> &mut Self {
        self.i32_const(value as i32)
    }

    /// Sets a local to an errno.
    pub(super) fn fail(&mut self, errno: Local, with: Errno) -> &mut Self {
        self.constant(with.code()).set(errno)
    }

    /// Pushes the address in a local plus an offset.
    pub(super) fn behind(&mut self, start: Local, offset: u32) -> &mut Self {
        self.get(start);
        match offset {
            0 => self,
            offset => self.constant(offset).i32_add(),
        }
    }

    /// Sets `to` to `left + right`.
    pub(super) fn add(&mut self, to: Local, left: Local, right: Local) -> &mut Self {
        self.get(left).get(right).i32_add().set(to)
    }

    /// Calls a host function.
    pub(super) fn host(&mut self, function: HostFunction) -> &mut Self {
        self.import(HostImport::Wasi(function))
    }

    /// Calls a host function again until it is not interrupted, and sets `errno`.
    pub(super) fn persist(
        &mut self,
        function: HostFunction,
        errno: Local,
        operands: impl FnOnce(&mut Self),
    ) -> &mut Self {
        let again = self.repeat();
        operands(self);
        self.host(function).tee(errno).constant(Errno::Intr.code()).i32_eq().br_if(again);
        self.end()
    }

    /// Calls the plain form of a call.
    pub(super) fn plain(&mut self, call: Call) -> &mut Self {
        match call.plain() {
            FunctionRef::Helper(helper) => self.helper(helper),
            other => self.call(other),
        }
    }

    /// Reserves a frame: at most 65528 bytes, a multiple of 8. If memory is not available and that is not a violation,
    /// sets `errno` to `NOMEM` and branches to `exit`.
    pub(super) fn frame(&mut self, bytes: u32, errno: Local, exit: Label) -> Frame {
        let (mark, start) = (self.int(), self.int());
        self.find_home();
        self.read(Global::Top).tee(mark).tee(start).constant(bytes).i32_add().write(Global::Top);
        self.read(Global::Top).read(Global::Limit).i32_gt_u().if_();
        self.get(mark).constant(bytes).refill(Alignment::Fixed).set(start);
        if self.context().choices.gives_null() {
            self.leave_without_memory(start, errno, exit);
        }
        self.end();
        Frame { mark, start, bytes }
    }

    /// Frees a frame. A host that called back into the program may have left memory allocated after it; the frame then
    /// remains allocated until its region is closed.
    pub(super) fn end_frame(&mut self, frame: Frame) {
        if self.context().choices.zero == Zero::Free {
            for offset in (0..frame.bytes).step_by(8) {
                let at = self.at(offset, 8);
                self.get(frame.start).i64_const(0).i64_store(at);
            }
        }
        self.read(Global::Top).behind(frame.start, frame.bytes).i32_eq().if_();
        self.get(frame.mark).write(Global::Top).end();
    }

    /// Allocates the number of bytes in a local, and sets `start` to their address, or to 0.
    pub(super) fn allocate(&mut self, start: Local, bytes: Local) {
        let end = self.local(ValType::I64);
        self.find_home();
        self.get(bytes).i64_extend_i32_u();
        self.round_up_wide().read(Global::Top).tee(start).i64_extend_i32_u().i64_add().tee(end);
        self.read(Global::Limit).i64_extend_i32_u().i64_gt_u().if_();
        self.get(start).get(bytes).helper(Helper::Refill(Refused::Null, Alignment::Fixed)).set(start);
        self.else_().get(end).i32_wrap_i64().write(Global::Top).end();
    }

    /// Same as `allocate`, but sets `errno` to `NOMEM` and branches to `exit` if memory is not available.
    pub(super) fn allocate_or_leave(&mut self, start: Local, bytes: Local, errno: Local, exit: Label) {
        self.allocate(start, bytes);
        self.leave_without_memory(start, errno, exit);
    }

    /// Reserves a buffer with the number of bytes in a local, at most 2^31. If memory is not available, sets `errno` to `NOMEM` and
    /// branches to `exit`.
    pub(super) fn buffer(&mut self, bytes: Local, errno: Local, exit: Label) -> Buffer {
        let (mark, start, end) = (self.int(), self.int(), self.int());
        self.find_home();
        self.read(Global::Top).set(mark);
        self.allocate_or_leave(start, bytes, errno, exit);
        self.get(bytes).round_up().get(start).i32_add().set(end);
        Buffer { mark, start, end }
    }

    /// Frees a buffer, as `end_frame` frees a frame.
    pub(super) fn end_buffer(&mut self, Buffer { mark, start, end }: Buffer) {
        self.shrink(end, start, mark);
    }

    /// Sets `errno` to `NOMEM` and branches to `exit` if an address is 0.
    fn leave_without_memory(&mut self, start: Local, errno: Local, exit: Label) {
        self.get(start).i32_eqz().if_();
        self.fail(errno, Errno::Nomem).br(exit).end();
    }

    /// Sets top to `new_top`, if top is at `end`. The bytes from `used` to `end` are free then.
    pub(super) fn shrink(&mut self, end: Local, used: Local, new_top: Local) {
        self.read(Global::Top).get(end).i32_eq().if_();
        if self.context().choices.zero == Zero::Free {
            self.get(used).constant(0).get(end).get(used).i32_sub().memory_fill();
        }
        self.get(new_top).write(Global::Top).end();
    }

    /// Rounds the `i32` on the stack up to a multiple of 8.
    pub(super) fn round_up(&mut self) -> &mut Self {
        self.i32_const(7).i32_add().i32_const(-8).i32_and()
    }
}
