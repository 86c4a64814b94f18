//! Copies between GC arrays and memory, one helper for each array type and direction.
//!
//! An array is not in memory, so the two ranges of a copy never overlap, and elements are copied in ascending order.
//!
//! Each helper checks its ranges before it copies the first element: that of the array, also if no element is copied,
//! then that of the memory, unless no byte is copied. Both checks compute ends in 64 bits, so that they do not wrap
//! around:
//!
//! - `index + count` is at most 2^33 - 2.
//! - `address + count * bytes` is at most 2^32 - 1 + 16 * (2^32 - 1), and in a 64-bit memory at most 2^48 + 16 * (2^32 - 1).
//!
//! A range that is outside traps as an access of the engine would: the helper makes an access that is always outside.
//! Afterwards, no address and no index in the loops wraps around.

use crate::helpers::array_code::ArrayCode;
use crate::helpers::fragments::PAGE_SHIFT;
use crate::helpers::id::Helper;
use crate::helpers::routine::{Local, Routine};
use crate::planted::{self, Bug};
use linmem_allocator::Width;
use linmem_intrinsics::{ArrayType, Element};
use wasm_encoder::{HeapType, InstructionSink, MemArg, RefType, ValType};

/// The number of elements that one round of a loop copies.
const UNROLLED: u32 = 8;

impl ArrayCode {
    /// Writes its body.
    pub(super) fn write(self, ty: ArrayType, r: &mut Routine<'_>) {
        match self {
            ArrayCode::Size => size(r, ty),
            ArrayCode::CopyFrom => copy(r, ty, Direction::From),
            ArrayCode::CopyTo => copy(r, ty, Direction::To),
            ArrayCode::New => new(r, ty),
        }
    }
}

/// The direction of a copy, as seen from the memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Direction {
    From,
    To,
}

/// Checks a range of an array, and returns the number of its bytes. A number that is not a pointer becomes the largest
/// pointer: no memory has that many bytes to allocate.
///
/// ```wasm
/// ;; (array, index, count) -> bytes
/// index + count > array.len:   trap                   ;; in 64 bits
/// min(count * BYTES, MAX)                             ;; in 64 bits
/// ```
///
/// # Traps
///
/// If the array is null, or the range is outside.
fn size(r: &mut Routine<'_>, ty: ArrayType) {
    let [array, index, count] = r.params();
    check_range(r, ty, (array, index, count));
    let bytes = r.local(ValType::I64);
    r.get(count).i64_extend_i32_u().i64_const(i64::from(ty.element.bytes())).i64_mul();
    if r.width() == Width::Bits32 {
        let most = i64::from(u32::MAX);
        r.tee(bytes).i64_const(most).get(bytes).i64_const(most).i64_lt_u().select();
    }
    r.ptr_wrap();
}

/// ```wasm
/// ;; (address, array, index, count)
/// index + count > array.len:                    trap     ;; in 64 bits
/// count == 0:                                   return
/// address + count * BYTES > memory.size << 16:  trap     ;; in 64 bits
/// count >= 8:
///   loop
///     ;; copy 8 elements
///     address += 8 * BYTES   index += 8   count -= 8
///   while count >= 8
/// count != 0:
///   loop
///     ;; copy one element
///     address += BYTES   index += 1   count -= 1
///   while count != 0
/// ```
///
/// # Traps
///
/// If the array is null, or a range is outside.
fn copy(r: &mut Routine<'_>, ty: ArrayType, direction: Direction) {
    let [address, array, index, count] = r.params();
    check_range(r, ty, (array, index, count));
    r.get(count).i32_eqz().if_();
    r.return_().end();
    check_memory(r, ty.element, address, count);
    // Accesses of a reference that may be null would test it each time.
    let known = r.local(ValType::Ref(RefType { nullable: false, heap_type: HeapType::Concrete(ty.index) }));
    r.get(array).ref_as_non_null().set(known);
    for round in [UNROLLED, 1] {
        let begin = |r: &mut Routine<'_>| {
            r.get(count);
            if round > 1 {
                r.i32_const(round as i32).i32_ge_u();
            } else if planted::has(Bug::ArrayRoundLess) {
                r.i32_const(1).i32_gt_u();
            }
        };
        begin(r);
        r.if_();
        let again = r.repeat();
        for element in 0..round {
            copy_element(r, ty, direction, (address, known, index), element);
        }
        r.get(address).ptr_const(u64::from(round * ty.element.bytes())).ptr_add().set(address);
        r.get(index).i32_const(round as i32).i32_add().set(index);
        r.get(count).i32_const(round as i32).i32_sub().set(count);
        begin(r);
        r.br_if(again).end().end();
    }
}

