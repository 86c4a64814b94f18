//! Transfers that repeat until everything is transferred. A call that was interrupted is repeated. A call that would
//! have to wait is repeated after the host reports that the descriptor is ready.

use crate::helpers::call::Call;
use crate::helpers::routine::{Label, Local, Routine};
use linmem_intrinsics::wasi::{Errno, Field, Function as HostFunction, Record};

/// The tags of subscriptions.
pub(super) const READ: u32 = 1;
const WRITE: u32 = 2;

/// ```wasm
/// ;; (fd, address, bytes) -> errno
/// loop
///   bytes == 0:   return 0
///   errno, count = fd_write(fd, address, bytes)
///   errno == INTR:   continue
///   errno == AGAIN and wait(fd, WRITE) == 0:   continue
///   errno != 0:   return errno
///   count - 1 >= bytes:   return IO                   ;; unsigned: also detects 0
///   address += count   bytes -= count   continue
/// end
/// ```
///
/// A host that writes nothing, or reports more bytes than it was given, causes an I/O error.
pub(super) fn write_all(routine: &mut Routine<'_>) {
    let [fd, address, bytes] = routine.params();
    let (errno, count) = (routine.int(), routine.int());
    let exit = routine.block();
    let again = routine.repeat();
    routine.get(bytes).i32_eqz().br_if(exit);
    routine.get(fd).get(address).get(bytes).plain(Call::Host(HostFunction::FdWrite)).set(count).set(errno);
    retry(routine, (fd, WRITE), errno, again, exit);
    routine.get(count).constant(1).i32_sub().get(bytes).i32_ge_u().if_();
    routine.fail(errno, Errno::Io).br(exit);
    routine.end();
    routine.add(address, address, count);
    routine.get(bytes).get(count).i32_sub().set(bytes);
    routine.br(again);
    routine.end();
    routine.end();
    routine.give(&[errno]);
}

/// ```wasm
/// ;; (fd, address, bytes) -> (errno, done)
/// loop
///   done == bytes:   return (0, done)
///   errno, count = fd_read(fd, address + done, bytes - done)
///   ;; INTR, AGAIN as for write_all
///   errno != 0:   return (errno, done)
///   count == 0:   return (0, done)
///   count > bytes - done:   return (IO, done)
///   done += count   continue
/// end
/// ```
pub(super) fn read_exact(routine: &mut Routine<'_>) {
    let [fd, address, bytes] = routine.params();
    let (errno, done, count) = (routine.int(), routine.int(), routine.int());
    let exit = routine.block();
    let again = routine.repeat();
    routine.get(done).get(bytes).i32_eq().br_if(exit);
    routine.get(fd).get(address).get(done).i32_add().get(bytes).get(done).i32_sub();
    routine.plain(Call::Host(HostFunction::FdRead)).set(count).set(errno);
    retry(routine, (fd, READ), errno, again, exit);
    routine.get(count).i32_eqz().br_if(exit);
    routine.get(count).get(bytes).get(done).i32_sub().i32_gt_u().if_();
    routine.fail(errno, Errno::Io).br(exit);
    routine.end();
    routine.add(done, done, count).br(again);
    routine.end();
    routine.end();
    routine.give(&[errno, done]);
}

/// Handles the errno of a host call: branches to `again` if the call was interrupted, or would have to wait and waiting
/// succeeded; branches to `exit` for any other errno.
pub(super) fn retry(routine: &mut Routine<'_>, (fd, tag): (Local, u32), errno: Local, again: Label, exit: Label) {
    routine.get(errno).if_();
    routine.get(errno).constant(Errno::Intr.code()).i32_eq().if_();
    routine.constant(0).set(errno).br(again);
    routine.end();
    routine.get(errno).constant(Errno::Again.code()).i32_ne().br_if(exit);
    routine.get(fd).constant(tag).plain(Call::Wait).br_if(exit);
    routine.constant(0).set(errno).br(again);
    routine.end();
}

/// Waits until a descriptor is ready for reading or writing.
///
/// ```wasm
/// ;; (fd, tag) -> errno
/// frame = bump 88
/// subscription = { 0, tag, fd }
/// call $poll_oneoff (subscription, event, 1, count)
/// ```
pub(super) fn wait(routine: &mut Routine<'_>) {
    let [fd, tag] = routine.params();
    let errno = routine.int();
    let event = Record::Subscription.bytes();
    let count = event + Record::Event.bytes();
    let exit = routine.block();
    let frame = routine.frame(count + 8, errno, exit);
    for offset in (0..event).step_by(8) {
        let at = routine.at(offset, 8);
        routine.get(frame.start).i64_const(0).i64_store(at);
    }
    let at = |field: Field| (field.offset(), field.access().bytes());
    let (tag_at, fd_at) = (at(Field::SubscriptionTag), at(Field::SubscriptionDescriptor));
    let (tag_at, fd_at) = (routine.at(tag_at.0, tag_at.1), routine.at(fd_at.0, fd_at.1));
    routine.get(frame.start).get(tag).i32_store8(tag_at);
    routine.get(frame.start).get(fd).i32_store(fd_at);
    routine.persist(HostFunction::PollOneoff, errno, |routine| {
        routine.get(frame.start).behind(frame.start, event).constant(1).behind(frame.start, count);
    });
    routine.end_frame(frame);
    routine.end();
    routine.give(&[errno]);
}
