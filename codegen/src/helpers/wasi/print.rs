//! Text of arrays that the host reads: output, and paths.

use crate::helpers::array::emit_get_element;
use crate::helpers::call::Call;
use crate::helpers::routine::{Local, Routine};
use crate::helpers::text::{HIGH_SURROGATE, is, most_bytes};
use crate::helpers::text_code::TextCode;
use linmem_intrinsics::{ArrayType, Element, Encoding};

/// The maximum size of the buffer in bytes. A host call costs about as much as encoding some hundred bytes, so that a
/// larger buffer would not be faster. It is a multiple of 8 and of the bytes of an element.
const BUFFER: u32 = 16_368;

/// Encodes the text of an array to a buffer, part by part, and writes each part.
///
/// ```wasm
/// ;; (fd, array) -> errno
/// left = array.len
/// left == 0:   return 0
/// buffer = allocate(min(left, UNITS) * MOST), or return NOMEM
/// loop $part
///   units = min(left, UNITS)
///   units < left and array[index + units - 1] is a high surrogate:   units -= 1
///   errno = write_all(fd, buffer, encode(buffer, array, index, units) - buffer)
///   errno != 0:   leave
///   index += units   left -= units
///   left != 0:   br $part
/// end
/// ;; free the buffer
/// ```
///
/// # Traps
///
/// If the array is null.
pub(super) fn print(routine: &mut Routine<'_>, ty: ArrayType) {
    let [fd, array] = routine.params();
    let most = most_bytes(Encoding::Utf8, ty.element);
    let (errno, index, left, units) = (routine.int(), routine.int(), routine.int(), routine.int());
    let (bytes, last) = (routine.int(), routine.int());
    let exit = routine.block();
    push_length(routine, array);
    routine.tee(left).i32_eqz().br_if(exit);
    push_less(routine, left, BUFFER / most);
    routine.constant(most).i32_mul().set(bytes);
    let buffer = routine.buffer(bytes, errno, exit);
    let done = routine.block();
    let part = routine.repeat();
    push_less(routine, left, BUFFER / most);
    routine.set(units);
    if ty.element == Element::I16 {
        routine.get(units).get(left).i32_lt_u().if_();
        routine.get(array).get(index).get(units).i32_add().constant(1).i32_sub();
        routine.emit(|sink, _| {
            emit_get_element(sink, ty);
        });
        routine.set(last).get(units);
        is(routine, last, HIGH_SURROGATE);
        routine.i32_sub().set(units).end();
    }
    routine.get(fd).get(buffer.start);
    routine.get(buffer.start).get(array).get(index).get(units).helper(TextCode::Encode.helper(Encoding::Utf8, ty));
    routine.get(buffer.start).i32_sub().plain(Call::WriteAll).tee(errno).br_if(done);
    routine.add(index, index, units).get(left).get(units).i32_sub().tee(left).br_if(part);
    routine.end();
    routine.end();
    routine.end_buffer(buffer);
    routine.end();
    routine.give(&[errno]);
}

/// Opens the path in an array.
///
/// ```wasm
/// ;; (array, flags) -> (errno, fd)
/// bytes = text_size(array, 0, array.len)
/// buffer = allocate(bytes), or return NOMEM
/// encode(buffer, array, 0, array.len)
/// errno, fd = open(buffer, bytes, flags)
/// ;; free the buffer
/// ```
///
/// # Traps
///
/// If the array is null.
pub(super) fn open_text(routine: &mut Routine<'_>, ty: ArrayType) {
    let [array, flags] = routine.params();
    let (errno, fd, bytes) = (routine.int(), routine.int(), routine.int());
    let exit = routine.block();
    let elements = |routine: &mut Routine<'_>| {
        routine.get(array).constant(0);
        push_length(routine, array);
    };
    elements(routine);
    routine.helper(TextCode::Size.helper(Encoding::Utf8, ty)).set(bytes);
    let buffer = routine.buffer(bytes, errno, exit);
    routine.get(buffer.start);
    elements(routine);
    routine.helper(TextCode::Encode.helper(Encoding::Utf8, ty)).drop();
    routine.get(buffer.start).get(bytes).get(flags).plain(Call::Open).set(fd).set(errno);
    routine.end_buffer(buffer);
    routine.end();
    routine.give(&[errno, fd]);
}

/// Pushes the length of an array.
fn push_length(routine: &mut Routine<'_>, array: Local) {
    routine.get(array).emit(|sink, _| {
        sink.array_len();
    });
}

/// Pushes a number, or `most`, if that is less.
fn push_less(routine: &mut Routine<'_>, number: Local, most: u32) {
    routine.get(number).constant(most).get(number).constant(most).i32_lt_u().select();
}