/// Copies the element that is this number of elements after the next one.
///
/// ```wasm
/// local.get $address                                     ;; to memory
/// local.get $array   local.get $index   i32.const NUMBER   i32.add   array.get $type
/// i32.store offset=(NUMBER * BYTES)
/// ```
fn copy_element(
    r: &mut Routine<'_>,
    ty: ArrayType,
    direction: Direction,
    (address, array, index): (Local, Local, Local),
    number: u32,
) {
    let at = r.at(number * ty.element.bytes(), ty.element.bytes());
    let place = |r: &mut Routine<'_>| {
        r.get(array).get(index);
        if number != 0 {
            r.i32_const(number as i32).i32_add();
        }
    };
    match direction {
        Direction::From => {
            r.get(address);
            place(r);
            r.emit(|sink, _| emit_store_element(emit_get_element(sink, ty), ty.element, at));
        }
        Direction::To => {
            place(r);
            r.get(address).emit(|sink, _| {
                emit_load_element(sink, ty.element, at).array_set(ty.index);
            });
        }
    }
}

/// ```wasm
/// ;; (address, count) -> array
/// array = array.new_default(count)
/// copy_to_array(address, array, 0, count)   array
/// ```
///
/// # Traps
///
/// If the engine cannot make the array, or the range of the memory is outside.
fn new(r: &mut Routine<'_>, ty: ArrayType) {
    let [address, count] = r.params();
    let array = r.local(ValType::Ref(RefType { nullable: false, heap_type: HeapType::Concrete(ty.index) }));
    r.get(count).emit(|sink, _| {
        sink.array_new_default(ty.index);
    });
    r.set(array).get(address).get(array).i32_const(0).get(count);
    r.helper(Helper::Array(ArrayCode::CopyTo, ty)).get(array);
}

/// Traps unless an array has `count` elements from `index` on.
pub(super) fn check_range(r: &mut Routine<'_>, ty: ArrayType, (array, index, count): (Local, Local, Local)) {
    r.get(index).i64_extend_i32_u().get(count).i64_extend_i32_u().i64_add();
    if planted::has(Bug::ArrayIndexWraps) {
        r.i32_wrap_i64().i64_extend_i32_u();
    }
    r.get(array).emit(|sink, _| {
        sink.array_len();
    });
    r.i64_extend_i32_u().i64_gt_u().if_();
    r.get(array).emit(|sink, _| emit_array_trap(sink, ty));
    r.end();
}

/// Traps unless the memory has bytes for `count` elements from an address on.
fn check_memory(r: &mut Routine<'_>, element: Element, address: Local, count: Local) {
    if planted::has(Bug::ArrayAddressUnchecked) {
        return;
    }
    r.wide(|r| {
        r.get(address);
    });
    r.get(count).i64_extend_i32_u().i64_const(i64::from(element.bytes())).i64_mul().i64_add();
    r.memory_size().ptr_extend().i64_const(i64::from(PAGE_SHIFT)).i64_shl().i64_gt_u().if_();
    // No memory has a byte after that at the largest address.
    let at = r.at(0, 4);
    r.ptr_const(u64::MAX).i32_load(at).drop().unreachable().end();
}

/// Pops an array, and traps because no array has an element with the largest index.
///
/// ```wasm
/// i32.const -1   array.get $type   drop   unreachable
/// ```
pub(crate) fn emit_array_trap(sink: &mut InstructionSink<'_>, ty: ArrayType) {
    emit_get_element(sink.i32_const(-1), ty).drop().unreachable();
}

/// Reads an element. That of a packed array is zero-extended.
pub(crate) fn emit_get_element<'s, 'b>(
    sink: &'s mut InstructionSink<'b>,
    ty: ArrayType,
) -> &'s mut InstructionSink<'b> {
    match ty.element {
        Element::I8 | Element::I16 => sink.array_get_u(ty.index),
        Element::I32 | Element::I64 | Element::F32 | Element::F64 | Element::V128 => sink.array_get(ty.index),
    }
}

/// Loads an element.
pub(crate) fn emit_load_element<'s, 'b>(
    sink: &'s mut InstructionSink<'b>,
    element: Element,
    at: MemArg,
) -> &'s mut InstructionSink<'b> {
    match element {
        Element::I8 => sink.i32_load8_u(at),
        Element::I16 => sink.i32_load16_u(at),
        Element::I32 => sink.i32_load(at),
        Element::I64 => sink.i64_load(at),
        Element::F32 => sink.f32_load(at),
        Element::F64 => sink.f64_load(at),
        Element::V128 => sink.v128_load(at),
    }
}

/// Stores an element.
pub(crate) fn emit_store_element(sink: &mut InstructionSink<'_>, element: Element, at: MemArg) {
    match element {
        Element::I8 => sink.i32_store8(at),
        Element::I16 => sink.i32_store16(at),
        Element::I32 => sink.i32_store(at),
        Element::I64 => sink.i64_store(at),
        Element::F32 => sink.f32_store(at),
        Element::F64 => sink.f64_store(at),
        Element::V128 => sink.v128_store(at),
    };
}
