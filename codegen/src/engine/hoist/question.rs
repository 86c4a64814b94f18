//! The test before a counted loop: whether any of its checks may fail.
//!
//! The counters of loops that are tracked are `i32`, and so is the code that computes with them. So an index is an
//! offset only in a 32-bit memory.
//!
//! # Why `false` is sound
//!
//! All numbers are below 2^32. The index starts at `i`; `b` is the bound, `c` the step (a power of two), and `n` the
//! number of bytes accessed at the index. The index is always either `i` or a number that satisfies the comparison with
//! `b` and differs from `i` by a multiple of `c`, modulo 2^32. Let `last` be the largest number below `b` (or not above
//! `b`, for `<=`) that differs from `i` by a multiple of `c`. It exists if `i < b` (or `i <= b`), and then it is not
//! below `i`. The test is false only if that holds and `last + n <= size`.
//!
//! - Unsigned: the index is `i` or below `b`, so it is not above `last`. This also holds if the index wraps around,
//!   because 2^32 is a multiple of `c`.
//! - Signed: a number that satisfies the comparison is not above `b` unsigned either, unless it is negative and `b` is
//!   not. Starting from an `i` that is not above `b`, the index becomes negative only by passing 2^31 - 1. With `<` and
//!   a step of 1 it stops at `b` first. In the other cases the test is true if `b` is above 2^31 - 2^16.
//! - `!=`: the step is 1, and the index stops at `b`.

use crate::engine::compare::{Comparison, Relation, Sign, Term};
use crate::engine::hoist::Pieces;
use crate::engine::knowledge::proven::{From, Subject};
use crate::engine::knowledge::scan::{Check, Checked, Counted, Scan};
use crate::engine::late::Late;
use crate::engine::locals::Scratch;
use crate::engine::tape::Piece;
use crate::planted::{self, Bug};
use crate::segment::{Extent, Out, Part, Start};
use crate::width::PointerInstructions;

/// Whether constants alone prove `last + bytes <= size`.
fn is_settled(check: &Check, counted: &Counted) -> bool {
    let (Checked::Bounds(Extent::Known(size)), From::Local(_), Term::Constant(bound)) =
        (check.checked, check.from, counted.goes_on.right)
    else {
        return false;
    };
    // An upper bound of the last index.
    let most = u64::from(bound).saturating_sub(u64::from(counted.goes_on.relation != Relation::LessOrEqual));
    most + u64::from(check.bytes) <= u64::from(size)
}

/// The largest signed bound for which checks are hoisted.
const MAX_SIGNED: u32 = (1 << 31) - (1 << 16);

