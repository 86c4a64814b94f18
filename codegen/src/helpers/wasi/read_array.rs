//! Reads the rest of a file into an array, in parts, so that the memory has room for a part only.
//!
//! The array is as long as a regular file. It is replaced by a longer one if there is more, and by one of the right length at
//! the end, if that differs.

use crate::helpers::array_code::ArrayCode;
use crate::helpers::call::Call;
use crate::helpers::id::Helper;
use crate::helpers::routine::{Label, Local, Routine};
use crate::helpers::text_code::TextCode;
use crate::helpers::wasi::read::write_hint;
use crate::helpers::wasi::transfer::{READ, retry};
use linmem_intrinsics::wasi::{Errno, Function as HostFunction};
use linmem_intrinsics::{ArrayType, Encoding};
use wasm_encoder::{HeapType, RefType, ValType};

/// The maximum size of the buffer in bytes.
const BUFFER: u32 = 0x8000;

/// The initial length of the array if the length of the file is unknown.
const FIRST: u32 = 4096;

/// What the elements are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Contents {
    /// The bytes of the file.
    Bytes,
    /// The units of the text that the bytes encode.
    Text,
}

/// The array, how long it is, and how many of its elements were assigned.
#[derive(Clone, Copy)]
struct Growing {
    ty: ArrayType,
    array: Local,
    capacity: Local,
    used: Local,
}

/// ```wasm
/// ;; fd -> (errno, array)
/// hint = the size of a regular file - its offset + 1, or 0
/// hint > 2^32 - 1:   return (FBIG, null)
/// buffer = allocate(min(round_up(hint), BUFFER), or BUFFER), or return (NOMEM, null)
/// array = array.new_default(hint - 1, or FIRST)
/// loop $read
///   errno, count = fd_read(fd, buffer + kept, size - kept)
///   ;; INTR, AGAIN, errors and counts that are too large: as for read_exact
///   bytes = kept + count
///   kept = the size of a sequence that the last bytes begin, or 0                    ;; if it is text, and count != 0
///   ;; append bytes - kept bytes, or their text
///   count == 0:   leave
///   memory.copy(buffer, buffer + bytes - kept, kept)   br $read
/// end
/// ;; free the buffer
/// errno != 0:                      return (errno, null)
/// used != capacity:                array = a copy of its first elements
/// ```
pub(super) fn read_array(routine: &mut Routine<'_>, ty: ArrayType, contents: Contents) {
    let [fd] = routine.params();
    let (errno, size, count, bytes, kept) = (routine.int(), routine.int(), routine.int(), routine.int(), routine.int());
    let (capacity, used) = (routine.int(), routine.int());
    let array = routine.array(ty);
    let growing = Growing { ty, array, capacity, used };
    let exit = routine.block();
    let hint = write_hint(routine, fd, (errno, exit));
    routine.get(hint).i64_const(i64::from(u32::MAX)).i64_gt_u().if_();
    routine.fail(errno, Errno::Fbig).br(exit);
    routine.end();
    routine.constant(FIRST).set(capacity).constant(BUFFER).set(size);
    routine.get(hint).i64_eqz().i32_eqz().if_();
    routine.get(hint).i32_wrap_i64().constant(1).i32_sub().tee(capacity);
    routine.constant(BUFFER).i32_lt_u().if_();
    routine.get(hint).i32_wrap_i64().round_up().set(size);
    routine.end().end();
    let buffer = routine.buffer(size, errno, exit);
    routine.get(capacity);
    routine.new_array(ty).set(array);

    let done = routine.block();
    let read = routine.repeat();
    routine.get(fd).get(buffer.start).get(kept).i32_add().get(size).get(kept).i32_sub();
    routine.plain(Call::Host(HostFunction::FdRead)).set(count).set(errno);
    retry(routine, (fd, READ), errno, read, done);
    routine.get(count).get(size).get(kept).i32_sub().i32_gt_u().if_();
    routine.fail(errno, Errno::Io).br(done);
    routine.end();
    routine.add(bytes, kept, count);
    if contents == Contents::Text {
        routine.constant(0).set(kept);
        routine.get(count).if_();
        unfinished(routine, buffer.start, (bytes, kept));
        routine.get(bytes).get(kept).i32_sub().set(bytes);
        routine.end();
    }
    growing.append(routine, contents, (buffer.start, bytes), (errno, done));
    routine.get(count).i32_eqz().br_if(done);
    if contents == Contents::Text {
        routine.get(buffer.start).get(buffer.start).get(bytes).i32_add().get(kept).memory_copy();
    }
    routine.br(read);
    routine.end();
    routine.end();
    routine.end_buffer(buffer);

    routine.get(errno).if_();
    routine.set_null(growing.array, ty);
    routine.else_().get(used).get(capacity).i32_ne().if_();
    growing.replace(routine, used);
    routine.end().end();
    routine.end();
    routine.give(&[errno, array]);
}

