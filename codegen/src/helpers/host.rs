//! Lifted host calls: a segment goes in, the iovec is built here.
//!
//! The iovec and the count that the host writes lie in a frame that is freed before the helper returns:
//!
//! ```text
//!   ┌────────────┬───────────┬───────────┬─────────┐
//!   │ buffer u32 │ bytes u32 │ count u32 │ padding │
//!   └────────────┴───────────┴───────────┴─────────┘
//!   0            4           8           12        16
//! ```

use crate::context::Home;
use crate::engine::tape::FunctionRef;
use crate::helpers::{Alignment, Bodies, Helper, HostCall, HostImport};
use linmem_allocator::Zero;
use wasm_encoder::{BlockType, Function, ValType};

const IOVEC_BUFFER: u32 = 0;
const IOVEC_BYTES: u32 = 4;
const COUNT: u32 = 8;
const FRAME: u32 = 16;

/// Error numbers of WASI preview 1 that are treated on their own.
mod errno {
    pub(super) const AGAIN: i32 = 6;
    pub(super) const INTR: i32 = 27;
    pub(super) const IO: i32 = 29;
    pub(super) const NOMEM: i32 = 48;
}

/// One call of the host. The count is 0 if the host did not write one.
///
/// ```wasm
/// ;; (fd, address, bytes) -> (errno, count)
/// mark = top   frame = bump 16
/// frame == 0:   return (NOMEM, 0)                     ;; if allocations may give null
/// frame[0] = address   frame[4] = bytes   frame[8] = 0
/// call $fd_write (fd, frame, 1, frame + 8)
/// frame[8]
/// top == frame + 16:   top = mark
/// ```
///
/// A host that called back into the program may have left memory allocated behind the frame; then the frame stays where
/// it is, until its region is closed.
pub(super) fn transfer(bodies: &Bodies<'_>, call: HostCall) -> Function {
    let (context, choices) = (bodies.context, bodies.context.choices);
    let import = if call == HostCall::FdRead { HostImport::FdRead } else { HostImport::FdWrite };
    let (top, limit) = (context.top(), context.limit());
    let (fd, address, bytes, site) = (0, 1, 2, 3);
    let mark = site + u32::from(Helper::transfer(call).is_told_site(context));
    let frame = mark + 1;
    let mut function = Function::new([(2, ValType::I32)]);
    let sink = &mut function.instructions();
    if matches!(context.home, Home::Found { .. }) {
        sink.global_get(top).i32_eqz().if_(BlockType::Empty);
        bodies.call(sink, Helper::FindHome, site);
        sink.end();
    }
    sink.global_get(top).local_tee(mark).local_tee(frame).i32_const(FRAME as i32).i32_add().global_set(top);
    sink.global_get(top).global_get(limit).i32_gt_u().if_(BlockType::Empty);
    sink.local_get(mark).i32_const(FRAME as i32);
    bodies.call(sink, Helper::refill(context, Alignment::Fixed), site);
    sink.local_set(frame);
    if choices.gives_null() {
        sink.local_get(frame).i32_eqz().if_(BlockType::Empty);
        sink.i32_const(errno::NOMEM).i32_const(0).return_().end();
    }
    sink.end();
    sink.local_get(frame).local_get(address).i32_store(context.memarg(IOVEC_BUFFER, 4));
    sink.local_get(frame).local_get(bytes).i32_store(context.memarg(IOVEC_BYTES, 4));
    sink.local_get(frame).i32_const(0).i32_store(context.memarg(COUNT, 4));
    sink.local_get(fd).local_get(frame).i32_const(1).local_get(frame).i32_const(COUNT as i32).i32_add();
    sink.call((bodies.index)(FunctionRef::Host(import)));
    sink.local_get(frame).i32_load(context.memarg(COUNT, 4));
    if choices.zero == Zero::Free {
        sink.local_get(frame).i64_const(0).i64_store(context.memarg(IOVEC_BUFFER, 8));
        sink.local_get(frame).i64_const(0).i64_store(context.memarg(COUNT, 8));
    }
    sink.global_get(top).local_get(frame).i32_const(FRAME as i32).i32_add().i32_eq().if_(BlockType::Empty);
    sink.local_get(mark).global_set(top).end().end();
    function
}

