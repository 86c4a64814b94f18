//! Hoists the checks of a counted loop before the loop.
//!
//! ```wasm
//! ;; may any check fail?             ;; one comparison or two for each segment
//! if
//!   local.get $i   local.set $linmem.index
//!   loop                                       ;; a copy of the loop that contains only its checks
//!     ;; the checks, moved out of the loop, and the casts of references
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
//! The test is conservative: `false` guarantees that no check in the loop fails; [`question`] contains the proof. If it
//! is true, the checks run as they would have run in the loop, in their order and with their numbers. They end in the
//! violation that the loop would have ended in, or they all succeed. The only difference is that the iterations before
//! the violation have not run.
//!
//! References are cast before the test. A reference that is not a segment becomes null, which the test also detects.
//!
//! For a loop that compares before its first iteration, all of this is inside an `if` of that comparison.

mod question;

use crate::config::Optimize;
use crate::engine::compare::{Comparison, Relation, Sign, Term};
use crate::engine::knowledge::scan::{Cast, Counted, Scan};
use crate::engine::late::Late;
use crate::engine::locals::Scratch;
use crate::engine::state::Engine;
use crate::engine::tape::{Piece, Tape};
use crate::index::LocalIndex;
use crate::planted::{self, Optimization};
use crate::segment::{Out, Part};
use linmem_allocator::Width;
use wasm_encoder::{BlockType, InstructionSink, ValType};

/// The maximum number of loops of a function whose checks are hoisted; other loops keep their checks. The code before a
/// loop takes about a hundred bytes, and engines limit the size of a function.
const MAX_HOISTED: u32 = 4096;

impl Engine {
    /// Hoists the checks of a loop, if that changes only when they run.
    pub(super) fn hoist_checks(&mut self, scan: &Scan) {
        let is_asked = self.optimize == Optimize::Speed
            && !planted::is_off(Optimization::Hoist)
            && !(scan.checks.is_empty() && scan.casts.is_empty());
        let Some(counted) = scan.counted().filter(|_| is_asked && self.hoisted < MAX_HOISTED) else { return };
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

/// The code before a loop, as a list of pieces.
struct Pieces<'a> {
    engine: &'a mut Engine,
    list: Vec<Piece>,
}

impl Pieces<'_> {
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

    /// Casts the value of a local to a segment, or to null if it is not one.
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

    /// Writes the test, and the checks that run if it is true.
    fn slow_arm(&mut self, scan: &Scan, counted: &Counted) {
        let has_casts = !scan.casts.is_empty();
        if has_casts {
            // A reference that is null now is not a segment; the checks find out which one.
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

    /// Pushes whether the loop continues.
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
                // Other relations do not make a counted loop.
                _ => sink.i32_ne(),
            };
        });
    }
}

impl Out for Pieces<'_> {
    fn width(&self) -> Width {
        self.engine.context.width()
    }

    fn emit(&mut self, write: impl FnOnce(&mut InstructionSink<'_>)) {
        let piece = Tape::aside(&mut self.engine.tape, write);
        self.list.push(piece);
    }

    fn part(&mut self, local: LocalIndex, part: Part) {
        // The loop is nested one level deeper than the code before it.
        let times = self.engine.frequency_around();
        self.engine.splits.read(local, part, times);
        self.list.push(Piece::Late(Late::Part(local, part)));
    }

    fn shorter(&mut self, local: LocalIndex, bytes: u32) {
        self.list.push(Piece::Late(Late::Shorter(local, bytes)));
    }
}
