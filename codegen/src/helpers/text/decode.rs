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
use crate::planted::{self, Bug};
use linmem_allocator::Width;
use linmem_intrinsics::{ArrayType, Element, Encoding};
use wasm_encoder::{HeapType, RefType, ValType};

/// The bit below the highest one of each of eight bytes.
const SECOND: i64 = 0x4040_4040_4040_4040;

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
    if encoding == Encoding::Latin1 {
        r.get(bytes).set(units);
    } else {
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

/// Counts the units of a text in UTF-8, if it is well-formed: one for each sequence, and one more for each sequence of four
/// bytes, unless the elements are Latin-1.
///
/// ```wasm
/// loop $next
///   left < 16:   br $few
///   units += units_of(i64.load(address)) + units_of(i64.load(address + 8))
///   address += 16   left -= 16   br $next
/// end
/// left >= 8:
///   units += units_of(i64.load(address))   address += 8   left -= 8
/// loop $last
///   left == 0:   br $done
///   byte = i32.load8_u(address)
///   units += (byte & 0xc0 != 0x80) + (byte > 0xef)   address += 1   left -= 1   br $last
/// end
/// ```
///
/// For any text, each sequence that is decoded before the first ill-formed one has its units in the sum.
fn guess(r: &mut Routine<'_>, walk: Walk, units: Local) {
    let byte = r.local(ValType::I32);
    let at = r.at(0, 1);
    let is_vector = r.context().choices.simd;
    let eight = if is_vector { Vec::new() } else { r.group(3, ValType::I64) };
    let sixteen = is_vector.then(|| r.local(ValType::V128));
    let few = r.block();
    let next = r.repeat();
    walk.push_lacks(r, 16);
    r.br_if(few).get(units);
    match sixteen {
        Some(sixteen) => push_units_of_vector(r, walk, sixteen),
        None => {
            push_units_of_eight(r, walk, 0, &eight);
            push_units_of_eight(r, walk, 8, &eight);
            r.i64_add().ptr_wrap();
        }
    }
    r.ptr_add().set(units);
    walk.skip(r, 16);
    r.br(next).end().end();
    if !is_vector {
        walk.push_lacks(r, 8);
        r.i32_eqz().if_();
        r.get(units);
        push_units_of_eight(r, walk, 0, &eight);
        r.ptr_wrap().ptr_add().set(units);
        walk.skip(r, 8);
        r.end();
    }
    let done = r.block();
    let last = r.repeat();
    r.get(walk.left).ptr_eqz().br_if(done);
    r.get(walk.address).i32_load8_u(at).set(byte);
    r.get(units).get(byte).i32_const(0xc0).i32_and().i32_const(0x80).i32_ne();
    if counts_pairs(walk) {
        r.get(byte).i32_const(0xef).i32_gt_u().i32_add();
    }
    r.ptr_from_i32().ptr_add().set(units);
    walk.skip(r, 1);
    r.br(last).end().end();
}

/// Whether a sequence of four bytes has two units.
fn counts_pairs(walk: Walk) -> bool {
    walk.element != Element::I8 && !planted::has(Bug::TextGuessesPairs)
}

/// Pushes the number of units of eight bytes at an offset, as an `i64`. The highest bit of each byte tells whether it is the
/// first one of a sequence, the bit below it whether the sequence has four bytes.
///
/// ```wasm
/// next = eight << 1                                            ;; each highest bit is the second one of its byte
/// two = eight & next                                           ;; 11xxxxxx
/// i64.popcnt((~eight | next) & HIGHEST | (two & two << 2) >> 1 & SECOND)
/// ```
fn push_units_of_eight(r: &mut Routine<'_>, walk: Walk, offset: u32, locals: &[Local]) {
    let [eight, next, two] = *locals else { return };
    let at = r.at(offset, 1);
    r.get(walk.address).i64_load(at).tee(eight).i64_const(1).i64_shl().set(next);
    r.get(eight).i64_const(-1).i64_xor().get(next).i64_or().i64_const(NOT_ASCII).i64_and();
    if counts_pairs(walk) {
        r.get(eight).get(next).i64_and().tee(two).get(two).i64_const(2).i64_shl().i64_and();
        r.i64_const(1).i64_shr_u().i64_const(SECOND).i64_and().i64_or();
    }
    r.i64_popcnt();
}

/// Pushes the number of units of 16 bytes, as a pointer.
///
/// ```wasm
/// i32.popcnt(i8x16.bitmask(i8x16.gt_s(sixteen, -65))) + i32.popcnt(i8x16.bitmask(i8x16.gt_u(sixteen, 0xef)))
/// ```
fn push_units_of_vector(r: &mut Routine<'_>, walk: Walk, sixteen: Local) {
    let at = r.at(0, 1);
    let lanes = |byte: u8| i128::from_le_bytes([byte; 16]);
    // As signed numbers, the bytes 10xxxxxx are the smallest ones.
    r.get(walk.address).emit(|sink, _| {
        sink.v128_load(at).local_tee(sixteen.index()).v128_const(lanes(0xbf)).i8x16_gt_s().i8x16_bitmask();
    });
    r.i32_popcnt();
    if counts_pairs(walk) {
        r.get(sixteen).emit(|sink, _| {
            sink.v128_const(lanes(0xef)).i8x16_gt_u().i8x16_bitmask();
        });
        r.i32_popcnt().i32_add();
    }
    r.ptr_from_i32();
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
