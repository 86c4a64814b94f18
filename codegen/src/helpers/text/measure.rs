//! The size of the text of an array.

use crate::helpers::array::check_range;
use crate::helpers::routine::{Label, Local, Routine};
use crate::helpers::text::encoding::small_below;
use crate::helpers::text::units::{RUN, SURROGATE, Units, Visit, leave_range};
use crate::planted::{self, Bug};
use linmem_allocator::Width;
use linmem_intrinsics::{ArrayType, Element, Encoding};
use wasm_encoder::ValType;

/// Checks a range of an array, and returns the size of its text.
///
/// ```wasm
/// ;; (array, index, count) -> bytes
/// index + count > array.len:   trap
/// bytes = count                              ;; in 64 bits
/// ;; for each unit that is not small, in UTF-8:
/// bytes += 2 - (unit < 0x800)                ;; a pair is one of them
/// ;; for each pair, in Latin-1:
/// bytes -= 1
/// ```
///
/// # Traps
///
/// If the array is null, or the range is outside.
pub(super) fn size(r: &mut Routine<'_>, encoding: Encoding, ty: ArrayType) {
    let [array, index, count] = r.params();
    check_range(r, ty, (array, index, count));
    let (bytes, next) = (r.local(ValType::I64), r.local(ValType::I32));
    r.get(count).i64_extend_i32_u().set(bytes);
    let more = if encoding == Encoding::Latin1 { Vec::new() } else { r.group(RUN - 1, ValType::I32) };
    let units = Units::new(r, ty, (array, index, count));
    units.each(r, &Measure { encoding, is_utf16: ty.element == Element::I16, bytes, next, more });
    r.get(bytes);
    if r.width() == Width::Bits32 {
        let most = i64::from(u32::MAX);
        r.i64_const(most).get(bytes).i64_const(most).i64_lt_u().select();
    }
    r.ptr_wrap();
}

/// Adds up the bytes of units, beyond one for each.
struct Measure {
    encoding: Encoding,
    is_utf16: bool,
    bytes: Local,
    next: Local,
    /// The units of a run, after the first one.
    more: Vec<Local>,
}

impl Visit for Measure {
    fn small_below(&self) -> i32 {
        small_below(self.encoding)
    }

    fn other(&self, r: &mut Routine<'_>, units: Units, unit: Local) {
        if self.encoding == Encoding::Latin1 {
            return units.pair(r, unit, self.next, |r| {
                r.get(self.bytes).i64_const(1).i64_sub().set(self.bytes);
            });
        }
        let of_pair = if planted::has(Bug::TextSizeOfPair) { 3 } else { 2 };
        r.get(self.bytes);
        if self.is_utf16 {
            r.i64_const(2).get(unit).i32_const(0x800).i32_lt_u().i64_extend_i32_u().i64_sub();
        } else {
            r.i64_const(1);
        }
        r.i64_add().set(self.bytes);
        if self.is_utf16 {
            units.pair(r, unit, self.next, |r| {
                if of_pair != 2 {
                    r.get(self.bytes).i64_const(of_pair - 2).i64_add().set(self.bytes);
                }
            });
        }
    }
    /// ```wasm
    /// left < 4:   br $single
    /// ;; read three units; not all are in 0x80..0x800, or not all in 0x800..0xd800, as the first one is:   br $single
    /// bytes += 4 or 8   index += 4   left -= 4   br $run
    /// ```
    fn run(&self, r: &mut Routine<'_>, units: Units, unit: Local, (single, run): (Label, Label)) {
        if self.encoding == Encoding::Latin1 || !self.is_utf16 {
            _ = r.br(single);
            return;
        }
        r.get(units.left).i32_const(RUN as i32).i32_lt_u().br_if(single);
        let add = |r: &mut Routine<'_>, bytes: u32| {
            r.get(self.bytes).i64_const(i64::from(bytes)).i64_add().set(self.bytes);
            units.skip(r, RUN);
            r.br(run);
        };
        r.get(unit).i32_const(0x800).i32_lt_u().if_();
        units.read_run(r, &self.more, (0x80, 0x800 - 0x80), single);
        add(r, RUN);
        r.end();
        leave_range(r, unit, (0x800, SURROGATE.1 - 0x800), single);
        units.read_run(r, &self.more, (0x800, SURROGATE.1 - 0x800), single);
        add(r, 2 * RUN);
    }
}
