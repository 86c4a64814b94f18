//! Segments that are references: casts of references to structures, and creation of structures from parts.
//!
//! ```wasm
//! block (result (ref $segment))
//!   local.get $s
//!   br_on_cast 0 anyref (ref $segment)
//!   drop
//!   call $linmem.Forged
//!   unreachable
//! end
//! local.set $linmem.segment
//! ```
//!
//! Without checks, only `ref.cast`.
//!
//! Like every check, the cast is placed after all operands have been evaluated, so that it does not run if their
//! evaluation traps or branches. So the operands are first stored in locals, unless they are constants or locals, and
//! are pushed again after the cast.

use crate::engine::knowledge::event::Event;
use crate::engine::knowledge::proven::Fact;
use crate::engine::knowledge::scan::Cast;
use crate::engine::late::Late;
use crate::engine::maker::Maker;
use crate::engine::number_id::PartUse;
use crate::engine::numbers::PartSource;
use crate::engine::operands::{Operand, Value};
use crate::engine::state::Engine;
use crate::globals::Global;
use crate::helpers::Helper;
use crate::index::LocalIndex;
use crate::segment::SegmentTypes;
use crate::width::PointerInstructions;
use linmem_intrinsics::Operand as Meaning;
use linmem_intrinsics::{Signature, Violation};
use wasm_encoder::{BlockType, RefType, ValType};

impl Engine {
    /// Pops all operands and pushes them again, with segments as structures.
    pub(super) fn cast_segments(&mut self, signature: &Signature, operands: &mut [Operand]) {
        let Some(types) = self.context.segments.types() else { return };
        let meanings = signature.operands();
        let is_cast = |operand: &Operand| {
            matches!(operand.value, Value::Structure(..))
                || (operand.deferred
                    && matches!(operand.value, Value::Slot(..) | Value::Static(..) | Value::Numbers(_)))
                // The structure was just made, and is not needed if the intrinsic takes its parts.
                || operand.packing.is_some()
        };
        let is_reference = |(operand, meaning): (&Operand, &Meaning)| meaning.is_segment() && !is_cast(operand);
        if !operands.iter().zip(&meanings).any(is_reference) {
            return;
        }
        let params = self.context.operand_types(signature);
        for (operand, ty) in operands.iter_mut().zip(&params).rev() {
            self.take_off(operand, *ty);
        }
        for (operand, meaning) in operands.iter_mut().zip(&meanings) {
            match (operand.value, meaning) {
                (Value::Local(local), meaning) if meaning.is_segment() => {
                    let held = self.cast(types, local);
                    let program = (self.knowledge.cast_of(local) == Some(held)).then_some(local);
                    let value = Value::Structure(types, held);
                    *operand = Operand { value, source: program, deferred: true, ..Operand::UNKNOWN };
                }
                (Value::Local(local), _) => {
                    let start = self.tape.len();
                    self.tape.emit(|sink| {
                        sink.local_get(local.0);
                    });
                    operand.start = Some(start);
                }
                _ => {}
            }
            operand.position = Some(self.tape.here());
        }
    }

    /// Whether an operand is a local or a constant, so that removing it from the stack costs nothing.
    pub(super) fn is_plain(&self, operand: &Operand) -> bool {
        let is_local = self.local_of(operand).is_some();
        operand.deferred
            || operand.start.is_some() && (is_local || operand.i32().is_some() || self.constant(operand).is_some())
    }

    /// Removes the top operand from the stack. Afterwards it is deferred, or in a local.
    fn take_off(&mut self, operand: &mut Operand, ty: ValType) {
        match operand.value {
            // Code that is written later must not depend on a local that may have been reused by then.
            Value::Slot(_) if operand.deferred => operand.source = None,
            Value::Region(..) if operand.deferred && self.local_of(operand).is_none() => {
                self.materialize(operand);
                operand.deferred = false;
            }
            _ => {}
        }
        if operand.deferred {
            return;
        }
        if operand.made.is_some() {
            return self.take_numbers(operand);
        }
        let is_constant = matches!(operand.value, Value::I32(_) | Value::I64(_)) && operand.start.is_some();
        let local = self.local_of(operand).filter(|_| operand.start.is_some());
        match local {
            Some(local) => {
                self.discard(operand);
                operand.value = Value::Local(local);
            }
            None if is_constant => {
                self.discard(operand);
                (operand.deferred, operand.start) = (true, None);
            }
            None => {
                let ty = match ty {
                    ValType::Ref(reference) => ValType::Ref(RefType { nullable: true, ..reference }),
                    other => other,
                };
                let position = self.tape.here();
                let local = self.locals.take_held(ty, position);
                self.tape.emit(|sink| {
                    sink.local_set(local.0);
                });
                operand.value = Value::Local(local);
                (operand.bytes, operand.packing) = (None, None);
            }
        }
    }

