//! Walks over text in memory, and counts its units or assigns them to elements.

use crate::helpers::id::Helper;
use crate::helpers::routine::{Label, Local, Routine};
use crate::helpers::text::encoding::{QUESTION_MARK, REPLACEMENT};
use crate::helpers::text::units::{HIGH_SURROGATE, LOW_SURROGATE, SURROGATE};
use crate::planted::{self, Bug};
use linmem_intrinsics::{ArrayType, Element, Encoding};
use wasm_encoder::ValType;

/// The bits of eight bytes that are 0 if all of them are ASCII.
pub(super) const NOT_ASCII: i64 = 0x8080_8080_8080_8080_u64 as i64;

/// What is done with each unit.
#[derive(Clone, Copy)]
pub(super) enum Pass {
    /// It is counted, in a pointer.
    Count(Local),
    /// It is assigned to an element, whose index is in an `i32`.
    Assign(ArrayType, Local, Local),
}

/// What is done at the first ill-formed sequence: unless that was done before, the units of the text are counted by a
/// helper, and the text is decoded again.
#[derive(Clone, Copy)]
pub(super) struct Retry {
    pub(super) counted: Local,
    pub(super) units: Local,
    pub(super) text: (Local, Local),
    pub(super) count: Helper,
    pub(super) again: Label,
}

/// The bytes that are left, and the kind of the array.
#[derive(Clone, Copy)]
pub(super) struct Walk {
    pub(super) address: Local,
    pub(super) left: Local,
    pub(super) element: Element,
}

impl Pass {
    /// Handles a unit, which `push` pushes.
    fn unit(self, r: &mut Routine<'_>, push: impl FnOnce(&mut Routine<'_>)) {
        if let Pass::Assign(ty, array, index) = self {
            r.get(array).get(index);
            push(r);
            r.emit(|sink, _| {
                sink.array_set(ty.index);
            });
        }
        self.skip(r, 1);
    }

    /// Handles a number of units that are bytes at an address.
    fn bytes(self, r: &mut Routine<'_>, address: Local, count: u32) {
        if let Pass::Assign(ty, array, index) = self {
            for number in 0..count {
                let at = r.at(number, 1);
                r.get(array).get(index);
                if number != 0 {
                    r.i32_const(number as i32).i32_add();
                }
                r.get(address).i32_load8_u(at).emit(|sink, _| {
                    sink.array_set(ty.index);
                });
            }
        }
        self.skip(r, count);
    }

    fn skip(self, r: &mut Routine<'_>, count: u32) {
        match self {
            Pass::Count(units) => r.get(units).ptr_const(u64::from(count)).ptr_add().set(units),
            Pass::Assign(_, _, index) => r.get(index).i32_const(count as i32).i32_add().set(index),
        };
    }
}

impl Walk {
    pub(super) fn skip(self, r: &mut Routine<'_>, bytes: u32) {
        r.get(self.address).ptr_const(u64::from(bytes)).ptr_add().set(self.address);
        r.get(self.left).ptr_const(u64::from(bytes)).ptr_sub().set(self.left);
    }

    /// Pushes whether fewer bytes than this are left.
    pub(super) fn push_lacks(self, r: &mut Routine<'_>, bytes: u32) {
        r.get(self.left).ptr_const(u64::from(bytes)).ptr_lt_u();
    }

    /// ```wasm
    /// loop $next
    ///   left < 8:
    ///     left == 0:   br $done
    ///     ;; one byte
    ///   else
    ///     ;; eight bytes
    ///   br $next
    /// end
    /// ```
    pub(super) fn latin1(self, r: &mut Routine<'_>, pass: Pass) {
        let done = r.block();
        let next = r.repeat();
        self.push_lacks(r, 8);
        r.if_();
        r.get(self.left).ptr_eqz().br_if(done);
        pass.bytes(r, self.address, 1);
        self.skip(r, 1);
        r.else_();
        pass.bytes(r, self.address, 8);
        self.skip(r, 8);
        r.end().br(next).end().end();
    }

