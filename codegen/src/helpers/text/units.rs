//! The code units of an array, one after the other, and eight at a time while all of them are small.

use crate::helpers::array::emit_get_element;
use crate::helpers::routine::{Label, Local, Routine};
use linmem_intrinsics::ArrayType;
use wasm_encoder::{HeapType, RefType, ValType};

/// The number of units in a block.
pub(super) const BLOCK: u32 = 8;

/// The surrogates, as the bits that they have in common: all surrogates, high ones, low ones.
pub(super) const SURROGATE: (i32, i32) = (0xf800, 0xd800);
pub(in crate::helpers) const HIGH_SURROGATE: (i32, i32) = (0xfc00, 0xd800);
pub(super) const LOW_SURROGATE: (i32, i32) = (0xfc00, 0xdc00);

/// The units that are left. The range was checked.
#[derive(Clone, Copy)]
pub(super) struct Units {
    ty: ArrayType,
    array: Local,
    index: Local,
    /// The number of units that are left.
    pub(super) left: Local,
}

impl Units {
    /// Those of a range of an array that is not null. The index and the count are changed.
    pub(super) fn new(r: &mut Routine<'_>, ty: ArrayType, (array, index, count): (Local, Local, Local)) -> Units {
        // Accesses of a reference that may be null would test it each time.
        let known = r.local(ValType::Ref(RefType { nullable: false, heap_type: HeapType::Concrete(ty.index) }));
        r.get(array).ref_as_non_null().set(known);
        Units { ty, array: known, index, left: count }
    }

    /// Pushes the unit that is this number of units after the next one.
    pub(super) fn push(self, r: &mut Routine<'_>, number: u32) {
        r.get(self.array).get(self.index);
        if number != 0 {
            r.i32_const(number as i32).i32_add();
        }
        r.emit(|sink, _| {
            emit_get_element(sink, self.ty);
        });
    }

    /// Skips units.
    pub(super) fn skip(self, r: &mut Routine<'_>, count: u32) {
        r.get(self.index).i32_const(count as i32).i32_add().set(self.index);
        r.get(self.left).i32_const(count as i32).i32_sub().set(self.left);
    }

    /// Skips one unit, if the one in a local and the unit after it are a pair. The second one is then in `next`.
    ///
    /// ```wasm
    /// block $lone
    ///   unit & 0xfc00 != 0xd800:           br $lone
    ///   left < 2:                          br $lone
    ///   next = array[index + 1]
    ///   next & 0xfc00 != 0xdc00:           br $lone
    ///   index += 1   left -= 1
    ///   ;; found
    /// end
    /// ```
    pub(super) fn pair(self, r: &mut Routine<'_>, unit: Local, next: Local, found: impl FnOnce(&mut Routine<'_>)) {
        let lone = r.block();
        is(r, unit, HIGH_SURROGATE);
        r.i32_eqz().br_if(lone);
        r.get(self.left).i32_const(2).i32_lt_u().br_if(lone);
        self.push(r, 1);
        r.set(next);
        is(r, next, LOW_SURROGATE);
        r.i32_eqz().br_if(lone);
        self.skip(r, 1);
        found(r);
        r.end();
    }

    /// Loops over all units.
    ///
    /// ```wasm
    /// block $done
    ///   loop $next
    ///     ;; many at once, if there is a way:   br $next
    ///     left < 8:
    ///       left == 0:   br $done
    ///       resume = 0
    ///     else
    ///       block $mixed
    ///         units[0] & MASK:   br $mixed
    ///         (units[1] | ... | units[7]) & MASK:   br $mixed
    ///         ;; the block
    ///         index += 8   left -= 8   br $next
    ///       end
    ///       resume = left - 8
    ///     loop $unit
    ///       unit = array[index]
    ///       ;; one unit
    ///       index += 1   left -= 1
    ///       left > resume:   br $unit
    ///     end
    ///     br $next
    ///   end
    /// end
    /// ```
    ///
    /// A block whose units are not all small is handled unit by unit, so that none of them is tested again. A pair may
    /// end one unit after the block.
    pub(super) fn each(
        self,
        r: &mut Routine<'_>,
        mask: i32,
        many: impl FnOnce(&mut Routine<'_>, Label),
        block: impl FnOnce(&mut Routine<'_>, &[Local]),
        one: impl FnOnce(&mut Routine<'_>, Local),
    ) {
        let (unit, resume) = (r.local(ValType::I32), r.local(ValType::I32));
        let units = r.group(BLOCK, ValType::I32);
        let done = r.block();
        let next = r.repeat();
        many(r, next);
        r.get(self.left).i32_const(BLOCK as i32).i32_lt_u().if_();
        r.get(self.left).i32_eqz().br_if(done);
        r.i32_const(0).set(resume).else_();
        let mixed = r.block();
        for (number, unit) in (0..).zip(&units) {
            self.push(r, number);
            r.tee(*unit);
            match number {
                0 => r.i32_const(mask).i32_and().br_if(mixed),
                1 => r,
                _ => r.i32_or(),
            };
        }
        r.i32_const(mask).i32_and().br_if(mixed);
        block(r, &units);
        self.skip(r, BLOCK);
        r.br(next).end();
        r.get(self.left).i32_const(BLOCK as i32).i32_sub().set(resume).end();
        let again = r.repeat();
        self.push(r, 0);
        r.set(unit);
        one(r, unit);
        self.skip(r, 1);
        r.get(self.left).get(resume).i32_gt_u().br_if(again).end();
        r.br(next).end().end();
    }
}

/// Pushes whether a unit is a surrogate of a kind.
pub(in crate::helpers) fn is(r: &mut Routine<'_>, unit: Local, (mask, bits): (i32, i32)) {
    r.get(unit).i32_const(mask).i32_and().i32_const(bits).i32_eq();
}
