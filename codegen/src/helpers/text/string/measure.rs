//! The size of the text of a string.

use crate::helpers::routine::Routine;
use crate::helpers::text::string::access::{check_range, push_unit};
use crate::helpers::text::units::{HIGH_SURROGATE, LOW_SURROGATE, is};
use crate::planted::{self, Bug};
use linmem_allocator::Width;
use linmem_intrinsics::Encoding;
use wasm_encoder::ValType;

/// Checks a range of a string, and returns the size of its text.
///
/// ```wasm
/// ;; (string, index, count) -> bytes
/// index + count > length(string):   trap
/// count += index
/// loop $next
///   index == count:   br $done
///   unit = string[index]   index += 1
///   ;; in UTF-8:
///   bytes += 1 + (unit > 0x7f) + (unit > 0x7ff)
///   ;; the second one of a pair: 3 + 3 bytes become 4
///   bytes -= 2 * (after_high & (unit & 0xfc00 == 0xdc00))
///   after_high = unit & 0xfc00 == 0xd800
///   br $next
/// end
/// ```
///
/// # Traps
///
/// If the reference is not a string, or the range is outside.
pub(super) fn size(r: &mut Routine<'_>, encoding: Encoding) {
    let [string, index, count] = r.params();
    check_range(r, (string, index, count));
    let [unit, after_high] = r.locals(ValType::I32);
    let bytes = r.local(ValType::I64);
    // The end of the range is not after that of the string.
    r.get(count).get(index).i32_add().set(count);
    let done = r.block();
    let next = r.repeat();
    r.get(index).get(count).i32_eq().br_if(done);
    push_unit(r, string, index);
    r.set(unit).get(index).i32_const(1).i32_add().set(index);
    r.get(bytes).i32_const(1);
    if encoding != Encoding::Latin1 {
        r.get(unit).i32_const(0x7f).i32_gt_u().i32_add();
        r.get(unit).i32_const(0x7ff).i32_gt_u().i32_add();
    }
    is(r, unit, LOW_SURROGATE);
    r.get(after_high).i32_and();
    if encoding != Encoding::Latin1 && !planted::has(Bug::StringSizeOfPair) {
        r.i32_const(1).i32_shl();
    }
    r.i32_sub();
    is(r, unit, HIGH_SURROGATE);
    r.set(after_high).i64_extend_i32_u().i64_add().set(bytes);
    r.br(next).end().end().get(bytes);
    if r.width() == Width::Bits32 {
        let most = i64::from(u32::MAX);
        r.i64_const(most).get(bytes).i64_const(most).i64_lt_u().select();
    }
    r.ptr_wrap();
}
