//! Calls of host functions.
//!
//! ```wasm
//! ;; the file descriptor   the segment
//! call $linmem.fd_write.packed
//! ```
//!
//! The helper builds the iovec in a frame of its own. A call that does not involve memory calls the host function
//! directly:
//!
//! ```wasm
//! ;; the file descriptor
//! call $fd_close
//! ```
//!
//! # Traps
//!
//! In a violation of a segment, before the host function is called.

use crate::code::FunctionRef;
use crate::config::Optimize;
use crate::engine::knowledge::event::Event;
use crate::engine::locals::Scratch;
use crate::engine::lower::bounds::At;
use crate::engine::maker::Maker;
use crate::engine::operands::{Operand, Value};
use crate::engine::state::{Certain, Engine};
use crate::globals::Global;
use crate::helpers::{Call, Form};
use crate::segment::Extent;
use crate::segment::SegmentTypes;
use linmem_intrinsics::{Operand as Meaning, Signature};
use wasm_encoder::{BlockType, ValType};

impl Engine {
    pub(in crate::engine) fn lower_call(
        &mut self,
        call: Call,
        signature: &Signature,
        operands: &mut [Operand],
    ) -> Result<(), Certain> {
        let meanings = signature.operands();
        for (operand, meaning) in operands.iter_mut().zip(&meanings) {
            match meaning {
                Meaning::Record(record) => {
                    let width = self.context.width();
                    let (mut from, mut bytes) =
                        (Operand::of_pointer(width, 0), Operand::of_pointer(width, record.bytes()));
                    self.check_access(operand, &mut from, &mut bytes)?;
                }
                meaning if meaning.is_segment() && self.context.checks_segments() => self.check_all_live(operand),
                _ => {}
            }
        }
        self.trace_segments(operands, &meanings);
        let before = self.trace_before(signature, operands);
        let form = call.form(&self.context, signature.folded);
        // A helper that only unpacks segments can be inlined.
        let in_place = self.optimize == Optimize::Speed && call.only_unpacks(form);
        let form = if in_place { Form::default() } else { form };
        let maker = match &*operands {
            [handle, rest @ ..] if meanings.first() == Some(&Meaning::Allocator) => {
                Some(self.take_allocator(handle, rest.first()))
            }
            _ => {
                self.push_operands(operands, &meanings, in_place);
                None
            }
        };
        if signature.intrinsic.is_host_call() {
            // Memory may grow, and the host may call the program.
            self.event(Event::Grow);
        }
        match call.target(form) {
            FunctionRef::Helper(helper) => self.call_helper(helper),
            function => {
                self.demands.add_function(function);
                self.tape.call(function);
            }
        }
        self.event(Event::Call);
        self.trace_after(before);
        if let (Some(types), Some(Meaning::Segment | Meaning::Buffer(_))) =
            (self.context.segments.types(), signature.results().last())
        {
            self.push_made_by_call(types, signature, operands, maker);
            return Ok(());
        }
        self.produce(signature.results().len() as u32);
        Ok(())
    }

    /// ```wasm
    /// global.get $linmem.errno
    /// ```
    pub(in crate::engine) fn lower_last_errno(&mut self) {
        self.demands.use_regions();
        // A door rejects the intrinsic if errnos are not kept.
        if self.context.keeps_errno {
            let errno = self.context.global(Global::Errno);
            self.tape.emit(|sink| {
                sink.global_get(errno);
            });
        }
        self.push(Value::Unknown);
    }

    /// Pops the handle of a region from below an operand that stays on the stack, if there is one.
    fn take_allocator(&mut self, handle: &Operand, on_top: Option<&Operand>) -> Maker {
        let kept = on_top.map(|operand| self.keep(operand, Scratch::Bytes));
        let maker = self.take_handle(handle);
        if let Some(kept) = kept {
            self.push_size(kept);
        }
        maker
    }

    /// Pushes the operands of a call. References, and packed segments that are unpacked here, are pushed as their
    /// parts.
    fn push_operands(&mut self, operands: &mut [Operand], meanings: &[Meaning], in_place: bool) {
        let parts = self.context.segments.types().is_some() || in_place;
        for (operand, meaning) in operands.iter_mut().zip(meanings) {
            if !parts || !meaning.is_segment() {
                self.materialize(operand);
                continue;
            }
            let extent = meaning.is_sized().then(|| self.extent(operand));
            self.unwrap_segment(operand);
            if let Some(extent) = extent {
                self.insert_size(operand, extent);
            }
        }
    }

    /// Inserts the size of a segment after it.
    fn insert_size(&mut self, segment: &Operand, extent: Extent) {
        let position = self.at(segment);
        extent.push(&mut At { engine: self, position });
    }

    /// Makes a segment from the address and the size on the stack, which are the last results of a call. Its region is
    /// the one that it was allocated in, or that of the list that contains it.
    fn push_made_by_call(
        &mut self,
        types: SegmentTypes,
        signature: &Signature,
        operands: &[Operand],
        maker: Option<Maker>,
    ) {
        let region = match (maker, operands.first()) {
            _ if !types.has_regions() => None,
            (Some(maker), _) => Some(self.push_maker(maker)),
            (None, Some(list)) => self.push_region_of(list),
            (None, None) => None,
        };
        if signature.folded {
            return self.push_made_or_null(types);
        }
        // They are already on the stack, below the parts of the segment.
        for _ in 1..signature.results().len() {
            self.operands.push(Operand::UNKNOWN);
        }
        self.push_made(types, None, (None, region));
    }

    /// Makes a segment from its parts on the stack and the errno below them, or null if the call failed.
    ///
    /// ```wasm
    /// struct.new $segment   local.set $linmem.held
    /// if (result (ref null $segment))
    ///   ref.null $segment
    /// else
    ///   local.get $linmem.held
    /// end
    /// ```
    fn push_made_or_null(&mut self, types: SegmentTypes) {
        let nullable = types.segment_reference(true);
        let position = self.tape.here();
        let held = self.locals.take_held(ValType::Ref(nullable), position);
        self.tape.emit(|sink| {
            sink.struct_new(types.segment()).local_set(held.0);
        });
        self.tape.label(None);
        self.tape.emit(|sink| {
            sink.if_(BlockType::Result(ValType::Ref(nullable))).ref_null(nullable.heap_type);
            sink.else_().local_get(held.0).end();
        });
        self.push(Value::Unknown);
    }
}
