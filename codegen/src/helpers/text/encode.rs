//! Encoding: from the elements of an array to memory that has room for them.

use crate::helpers::array_code::ArrayCode;
use crate::helpers::id::Helper;
use crate::helpers::routine::{Label, Local, Routine};
use crate::helpers::text::encoding::{QUESTION_MARK, REPLACEMENT, mask};
use crate::helpers::text::units::{HIGH_SURROGATE, LOW_SURROGATE, SURROGATE, Units, is};
use crate::planted::{self, Bug};
use linmem_intrinsics::{ArrayType, Element, Encoding};
use wasm_encoder::ValType;

/// The number of units in a vector.
const LANES: u32 = 8;

/// The number of units that are staged at once, for vectors.
const VECTORS: u32 = 64;

/// The number of units that are encoded without vectors after a unit that is not small.
const PAUSE: i32 = 512;

/// Encodes a range of an array that was checked.
///
/// ```wasm
/// ;; (address, array, index, count) -> end
/// ;; eight units at a time:
/// i32.store8(address, units[0])   ...   i32.store8(address + 7, units[7])   address += 8
/// ;; or one by one
/// ```
///
/// # Traps
///
/// If the array is null.
pub(super) fn encode(r: &mut Routine<'_>, encoding: Encoding, ty: ArrayType) {
    let [address, array, index, count] = r.params();
    let (at, is_utf16) = (r.at(0, 1), ty.element == Element::I16);
    if encoding == Encoding::Latin1 && !is_utf16 {
        // Each element is one byte.
        r.get(address).get(array).get(index).get(count).helper(Helper::Array(ArrayCode::CopyFrom, ty));
        r.get(address).get(count).ptr_from_i32().ptr_add();
        return;
    }
    let next = r.local(ValType::I32);
    let units = Units::new(r, ty, (array, index, count));
    let block = |r: &mut Routine<'_>, units: &[Local]| {
        for (number, unit) in (0..).zip(units) {
            let at = r.at(number, 1);
            r.get(address).get(*unit).i32_store8(at);
        }
        advance(r, address, units.len() as u32);
    };
    let is_vector = is_utf16 && r.context().choices.simd;
    let resume = is_vector.then(|| r.local(ValType::I32));
    if let Some(resume) = resume {
        r.get(count).set(resume);
    }
    let many = |r: &mut Routine<'_>, next: Label| {
        if let Some(resume) = resume {
            write_vectors(r, encoding, units, (address, resume), next);
        }
    };
    units.each(r, mask(encoding), many, block, |r, unit| match encoding {
        Encoding::Latin1 => {
            r.get(unit).i32_const(0xff).i32_gt_u().if_();
            units.pair(r, unit, next, |_| {});
            r.i32_const(QUESTION_MARK).set(unit).end();
            r.get(address).get(unit).i32_store8(at);
            advance(r, address, 1);
        }
        Encoding::Utf8 | Encoding::Wtf8 => {
            let written = r.block();
            r.get(unit).i32_const(0x80).i32_lt_u().if_();
            r.get(address).get(unit).i32_store8(at);
            advance(r, address, 1);
            r.br(written).end();
            if is_utf16 {
                r.get(unit).i32_const(0x800).i32_lt_u().if_();
            }
            write_two(r, address, unit);
            if is_utf16 {
                r.br(written).end();
                is(r, unit, SURROGATE);
                r.if_();
                units.pair(r, unit, next, |r| {
                    write_four(r, address, (unit, next));
                    r.br(written);
                });
                if encoding == Encoding::Utf8 && !planted::has(Bug::TextKeepsSurrogate) {
                    r.i32_const(REPLACEMENT).set(unit);
                }
                r.end();
                write_three(r, address, unit);
            }
            r.end();
        }
    });
    r.get(address);
}

/// Adds a constant to an address.
fn advance(r: &mut Routine<'_>, address: Local, bytes: u32) {
    r.get(address).ptr_const(u64::from(bytes)).ptr_add().set(address);
}

/// Pushes six bits of a number as the byte after the first one, at this position of a little-endian number.
fn push_continuation(r: &mut Routine<'_>, number: Local, shift: i32, position: i32) {
    r.get(number);
    if shift != 0 {
        r.i32_const(shift).i32_shr_u();
    }
    r.i32_const(0x3f).i32_and();
    if position != 0 {
        r.i32_const(8 * position).i32_shl();
    }
}

/// Two bytes, as a number: `110xxxxx 10xxxxxx`.
fn write_two(r: &mut Routine<'_>, address: Local, unit: Local) {
    let at = r.at(0, 1);
    r.get(address).get(unit).i32_const(6).i32_shr_u();
    push_continuation(r, unit, 0, 1);
    r.i32_or().i32_const(0x80c0).i32_or().i32_store16(at);
    advance(r, address, 2);
}

