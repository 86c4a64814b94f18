//! The places that text is encoded to: memory with room for it.

use crate::globals::Global;
use crate::helpers::array::check_range;
use crate::helpers::fragments::PAGE_SHIFT;
use crate::helpers::id::Helper;
use crate::helpers::routine::{Local, Routine};
use crate::helpers::text::encoding::most_bytes;
use crate::helpers::text_code::TextCode;
use crate::planted::{self, Bug};
use linmem_intrinsics::{ArrayType, Encoding};
use wasm_encoder::ValType;

/// Encodes a range of an array to memory, if the text is at most `room` bytes. Returns the size of the text: if it is
/// larger than `room`, nothing was written.
///
/// ```wasm
/// ;; (address, room, array, index, count) -> bytes
/// index + count > array.len:   trap
/// count == 0:   return 0
/// most = count * MOST                                             ;; in 64 bits
/// most > room, or address + most > memory.size << 16:
///   bytes = text_size(array, index, count)
///   bytes > room:   return bytes
///   address + bytes > memory.size << 16:   trap                   ;; in 64 bits
/// encode(address, array, index, count) - address
/// ```
///
/// # Traps
///
/// If the array is null, or a range is outside.
pub(super) fn write(r: &mut Routine<'_>, encoding: Encoding, ty: ArrayType) {
    let [address, room, array, index, count] = r.params();
    check_range(r, ty, (array, index, count));
    r.get(count).i32_eqz().if_();
    r.ptr_const(0).return_().end();
    let (most, bytes) = (r.local(ValType::I64), r.pointer());
    push_most(r, encoding, ty, count);
    r.tee(most).get(room).ptr_extend().i64_gt_u();
    push_ends_outside(r, address, |r| {
        r.get(most);
    });
    r.i32_or().if_();
    if !planted::has(Bug::TextWritesPart) {
        r.get(array).get(index).get(count).helper(TextCode::Size.helper(encoding, ty)).tee(bytes);
        r.get(room).ptr_gt_u().if_();
        r.get(bytes).return_().end();
        push_ends_outside(r, address, |r| {
            r.get(bytes).ptr_extend();
        });
        r.if_();
        trap_outside(r);
        r.end();
    }
    r.end();
    r.get(address).get(array).get(index).get(count).helper(TextCode::Encode.helper(encoding, ty));
    r.get(address).ptr_sub();
}

/// Encodes a range of an array to memory that it allocates. If memory is not available and that is not a violation, both
/// results are 0.
///
/// The text is encoded at top if the current chunk has room for the largest text that it can be, and top is moved only
/// as far as needed. Else its size is computed first, so that an allocation fails only if there is no room for the text.
///
/// ```wasm
/// ;; (array, index, count) -> (address, bytes)
/// index + count > array.len:   trap
/// start = top
/// round_up(count * MOST) + top <= limit:                          ;; in 64 bits
///   bytes = encode(start, array, index, count) - start
///   top = start + round_up(bytes)
/// else
///   bytes = text_size(array, index, count)
///   start = bump(bytes)
///   start == 0:   bytes = 0                                       ;; if allocations may return null
///   else          encode(start, array, index, count)
/// start   bytes
/// ```
///
/// # Traps
///
/// If the array is null, or the range is outside; in `$linmem.OutOfMemory`.
pub(super) fn allocate(r: &mut Routine<'_>, encoding: Encoding, ty: ArrayType) {
    let [array, index, count] = r.params();
    check_range(r, ty, (array, index, count));
    let [start, bytes] = r.pointers();
    push_most(r, encoding, ty, count);
    r.round_up_wide().read(Global::Top).tee(start).ptr_extend().i64_add();
    r.read(Global::Limit).ptr_extend().i64_le_u().if_();
    r.get(start).get(array).get(index).get(count).helper(TextCode::Encode.helper(encoding, ty));
    r.get(start).ptr_sub().tee(bytes).round_up_pointer().get(start).ptr_add().write(Global::Top);
    r.else_();
    r.get(array).get(index).get(count).helper(TextCode::Size.helper(encoding, ty)).tee(bytes);
    r.helper(Helper::Bump).set(start);
    if r.context().choices.gives_null() {
        r.get(start).ptr_eqz().if_();
        r.ptr_const(0).set(bytes).else_();
    }
    r.get(start).get(array).get(index).get(count).helper(TextCode::Encode.helper(encoding, ty)).drop();
    if r.context().choices.gives_null() {
        r.end();
    }
    r.end().get(start).get(bytes);
}

/// Pushes the largest number of bytes that the text of `count` elements can have, as an `i64`.
fn push_most(r: &mut Routine<'_>, encoding: Encoding, ty: ArrayType, count: Local) {
    let most = most_bytes(encoding, ty.element);
    r.get(count).i64_extend_i32_u();
    if most != 1 {
        r.i64_const(i64::from(most)).i64_mul();
    }
}

/// Pushes whether bytes at an address end after the end of the memory. `push` pushes their number as an `i64` of at most
/// 34 bits, so that the sum does not wrap around.
pub(super) fn push_ends_outside(r: &mut Routine<'_>, address: Local, push: impl FnOnce(&mut Routine<'_>)) {
    r.wide(|r| {
        r.get(address);
    });
    push(r);
    r.i64_add().memory_size().ptr_extend().i64_const(i64::from(PAGE_SHIFT)).i64_shl().i64_gt_u();
}

/// Traps as an access outside of the memory: no memory has a byte after that at the largest address.
pub(super) fn trap_outside(r: &mut Routine<'_>) {
    let at = r.at(0, 4);
    r.ptr_const(u64::MAX).i32_load(at).drop().unreachable();
}
