//! Reads the rest of a file into a segment that grows.
//!
//! The buffer is at top, so that it grows in place as long as memory does. The iovec is after it:
//!
//! ```text
//!   ┌───────────────────────────┬────────────┬───────────┬───────────┬─────────┐
//!   │ the buffer, of a size     │ buffer u32 │ bytes u32 │ count u32 │ padding │
//!   │ that is a multiple of 8   │            │           │           │         │
//!   └───────────────────────────┴────────────┴───────────┴───────────┴─────────┘
//! ```
//!
//! At the end, all memory after the bytes that were read is freed.

use crate::globals::Global;
use crate::helpers::routine::{Label, Local, Routine};
use crate::helpers::wasi::transfer::{READ, retry};
use linmem_allocator::Zero;
use linmem_intrinsics::wasi::{Errno, Field, Function as HostFunction, Record};
use wasm_encoder::ValType;

/// The file type of a regular file.
const REGULAR: u32 = 4;

/// The initial size of the buffer in bytes if the length of the file is unknown.
const FIRST: u32 = 4080;

/// The maximum size of the buffer in bytes: with the bytes after it, it must end within the address space.
const MOST: u32 = 0xffff_ffe0;

/// The number of bytes after the buffer.
const BEHIND: u32 = 16;

/// ```wasm
/// ;; fd -> (errno, address, bytes)
/// hint = the size of a regular file - its offset + 1, or 0
/// hint > MOST:   return FBIG
/// capacity = round_up(hint), or FIRST
/// start = allocate(capacity + 16), or return NOMEM
/// loop $read
///   used == capacity:
///     extra = capacity
///     loop $try
///       extra = min(extra, MOST - capacity) & -8
///       extra == 0:   errno = NOMEM   leave
///       more = allocate(extra)
///       more == start + capacity + 16:   capacity += extra   br $read
///       more != 0:                                     ;; elsewhere: there must be room for everything
///         top = more   more = allocate(capacity + extra + 16)
///         more != 0:   memory.copy(more, start, used)   start = more   capacity += extra   br $read
///         top = its previous value
///       extra = extra / 2   br $try
///   errno, count = fd_read(fd, start + used, capacity - used)
///   ;; INTR, AGAIN, errors and counts that are too large: as for read_exact
///   count == 0:   leave
///   used += count   br $read
/// end
/// errno != 0:   used = 0   top = its previous value
/// ;; free the memory after round_up(used)
/// ```
pub(super) fn read_to_end(routine: &mut Routine<'_>) {
    let [fd] = routine.params();
    let (errno, start, used, capacity) = (routine.int(), routine.int(), routine.int(), routine.int());
    let (size, end) = (routine.int(), routine.int());
    let (mark, new_top) = (routine.int(), routine.int());
    let exit = routine.block();
    let hint = write_hint(routine, fd, (errno, exit));

    routine.get(hint).i64_const(i64::from(MOST)).i64_gt_u().if_();
    routine.fail(errno, Errno::Fbig).br(exit);
    routine.end();
    routine.get(hint).i32_wrap_i64();
    routine
        .round_up()
        .constant(FIRST)
        .get(hint)
        .i64_const(0)
        .i64_ne()
        .select()
        .tee(capacity)
        .constant(BEHIND)
        .i32_add()
        .set(size);
    routine.read(Global::Top).set(mark);
    routine.allocate_or_leave(start, size, errno, exit);

    let done = routine.block();
    let read = routine.repeat();
    routine.get(used).get(capacity).i32_eq().if_();
    write_growth(routine, (start, used, capacity), (size, end, mark), errno, (read, done));
    routine.end();
    let (buffer, bytes) = (Field::IovecBuffer.offset(), Field::IovecBytes.offset());
    let (buffer, bytes, count_at) = (routine.at(buffer, 4), routine.at(bytes, 4), routine.at(Record::Iovec.bytes(), 4));
    let (iovec, count) = (routine.int(), routine.int());
    routine.get(start).get(capacity).i32_add().tee(iovec);
    routine.get(start).get(used).i32_add().i32_store(buffer);
    routine.get(iovec).get(capacity).get(used).i32_sub().i32_store(bytes);
    routine.get(iovec).i32_const(0).i32_store(count_at);
    routine.get(fd).get(iovec).constant(1).behind(iovec, Record::Iovec.bytes()).host(HostFunction::FdRead).set(errno);
    retry(routine, (fd, READ), errno, read, done);
    routine.get(iovec).i32_load(count_at).tee(count).i32_eqz().br_if(done);
    routine.get(count).get(capacity).get(used).i32_sub().i32_gt_u().if_();
    routine.fail(errno, Errno::Io).br(done);
    routine.end();
    routine.add(used, used, count).br(read);
    routine.end();
    routine.end();

    routine.get(errno).if_();
    routine.constant(0).set(used);
    routine.end();
    routine.add(end, start, capacity).behind(end, BEHIND).set(end);
    routine.get(used).round_up().get(start).i32_add().set(size);
    // If everything is free again, restore top, which may be in another chunk.
    routine.get(mark).get(size).get(errno).select().set(new_top);
    routine.shrink(end, size, new_top);
    routine.get(errno).if_();
    routine.constant(0).set(start);
    routine.end();
    routine.end();
    routine.give(&[errno, start, used]);
}

