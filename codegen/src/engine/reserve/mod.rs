//! Loops that allocate a number of bytes that is known before they begin test once whether it is there.
//!
//! ```wasm
//! ;; trips * bytes + top <= limit       ;; in 64 bits, so that it cannot wrap
//! if
//!   loop
//!     ;; the loop, in which this reserves a frame:
//!     local.get $linmem.next   local.tee $frame   i32.const BYTES   i32.add   local.tee $linmem.next
//!     global.set $linmem.top
//!   end
//! else
//!   loop
//!     ;; the loop, in which each frame compares top with limit
//!   end
//! end
//! ```
//!
//! [`rounds`](crate::engine::knowledge::rounds) proves that the number of trips is an upper bound. If the test holds, no
//! comparison of top and limit in the loop would have been true, so that both loops do the same. If it does not hold,
//! the loop runs as it is, and runs out of memory where it would.
//!
//! The global has the value of `$linmem.next` after each allocation, so that a trap leaves it as the other loop would.

mod trips;

use crate::config::Optimize;
use crate::engine::knowledge::frames::FrameId;
use crate::engine::knowledge::rounds::{Reserved, Rounds, Trips};
use crate::engine::locals::Scratch;
use crate::engine::state::Engine;
use crate::engine::tape::{Piece, Position};
use crate::helpers::Helper;
use crate::planted::{self, Bug, Optimization};
use crate::width::PointerInstructions;
use wasm_encoder::BlockType;

/// The maximum size in bytes of a loop that is written twice.
const MAX_LOOP: u32 = 1024;

/// The maximum number of bytes that an iteration allocates. With at most 2^32 trips, and top below 2^48, no sum wraps.
const MAX_ROUND: u64 = 1 << 24;

/// The maximum number of loops of a function that are written twice. Engines limit the size of a function.
const MAX_RESERVED: u32 = 1024;

impl Engine {
    /// Tests before a loop that has just ended whether all that it allocates is there, if that is known.
    pub(super) fn reserve_before(&mut self, rounds: &Rounds) {
        let is_asked = self.optimize == Optimize::Speed && self.context.choices.repeats_loops;
        if !is_asked || planted::is_off(Optimization::Reserve) || self.reserved >= MAX_RESERVED {
            return;
        }
        let Some(trips) = rounds.trips() else { return };
        let bytes: u64 = rounds.reserved.iter().map(|reserved| self.frame_bytes(reserved.frame)).sum();
        let counted = match rounds.reserved.first() {
            Some(first) if planted::has(Bug::ReserveFirstFrame) => self.frame_bytes(first.frame),
            _ => bytes,
        };
        let end = self.tape.here();
        let start = rounds.start.position;
        if bytes == 0 || bytes > MAX_ROUND || end.byte() - start.byte() > MAX_LOOP {
            return;
        }
        let is_reserved = |at| rounds.reserved.iter().any(|reserved| reserved.code.0 < at && at < reserved.code.1);
        // None of these returns and moves top.
        let stays = |helper| matches!(helper, Helper::Violation(_) | Helper::Blame(_) | Helper::CheckSegment);
        if !self.tape.calls_only(rounds.start, end, |at, helper| is_reserved(at) || stays(helper)) {
            return;
        }
        let Some(exits) = self.exits(rounds) else { return };
        self.reserved += 1;
        let mut pieces = Vec::new();
        self.ask_room(&trips, counted, &mut pieces);
        self.write_twice(rounds, &exits, &mut pieces);
        self.tape.replace(rounds.start, end, pieces);
    }

    fn frame_bytes(&self, frame: FrameId) -> u64 {
        u64::from(self.knowledge.frames.bytes(frame))
    }

    /// The labels of the branches out of the loop; `None` if one of them is not known yet.
    fn exits(&self, rounds: &Rounds) -> Option<Vec<u32>> {
        rounds.exits.iter().map(|code| self.tape.branch_label(rounds.start, *code)).collect()
    }

    /// Pushes whether the chunk of top has room for all that the loop allocates, and keeps top in a local.
    fn ask_room(&mut self, trips: &Trips, bytes: u64, pieces: &mut Vec<Piece>) {
        let (top, limit, width) = (self.context.top(), self.context.limit(), self.context.width());
        let next = self.locals.scratch(Scratch::Next).0;
        pieces.push(self.tape.aside(|sink| {
            trips.push(sink);
            sink.i64_const(bytes as i64).i64_mul();
            sink.global_get(top).local_tee(next).ptr_extend(width).i64_add();
            sink.global_get(limit).ptr_extend(width).i64_le_u();
            trips.push_exception(sink);
        }));
    }

    /// Writes both loops.
    fn write_twice(&mut self, rounds: &Rounds, exits: &[u32], pieces: &mut Vec<Piece>) {
        let start = rounds.start.position;
        let end = self.tape.here();
        pieces.push(Piece::Label);
        pieces.push(self.tape.aside(|sink| {
            sink.if_(BlockType::Empty);
        }));
        // The loops are nested one level deeper than the loop of the program was.
        let labels: Vec<_> = rounds
            .exits
            .iter()
            .zip(exits)
            .map(|(code, label)| {
                let branch = self.tape.aside(|sink| {
                    sink.br_if(label + 1);
                });
                (*code, branch)
            })
            .collect();
        let bumps: Vec<_> =
            rounds.reserved.iter().map(|reserved| (reserved.code, self.next_frame(*reserved))).collect();
        copy(start, end, labels.iter().chain(&bumps).copied(), pieces);
        pieces.push(self.tape.aside(|sink| {
            sink.else_();
        }));
        copy(start, end, labels, pieces);
        pieces.push(self.tape.aside(|sink| {
            sink.end();
        }));
    }

    /// Writes code that reserves a frame without comparing top with limit.
    fn next_frame(&mut self, reserved: Reserved) -> Piece {
        let (top, width) = (self.context.top(), self.context.width());
        let (base, bytes) = (self.knowledge.frames.base(reserved.frame).0, self.frame_bytes(reserved.frame));
        let next = self.locals.scratch(Scratch::Next).0;
        self.tape.aside(|sink| {
            sink.local_get(next).local_tee(base).ptr_const(width, bytes).ptr_add(width);
            if planted::has(Bug::ReserveKeepsTop) {
                sink.local_set(next);
            } else {
                sink.local_tee(next).global_set(top);
            }
        })
    }
}

/// A range of code, and what is written in its place.
type Replaced = ((Position, Position), Piece);

/// Writes the code of the loop, with some parts replaced.
fn copy(start: Position, end: Position, parts: impl IntoIterator<Item = Replaced>, pieces: &mut Vec<Piece>) {
    let mut parts: Vec<Replaced> = parts.into_iter().collect();
    parts.sort_by_key(|(code, _)| *code);
    let mut from = start;
    for ((part_start, part_end), part) in parts {
        pieces.extend([Piece::Move(from, part_start), part]);
        from = part_end;
    }
    pieces.push(Piece::Move(from, end));
}
