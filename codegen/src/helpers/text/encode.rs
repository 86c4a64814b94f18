//! Encoding: from the elements of an array to memory that has room for them.

use crate::helpers::array_code::ArrayCode;
use crate::helpers::id::Helper;
use crate::helpers::routine::{Label, Local, Routine};
use crate::helpers::text::encoding::{QUESTION_MARK, REPLACEMENT, small_below};
use crate::helpers::text::units::{
    Count, HIGH_SURROGATE, LOW_SURROGATE, RUN, SURROGATE, Units, Visit, is, leave_range,
};
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
/// ;; or one by one, or four of the same size at a time
/// ```
///
/// # Traps
///
/// If the array is null.
pub(super) fn encode(r: &mut Routine<'_>, encoding: Encoding, ty: ArrayType) {
    let [address, array, index, count] = r.params();
    let is_utf16 = ty.element == Element::I16;
    if encoding == Encoding::Latin1 && !is_utf16 {
        // Each element is one byte.
        r.get(address).get(array).get(index).get(count).helper(Helper::Array(ArrayCode::CopyFrom, ty));
        r.get(address).get(count).ptr_from_i32().ptr_add();
        return;
    }
    let next = r.local(ValType::I32);
    let resume = (is_utf16 && r.context().choices.simd).then(|| r.local(ValType::I32));
    if let Some(resume) = resume {
        r.get(count).set(resume);
    }
    let more = if encoding != Encoding::Latin1 { r.group(RUN - 1, ValType::I32) } else { Vec::new() };
    let units = Units::new(r, ty, (array, index, count));
    units.each(r, &Encode { encoding, is_utf16, address, next, resume, more });
    r.get(address);
}

/// Writes encoded units at an address.
struct Encode {
    encoding: Encoding,
    is_utf16: bool,
    address: Local,
    /// The second unit of a pair.
    next: Local,
    /// With vectors, the number of units that are left when they are used again.
    resume: Option<Local>,
    /// The units of a run, after the first one.
    more: Vec<Local>,
}

impl Visit for Encode {
    fn small_below(&self) -> i32 {
        small_below(self.encoding)
    }

    fn many(&self, r: &mut Routine<'_>, units: Units, next: Label) {
        if let Some(resume) = self.resume {
            write_vectors(r, self.encoding, units, (self.address, resume), next);
        }
    }

    fn small(&self, r: &mut Routine<'_>, number: u32, unit: Local) {
        let at = r.at(number, 1);
        r.get(self.address).get(unit).i32_store8(at);
    }

    fn skip_small(&self, r: &mut Routine<'_>, count: Count) {
        match count {
            Count::Constant(bytes) => advance(r, self.address, bytes),
            Count::Local(bytes) => {
                _ = r.get(self.address).get(bytes).ptr_from_i32().ptr_add().set(self.address);
            }
        }
    }

    fn other(&self, r: &mut Routine<'_>, units: Units, unit: Local) {
        let (address, next) = (self.address, self.next);
        if self.encoding == Encoding::Latin1 {
            let at = r.at(0, 1);
            units.pair(r, unit, next, |_| {});
            r.get(address).i32_const(QUESTION_MARK).i32_store8(at);
            return advance(r, address, 1);
        }
        if !self.is_utf16 {
            write_two(r, (address, 0), unit);
            return advance(r, address, 2);
        }
        let written = r.block();
        r.get(unit).i32_const(0x800).i32_lt_u().if_();
        write_two(r, (address, 0), unit);
        advance(r, address, 2);
        r.br(written).end();
        is(r, unit, SURROGATE);
        r.if_();
        units.pair(r, unit, next, |r| {
            write_four(r, address, (unit, next));
            r.br(written);
        });
        if self.encoding == Encoding::Utf8 && !planted::has(Bug::TextKeepsSurrogate) {
            r.i32_const(REPLACEMENT).set(unit);
        }
        r.end();
        write_three(r, address, unit);
        r.end();
    }

    /// ```wasm
    /// unit < 0x800:
    ///   left < 4:   br $single
    ///   ;; read three units; any is not in 0x80..0x800:   br $single
    ///   ;; write four times two bytes
    ///   address += 8   index += 4   left -= 4   br $run
    /// left < 5:   br $single
    /// ;; read three units; any is not in 0x800..0xd800:   br $single
    /// ;; write four times three bytes
    /// address += 12   index += 4   left -= 4   br $run
    /// ```
    ///
    /// Three bytes are written as four; the fourth one belongs to the text, and is written again. So there must be a unit
    /// after the last one of them, which has at least one byte.
    fn run(&self, r: &mut Routine<'_>, units: Units, unit: Local, (single, run): (Label, Label)) {
        if self.encoding == Encoding::Latin1 {
            _ = r.br(single);
            return;
        }
        let all = [&[unit], &self.more[..]].concat();
        if self.is_utf16 {
            r.get(unit).i32_const(0x800).i32_lt_u().if_();
        }
        r.get(units.left).i32_const(RUN as i32).i32_lt_u().br_if(single);
        units.read_run(r, &self.more, (0x80, 0x800 - 0x80), single);
        for (number, local) in (0..).zip(&all) {
            write_two(r, (self.address, 2 * number), *local);
        }
        advance(r, self.address, 2 * RUN);
        units.skip(r, RUN);
        r.br(run);
        if !self.is_utf16 {
            return;
        }
        r.end();
        let after = if planted::has(Bug::TextRunToEnd) { 0 } else { 1 };
        r.get(units.left).i32_const(RUN as i32 + after).i32_lt_u().br_if(single);
        let most = if planted::has(Bug::TextRunOfSurrogates) { 0xe000 } else { SURROGATE.1 };
        leave_range(r, unit, (0x800, most - 0x800), single);
        units.read_run(r, &self.more, (0x800, most - 0x800), single);
        for (number, local) in (0..).zip(&all) {
            write_three_and_one(r, (self.address, 3 * number), *local);
        }
        advance(r, self.address, 3 * RUN);
        units.skip(r, RUN);
        r.br(run);
    }
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
fn write_two(r: &mut Routine<'_>, (address, offset): (Local, u32), unit: Local) {
    let at = r.at(offset, 1);
    r.get(address).get(unit).i32_const(6).i32_shr_u();
    push_continuation(r, unit, 0, 1);
    r.i32_or().i32_const(0x80c0).i32_or().i32_store16(at);
}

/// Three bytes, and one that is written again: `1110xxxx 10xxxxxx 10xxxxxx 00000000`.
fn write_three_and_one(r: &mut Routine<'_>, (address, offset): (Local, u32), unit: Local) {
    let at = r.at(offset, 1);
    r.get(address).get(unit).i32_const(12).i32_shr_u();
    // The middle bits are shifted at once.
    r.get(unit).i32_const(2).i32_shl().i32_const(0x3f00).i32_and().i32_or();
    push_continuation(r, unit, 0, 2);
    r.i32_or().i32_const(0x0080_80e0).i32_or().i32_store(at);
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
    // The bits that small units do not have.
    let mask = 0x1_0000 - small_below(encoding);
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
