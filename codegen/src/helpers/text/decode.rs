//! Decoding: from memory to a new array.
//!
//! The length of the array is guessed first: it is exact for well-formed text. If the text turns out to be ill-formed, its
//! units are counted, and it is decoded again.

use crate::helpers::array_code::ArrayCode;
use crate::helpers::id::Helper;
use crate::helpers::routine::{Local, Routine};
use crate::helpers::text::place::{push_ends_outside, trap_outside};
use crate::helpers::text::walk::{NOT_ASCII, Pass, Retry, Walk};
use crate::helpers::text_code::TextCode;
use linmem_allocator::Width;
use linmem_intrinsics::{ArrayType, Element, Encoding};
use wasm_encoder::{HeapType, RefType, ValType};

/// The lowest bit of each of eight bytes.
const ONES: i64 = 0x0101_0101_0101_0101;

/// ```wasm
/// ;; (address, bytes) -> array
/// address + bytes > memory.size << 16:   trap      ;; in 64 bits, unless there are no bytes
/// units = the number of units of well-formed text
/// loop $again
///   array = array.new_default(units)
///   ;; assign the units; at the first ill-formed sequence:
///   not counted:   units = count(address, bytes)   br $again
///   return array
/// end
/// ```
///
/// # Traps
///
/// If the range is outside of the memory, or the engine cannot make the array.
pub(super) fn new(r: &mut Routine<'_>, encoding: Encoding, ty: ArrayType) {
    let [address, bytes] = r.params();
    if encoding == Encoding::Latin1 && ty.element == Element::I8 {
        r.get(address);
        push_count(r, bytes);
        r.helper(Helper::Array(ArrayCode::New, ty));
        return;
    }
    r.get(bytes).ptr_nez().if_();
    push_ends_outside(r, address, |r| {
        r.wide(|r| {
            r.get(bytes);
        });
    });
    r.if_();
    trap_outside(r);
    r.end().end();
    let [start, left, units] = r.pointers();
    let [index, counted] = r.locals(ValType::I32);
    let array = r.local(ValType::Ref(RefType { nullable: false, heap_type: HeapType::Concrete(ty.index) }));
    let walk = Walk { address: start, left, element: ty.element };
    r.get(bytes).set(units);
    if encoding != Encoding::Latin1 {
        r.get(address).set(start).get(bytes).set(left);
        guess(r, walk, units);
    }
    let again = r.repeat();
    push_count(r, units);
    r.emit(|sink, _| {
        sink.array_new_default(ty.index);
    });
    r.set(array).i32_const(0).set(index);
    r.get(address).set(start).get(bytes).set(left);
    let pass = Pass::Assign(ty, array, index);
    match encoding {
        Encoding::Latin1 => walk.latin1(r, pass),
        Encoding::Utf8 | Encoding::Wtf8 => {
            let count = TextCode::Count.helper(encoding, ty);
            walk.utf8(r, encoding, pass, Some(Retry { counted, units, text: (address, bytes), count, again }));
        }
    }
    // A local that is not nullable is known to be assigned only in here.
    r.get(array).return_().end().unreachable();
}

/// Counts the units of a text exactly.
///
/// ```wasm
/// ;; (address, bytes) -> units
/// ```
pub(super) fn count(r: &mut Routine<'_>, encoding: Encoding, ty: ArrayType) {
    let [address, left] = r.params();
    let units = r.pointer();
    Walk { address, left, element: ty.element }.utf8(r, encoding, Pass::Count(units), None);
    r.get(units);
}

/// Changes the number of bytes of a text in UTF-8 to the number of its units, if it is well-formed: one for each sequence,
/// and one more for each sequence of four bytes, unless the elements are Latin-1.
///
/// ```wasm
/// loop $next
///   left < 8:
///     left == 0:   br $done
///     eight = i64.load8_u(address)   address += 1   left -= 1
///   else
///     eight = i64.load(address)   address += 8   left -= 8
///   eight & NOT_ASCII != 0:
///     units -= i64.popcnt(eight >> 7 & ~(eight >> 6) & ONES)                                   ;; 10xxxxxx
///     units += i64.popcnt(eight >> 7 & eight >> 6 & eight >> 5 & eight >> 4 & ONES)            ;; 1111xxxx
///   br $next
/// end
/// ```
///
/// For any text, each sequence that is decoded before the first ill-formed one has its units in the sum.
fn guess(r: &mut Routine<'_>, walk: Walk, units: Local) {
    let eight = r.local(ValType::I64);
    let at = r.at(0, 1);
    let shifted = |r: &mut Routine<'_>, shift: i64| {
        r.get(eight).i64_const(shift).i64_shr_u();
    };
    let done = r.block();
    let next = r.repeat();
    walk.push_lacks(r, 8);
    r.if_();
    r.get(walk.left).ptr_eqz().br_if(done);
    r.get(walk.address).i64_load8_u(at).set(eight);
    walk.skip(r, 1);
    r.else_().get(walk.address).i64_load(at).set(eight);
    walk.skip(r, 8);
    r.end();
    r.get(eight).i64_const(NOT_ASCII).i64_and().i64_eqz().br_if(next);
    r.get(units);
    shifted(r, 7);
    shifted(r, 6);
    r.i64_const(-1).i64_xor().i64_and().i64_const(ONES).i64_and().i64_popcnt().ptr_wrap().ptr_sub();
    if walk.element != Element::I8 {
        shifted(r, 7);
        for shift in [6, 5, 4] {
            shifted(r, shift);
            r.i64_and();
        }
        r.i64_const(ONES).i64_and().i64_popcnt().ptr_wrap().ptr_add();
    }
    r.set(units).br(next).end().end();
}

/// Pushes a number of elements. No array has the largest number.
fn push_count(r: &mut Routine<'_>, count: Local) {
    let most = u64::from(u32::MAX);
    r.get(count);
    if r.width() == Width::Bits64 {
        r.ptr_const(most).get(count).ptr_const(most).ptr_lt_u().select();
    }
    r.i32_from_ptr();
}
