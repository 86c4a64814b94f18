//! The condition of every bounds check: whether a range is outside of a segment.

use crate::planted::{self, Bug};
use crate::segment::held::Held;
use crate::segment::packed;
use crate::segment::place::{Extent, Out};
use crate::width::PointerInstructions;

impl Extent {
    /// Pushes whether `offset + bytes > size`, for three numbers below 2^32.
    ///
    /// # Why no sum wraps around
    ///
    /// The inequality is meant for integers. Each form is equivalent to it in unsigned numbers of 32 or 64 bits:
    ///
    /// 1. Offset and bytes are constant. Their sum is below 2^32; a larger sum is a violation that is certain, and was
    ///    rejected earlier. `size < sum` needs no addition; see [`packed::is_shorter`].
    /// 2. Size and bytes are constant. `bytes <= size`; other cases were rejected earlier. So `size - bytes` does not
    ///    wrap around, and the condition is `offset > size - bytes`. If size and offset are constant, `offset` and
    ///    `bytes` are exchanged.
    /// 3. Bytes are 0 or 1. The conditions `offset > size` and `offset >= size` need no addition. If the offset is 0,
    ///    neither does `bytes > size`.
    /// 4. Otherwise all numbers are extended to 64 bits, where the sum is at most 2^33 - 2.
    pub(crate) fn push_outside(self, out: &mut impl Out, offset: Held, bytes: Held) {
        let width = out.width();
        match (self, offset, bytes) {
            (Extent::Local(local), Held::Constant(start), Held::Constant(count)) => {
                out.shorter(local, start.wrapping_add(count));
            }
            (Extent::Held(local), Held::Constant(start), Held::Constant(count)) => out.emit(|sink| {
                packed::is_shorter(sink.local_get(local.0), start.wrapping_add(count));
            }),
            (_, Held::Constant(start), Held::Constant(count)) => {
                self.push(out);
                out.emit(|sink| {
                    sink.ptr_const(width, u64::from(start.wrapping_add(count))).ptr_lt_u(width);
                });
            }
            (Extent::Known(size), variable, Held::Constant(constant))
            | (Extent::Known(size), Held::Constant(constant), variable) => out.emit(|sink| {
                let last = u64::from(size.wrapping_sub(constant));
                variable.push(sink, width).ptr_const(width, last).ptr_gt_u(width);
            }),
            (Extent::Local(_) | Extent::Structure(..) | Extent::Number(_), _, Held::Constant(count @ (0 | 1))) => {
                out.emit(|sink| {
                    offset.push(sink, width);
                });
                self.push(out);
                out.emit(|sink| {
                    if count == 0 || planted::has(Bug::BoundsOneByteFurther) {
                        sink.ptr_gt_u(width)
                    } else {
                        sink.ptr_ge_u(width)
                    };
                });
            }
            (Extent::Local(_) | Extent::Structure(..) | Extent::Number(_), Held::Constant(0), _) => {
                out.emit(|sink| {
                    bytes.push(sink, width);
                });
                self.push(out);
                out.emit(|sink| {
                    sink.ptr_gt_u(width);
                });
            }
            (_, Held::Constant(0), _) => {
                out.emit(|sink| {
                    bytes.push_wide(sink, width);
                });
                self.push_exceeded(out);
            }
            (_, _, Held::Constant(0)) => {
                out.emit(|sink| {
                    offset.push_wide(sink, width);
                });
                self.push_exceeded(out);
            }
            (_, _, Held::Constant(1)) => {
                out.emit(|sink| {
                    offset.push_wide(sink, width);
                });
                self.push_wide(out);
                out.emit(|sink| {
                    sink.i64_ge_u();
                });
            }
            _ => {
                out.emit(|sink| {
                    offset.push_wide(sink, width);
                    bytes.push_wide(sink, width).i64_add();
                    if planted::has(Bug::BoundsWrap) {
                        sink.i32_wrap_i64().i64_extend_i32_u();
                    }
                });
                self.push_exceeded(out);
            }
        }
    }

    /// Replaces an end, which is an `i64` on the stack, by whether it is after the end of the segment.
    pub(crate) fn push_exceeded(self, out: &mut impl Out) {
        self.push_wide(out);
        out.emit(|sink| {
            sink.i64_gt_u();
        });
    }
}