impl Growing {
    /// Appends bytes, or the text that they encode.
    ///
    /// ```wasm
    /// part = decode(start, bytes)   count = part.len               ;; or count = bytes
    /// used + count > capacity:
    ///   used + count > 2^32 - 1:   errno = FBIG   leave            ;; in 64 bits
    ///   capacity = min(max(2 * capacity, used + count), 2^32 - 1)   array = a longer copy of it
    /// array.copy(array, used, part, 0, count)                      ;; or copy_to_array(start, array, used, count)
    /// used += count
    /// ```
    fn append(
        self,
        routine: &mut Routine<'_>,
        contents: Contents,
        (start, bytes): (Local, Local),
        (errno, done): (Local, Label),
    ) {
        let (count, next) = (routine.int(), routine.int());
        let (end, doubled) = (routine.local(ValType::I64), routine.local(ValType::I64));
        let part = routine.array(self.ty);
        routine.get(bytes).set(count);
        if contents == Contents::Text {
            routine.get(start).get(bytes).helper(TextCode::New.helper(Encoding::Utf8, self.ty)).tee(part);
            routine.emit(|sink, _| {
                sink.array_len();
            });
            routine.set(count);
        }
        routine.get(self.used).i64_extend_i32_u().get(count).i64_extend_i32_u().i64_add().tee(end);
        routine.get(self.capacity).i64_extend_i32_u().i64_gt_u().if_();
        routine.get(end).i64_const(i64::from(u32::MAX)).i64_gt_u().if_();
        routine.fail(errno, Errno::Fbig).br(done);
        routine.end();
        routine.get(self.capacity).i64_extend_i32_u().i64_const(1).i64_shl().tee(doubled);
        routine.get(end).get(doubled).get(end).i64_gt_u().select().tee(doubled);
        routine.i64_const(i64::from(u32::MAX)).get(doubled).i64_const(i64::from(u32::MAX)).i64_lt_u().select();
        routine.i32_wrap_i64().set(next);
        self.replace(routine, next);
        routine.get(next).set(self.capacity);
        routine.end();
        match contents {
            Contents::Bytes => {
                routine.get(start).get(self.array).get(self.used).get(count);
                routine.helper(Helper::Array(ArrayCode::CopyTo, self.ty));
            }
            Contents::Text => {
                routine.get(self.array).get(self.used).get(part).constant(0).get(count).copy_array(self.ty);
            }
        }
        routine.add(self.used, self.used, count);
    }

    /// Replaces the array by one of another length with the same first elements.
    fn replace(self, routine: &mut Routine<'_>, length: Local) {
        let other = routine.array(self.ty);
        routine.get(length);
        routine.new_array(self.ty).tee(other).constant(0);
        routine.get(self.array).constant(0).get(self.used).copy_array(self.ty);
        routine.get(other).set(self.array);
    }
}

/// Sets `kept` to the number of bytes at the end that begin a sequence and may be continued; it is 0.
///
/// ```wasm
/// loop $back
///   back == 3 or back == bytes:   leave
///   back += 1
///   byte = (start + bytes - back)[0]
///   byte < 0xc0:                  br $back
///   ;; a sequence has 4 bytes from 0xf0 on, 3 from 0xe0 on, else 2
///   back < 2 + (byte >= 0xe0) + (byte >= 0xf0):   kept = back
/// end
/// ```
///
/// No byte from 0xc0 on continues a sequence, so that the bytes before such a byte are decoded alone as they are together
/// with what follows.
fn unfinished(routine: &mut Routine<'_>, start: Local, (bytes, kept): (Local, Local)) {
    let (back, byte) = (routine.int(), routine.int());
    let at = routine.at(0, 1);
    let none = routine.block();
    routine.constant(0).set(back);
    let again = routine.repeat();
    routine.get(back).constant(3).i32_eq().get(back).get(bytes).i32_eq().i32_or().br_if(none);
    routine.behind(back, 1).set(back);
    routine.get(start).get(bytes).i32_add().get(back).i32_sub().i32_load8_u(at).tee(byte);
    routine.constant(0xc0).i32_lt_u().br_if(again);
    routine.get(back).get(byte).constant(0xe0).i32_ge_u().get(byte).constant(0xf0).i32_ge_u().i32_add();
    routine.constant(2).i32_add().i32_lt_u().if_();
    routine.get(back).set(kept).end();
    routine.end();
    routine.end();
}

impl Routine<'_> {
    /// Declares a local that holds a reference to an array, or null.
    fn array(&mut self, ty: ArrayType) -> Local {
        self.local(ValType::Ref(RefType { nullable: true, heap_type: HeapType::Concrete(ty.index) }))
    }

    /// Pops a length, and pushes a new array.
    fn new_array(&mut self, ty: ArrayType) -> &mut Self {
        self.emit(|sink, _| {
            sink.array_new_default(ty.index);
        })
    }

    /// Pops two arrays with an index each, and a number of elements to copy to the first one.
    fn copy_array(&mut self, ty: ArrayType) -> &mut Self {
        self.emit(|sink, _| {
            sink.array_copy(ty.index, ty.index);
        })
    }

    fn set_null(&mut self, array: Local, ty: ArrayType) -> &mut Self {
        self.emit(|sink, _| {
            sink.ref_null(HeapType::Concrete(ty.index));
        });
        self.set(array)
    }
}