/// A host call with a packed segment, or with its results folded into one, or both.
///
/// ```wasm
/// ;; (fd, segment) -> count or minus errno
/// call $linmem.fd_write (fd, address, size)
/// local.set $count   local.set $errno
/// local.get $count   i32.const 0   local.get $errno   i32.sub
/// local.get $errno   i32.eqz   select
/// ```
pub(super) fn adapter(bodies: &Bodies<'_>, call: HostCall, packed: bool, folded: bool) -> Function {
    let (fd, segment) = (0, 1);
    let site = if packed { 2 } else { 3 };
    let helper = Helper::HostCall { call, packed, folded };
    let errno = site + u32::from(helper.is_told_site(bodies.context));
    let count = errno + 1;
    let mut function = Function::new([(if folded { 2 } else { 0 }, ValType::I32)]);
    let sink = &mut function.instructions();
    sink.local_get(fd);
    if packed {
        sink.local_get(segment).i32_wrap_i64();
        sink.local_get(segment).i64_const(32).i64_shr_u().i32_wrap_i64();
    } else {
        sink.local_get(1).local_get(2);
    }
    bodies.call(sink, Helper::transfer(call), site);
    if folded {
        sink.local_set(count).local_set(errno);
        sink.local_get(count).i32_const(0).local_get(errno).i32_sub();
        sink.local_get(errno).i32_eqz().select();
    }
    sink.end();
    function
}

/// Calls of the host until all is written. A call that was interrupted, or that would have had to wait, is made again;
/// one that writes nothing, or claims to have written more than it was given, is an error of the device.
///
/// ```wasm
/// ;; (fd, address, bytes) -> errno
/// loop
///   bytes == 0:   return 0
///   errno, count = fd_write(fd, address, bytes)
///   errno == INTR or errno == AGAIN:   continue
///   errno != 0:   return errno
///   count - 1 >= bytes:   return IO                   ;; unsigned: catches 0 as well
///   address += count   bytes -= count   continue
/// end
/// ```
pub(super) fn write_all(bodies: &Bodies<'_>, packed: bool) -> Function {
    let (fd, segment) = (0, 1);
    let site = if packed { 2 } else { 3 };
    let helper = Helper::HostCall { call: HostCall::WriteAll, packed, folded: false };
    let first = site + u32::from(helper.is_told_site(bodies.context));
    let (address, bytes) = if packed { (first, first + 1) } else { (1, 2) };
    let errno = if packed { first + 2 } else { first };
    let count = errno + 1;
    let mut function = Function::new([(if packed { 4 } else { 2 }, ValType::I32)]);
    let sink = &mut function.instructions();
    if packed {
        sink.local_get(segment).i32_wrap_i64().local_set(address);
        sink.local_get(segment).i64_const(32).i64_shr_u().i32_wrap_i64().local_set(bytes);
    }
    sink.loop_(BlockType::Empty);
    sink.local_get(bytes).i32_eqz().if_(BlockType::Empty).i32_const(0).return_().end();
    sink.local_get(fd).local_get(address).local_get(bytes);
    bodies.call(sink, Helper::transfer(HostCall::FdWrite), site);
    sink.local_set(count).local_tee(errno);
    sink.if_(BlockType::Empty);
    sink.local_get(errno).i32_const(errno::INTR).i32_eq();
    sink.local_get(errno).i32_const(errno::AGAIN).i32_eq().i32_or().br_if(1);
    sink.local_get(errno).return_().end();
    sink.local_get(count).i32_const(1).i32_sub().local_get(bytes).i32_ge_u().if_(BlockType::Empty);
    sink.i32_const(errno::IO).return_().end();
    sink.local_get(address).local_get(count).i32_add().local_set(address);
    sink.local_get(bytes).local_get(count).i32_sub().local_set(bytes).br(0);
    sink.end().unreachable().end();
    function
}