    /// Well-formed sequences are decoded in place; ill-formed ones are measured by a helper.
    ///
    /// ```wasm
    /// loop $next
    ///   left < 8:
    ///     ascii = left
    ///   else
    ///     the next eight bytes are ASCII:   ;; eight units   br $next
    ///     ascii = the number of those before the first one that is not
    ///   loop $byte
    ///     left == 0:   br $done
    ///     first = address[0]
    ///     first < 0x80:
    ///       ;; one unit
    ///       ascii == 0:   br $next
    ///       ascii -= 1   br $byte
    ///     block $malformed
    ///       ;; a sequence of two bytes, three bytes or four bytes:   its units   br $byte
    ///     end
    ///     ;; the unit 0xfffd
    ///     bytes = malformed(address, left)   address += bytes   left -= bytes   br $byte
    ///   end
    /// end
    /// ```
    pub(super) fn utf8(self, r: &mut Routine<'_>, encoding: Encoding, pass: Pass, retry: Option<Retry>) {
        let [first, number, more, ascii] = r.locals(ValType::I32);
        let bytes = r.pointer();
        let at = r.at(0, 1);
        let done = r.block();
        let next = r.repeat();
        self.ascii(r, pass, ascii, next);
        let byte = r.repeat();
        r.get(self.left).ptr_eqz().br_if(done);
        r.get(self.address).i32_load8_u(at).tee(first).i32_const(0x80).i32_lt_u().if_();
        pass.unit(r, |r| _ = r.get(first));
        self.skip(r, 1);
        r.get(ascii).i32_eqz().br_if(next);
        r.get(ascii).i32_const(1).i32_sub().set(ascii).br(byte).end();
        let malformed = r.block();
        r.get(first).i32_const(0xe0).i32_lt_u().if_();
        // 0xc0 and 0xc1 would begin sequences that are too long.
        r.get(first).i32_const(0xc2).i32_lt_u().br_if(malformed);
        self.continuations(r, (first, number, more), 0x1f, 1, malformed);
        self.emit(r, pass, number);
        self.skip(r, 2);
        r.br(byte).end();
        r.get(first).i32_const(0xf0).i32_lt_u().if_();
        self.continuations(r, (first, number, more), 0x0f, 2, malformed);
        let least = if planted::has(Bug::TextOverlong) { 0x80 } else { 0x800 };
        r.get(number).i32_const(least).i32_lt_u().br_if(malformed);
        if encoding == Encoding::Utf8 && !planted::has(Bug::TextDecodesSurrogate) {
            r.get(number).i32_const(SURROGATE.0).i32_and().i32_const(SURROGATE.1).i32_eq().br_if(malformed);
        }
        self.emit(r, pass, number);
        self.skip(r, 3);
        r.br(byte).end();
        r.get(first).i32_const(0xf4).i32_gt_u().br_if(malformed);
        self.continuations(r, (first, number, more), 0x07, 3, malformed);
        r.get(number).i32_const(0x10000).i32_sub().i32_const(0x10_0000).i32_ge_u().br_if(malformed);
        self.emit_supplementary(r, pass, number);
        self.skip(r, 4);
        r.br(byte).end();
        if let Some(Retry { counted, units, text: (address, bytes), count, again }) = retry
            && !planted::has(Bug::TextKeepsGuess)
        {
            r.get(counted).i32_eqz().if_();
            r.i32_const(1).set(counted).get(address).get(bytes).helper(count).set(units).br(again).end();
        }
        self.replace(r, pass);
        r.get(self.address).get(self.left).helper(Helper::Malformed(encoding)).tee(bytes);
        r.get(self.address).ptr_add().set(self.address);
        r.get(self.left).get(bytes).ptr_sub().set(self.left);
        r.br(byte).end().end().end();
    }

    /// Handles as many bytes as are tested at once, and branches to `next`, if all of them are ASCII. Else sets `ascii` to
    /// the number of those before the first one that is not; if few bytes are left, to their number.
    fn ascii(self, r: &mut Routine<'_>, pass: Pass, ascii: Local, next: Label) {
        let is_vector = r.context().choices.simd;
        let bytes = if is_vector { 16 } else { 8 };
        let at = r.at(0, 1);
        self.push_lacks(r, bytes);
        r.if_();
        r.get(self.left).i32_from_ptr().set(ascii).else_();
        if is_vector {
            r.get(self.address).emit(|sink, _| {
                sink.v128_load(at).i8x16_bitmask();
            });
            r.tee(ascii).i32_eqz().if_();
        } else {
            let other = r.local(ValType::I64);
            r.get(self.address).i64_load(at).i64_const(NOT_ASCII).i64_and().tee(other);
            r.i64_ctz().i32_wrap_i64().i32_const(3).i32_shr_u().set(ascii);
            r.get(other).i64_eqz().if_();
        }
        pass.bytes(r, self.address, bytes);
        self.skip(r, bytes);
        r.br(next).end();
        if is_vector {
            r.get(ascii).i32_ctz().set(ascii);
        }
        r.end();
    }

    /// Computes the number that a sequence encodes: the bits of the first byte, and six bits of each byte after it.
    /// Branches to `malformed` if one of these is absent or does not begin with `10`.
    fn continuations(
        self,
        r: &mut Routine<'_>,
        (first, number, more): (Local, Local, Local),
        mask: i32,
        count: u32,
        malformed: Label,
    ) {
        self.push_lacks(r, count + 1);
        r.br_if(malformed);
        r.get(first).i32_const(mask).i32_and().set(number);
        for offset in 1..=count {
            let at = r.at(offset, 1);
            // The bits above the lowest six are 0 if the byte begins with `10`.
            r.get(self.address).i32_load8_u(at).i32_const(0x80).i32_xor().tee(more);
            r.i32_const(0x3f).i32_gt_u().br_if(malformed);
            r.get(number).i32_const(6).i32_shl().get(more).i32_or().set(number);
        }
    }

    /// Handles a character below U+10000.
    fn emit(self, r: &mut Routine<'_>, pass: Pass, number: Local) {
        pass.unit(r, |r| match self.element {
            Element::I8 => {
                r.get(number).i32_const(QUESTION_MARK).get(number).i32_const(0x100).i32_lt_u().select();
            }
            _ => _ = r.get(number),
        });
    }

    /// Handles a character from U+10000 on: two surrogates.
    fn emit_supplementary(self, r: &mut Routine<'_>, pass: Pass, number: Local) {
        if self.element == Element::I8 {
            return pass.unit(r, |r| _ = r.i32_const(QUESTION_MARK));
        }
        pass.unit(r, |r| {
            let bias = HIGH_SURROGATE.1 - (0x10000 >> 10);
            r.get(number).i32_const(10).i32_shr_u().i32_const(bias).i32_add();
        });
        pass.unit(r, |r| {
            r.get(number).i32_const(0x3ff).i32_and().i32_const(LOW_SURROGATE.1).i32_or();
        });
    }

    /// Handles an ill-formed sequence.
    fn replace(self, r: &mut Routine<'_>, pass: Pass) {
        let replacement = if self.element == Element::I8 { QUESTION_MARK } else { REPLACEMENT };
        pass.unit(r, |r| _ = r.i32_const(replacement));
    }
}
