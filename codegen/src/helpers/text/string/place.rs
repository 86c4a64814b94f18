//! The places that text is encoded to: memory with room for it. It is as that of arrays.

use crate::globals::Global;
use crate::helpers::id::Helper;
use crate::helpers::routine::{Local, Routine};
use crate::helpers::string_code::StringCode;
use crate::helpers::text::encoding::most_bytes;
use crate::helpers::text::place::{push_ends_outside, trap_outside};
use crate::helpers::text::string::access::check_range;
use crate::planted::{self, Bug};
use linmem_intrinsics::{Element, Encoding};
use wasm_encoder::ValType;

/// Encodes a range of a string to memory, if the text is at most `room` bytes. Returns the size of the text: if it is
/// larger than `room`, nothing was written.
///
/// ```wasm
/// ;; (address, room, string, index, count) -> bytes
/// index + count > length(string):   trap
/// count == 0:   return 0
/// most = count * MOST                                             ;; in 64 bits
/// most > room, or address + most > memory.size << 16:
///   bytes = string_size(string, index, count)
///   bytes > room:   return bytes
///   address + bytes > memory.size << 16:   trap                   ;; in 64 bits
/// encode(address, string, index, count) - address
/// ```
///
/// # Traps
///
/// If the reference is not a string, or a range is outside.
pub(super) fn write(r: &mut Routine<'_>, encoding: Encoding) {
    let [address, room, string, index, count] = r.params();
    check_range(r, (string, index, count));
    r.get(count).i32_eqz().if_();
    r.ptr_const(0).return_().end();
    let (most, bytes) = (r.local(ValType::I64), r.pointer());
    push_most(r, encoding, count);
    r.tee(most).get(room).ptr_extend().i64_gt_u();
    push_ends_outside(r, address, |r| {
        r.get(most);
    });
    r.i32_or().if_();
    if !planted::has(Bug::StringWritesPart) {
        r.get(string).get(index).get(count).helper(StringCode::Size.helper(encoding)).tee(bytes);
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
    r.get(address).get(string).get(index).get(count).helper(StringCode::Encode.helper(encoding));
    r.get(address).ptr_sub();
}

/// Encodes a range of a string to memory that it allocates. If memory is not available and that is not a violation, both
/// results are 0.
///
/// ```wasm
/// ;; (string, index, count) -> (address, bytes)
/// index + count > length(string):   trap
/// start = top
/// round_up(count * MOST) + top <= limit:                          ;; in 64 bits
///   bytes = encode(start, string, index, count) - start
///   top = start + round_up(bytes)
/// else
///   bytes = string_size(string, index, count)
///   start = bump(bytes)
///   start == 0:   bytes = 0                                       ;; if allocations may return null
///   else          encode(start, string, index, count)
/// start   bytes
/// ```
///
/// # Traps
///
/// If the reference is not a string, or the range is outside; in `$linmem.OutOfMemory`.
pub(super) fn allocate(r: &mut Routine<'_>, encoding: Encoding) {
    let [string, index, count] = r.params();
    check_range(r, (string, index, count));
    let [start, bytes] = r.pointers();
    let encode = StringCode::Encode.helper(encoding);
    push_most(r, encoding, count);
    r.round_up_wide().read(Global::Top).tee(start).ptr_extend().i64_add();
    r.read(Global::Limit).ptr_extend().i64_le_u().if_();
    r.get(start).get(string).get(index).get(count).helper(encode);
    r.get(start).ptr_sub().tee(bytes).round_up_pointer().get(start).ptr_add().write(Global::Top);
    r.else_();
    r.get(string).get(index).get(count).helper(StringCode::Size.helper(encoding)).tee(bytes);
    r.helper(Helper::Bump).set(start);
    if r.context().choices.gives_null() {
        r.get(start).ptr_eqz().if_();
        r.ptr_const(0).set(bytes).else_();
    }
    r.get(start).get(string).get(index).get(count).helper(encode).drop();
    if r.context().choices.gives_null() {
        r.end();
    }
    r.end().get(start).get(bytes);
}

/// Pushes the largest number of bytes that the text of `count` units can have, as an `i64`.
fn push_most(r: &mut Routine<'_>, encoding: Encoding, count: Local) {
    let most = most_bytes(encoding, Element::I16);
    r.get(count).i64_extend_i32_u().i64_const(i64::from(most)).i64_mul();
}