/// Two bytes, and one: `1110xxxx 10xxxxxx 10xxxxxx`.
fn write_three(r: &mut Routine<'_>, address: Local, unit: Local) {
    let (at, last) = (r.at(0, 1), r.at(2, 1));
    r.get(address).get(unit).i32_const(12).i32_shr_u();
    push_continuation(r, unit, 6, 1);
    r.i32_or().i32_const(0x80e0).i32_or().i32_store16(at);
    r.get(address);
    push_continuation(r, unit, 0, 0);
    r.i32_const(0x80).i32_or().i32_store8(last);
    advance(r, address, 3);
}

/// Four bytes: `11110xxx 10xxxxxx 10xxxxxx 10xxxxxx`, of `0x10000 + (high - 0xd800) * 0x400 + (low - 0xdc00)`.
fn write_four(r: &mut Routine<'_>, address: Local, (high, low): (Local, Local)) {
    let at = r.at(0, 1);
    let number = low;
    let bias = (HIGH_SURROGATE.1 << 10) + LOW_SURROGATE.1 - 0x10000;
    r.get(high).i32_const(10).i32_shl().get(low).i32_add().i32_const(bias).i32_sub().set(number);
    r.get(address).get(number).i32_const(18).i32_shr_u();
    push_continuation(r, number, 12, 1);
    r.i32_or();
    push_continuation(r, number, 6, 2);
    r.i32_or();
    push_continuation(r, number, 0, 3);
    r.i32_or().i32_const(0x8080_80f0_u32 as i32).i32_or().i32_store(at);
    advance(r, address, 4);
}

/// Writes units as they are, loads them as vectors, and narrows these, if all units are small.
///
/// ```wasm
/// STAGED <= left <= resume:
///   block $mixed
///     units[0] & MASK:   br $mixed
///     i32.store16(address, units[0])   ...   i32.store16(address + 126, units[63])
///     vectors[0] = v128.load(address)   ...   vectors[7] = v128.load(address + 112)
///     v128.any_true((vectors[0] | ... | vectors[7]) & MASK):   br $mixed
///     v128.store(address, i8x16.narrow_i16x8_u(vectors[0], vectors[1]))   ...
///     address += 64   index += 64   left -= 64   br $next
///   end
///   resume = left - PAUSE, or 0
/// end
/// ```
///
/// A load of bytes that several stores have just written waits for them, so that many units are staged at once.
///
/// The second half of the staged bytes is part of the encoded text, and is written again: in UTF-8, each of the units after
/// these is at least one byte, and in Latin-1 each two units are.
fn write_vectors(
    r: &mut Routine<'_>,
    encoding: Encoding,
    units: Units,
    (address, resume): (Local, Local),
    next: Label,
) {
    let staged = match encoding {
        _ if planted::has(Bug::TextStagesFurther) => VECTORS,
        Encoding::Utf8 | Encoding::Wtf8 => 2 * VECTORS,
        Encoding::Latin1 => 4 * VECTORS,
    };
    let vectors = r.group(VECTORS / LANES, ValType::V128);
    let mask = mask(encoding);
    r.get(units.left).i32_const(staged as i32).i32_ge_u().get(units.left).get(resume).i32_le_u().i32_and().if_();
    let mixed = r.block();
    units.push(r, 0);
    r.i32_const(mask).i32_and().br_if(mixed);
    for number in 0..VECTORS {
        let at = r.at(2 * number, 1);
        r.get(address);
        units.push(r, number);
        r.i32_store16(at);
    }
    for (number, vector) in (0..).zip(&vectors) {
        let at = r.at(2 * LANES * number, 1);
        r.get(address).emit(|sink, _| {
            sink.v128_load(at).local_tee(vector.index());
            if number != 0 {
                sink.v128_or();
            }
        });
    }
    r.emit(|sink, _| {
        let lanes = (0..LANES).fold(0_i128, |lanes, lane| lanes | i128::from(mask) << (16 * lane));
        sink.v128_const(lanes).v128_and().v128_any_true();
    });
    r.br_if(mixed);
    for (number, pair) in (0..).zip(vectors.chunks_exact(2)) {
        let at = r.at(2 * LANES * number, 1);
        r.get(address);
        for vector in pair {
            r.get(*vector);
        }
        r.emit(|sink, _| {
            sink.i8x16_narrow_i16x8_u().v128_store(at);
        });
    }
    advance(r, address, VECTORS);
    units.skip(r, VECTORS);
    r.br(next).end();
    r.get(units.left)
        .i32_const(PAUSE)
        .i32_sub()
        .i32_const(0)
        .get(units.left)
        .i32_const(PAUSE)
        .i32_ge_u()
        .select()
        .set(resume)
        .end();
}