    /// Returns a local that holds, as a structure, the segment that the reference in `local` denotes.
    fn cast(&mut self, types: SegmentTypes, local: LocalIndex) -> LocalIndex {
        if let Some(held) = self.knowledge.proven().cast(local, &self.locals.contents) {
            return held;
        }
        let segment = types.segment_reference(false);
        let held = self.local_for_cast(types, local);
        let start = self.tape.here();
        if self.context.checks_bounds() {
            let general = self.nullable_segment();
            let (reports, width) = (self.reports(), self.context.width());
            self.tape.label(None);
            self.tape.emit(|sink| {
                sink.block(BlockType::Result(ValType::Ref(segment))).local_get(local.0).br_on_cast(0, general, segment);
                if reports {
                    sink.ref_is_null().ptr_from_i32(width).ptr_const(width, 0).ptr_const(width, 0);
                } else {
                    sink.drop();
                }
            });
            self.call_helper(Helper::Violation(Violation::Forged));
            self.tape.emit(|sink| {
                sink.end().local_set(held.0);
            });
        } else {
            self.tape.emit(|sink| {
                sink.local_get(local.0).ref_cast_non_null(segment.heap_type).local_set(held.0);
            });
        }
        let end = self.tape.here();
        // A local that is released after this intrinsic is not remembered.
        if self.knowledge.cast_of(local) == Some(held) {
            if !self.knowledge.scan_cast(Cast { code: (start, end), local, held }) {
                self.event(Event::Pinned);
            }
            self.prove(Fact::Cast(local, held));
        } else {
            self.event(Event::Pinned);
        }
        held
    }

    /// Chooses the local for a cast. A local of the program always has the same one, so that later accesses find it.
    fn local_for_cast(&mut self, types: SegmentTypes, local: LocalIndex) -> LocalIndex {
        let ty = ValType::Ref(types.segment_reference(true));
        if let Some(known) = self.knowledge.cast_of(local) {
            return known;
        }
        if self.locals.contents.is_of_program(local) && self.knowledge.has_room_for_cast() {
            let held = self.locals.add_segment(ty);
            self.knowledge.add_cast(local, held);
            return held;
        }
        let position = self.tape.here();
        self.locals.take_held(ty, position)
    }

    /// The nullable form of the type that the program uses for segments.
    pub(in crate::engine) fn nullable_segment(&self) -> RefType {
        match crate::module::val_type(self.context.representation.value_type()) {
            ValType::Ref(reference) => RefType { nullable: true, ..reference },
            _ => RefType::ANYREF,
        }
    }

    /// Pushes the region in which segments are allocated, as a structure.
    ///
    /// ```wasm
    /// ;; its handle   call $linmem.enter_scope   global.get $linmem.scope   ref.as_non_null
    /// ```
    pub(super) fn push_maker(&mut self, maker: Maker) -> PartUse {
        self.part_use(PartSource::Maker(maker))
    }

    /// Pushes whether the region of a segment is closed.
    pub(super) fn push_is_closed(&mut self, segment: &Operand) {
        match segment.value {
            Value::Structure(types, held) => self.tape.emit(|sink| {
                types.is_closed(sink, held);
            }),
            Value::Slot(slot) => {
                self.scopes.need(slot.frame);
                self.tape.late(Late::IsClosed(slot.frame));
            }
            Value::Numbers(id) => {
                if let (Some(types), region) = (self.context.segments.types(), self.number_region(id)) {
                    self.tape.emit(|sink| {
                        types.handle(sink.local_get(region.0)).i32_eqz();
                    });
                }
            }
            // Other operands are already structures or in frames, or static.
            _ => self.tape.emit(|sink| {
                sink.i32_const(0);
            }),
        }
    }

    /// Marks the structure of the region that was just closed as closed.
    ///
    /// ```wasm
    /// global.get $linmem.scope   ref.is_null   i32.eqz
    /// if
    ///   ;; the handle   call $linmem.leave_scope
    /// end
    /// ```
    pub(super) fn write_leave_scope(&mut self) {
        let context = self.context;
        if !context.has_scopes() {
            return;
        }
        self.tape.emit(|sink| {
            sink.global_get(context.global(Global::Scope)).ref_is_null().i32_eqz();
        });
        self.write_if(|engine| {
            engine.tape.emit(|sink| Maker::Innermost.push_handle(sink, &context));
            engine.call_helper(Helper::LeaveScope);
        });
    }
}
