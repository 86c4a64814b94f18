//! Encoding: from the units of a string to memory that has room for them.

use crate::helpers::routine::{Local, Routine};
use crate::helpers::text::encoding::{QUESTION_MARK, REPLACEMENT};
use crate::helpers::text::string::access::push_unit;
use crate::helpers::text::units::{HIGH_SURROGATE, LOW_SURROGATE, SURROGATE, is};
use crate::planted::{self, Bug};
use linmem_intrinsics::Encoding;
use wasm_encoder::ValType;

/// Encodes a range of a string that was checked.
///
/// ```wasm
/// ;; (address, string, index, count) -> end
/// count += index
/// block $done
///   loop $next
///     index == count:   br $done
///     unit = string[index]   index += 1
///     unit < 0x80:      i32.store8(address, unit)   address += 1   br $next
///     unit < 0x800:     ;; two bytes   br $next
///     block $other
///       unit & 0xf800 == 0xd800:
///         ;; the unit after it, if they are a pair:
///         ;; four bytes   br $next
///         unit = 0xfffd                                             ;; in UTF-8
///       ;; three bytes   br $next
///   end
/// end
/// ```
///
/// In Latin-1, the limit is 0x100, and every other character is `?`.
pub(super) fn encode(r: &mut Routine<'_>, encoding: Encoding) {
    let [address, string, index, count] = r.params();
    let [unit, low] = r.locals(ValType::I32);
    let at = r.at(0, 1);
    r.get(count).get(index).i32_add().set(count);
    let done = r.block();
    let next = r.repeat();
    r.get(index).get(count).i32_eq().br_if(done);
    push_unit(r, string, index);
    r.set(unit).get(index).i32_const(1).i32_add().set(index);
    let limit = if encoding == Encoding::Latin1 { 0x100 } else { 0x80 };
    r.get(unit).i32_const(limit).i32_lt_u().if_();
    r.get(address).get(unit).i32_store8(at);
    advance(r, address, 1);
    r.br(next).end();
    let range = (string, index, count);
    match encoding {
        Encoding::Latin1 => {
            if_pair(r, range, (unit, low), |_| {});
            r.get(address).i32_const(QUESTION_MARK).i32_store8(at);
            advance(r, address, 1);
        }
        Encoding::Utf8 | Encoding::Wtf8 => {
            r.get(unit).i32_const(0x800).i32_lt_u().if_();
            write_two(r, address, unit);
            r.br(next).end();
            is(r, unit, SURROGATE);
            r.if_();
            if_pair(r, range, (unit, low), |r| {
                write_four(r, address, (unit, low));
                r.br(next);
            });
            if encoding == Encoding::Utf8 {
                r.i32_const(REPLACEMENT).set(unit);
            }
            r.end();
            write_three(r, address, unit);
        }
    }
    r.br(next).end().end().get(address);
}

/// Skips the unit after the one in a local, if they are a pair. It is then in `low`.
fn if_pair(
    r: &mut Routine<'_>,
    (string, index, count): (Local, Local, Local),
    (unit, low): (Local, Local),
    found: impl FnOnce(&mut Routine<'_>),
) {
    let lone = r.block();
    is(r, unit, HIGH_SURROGATE);
    r.i32_eqz().br_if(lone);
    if !planted::has(Bug::StringPairLeavesRange) {
        r.get(index).get(count).i32_eq().br_if(lone);
    }
    push_unit(r, string, index);
    r.set(low);
    is(r, low, LOW_SURROGATE);
    r.i32_eqz().br_if(lone);
    r.get(index).i32_const(1).i32_add().set(index);
    found(r);
    r.end();
}

/// Adds a constant to an address.
fn advance(r: &mut Routine<'_>, address: Local, bytes: u32) {
    r.get(address).ptr_const(u64::from(bytes)).ptr_add().set(address);
}

/// Pushes a byte after the first one: `10xxxxxx`, with six bits of a number from a position on.
fn push_continuation(r: &mut Routine<'_>, number: Local, shift: i32) {
    r.get(number);
    if shift != 0 {
        r.i32_const(shift).i32_shr_u();
    }
    r.i32_const(0x3f).i32_and().i32_const(0x80).i32_or();
}

/// Writes the first byte, which is a mark and the bits of a number from a position on, and the other ones.
fn write_sequence(r: &mut Routine<'_>, address: Local, number: Local, mark: i32, others: u32) {
    let at = r.at(0, 1);
    r.get(address).get(number).i32_const(6 * others as i32).i32_shr_u().i32_const(mark).i32_or().i32_store8(at);
    for other in 1..=others {
        let at = r.at(other, 1);
        r.get(address);
        push_continuation(r, number, 6 * (others - other) as i32);
        r.i32_store8(at);
    }
    advance(r, address, others + 1);
}

fn write_two(r: &mut Routine<'_>, address: Local, unit: Local) {
    write_sequence(r, address, unit, 0xc0, 1);
}

fn write_three(r: &mut Routine<'_>, address: Local, unit: Local) {
    write_sequence(r, address, unit, 0xe0, 2);
}

/// The number is `0x10000 + (high - 0xd800) * 0x400 + (low - 0xdc00)`.
fn write_four(r: &mut Routine<'_>, address: Local, (high, low): (Local, Local)) {
    let bias = (HIGH_SURROGATE.1 << 10) + LOW_SURROGATE.1 - 0x10000;
    r.get(high).i32_const(10).i32_shl().get(low).i32_add().i32_const(bias).i32_sub().set(low);
    write_sequence(r, address, low, 0xf0, 3);
}
