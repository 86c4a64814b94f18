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
        self.assign(r, 0, push);
        self.skip(r, 1);
    }

    /// Handles a number of units that are bytes at an address.
    fn bytes(self, r: &mut Routine<'_>, address: Local, count: u32) {
        for number in 0..count {
            self.byte(r, address, number);
        }
        self.skip(r, count);
    }

    /// Assigns a byte that is this number of bytes after an address to the element that is as far after the next one.
    fn byte(self, r: &mut Routine<'_>, address: Local, number: u32) {
        let at = r.at(number, 1);
        self.assign(r, number, |r| {
            r.get(address).i32_load8_u(at);
        });
    }

    /// Assigns what `push` pushes to the element that is this number of elements after the next one.
    fn assign(self, r: &mut Routine<'_>, number: u32, push: impl FnOnce(&mut Routine<'_>)) {
        if let Pass::Assign(ty, array, index) = self {
            r.get(array).get(index);
            if number != 0 {
                r.i32_const(number as i32).i32_add();
            }
            push(r);
            r.emit(|sink, _| {
                sink.array_set(ty.index);
            });
        }
    }

    fn skip(self, r: &mut Routine<'_>, count: u32) {
        match self {
            Pass::Count(units) => r.get(units).ptr_const(u64::from(count)).ptr_add().set(units),
            Pass::Assign(_, _, index) => r.get(index).i32_const(count as i32).i32_add().set(index),
        };
    }

    /// Skips a number of units that is in an `i32`.
    fn skip_local(self, r: &mut Routine<'_>, count: Local) {
        match self {
            Pass::Count(units) => r.get(units).get(count).ptr_from_i32().ptr_add().set(units),
            Pass::Assign(_, _, index) => r.get(index).get(count).i32_add().set(index),
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
    ///     left == 0:   br $done
    ///     first = address[0]
    ///     first < 0x80:   ;; one unit   br $next
    ///   else
    ///     the next eight bytes are ASCII:   ;; eight units   br $next
    ///     ;; those before the first one that is not
    ///     first = address[0]
    ///   loop $again
    ///     block $written
    ///       block $malformed
    ///         ;; a sequence of two bytes, three bytes or four bytes:   its units   br $written
    ///       end
    ///       ;; the unit 0xfffd
    ///       bytes = malformed(address, left)   address += bytes   left -= bytes
    ///     end
    ///     block $small
    ///       left == 0:   br $done
    ///       first = address[0]
    ///       first < 0x80:   br $small
    ///       ;; sequences of two or three bytes each, as long as there are four of the same size
    ///       br $again
    ///     end
    ///     ;; one unit
    ///     left == 0:   br $done
    ///     first = address[0]
    ///     first >= 0x80:   br $again
    ///     br $next
    ///   end
    /// end
    /// ```
    pub(super) fn utf8(self, r: &mut Routine<'_>, encoding: Encoding, pass: Pass, retry: Option<Retry>) {
        let [first, number] = r.locals(ValType::I32);
        let bytes = r.pointer();
        let at = r.at(0, 1);
        let done = r.block();
        let next = r.repeat();
        self.ascii(r, pass, first, (next, done));
        let again = r.repeat();
        let written = r.block();
        let malformed = r.block();
        r.get(first).i32_const(0xe0).i32_lt_u().if_();
        self.sequence(r, 2, malformed);
        // A first byte that is not 0xc2 or above makes a number outside of this range.
        r.tee(number).i32_const(0x80).i32_sub().i32_const(0x800 - 0x80).i32_ge_u().br_if(malformed);
        self.emit(r, pass, number);
        self.skip(r, 2);
        r.br(written).end();
        r.get(first).i32_const(0xf0).i32_lt_u().if_();
        self.sequence(r, 3, malformed);
        let least = if planted::has(Bug::TextOverlong) { 0x80 } else { 0x800 };
        r.tee(number).i32_const(least).i32_lt_u().br_if(malformed);
        if encoding == Encoding::Utf8 && !planted::has(Bug::TextDecodesSurrogate) {
            r.get(number).i32_const(SURROGATE.0).i32_and().i32_const(SURROGATE.1).i32_eq().br_if(malformed);
        }
        self.emit(r, pass, number);
        self.skip(r, 3);
        r.br(written).end();
        self.sequence(r, 4, malformed);
        // So does a first byte above 0xf4.
        r.tee(number).i32_const(0x10000).i32_sub().i32_const(0x10_0000).i32_ge_u().br_if(malformed);
        self.emit_supplementary(r, pass, number);
        self.skip(r, 4);
        r.br(written).end();
        if let Some(Retry { counted, units, text: (address, bytes), count, again }) = retry
            && !planted::has(Bug::TextKeepsGuess)
        {
            r.get(counted).i32_eqz().if_();
            r.i32_const(1).set(counted).get(address).get(bytes).helper(count).set(units).br(again).end();
        }
        self.replace(r, pass);
        r.get(self.address).get(self.left).helper(Helper::Malformed(encoding)).tee(bytes);
        r.get(self.address).ptr_add().set(self.address);
        r.get(self.left).get(bytes).ptr_sub().set(self.left).end();
        let small = r.block();
        let read = |r: &mut Routine<'_>| {
            r.get(self.left).ptr_eqz().br_if(done);
            r.get(self.address).i32_load8_u(at).tee(first).i32_const(0x80).i32_lt_u().br_if(small);
        };
        read(r);
        self.runs(r, pass, (first, number), read);
        r.br(again).end();
        pass.unit(r, |r| _ = r.get(first));
        self.skip(r, 1);
        r.get(self.left).ptr_eqz().br_if(done);
        r.get(self.address).i32_load8_u(at).tee(first).i32_const(0x80).i32_ge_u().br_if(again);
        r.br(next).end().end().end();
    }

    /// Handles ASCII, and sets `first` to the first byte that is not.
    fn ascii(self, r: &mut Routine<'_>, pass: Pass, first: Local, (next, done): (Label, Label)) {
        let at = r.at(0, 1);
        if r.context().choices.simd {
            self.push_lacks(r, 16);
            r.i32_eqz().if_();
            r.get(self.address).emit(|sink, _| {
                sink.v128_load(at).i8x16_bitmask();
            });
            r.i32_eqz().if_();
            pass.bytes(r, self.address, 16);
            self.skip(r, 16);
            r.br(next).end().end();
        }
        self.push_lacks(r, 8);
        r.if_();
        r.get(self.left).ptr_eqz().br_if(done);
        r.get(self.address).i32_load8_u(at).tee(first).i32_const(0x80).i32_lt_u().if_();
        pass.unit(r, |r| _ = r.get(first));
        self.skip(r, 1);
        r.br(next).end().else_();
        let other = r.local(ValType::I64);
        r.get(self.address).i64_load(at).i64_const(NOT_ASCII).i64_and().tee(other).i64_eqz().if_();
        pass.bytes(r, self.address, 8);
        self.skip(r, 8);
        r.br(next).end();
        let ascii = r.local(ValType::I32);
        r.get(other).i64_ctz().i32_wrap_i64().i32_const(3).i32_shr_u().set(ascii);
        if let Pass::Assign(..) = pass {
            self.assign_some(r, pass, ascii);
        }
        pass.skip_local(r, ascii);
        r.get(self.address).get(ascii).ptr_from_i32().ptr_add().set(self.address);
        r.get(self.left).get(ascii).ptr_from_i32().ptr_sub().set(self.left);
        r.get(self.address).i32_load8_u(at).set(first).end();
    }

    /// Assigns fewer than eight bytes, whose number is in `ascii`, the last one first.
    ///
    /// ```wasm
    /// ;; a block for each number; the one for 7 is the innermost
    /// local.get $ascii   br_table $0 $1 ... $7
    /// end   array[index + 6] = address[6]
    /// ...
    /// end   array[index] = address[0]
    /// end
    /// ```
    fn assign_some(self, r: &mut Routine<'_>, pass: Pass, ascii: Local) {
        let labels: Vec<Label> = (0..8).map(|_| r.block()).collect();
        if let [fewer @ .., most] = &labels[..] {
            r.get(ascii).br_table(fewer, *most);
        }
        for number in (0..7).rev() {
            r.end();
            pass.byte(r, self.address, number);
        }
        r.end();
    }

    /// Pushes the number that a sequence of bytes encodes: the bits of the first byte, and six bits of each byte after it.
    /// Branches to `malformed` if one of these is absent or does not begin with `10`. If the first byte is not one of a
    /// sequence of that many bytes, the number is not one that such a sequence encodes.
    fn sequence(self, r: &mut Routine<'_>, bytes: u32, malformed: Label) {
        self.push_lacks(r, bytes);
        r.br_if(malformed).get(self.address);
        let (first, second) = (r.at(0, 1), r.at(1, 1));
        let (tested, expected) = match bytes {
            2 => {
                r.i32_load8_u(second);
                (0xc0, 0x80)
            }
            3 => {
                r.i32_load16_u(second);
                (0xc0c0, 0x8080)
            }
            _ => {
                r.i32_load(first);
                (0xc0c0_c000_u32 as i32, 0x8080_8000_u32 as i32)
            }
        };
        r.i32_const(tested).i32_and().i32_const(expected).i32_ne().br_if(malformed);
        self.push_number(r, 0, bytes);
    }

    /// Pushes the number that the bytes of a sequence at an offset encode.
    ///
    /// ```wasm
    /// ((address[0] << 6) + address[1] << 6) + address[2] - MARKS
    /// ```
    ///
    /// MARKS has the bits that do not belong to the number.
    fn push_number(self, r: &mut Routine<'_>, offset: u32, bytes: u32) {
        let mut marks = match bytes {
            2 => 0xc0,
            3 => 0xe0,
            _ => 0xf0,
        };
        let at = r.at(offset, 1);
        r.get(self.address).i32_load8_u(at);
        for number in 1..bytes {
            let at = r.at(offset + number, 1);
            r.i32_const(6).i32_shl().get(self.address).i32_load8_u(at).i32_add();
            marks = (marks << 6) + 0x80;
        }
        r.i32_const(marks).i32_sub();
    }

    /// Handles sequences of two or three bytes each, as long as there are four of the same size. Units are counted one by
    /// one, and so are those of Latin-1.
    ///
    /// ```wasm
    /// first < 0xe0:   ;; sequences of two bytes
    /// else            ;; sequences of three bytes
    /// left == 0:      br $done
    /// first = address[0]
    /// first < 0x80:   br $small
    /// ```
    fn runs(
        self,
        r: &mut Routine<'_>,
        pass: Pass,
        (first, number): (Local, Local),
        read: impl FnOnce(&mut Routine<'_>),
    ) {
        if matches!(pass, Pass::Assign(..)) && self.element == Element::I16 {
            r.get(first).i32_const(0xe0).i32_lt_u().if_();
            self.run(r, pass, 2, number);
            r.else_();
            self.run(r, pass, 3, number);
            r.end();
            read(r);
        }
    }

    /// Assigns the units of sequences of the same size, as long as there are four of them. Characters of three bytes must
    /// be below the surrogates. If a character is not in the range, the elements before it are assigned again.
    ///
    /// ```wasm
    /// block $single
    ///   loop $again
    ///     left < BYTES:                                     br $single
    ///     ;; the marks of all bytes are not as expected:    br $single
    ///     ;; for each sequence:
    ///     number is not in the range:                       br $single
    ///     array[index + SEQUENCE] = number
    ///     ;; after all of them:
    ///     index += 4   address += BYTES   left -= BYTES     br $again
    ///   end
    /// end
    /// ```
    fn run(self, r: &mut Routine<'_>, pass: Pass, bytes: u32, number: Local) {
        let at = r.at(0, 1);
        let single = r.block();
        let again = r.repeat();
        self.push_lacks(r, 4 * bytes);
        r.br_if(single).get(self.address).i64_load(at);
        let (least, end) = if bytes == 2 {
            r.i64_const(0xc0e0_c0e0_c0e0_c0e0_u64 as i64).i64_and().i64_const(0x80c0_80c0_80c0_80c0_u64 as i64);
            r.i64_ne().br_if(single);
            (if planted::has(Bug::TextRunOverlong) { 0 } else { 0x80 }, None)
        } else {
            let last = r.at(8, 1);
            let (tested, expected) = if planted::has(Bug::TextRunContinues) {
                (0xc0_f0c0, 0x80_e080)
            } else {
                (0xc0c0_f0c0_u32, 0x8080_e080_u32)
            };
            r.i64_const(0xc0f0_c0c0_f0c0_c0f0_u64 as i64).i64_and().i64_const(0x80e0_8080_e080_80e0_u64 as i64);
            r.i64_ne().br_if(single).get(self.address).i32_load(last);
            r.i32_const(tested as i32).i32_and().i32_const(expected as i32).i32_ne().br_if(single);
            (0x800, Some(SURROGATE.1))
        };
        for sequence in 0..4 {
            self.push_number(r, bytes * sequence, bytes);
            r.tee(number).i32_const(least);
            match end {
                // The marks leave room for no number above the range.
                None => r.i32_lt_u(),
                Some(end) => r.i32_sub().i32_const(end - least).i32_ge_u(),
            };
            r.br_if(single);
            pass.assign(r, sequence, |r| _ = r.get(number));
        }
        pass.skip(r, 4);
        self.skip(r, 4 * bytes);
        r.br(again).end().end();
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
