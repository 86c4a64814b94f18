//! The code units of an array, one after the other, and eight at a time as long as they are small.

use crate::helpers::array::emit_get_element;
use crate::helpers::routine::{Label, Local, Routine};
use linmem_intrinsics::ArrayType;
use wasm_encoder::{HeapType, RefType, ValType};

/// The number of units in a block.
pub(super) const BLOCK: u32 = 8;

/// The number of units of a run that are handled at once.
pub(super) const RUN: u32 = 4;

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

    /// Reads the units after the next one into locals, and branches to `single` if one of them is not one of `count` units
    /// from `least` on. There are that many units.
    pub(super) fn read_run(self, r: &mut Routine<'_>, locals: &[Local], range: (i32, i32), single: Label) {
        for (number, local) in (1..).zip(locals) {
            self.push(r, number);
            r.set(*local);
            leave_range(r, *local, range, single);
        }
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
    ///     block $other (result i32)
    ///       left < 8:
    ///         loop $tail
    ///           left == 0:   br $done
    ///           unit = array[index]
    ///           unit >= SMALL:   br $other with 0
    ///           ;; a small unit
    ///           index += 1   left -= 1   br $tail
    ///       unit = array[index]
    ///       unit >= SMALL:   br $other with 0
    ///       ;; a small unit, and so on, up to
    ///       unit = array[index + 7]
    ///       unit >= SMALL:   br $other with 7
    ///       ;; a small unit
    ///       index += 8   left -= 8   br $next
    ///     end
    ///     local.set $small   index += small   left -= small
    ///     loop $again
    ///       ;; a unit that is not small
    ///       index += 1   left -= 1
    ///       block $small
    ///         loop $run
    ///           left == 0:   br $done
    ///           unit = array[index]
    ///           unit < SMALL:   br $small
    ///           ;; several units that are not small, if there is a way:   br $run
    ///           br $again
    ///         end
    ///       end
    ///       ;; a small unit
    ///       index += 1   left -= 1
    ///       left == 0:   br $done
    ///       unit = array[index]
    ///       unit >= SMALL:   br $again
    ///       br $next
    ///     end
    ///   end
    /// end
    /// ```
    ///
    /// No unit before the first one that is not small is read twice, and of a text in which units of both kinds
    /// alternate, no unit is.
    pub(super) fn each(self, r: &mut Routine<'_>, visit: &impl Visit) {
        let [unit, small] = r.locals(ValType::I32);
        let is_small = |r: &mut Routine<'_>| {
            r.i32_const(visit.small_below()).i32_lt_u();
        };
        let is_other = |r: &mut Routine<'_>| {
            r.i32_const(visit.small_below()).i32_ge_u();
        };
        let skip_small = |r: &mut Routine<'_>, count: u32| {
            visit.skip_small(r, Count::Constant(count));
            self.skip(r, count);
        };
        let done = r.block();
        let next = r.repeat();
        visit.many(r, self, next);
        let other = r.block_number();
        r.get(self.left).i32_const(BLOCK as i32).i32_lt_u().if_();
        let tail = r.repeat();
        r.get(self.left).i32_eqz().br_if(done);
        r.i32_const(0);
        self.push(r, 0);
        is_other(r.tee(unit));
        r.br_if(other).drop();
        visit.small(r, 0, unit);
        skip_small(r, 1);
        r.br(tail).end().unreachable().end();
        for number in 0..BLOCK {
            r.i32_const(number as i32);
            self.push(r, number);
            is_other(r.tee(unit));
            r.br_if(other).drop();
            visit.small(r, number, unit);
        }
        skip_small(r, BLOCK);
        r.br(next).end().set(small);
        visit.skip_small(r, Count::Local(small));
        r.get(self.index).get(small).i32_add().set(self.index);
        r.get(self.left).get(small).i32_sub().set(self.left);
        let again = r.repeat();
        visit.other(r, self, unit);
        self.skip(r, 1);
        let before_small = r.block();
        let run = r.repeat();
        r.get(self.left).i32_eqz().br_if(done);
        self.push(r, 0);
        is_small(r.tee(unit));
        r.br_if(before_small);
        visit.run(r, self, unit, (again, run));
        r.end().end();
        visit.small(r, 0, unit);
        skip_small(r, 1);
        r.get(self.left).i32_eqz().br_if(done);
        self.push(r, 0);
        is_other(r.tee(unit));
        r.br_if(again).br(next).end().end().end();
    }
}

/// A number of units that is known when the helper is written, or when it runs.
#[derive(Clone, Copy)]
pub(super) enum Count {
    Constant(u32),
    Local(Local),
}

/// What is done with each unit. Small units are encoded as one byte of the same value.
pub(super) trait Visit {
    /// The smallest unit that is not small.
    fn small_below(&self) -> i32;

    /// Handles many units at once, if possible, and branches to `next`.
    fn many(&self, _: &mut Routine<'_>, _: Units, _next: Label) {}

    /// Handles a small unit that is in a local. It is this number of units after those that were skipped.
    fn small(&self, _: &mut Routine<'_>, _number: u32, _unit: Local) {}

    /// Skips what was made of small units.
    fn skip_small(&self, _: &mut Routine<'_>, _: Count) {}

    /// Handles a unit that is not small. If it handles a pair, it skips the first unit.
    fn other(&self, r: &mut Routine<'_>, units: Units, unit: Local);

    /// Handles several units if none of them is small, skips them and branches to the second label. The first of them is
    /// in a local; the one before them was not small either. Branches to the first label if it handles none.
    fn run(&self, r: &mut Routine<'_>, _: Units, _unit: Local, (single, _run): (Label, Label)) {
        r.br(single);
    }
}

/// Branches if a unit is not one of `count` units from `least` on.
pub(super) fn leave_range(r: &mut Routine<'_>, unit: Local, (least, count): (i32, i32), label: Label) {
    r.get(unit).i32_const(least).i32_sub().i32_const(count).i32_ge_u().br_if(label);
}

/// Pushes whether a unit is a surrogate of a kind.
pub(in crate::helpers) fn is(r: &mut Routine<'_>, unit: Local, (mask, bits): (i32, i32)) {
    r.get(unit).i32_const(mask).i32_and().i32_const(bits).i32_eq();
}
