//! The part of ill-formed UTF-8 that one U+FFFD replaces.

use crate::helpers::routine::{Local, Routine};
use crate::planted::{self, Bug};
use linmem_intrinsics::Encoding;
use wasm_encoder::ValType;

/// The number of bytes, at most three, of the longest sequence at an address that begins a well-formed one, or 1: the
/// "maximal subpart" of the Unicode standard. There is at least one byte, and what begins here is not well-formed.
///
/// ```wasm
/// ;; (address, left) -> bytes
/// left < 2:                              return 1
/// first = address[0]
/// first < 0xe0 or first > 0xf4:          return 1
/// second = address[1]
/// ;; LOWEST is 0xa0 after 0xe0, 0x90 after 0xf0, else 0x80; HIGHEST is 0x9f after 0xed, 0x8f after 0xf4, else 0xbf
/// second < LOWEST or second > HIGHEST:   return 1
/// first < 0xf0 or left < 3:              return 2
/// 2 + (address[2] & 0xc0 == 0x80)
/// ```
///
/// In WTF-8, what follows 0xed is not restricted.
pub(in crate::helpers) fn malformed(r: &mut Routine<'_>, encoding: Encoding) {
    let [address, left] = r.params();
    let [first, second] = r.locals(ValType::I32);
    let (at, after, last) = (r.at(0, 1), r.at(1, 1), r.at(2, 1));
    let one = r.block();
    r.get(left).ptr_const(2).ptr_lt_u().br_if(one);
    r.get(address).i32_load8_u(at).tee(first).i32_const(0xe0).i32_sub().i32_const(0xf4 - 0xe0).i32_gt_u().br_if(one);
    r.get(address).i32_load8_u(after).tee(second);
    r.i32_const(0xa0).i32_const(0x90).i32_const(0x80);
    push_is(r, first, 0xf0);
    r.select();
    push_is(r, first, 0xe0);
    r.select().i32_lt_u().br_if(one);
    r.get(second);
    if encoding == Encoding::Utf8 {
        r.i32_const(0x9f);
    }
    r.i32_const(0x8f).i32_const(0xbf);
    push_is(r, first, 0xf4);
    r.select();
    if encoding == Encoding::Utf8 {
        push_is(r, first, 0xed);
        r.select();
    }
    r.i32_gt_u().br_if(one);
    if planted::has(Bug::TextOneByteEach) {
        r.br(one);
    }
    r.get(first).i32_const(0xf0).i32_lt_u().get(left).ptr_const(3).ptr_lt_u().i32_or().if_();
    r.ptr_const(2).return_().end();
    r.get(address).i32_load8_u(last).i32_const(0xc0).i32_and().i32_const(0x80).i32_eq();
    r.i32_const(2).i32_add().ptr_from_i32().return_();
    r.end().ptr_const(1);
}

fn push_is(r: &mut Routine<'_>, byte: Local, value: i32) {
    r.get(byte).i32_const(value).i32_eq();
}
