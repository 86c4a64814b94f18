//! Calls of the functions of the host that access strings.

use crate::helpers::id::HostImport;
use crate::helpers::routine::{Local, Routine};
use crate::helpers::string_code::StringFunction;

/// Calls a function of the host, whose operands are on the stack.
pub(super) fn call(r: &mut Routine<'_>, function: StringFunction) {
    r.import(HostImport::String(function));
}

/// Pushes the unit of a string at an index.
pub(super) fn push_unit(r: &mut Routine<'_>, string: Local, index: Local) {
    r.get(string).get(index);
    call(r, StringFunction::CharCodeAt);
}

/// Traps if a range of a string is outside, as the host's functions do, or if it is not a string.
///
/// ```wasm
/// index + count > length(string):   charCodeAt(string, 2^32 - 1)          ;; in 64 bits
/// ```
pub(super) fn check_range(r: &mut Routine<'_>, (string, index, count): (Local, Local, Local)) {
    r.get(index).i64_extend_i32_u().get(count).i64_extend_i32_u().i64_add();
    r.get(string);
    call(r, StringFunction::Length);
    r.i64_extend_i32_u().i64_gt_u().if_();
    // No string has so many units.
    r.get(string).i32_const(-1);
    call(r, StringFunction::CharCodeAt);
    r.drop().unreachable().end();
}
