//! Checking before a counted loop what it would check in every round.
//!
//! ```wasm
//! ;; is any check going to fail?              ;; one comparison or two for each segment
//! if
//!   local.get $i   local.set $linmem.index
//!   loop                                       ;; the loop with nothing but its checks
//!     ;; the checks, which were in the loop, and the casts of references
//!     local.get $i   i32.const STEP   i32.add   local.tee $i
//!     ;; the bound   i32.lt_u   br_if 0
//!   end
//!   local.get $linmem.index   local.set $i
//! end
//! loop
//!   ;; no checks
//! end
//! ```
//!
//! The question only has to be right when it says no. When it says yes, the checks run as they would have, in their order
//! and with their numbers, and end in the violation that the loop would have ended in; or they find that all is well.
//! What is different is only that the rounds before the violation have not run.
//!
//! References are cast before the question, to null if they are no segments, which is a part of it.
//!
//! A loop that compares before its first round has all this in an `if` of that comparison.
//!
//! # When the question says no
//!
//! In numbers below 2^32, with the index starting at `i`, a bound `b`, a step `c` (a power of two) and `n` bytes at the
//! index: the index only ever is `i`, or something that compares to `b` and differs from `i` by a multiple of `c`, modulo
//! 2^32. Let `last` be the largest number below `b` (or not above `b`, for `<=`) that differs from `i` by a multiple of `c`:
//! there is one if `i < b` (or `i <= b`), and it is not below `i`. The question says no if that is so, and
//! `last + n <= size`.
//!
//! - Unsigned, the index is `i` or below `b`, so not above `last`, even when it wraps around, since 2^32 is a multiple
//!   of `c`.
//! - Signed, what compares to `b` is not above `b` unsigned as well, unless it is negative and `b` is not. From an `i` that is
//!   not above `b` the index comes to a negative number only by passing 2^31 - 1. With `<` and a step of 1 it stops at `b`
//!   before; otherwise the question says yes if `b` is above 2^31 - 2^16.
//! - `!=` has a step of 1, and stops at `b`.

use crate::config::Optimize;
use crate::engine::compare::{Comparison, Relation, Sign, Term};
use crate::engine::knowledge::proven::{From, Subject};
use crate::engine::knowledge::scan::{Cast, Check, Checked, Counted, Scan};
use crate::engine::late::Late;
use crate::engine::locals::Scratch;
use crate::engine::state::Engine;
use crate::engine::tape::{Piece, Tape};
use crate::index::LocalIndex;
use crate::planted::{self, Bug, Optimization};
use crate::segment::Out;
use crate::segment::Part;
use crate::segment::{Extent, Start};
use crate::width::PointerInstructions;
use linmem_allocator::Width;
use wasm_encoder::{BlockType, InstructionSink, ValType};

/// Whether `last + bytes <= size` follows from constants.
fn is_settled(check: &Check, counted: &Counted) -> bool {
    let (Checked::Bounds(Extent::Known(size)), From::Local(_), Term::Constant(bound)) =
        (check.checked, check.from, counted.goes_on.right)
    else {
        return false;
    };
    // The last index is not above this one.
    let most = u64::from(bound).saturating_sub(u64::from(counted.goes_on.relation != Relation::LessOrEqual));
    most + u64::from(check.bytes) <= u64::from(size)
}

/// How many loops of a function have their checks before them; the others keep them in place. What comes before a loop is
/// about a hundred bytes of code, and engines limit the size of a function.
const MOST_HOISTED: u32 = 4096;

/// Above this, a signed bound is not worth thinking about.
const MOST_SIGNED: u32 = (1 << 31) - (1 << 16);