impl Pieces<'_> {
    /// Pushes whether any check may fail.
    pub(super) fn question(&mut self, scan: &Scan, counted: &Counted) {
        let is_indexed =
            |check: &Check| matches!(check.from, From::Local(_)) && matches!(check.checked, Checked::Bounds(_));
        let mut asked = false;
        if scan.checks.iter().any(is_indexed) && !planted::has(Bug::HoistIgnoresStart) {
            self.ask_index(counted);
            asked = true;
        }
        let mut known: Vec<String> = Vec::new();
        for check in &scan.checks {
            // Avoid duplicate questions: several accesses may concern one element, as a set and a get do.
            let key = match check.checked {
                Checked::Bounds(extent) => format!("{extent:?} {:?} {}", check.from, check.bytes),
                other => format!("{other:?} {:?}", check.subject),
            };
            if known.contains(&key) || is_settled(check, counted) {
                continue;
            }
            known.push(key);
            self.ask(check, counted);
            if asked {
                self.emit(|sink| {
                    sink.i32_or();
                });
            }
            asked = true;
        }
        if !asked {
            self.emit(|sink| {
                sink.i32_const(0);
            });
        }
    }

    /// Pushes whether the `last` that the checks assume may not exist.
    fn ask_index(&mut self, counted: &Counted) {
        let Comparison { right, relation, sign, .. } = counted.goes_on;
        let inclusive = relation == Relation::LessOrEqual;
        self.emit(|sink| {
            sink.local_get(counted.index.0);
        });
        self.term(right);
        self.emit(|sink| {
            if inclusive {
                sink.i32_gt_u()
            } else {
                sink.i32_ge_u()
            };
        });
        if sign == Sign::Signed && (inclusive || counted.step > 1) && !planted::has(Bug::HoistIgnoresSign) {
            self.term(right);
            self.emit(|sink| {
                sink.i32_const(MAX_SIGNED as i32).i32_gt_u().i32_or();
            });
        }
    }

    /// Pushes whether one check may fail.
    fn ask(&mut self, check: &Check, counted: &Counted) {
        match (check.checked, check.from) {
            (Checked::Bounds(extent), From::Constant(offset)) => {
                self.emit(|sink| {
                    sink.i64_const(i64::from(offset) + i64::from(check.bytes));
                });
                extent.push_exceeded(self);
            }
            (Checked::Bounds(extent), From::Local(_)) => {
                self.end_of_last(counted, check.bytes);
                extent.push_exceeded(self);
            }
            (Checked::Live(_) | Checked::Open(_) | Checked::OpenStructure(..) | Checked::OpenRegion(_), _)
                if planted::has(Bug::HoistIgnoresLiveness) =>
            {
                self.emit(|sink| {
                    sink.i32_const(0);
                });
            }
            (Checked::Live(start), _) => {
                self.may_be_free(start, check);
            }
            // Unreachable: `ofAddress` ends the analysis of a loop. `1` (may fail) is always sound.
            (Checked::Fits, _) => self.emit(|sink| {
                sink.i32_const(1);
            }),
            (Checked::Open(slot), _) => {
                self.engine.scopes.need(slot.frame);
                self.list.push(Piece::Late(Late::IsClosed(slot.frame)));
            }
            (Checked::OpenRegion(region), _) => {
                if let Some(types) = self.engine.context.segments.types() {
                    self.emit(|sink| {
                        types.handle(sink.local_get(region.0)).i32_eqz();
                    });
                }
            }
            (Checked::OpenStructure(types, local), _) => self.emit(|sink| {
                types.is_closed(sink, local);
            }),
        }
    }

    /// Pushes `last + bytes` as an `i64`. If `last` does not exist, the test is true anyway.
    fn end_of_last(&mut self, counted: &Counted, bytes: u32) {
        let Counted { index, step, goes_on, .. } = *counted;
        let inclusive = goes_on.relation == Relation::LessOrEqual;
        self.term(goes_on.right);
        if step == 1 {
            // `last` is the bound minus one.
            let bytes = i64::from(bytes) - i64::from(!inclusive) - i64::from(planted::has(Bug::HoistEarlierLast));
            return self.emit(|sink| {
                sink.i64_extend_i32_u();
                if bytes != 0 {
                    sink.i64_const(bytes).i64_add();
                }
            });
        }
        let most = self.engine.locals.scratch(Scratch::To).0;
        self.emit(|sink| {
            if !inclusive {
                sink.i32_const(1).i32_sub();
            }
            sink.local_tee(most).local_get(most).local_get(index.0).i32_sub().i32_const(step as i32 - 1).i32_and();
            let earlier = if planted::has(Bug::HoistEarlierStep) { i64::from(step) } else { 0 };
            sink.i32_sub().i64_extend_i32_u().i64_const(i64::from(bytes) - earlier).i64_add();
        });
    }

    /// Pushes whether a byte of the segment of a check may be free.
    fn may_be_free(&mut self, start: Start, check: &Check) {
        let (top, width) = (self.engine.context.top(), self.engine.context.width());
        match (start, check.subject) {
            (Start::Frame(base, offset), Subject::Slot(slot)) => {
                let distance = offset.wrapping_add(slot.bytes).wrapping_sub(1);
                self.emit(|sink| {
                    sink.local_get(base.0).ptr_const(width, u64::from(distance)).ptr_add(width);
                    sink.global_get(top).ptr_ge_u(width);
                });
            }
            (Start::Local(local), _) => {
                let times = self.engine.frequency_around();
                self.engine.splits.read(local, Part::Last, times);
                self.list.push(Piece::Late(Late::MayBeFree(local)));
            }
            // Unreachable: these have no subject. `1` (may fail) is always sound.
            _ => self.emit(|sink| {
                sink.i32_const(1);
            }),
        }
    }
}
