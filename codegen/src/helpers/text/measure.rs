//! The size of the text of an array.

use crate::helpers::array::check_range;
use crate::helpers::routine::{Local, Routine};
use crate::helpers::text::encoding::mask;
use crate::helpers::text::units::{BLOCK, HIGH_SURROGATE, LOW_SURROGATE, Units, is};
use crate::planted::{self, Bug};
use linmem_allocator::Width;
use linmem_intrinsics::{ArrayType, Element, Encoding};
use wasm_encoder::ValType;

/// Checks a range of an array, and returns the size of its text.
///
/// ```wasm
/// ;; (array, index, count) -> bytes
/// index + count > array.len:   trap
/// ;; eight units at a time:
/// bytes += 8
/// ;; or one by one, in UTF-8:
/// bytes += 1 + (unit > 0x7f) + (unit > 0x7ff)
/// ;; the second one of a pair: 3 + 3 bytes become 4
/// bytes -= 2 * (after_high & (unit & 0xfc00 == 0xdc00))
/// after_high = unit & 0xfc00 == 0xd800
/// ```
///
/// # Traps
///
/// If the array is null, or the range is outside.
pub(super) fn size(r: &mut Routine<'_>, encoding: Encoding, ty: ArrayType) {
    let [array, index, count] = r.params();
    check_range(r, ty, (array, index, count));
    let (bytes, after_high) = (r.local(ValType::I64), r.local(ValType::I32));
    let units = Units::new(r, ty, (array, index, count));
    let is_utf16 = ty.element == Element::I16;
    let block = |r: &mut Routine<'_>, _: &[Local]| {
        r.get(bytes).i64_const(i64::from(BLOCK)).i64_add().set(bytes);
        if is_utf16 {
            r.i32_const(0).set(after_high);
        }
    };
    units.each(
        r,
        mask(encoding),
        |_, _| {},
        block,
        |r, unit| {
            r.get(bytes).i32_const(1);
            if encoding != Encoding::Latin1 {
                r.get(unit).i32_const(0x7f).i32_gt_u().i32_add();
            }
            if encoding != Encoding::Latin1 && is_utf16 {
                r.get(unit).i32_const(0x7ff).i32_gt_u().i32_add();
            }
            if is_utf16 {
                is(r, unit, LOW_SURROGATE);
                r.get(after_high).i32_and();
                if encoding != Encoding::Latin1 {
                    let shift = if planted::has(Bug::TextSizeOfPair) { 0 } else { 1 };
                    r.i32_const(shift).i32_shl();
                }
                r.i32_sub();
                is(r, unit, HIGH_SURROGATE);
                r.set(after_high);
            }
            r.i64_extend_i32_u().i64_add().set(bytes);
        },
    );
    r.get(bytes);
    if r.width() == Width::Bits32 {
        let most = i64::from(u32::MAX);
        r.i64_const(most).get(bytes).i64_const(most).i64_lt_u().select();
    }
    r.ptr_wrap();
}