impl Engine<'_> {
    /// Moves the checks of a loop before it, if that changes nothing but when they are made.
    pub(super) fn hoist_checks(&mut self, scan: &Scan) {
        let is_asked = self.optimize == Optimize::Speed
            && !planted::is_off(Optimization::Hoist)
            && !(scan.checks.is_empty() && scan.casts.is_empty());
        let Some(counted) = scan.counted().filter(|_| is_asked && self.hoisted < MOST_HOISTED) else { return };
        self.hoisted += 1;
        for (local, part, times) in &scan.reads {
            self.splits.take_back(*local, *part, *times);
        }
        let mut pieces = Pieces { engine: self, list: Vec::new() };
        pieces.write(scan, &counted);
        let pieces = pieces.list;
        let moved = scan.casts.iter().map(|cast| cast.code).chain(scan.checks.iter().map(|check| check.code));
        self.tape.hoist(scan.start, pieces, moved);
    }
}

/// The code before a loop, piece by piece.
struct Pieces<'a, 'e> {
    engine: &'a mut Engine<'e>,
    list: Vec<Piece>,
}

impl Pieces<'_, '_> {
    fn begin(&mut self, write: impl FnOnce(&mut InstructionSink<'_>)) {
        self.list.push(Piece::Label);
        self.emit(write);
    }

    fn write(&mut self, scan: &Scan, counted: &Counted) {
        if counted.tests_first {
            self.compare(counted);
            self.begin(|sink| {
                sink.if_(BlockType::Empty);
            });
        }
        if self.engine.context.checks_bounds() {
            scan.casts.iter().for_each(|cast| self.try_cast(cast));
            self.slow_arm(scan, counted);
        } else {
            self.list.extend(scan.casts.iter().map(|cast| Piece::Move(cast.code.0, cast.code.1)));
        }
        if counted.tests_first {
            self.emit(|sink| {
                sink.end();
            });
        }
    }

    /// Casts what a local holds to a segment, or to null if it is none.
    ///
    /// ```wasm
    /// block (result (ref null $segment))
    ///   local.get $s   br_on_cast 0 anyref (ref $segment)   drop   ref.null $segment
    /// end
    /// local.set $linmem.segment
    /// ```
    fn try_cast(&mut self, cast: &Cast) {
        let Some(types) = self.engine.context.segments.types() else { return };
        let (general, nullable) = (self.engine.nullable_segment(), types.segment_reference(true));
        self.begin(|sink| {
            sink.block(BlockType::Result(ValType::Ref(nullable))).local_get(cast.local.0);
            sink.br_on_cast(0, general, types.segment_reference(false)).drop().ref_null(nullable.heap_type).end();
            sink.local_set(cast.held.0);
        });
    }

    /// The question, and the checks if it says yes.
    fn slow_arm(&mut self, scan: &Scan, counted: &Counted) {
        let has_casts = !scan.casts.is_empty();
        if has_casts {
            // What is null now is no segment; the checks find out which.
            for (position, cast) in scan.casts.iter().enumerate() {
                self.emit(|sink| {
                    sink.local_get(cast.held.0).ref_is_null();
                    if position > 0 {
                        sink.i32_or();
                    }
                });
            }
            self.begin(|sink| {
                sink.if_(BlockType::Result(ValType::I32)).i32_const(1).else_();
            });
        }
        self.question(scan, counted);
        if has_casts {
            self.emit(|sink| {
                sink.end();
            });
        }
        self.begin(|sink| {
            sink.if_(BlockType::Empty);
        });
        let kept = self.engine.locals.scratch(Scratch::Index).0;
        let Counted { index, step, .. } = *counted;
        self.emit(|sink| {
            sink.local_get(index.0).local_set(kept);
        });
        self.begin(|sink| {
            sink.loop_(BlockType::Empty);
        });
        let casts = scan.casts.iter().map(|cast| cast.code);
        let mut moved: Vec<_> = scan.checks.iter().map(|check| check.code).chain(casts).collect();
        moved.sort();
        self.list.extend(moved.into_iter().map(|(start, end)| Piece::Move(start, end)));
        self.emit(|sink| {
            sink.local_get(index.0).i32_const(step as i32).i32_add().local_set(index.0);
        });
        self.compare(counted);
        self.emit(|sink| {
            sink.br_if(0).end().local_get(kept).local_set(index.0).end();
        });
    }

    fn term(&mut self, term: Term) {
        match term {
            Term::Constant(constant) => self.emit(|sink| {
                sink.i32_const(constant as i32);
            }),
            Term::Local(local) => self.emit(|sink| {
                sink.local_get(local.0);
            }),
            Term::Size(local) => self.part(local, Part::Size),
        }
    }

    /// Whether the loop goes on.
    fn compare(&mut self, counted: &Counted) {
        let Comparison { left, right, relation, sign, .. } = counted.goes_on;
        self.term(left);
        self.term(right);
        self.emit(|sink| {
            match (relation, sign) {
                (Relation::Less, Sign::Unsigned) => sink.i32_lt_u(),
                (Relation::Less, Sign::Signed) => sink.i32_lt_s(),
                (Relation::LessOrEqual, Sign::Unsigned) => sink.i32_le_u(),
                (Relation::LessOrEqual, Sign::Signed) => sink.i32_le_s(),
                // The others do not make a counted loop.
                _ => sink.i32_ne(),
            };
        });
    }

    /// Whether any check may fail.
    fn question(&mut self, scan: &Scan, counted: &Counted) {
        let is_indexed =
            |check: &Check| matches!(check.from, From::Local(_)) && matches!(check.checked, Checked::Bounds(_));
        let mut asked = false;
        if scan.checks.iter().any(is_indexed) && !planted::has(Bug::HoistIgnoresStart) {
            self.ask_index(counted);
            asked = true;
        }
        let mut known: Vec<String> = Vec::new();
        for check in &scan.checks {
            // The same question is not asked twice: several accesses to an element, or of a set and a get.
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

    /// Whether there may be no last index as the checks want it.
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
                sink.i32_const(MOST_SIGNED as i32).i32_gt_u().i32_or();
            });
        }
    }

    /// Whether a check may fail.
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
            (Checked::Live(_) | Checked::Open(_) | Checked::OpenStructure(..), _)
                if planted::has(Bug::HoistIgnoresLiveness) =>
            {
                self.emit(|sink| {
                    sink.i32_const(0);
                });
            }
            (Checked::Live(start), _) => {
                self.may_be_free(start, check);
            }
            (Checked::Open(slot), _) => {
                self.engine.scopes.need(slot.frame);
                self.list.push(Piece::Late(Late::IsClosed(slot.frame)));
            }
            (Checked::OpenStructure(types, local), _) => self.emit(|sink| {
                types.is_closed(sink, local);
            }),
        }
    }

    /// Pushes `last + bytes`, in 64 bits. There is a last index, or the question says yes anyway.
    fn end_of_last(&mut self, counted: &Counted, bytes: u32) {
        let Counted { index, step, goes_on, .. } = *counted;
        let inclusive = goes_on.relation == Relation::LessOrEqual;
        self.term(goes_on.right);
        if step == 1 {
            // Below the bound: one less.
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

    /// Pushes whether a byte of the segment that a check is about may be free.
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

impl Out for Pieces<'_, '_> {
    fn width(&self) -> Width {
        self.engine.context.width()
    }

    fn emit(&mut self, write: impl FnOnce(&mut InstructionSink<'_>)) {
        let piece = Tape::aside(&mut self.engine.tape, write);
        self.list.push(piece);
    }

    fn part(&mut self, local: LocalIndex, part: Part) {
        // The loop is nested one deeper than the code before it.
        let times = self.engine.frequency_around();
        self.engine.splits.read(local, part, times);
        self.list.push(Piece::Late(Late::Part(local, part)));
    }

    fn shorter(&mut self, local: LocalIndex, bytes: u32) {
        self.list.push(Piece::Late(Late::Shorter(local, bytes)));
    }
}
