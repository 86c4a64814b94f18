//! `fill` and `copy`.
//!
//! A constant number of bytes up to [`INLINE_BULK`] is lowered to loads and stores. All others are lowered to
//! `memory.fill` and `memory.copy`, which engines turn into calls.
//!
//! ```wasm
//! ;; fill 12 bytes with a constant     ;; copy 12 bytes
//! local.get $to                        local.get $to   local.get $from   i64.load
//! i64.const PATTERN                    local.get $to   local.get $from   i32.load offset=8
//! i64.store                            i32.store offset=8
//! local.get $to                        i64.store
//! i32.const PATTERN
//! i32.store offset=8
//! ```
//!
//! A copy loads all bytes before it stores any, because the ranges may overlap.
//!
//! # Traps
//!
//! Those of the instructions, if the bytes are outside of the memory.

pub(super) mod pieces;

use crate::engine::locals::Scratch;
use crate::engine::lower::access::Place;
use crate::engine::lower::bulk::pieces::{narrow, pieces, store};
use crate::engine::operands::Operand;
use crate::engine::state::{Certain, Engine};
use crate::helpers::Transfer;
use crate::index::LocalIndex;
use crate::width::PointerInstructions;

/// The maximum number of bytes that is filled or copied by loads and stores.
const INLINE_BULK: u32 = 64;

/// A byte multiplied by this is repeated eight times.
const REPEAT: i64 = 0x0101_0101_0101_0101;

impl Engine {
    pub(in crate::engine) fn lower_fill(
        &mut self,
        (segment, offset): (&mut Operand, &mut Operand),
        bytes: &mut Operand,
        byte: &Operand,
    ) -> Result<(), Certain> {
        self.check_access(segment, offset, bytes)?;
        let memory = self.context.memory.0;
        match self.constant(bytes) {
            Some(0) => {
                for operand in [&*segment, offset, bytes, byte] {
                    self.discard(operand);
                }
            }
            Some(size @ ..=INLINE_BULK) => {
                self.discard(bytes);
                self.fill_by_stores((segment, offset), size, byte);
            }
            _ => {
                self.materialize_bulk_fill(bytes, byte);
                let place = self.place(segment, offset);
                self.push_whole_place(place, segment, offset);
                if let Some(constant) = byte.i32() {
                    let position = self.at(offset);
                    self.tape.insert(position, |sink| {
                        sink.i32_const(constant);
                    });
                }
                self.trace_fill();
                self.tape.emit(|sink| {
                    sink.memory_fill(memory);
                });
            }
        }
        Ok(())
    }

    /// Pushes size and byte in the order of `memory.fill`, which takes the size last. A constant byte is removed; the
    /// caller inserts it below the size.
    fn materialize_bulk_fill(&mut self, bytes: &Operand, byte: &Operand) {
        if byte.i32().is_some() {
            self.discard(byte);
            return self.materialize(bytes);
        }
        self.materialize(byte);
        let width = self.context.width();
        let (kept_byte, kept_bytes) = (self.locals.scratch(Scratch::From).0, self.locals.scratch(Scratch::Bytes).0);
        match self.constant(bytes) {
            Some(size) => {
                self.discard(bytes);
                self.tape.emit(|sink| {
                    sink.ptr_const(width, u64::from(size));
                });
            }
            None => {
                self.materialize(bytes);
                self.tape.emit(|sink| {
                    sink.ptr_from_i32(width).local_set(kept_byte).local_set(kept_bytes);
                    sink.local_get(kept_byte).i32_from_ptr(width).local_get(kept_bytes);
                });
            }
        }
    }

    fn fill_by_stores(&mut self, (segment, offset): (&Operand, &Operand), size: u32, byte: &Operand) {
        let pattern = byte.i32().map(|constant| i64::from(constant as u8).wrapping_mul(REPEAT));
        match pattern {
            Some(_) => self.discard(byte),
            None => {
                self.materialize(byte);
                let kept = self.locals.scratch(Scratch::Pattern).0;
                self.tape.emit(|sink| {
                    sink.i64_extend_i32_u().i64_const(255).i64_and().i64_const(REPEAT).i64_mul().local_set(kept);
                });
            }
        }
        let place = self.place(segment, offset);
        let (to, offset) = self.keep_place(place, Scratch::To, INLINE_BULK);
        self.trace_pieces((to, offset), size, Transfer::Write);
        for piece in pieces(size) {
            let memarg = self.context.memarg(offset + piece.offset, piece.bytes);
            let kept = if pattern.is_none() { self.locals.scratch(Scratch::Pattern).0 } else { 0 };
            self.tape.emit(|sink| {
                sink.local_get(to);
                match (pattern, piece.bytes) {
                    (Some(pattern), 8) => sink.i64_const(pattern).i64_store(memarg),
                    (Some(pattern), bytes) => store(sink.i32_const(narrow(pattern, bytes)), memarg, bytes),
                    (None, 8) => sink.local_get(kept).i64_store(memarg),
                    (None, bytes) => store(sink.local_get(kept).i32_wrap_i64(), memarg, bytes),
                };
            });
        }
    }