/// Computes the size of a buffer for the rest of a regular file and for detecting its end; 0 if that is unknown.
pub(super) fn write_hint(routine: &mut Routine<'_>, fd: Local, (errno, exit): (Local, Label)) -> Local {
    let offset = Record::Filestat.bytes();
    let hint = routine.local(ValType::I64);
    let (file_type, file_size) =
        (routine.at(Field::FilestatType.offset(), 1), routine.at(Field::FilestatSize.offset(), 8));
    let offset_at = routine.at(offset, 8);
    let frame = routine.frame(offset + 8, errno, exit);
    let unknown = routine.block();
    routine.get(fd).get(frame.start).host(HostFunction::FdFilestatGet).br_if(unknown);
    routine.get(frame.start).i32_load8_u(file_type).i32_const(REGULAR as i32).i32_ne().br_if(unknown);
    routine.get(fd).behind(frame.start, offset).host(HostFunction::FdTell).br_if(unknown);
    routine
        .get(frame.start)
        .i64_load(file_size)
        .get(frame.start)
        .i64_load(offset_at)
        .i64_sub()
        .tee(hint)
        .i64_const(0)
        .get(hint)
        .i64_const(0)
        .i64_gt_s()
        .select()
        .i64_const(1)
        .i64_add()
        .set(hint);
    routine.end();
    routine.end_frame(frame);
    hint
}

/// Enlarges the buffer and branches to `read`.
fn write_growth(
    routine: &mut Routine<'_>,
    (start, used, capacity): (Local, Local, Local),
    (size, end, mark): (Local, Local, Local),
    errno: Local,
    (read, done): (Label, Label),
) {
    let (extra, more, before) = (routine.int(), routine.int(), routine.int());
    routine.get(capacity).set(extra).read(Global::Top).set(before);
    let attempt = routine.repeat();
    // The smaller of the two, as a multiple of 8. `capacity` and `MOST` are multiples of 8.
    routine.get(extra).constant(MOST).get(capacity).i32_sub();
    routine.get(extra).constant(MOST).get(capacity).i32_sub().i32_lt_u().select();
    routine.i32_const(-8).i32_and().tee(extra).i32_eqz().if_();
    routine.fail(errno, Errno::Nomem).br(done);
    routine.end();
    routine.allocate(more, extra);
    routine.add(end, start, capacity).behind(end, BEHIND).get(more).i32_eq().if_();
    routine.add(capacity, capacity, extra).br(read);
    routine.end();
    routine.get(more).if_();
    routine.get(more).write(Global::Top);
    routine.get(capacity).get(extra).i32_add().i32_const(BEHIND as i32).i32_add().set(size);
    routine.allocate(more, size);
    routine.get(more).if_();
    // If other code has allocated memory after the buffer, keep that memory, and the old buffer with it.
    routine.get(mark).get(before).get(before).behind(end, BEHIND).i32_eq().select().set(mark);
    routine.get(more).get(start).get(used).memory_copy();
    if routine.context().choices.zero == Zero::Free {
        routine.get(start).constant(0).get(capacity).constant(BEHIND).i32_add().memory_fill();
    }
    routine.get(more).set(start).add(capacity, capacity, extra).br(read);
    routine.end();
    routine.get(before).write(Global::Top);
    routine.end();
    routine.get(extra).constant(1).i32_shr_u().set(extra);
    routine.br(attempt);
    routine.end();
}