    pub(in crate::engine) fn lower_copy(
        &mut self,
        (to, to_offset): (&mut Operand, &mut Operand),
        (from, from_offset): (&mut Operand, &mut Operand),
        bytes: &mut Operand,
    ) -> Result<(), Certain> {
        self.check_access(to, to_offset, bytes)?;
        self.check_access(from, from_offset, bytes)?;
        let memory = self.context.memory.0;
        match self.constant(bytes) {
            Some(0) => {
                for operand in [&*to, to_offset, from, from_offset, bytes] {
                    self.discard(operand);
                }
            }
            Some(size @ ..=INLINE_BULK) => {
                self.discard(bytes);
                let target = self.place(to, to_offset);
                let source = self.place(from, from_offset);
                let (from, from_offset) = self.keep_place(source, Scratch::From, INLINE_BULK);
                let (to, to_offset) = self.keep_place(target, Scratch::To, INLINE_BULK);
                self.trace_pieces((from, from_offset), size, Transfer::Read);
                self.trace_pieces((to, to_offset), size, Transfer::Write);
                self.copy_by_loads((to, to_offset), (from, from_offset), size);
            }
            _ => {
                self.materialize(bytes);
                let target = self.place(to, to_offset);
                self.push_whole_place(target, to, to_offset);
                let source = self.place(from, from_offset);
                self.push_whole_place(source, from, from_offset);
                self.trace_copy();
                self.tape.emit(|sink| {
                    sink.memory_copy(memory, memory);
                });
            }
        }
        Ok(())
    }

    fn copy_by_loads(&mut self, (to, to_offset): (u32, u32), (from, from_offset): (u32, u32), size: u32) {
        let pieces = pieces(size);
        let context = self.context;
        self.tape.emit(|sink| {
            for piece in &pieces {
                let memarg = context.memarg(from_offset + piece.offset, piece.bytes);
                sink.local_get(to).local_get(from);
                match piece.bytes {
                    8 => sink.i64_load(memarg),
                    4 => sink.i32_load(memarg),
                    2 => sink.i32_load16_u(memarg),
                    _ => sink.i32_load8_u(memarg),
                };
            }
            for piece in pieces.iter().rev() {
                let memarg = context.memarg(to_offset + piece.offset, piece.bytes);
                match piece.bytes {
                    8 => sink.i64_store(memarg),
                    bytes => store(sink, memarg, bytes),
                };
            }
        });
    }

    /// Checks the bytes of an operation that is lowered to loads and stores, if accesses are traced.
    pub(in crate::engine::lower) fn trace_pieces(
        &mut self,
        (address, offset): (u32, u32),
        size: u32,
        transfer: Transfer,
    ) {
        for piece in pieces(size).into_iter().filter(|_| self.traces()).collect::<Vec<_>>() {
            self.trace_access_at(LocalIndex(address), u64::from(offset + piece.offset), piece.bytes, transfer);
        }
    }

    /// Stores a place in a local that will not change, if it is not in one. Returns the local and the constant to add
    /// to it. The sum of that constant and `bytes` does not wrap.
    pub(super) fn keep_place(&mut self, place: Place, scratch: Scratch, bytes: u32) -> (u32, u32) {
        let (limit, width) = (u32::MAX - bytes, self.context.width());
        match place {
            Place::Local(local, offset) if offset <= limit => (local.0, offset),
            Place::Local(local, offset) => {
                let kept = self.locals.scratch(scratch).0;
                self.tape.emit(|sink| {
                    sink.local_get(local.0).ptr_const(width, u64::from(offset)).ptr_add(width).local_set(kept);
                });
                (kept, 0)
            }
            Place::Pushed(offset) => {
                let kept = self.locals.scratch(scratch).0;
                self.tape.emit(|sink| {
                    if offset > limit {
                        sink.ptr_const(width, u64::from(offset)).ptr_add(width);
                    }
                    sink.local_set(kept);
                });
                (kept, if offset > limit { 0 } else { offset })
            }
        }
    }

    /// Turns a place into a complete address on the stack.
    pub(super) fn push_whole_place(&mut self, place: Place, segment: &Operand, offset: &Operand) {
        let (position, local, constant) = match place {
            Place::Local(local, constant) => (self.at(segment), Some(local), constant),
            Place::Pushed(constant) => (self.at(offset), None, constant),
        };
        let width = self.context.width();
        self.tape.insert(position, |sink| {
            if let Some(local) = local {
                sink.local_get(local.0);
            }
            if constant != 0 {
                sink.ptr_const(width, u64::from(constant)).ptr_add(width);
            }
        });
    }
}
