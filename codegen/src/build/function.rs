//! One function, while it is being built.

use crate::build::builder::{Finished, FunctionBuilder};
use crate::build::ids::FunctionId;
use crate::build::indices::VIRTUAL;
use crate::build::operand::{Bytes, Local, Operand, Segment, Source};
use crate::build::owner::Serial;
use crate::build::shape::shape;
use crate::code::{FunctionRef, NO_INDEX};
use crate::engine::knowledge::contents::Assigned;
use crate::engine::shape::{Arity, Shape};
use crate::engine::{Certain, Engine};
use crate::error::{Error, Place};
use crate::helpers::Helper;
use crate::index::LocalIndex;
use crate::source_line::SourceLine;
use linmem_intrinsics::{Intrinsic, Representation, Signature};
use wasm_encoder::{Instruction, ValType};

impl FunctionBuilder {
    /// A parameter. The use of one that does not exist is a mistake.
    pub fn param(&self, position: u32) -> Local {
        let index = if position < self.params { position } else { NO_INDEX };
        Local { index: LocalIndex(index), owner: self.owner }
    }

    /// Adds a local.
    pub fn local(&mut self, ty: ValType) -> Local {
        Local { index: self.engine.add_local(ty, Assigned::Often), owner: self.owner }
    }

    /// Names a local or a parameter in the name section of a [`ModuleBuilder`](crate::build::ModuleBuilder).
    pub fn name_local(&mut self, local: Local, name: &str) {
        if self.owns(local.owner, "the local") && self.has_local(local.index) {
            self.local_names.insert(local.index.0, name.to_string());
        }
    }

    /// Assigns the operand to a local.
    pub fn set(&mut self, local: Local, value: impl Operand) {
        value.push(self);
        self.count();
        if self.owns(local.owner, "the local") && self.has_local(local.index) {
            self.engine.local_set(local.index);
        }
    }

    pub(super) fn push_local(&mut self, local: Local) {
        if self.owns(local.owner, "the local") && self.has_local(local.index) {
            self.engine.local_get(local.index);
        }
    }

    fn has_local(&mut self, local: LocalIndex) -> bool {
        let exists = self.engine.has_local(local);
        if local.0 == NO_INDEX {
            self.fail(&format!("the parameter does not exist: the function has {}", self.params));
        } else if !exists {
            self.no_such_local(local.0);
        }
        exists
    }

    /// Pushes the operand.
    pub fn push(&mut self, value: impl Operand) {
        self.count();
        value.push(self);
    }

    /// Pushes an operand of the current operation.
    pub(super) fn operand(&mut self, value: impl Operand) {
        value.push(self);
    }

    /// Drops the value on top of the stack.
    #[expect(clippy::should_implement_trait, reason = "it is named after the instruction, and drops no builder")]
    pub fn drop(&mut self) {
        self.count();
        self.engine.drop();
    }

    /// Calls a function with its operands on the stack.
    pub fn call(&mut self, function: FunctionId) {
        self.instruction(&Instruction::Call(function.0));
    }

    /// Any instruction.
    ///
    /// Functions are referred to by the number of their [`FunctionId`] in a
    /// [`ModuleBuilder`](crate::build::ModuleBuilder), else by their index. Branches, returns and throws close the
    /// regions that they exit.
    pub fn instruction(&mut self, instruction: &Instruction<'_>) {
        self.count();
        let was_right = self.error.is_none();
        self.write(instruction);
        if was_right && let Some(error) = &mut self.error {
            name_instruction(error, instruction);
        }
    }

    fn write(&mut self, instruction: &Instruction<'_>) {
        use Instruction::*;
        match instruction {
            Call(index) | ReturnCall(index) | RefFunc(index) | GlobalGet(index) | GlobalSet(index)
                if *index >= VIRTUAL =>
            {
                self.fail(&format!("the index {index} is reserved: indices are below {VIRTUAL}"));
            }
            Call(function) | ReturnCall(function) | RefFunc(function) if self.signatures.is_missing(*function) => {
                self.fail(&format!("function {function} does not exist"));
            }
            I32Const(value) => self.engine.i32_const(*value),
            I64Const(value) => self.engine.i64_const(*value),
            LocalGet(local) if !self.engine.has_local(LocalIndex(*local)) => self.no_such_local(*local),
            LocalGet(local) => self.engine.local_get(LocalIndex(*local)),
            LocalSet(local) => self.assign(*local, Engine::local_set),
            LocalTee(local) => self.assign(*local, Engine::local_tee),
            Drop => self.engine.drop(),
            Call(function) => {
                if self.signatures.throws(*function) {
                    self.may_throw();
                }
                let arity = known(self.signatures.function_arity(*function));
                self.function(Shape::Call, arity, CALL, *function);
            }
            RefFunc(function) => self.function(Shape::Effect, Arity::Known { pops: 0, pushes: 1 }, REF_FUNC, *function),
            ReturnCall(function) => {
                self.leave(0);
                let pops = self.signatures.function_arity(*function).map(|(params, _)| params);
                self.engine.diverge(None, pops, |tape| {
                    tape.raw(&[RETURN_CALL]);
                    tape.function(FunctionRef::Program(*function));
                });
            }
            ReturnCallIndirect { .. } | ReturnCallRef(_) => {
                self.leave(0);
                self.control(instruction);
            }
            CallIndirect { type_index, .. } => {
                let arity = self.signatures.type_arity(*type_index).map(|(params, results)| (params + 1, results));
                self.may_throw_if_anything_does();
                self.engine.other(Shape::Call, known(arity), |tape| tape.instruction(instruction));
            }
            CallRef(ty) => {
                let arity = self.signatures.type_arity(*ty).map(|(params, results)| (params + 1, results));
                self.may_throw_if_anything_does();
                self.engine.other(Shape::Call, known(arity), |tape| tape.instruction(instruction));
            }
            Block(_) | Loop(_) | If(_) | Else | End | Try(_) | TryTable(..) | Catch(_) | CatchAll | Delegate(_)
            | Br(_) | BrIf(_) | BrTable(..) | Return | Unreachable | Throw(_) | ThrowRef | Rethrow(_) => {
                let instruction = self.with_labels(instruction);
                self.control(&instruction);
            }
            BrOnNull(_) | BrOnNonNull(_) | BrOnCast { .. } | BrOnCastFail { .. } => {
                let instruction = self.with_labels(instruction);
                match &*instruction {
                    BrOnNull(label) | BrOnNonNull(label) => self.branch_on_null(*label, &instruction),
                    BrOnCast { relative_depth, from_ref_type, to_ref_type }
                    | BrOnCastFail { relative_depth, from_ref_type, to_ref_type } => {
                        self.branch_on_cast(*relative_depth, *from_ref_type, *to_ref_type, &instruction);
                    }
                    _ => {}
                }
            }
            BrOnCastDescEq { .. }
            | BrOnCastDescEqFail { .. }
            | Resume { .. }
            | ResumeThrow { .. }
            | ResumeThrowRef { .. }
                if !self.scopes.is_empty() =>
            {
                self.fail("a branch on a descriptor or a resumption in a region is not supported: the scopes that it leaves are unknown");
            }
            Resume { .. } | ResumeThrow { .. } | ResumeThrowRef { .. } | Suspend(_) | Switch { .. } => {
                self.may_throw_if_anything_does();
                self.engine.other(Shape::Call, Arity::Unknown, |tape| tape.instruction(instruction));
            }
            ArrayNewData { array_data_index, .. } => {
                self.engine.array_new_data(*array_data_index, |tape| tape.instruction(instruction));
            }
            ArrayNewFixed { array_size, .. } => {
                self.engine.array_new_fixed(*array_size, |tape| tape.instruction(instruction));
            }
            MemorySize(memory) if self.engine.counts_pages_of(*memory) => {
                self.engine.call_for_program(shape(instruction).1, Helper::ProgramSize);
            }
            MemoryGrow(memory) if self.engine.counts_pages_of(*memory) => {
                self.engine.call_for_program(shape(instruction).1, Helper::ProgramGrow);
            }
            _ => {
                let (shape, arity) = shape(instruction);
                self.engine.other(shape, arity, |tape| tape.instruction(instruction));
            }
        }
    }

    /// Sets the line of the frontend's source for the code that follows. Reports of violations name it.
    pub fn source(&mut self, line: SourceLine) {
        self.engine.set_source(line);
    }

    /// An intrinsic with its operands on the stack.
    pub fn intrinsic(&mut self, intrinsic: Intrinsic) {
        self.count();
        self.lower_intrinsic(intrinsic);
    }

    pub(super) fn lower_intrinsic(&mut self, intrinsic: Intrinsic) {
        match Signature::new(intrinsic, self.engine.representation()) {
            Some(signature) => self.lower_signature(&signature),
            None => self.fail(&format!(
                "{} requires segments that carry their size; the segments of this module are {}",
                intrinsic.name(),
                self.engine.representation()
            )),
        }
    }

    /// An intrinsic in one of its forms, with its operands on the stack.
    pub fn signature(&mut self, signature: &Signature) {
        self.count();
        self.lower_signature(signature);
    }

    pub(super) fn lower_signature(&mut self, signature: &Signature) {
        if signature.needs_array() {
            return self
                .fail(&format!("{} requires an array type: see `Signature::with_array`", signature.intrinsic.name()));
        }
        if signature.representation.is_some_and(|declared| declared != self.engine.representation()) {
            let message =
                format!("the representation of segments of {} differs from the module's", signature.intrinsic.name());
            return self.fail(&message);
        }
        if self.engine.choices().sealed && signature.intrinsic == Intrinsic::SegmentOfAddress {
            let places = vec![self.place()];
            return self.remember(Error::Sealed { places });
        }
        if signature.intrinsic == Intrinsic::WasiLastErrno && !self.engine.keeps_errno() {
            return self.fail("wasi.last_errno requires `last_errno` in the configuration");
        }
        if let Err(Certain { kind, message }) = self.engine.intrinsic(signature) {
            let message = format!("{}: {message}", signature.intrinsic.name());
            let place = self.place();
            self.remember(Error::Violation { kind, message, place });
        }
    }

    /// The representation of segments.
    pub fn representation(&self) -> Representation {
        self.engine.representation()
    }

    /// Moves the segment on the stack to a new local. `bytes` is its size, and the end of `scope` frees it.
    pub(super) fn keep_segment(&mut self, bytes: Bytes, scope: Option<Serial>) -> Segment {
        let local = self.engine.keep_in_local(self.engine.segment_type());
        Segment { source: Source::Local(local), owner: self.owner, scope, bytes }
    }

    /// Ends the function, on the thread that built it. [`define`](crate::build::ModuleBuilder::define) does the same on
    /// the thread of the module.
    ///
    /// # Errors
    ///
    /// The first mistake in the function.
    pub fn finish(mut self) -> Result<Finished, Error> {
        let hidden = self.hidden as usize;
        match (self.structures.len().saturating_sub(hidden), self.scopes.len()) {
            (0, 0) => {}
            (0, _) => self.fail("a region is still open at the end of the function"),
            (_, _) => self.fail("a control structure is still open at the end of the function"),
        }
        match self.error.take() {
            Some(error) => Err(error),
            None => {
                self.engine.end(|tape| tape.instruction(&Instruction::End));
                let FunctionBuilder { engine, signatures, number, name, block_types, is_checked, local_names, .. } =
                    self;
                let lowered = engine.finish();
                Ok(Finished { signatures, number, name, lowered, block_types, is_checked, local_names })
            }
        }
    }

    /// An assignment by the frontend. Locals that linmem's operations created cannot be assigned: their contents are
    /// known because they have only one assignment.
    fn assign(&mut self, local: u32, write: impl FnOnce(&mut Engine, LocalIndex)) {
        if !self.engine.has_local(LocalIndex(local)) {
            return self.no_such_local(local);
        }
        if self.engine.is_owned(LocalIndex(local)) {
            return self.fail(&format!("local {local} is reserved by an operation of linmem"));
        }
        write(&mut self.engine, LocalIndex(local));
    }

    /// Rejects a local that does not exist, since its index may later be given to a local of linmem's.
    fn no_such_local(&mut self, local: u32) {
        self.fail(&format!("local {local} does not exist"));
    }

    fn function(&mut self, shape: Shape, arity: Arity, opcode: u8, function: u32) {
        self.engine.other(shape, arity, |tape| {
            tape.raw(&[opcode]);
            tape.function(FunctionRef::Program(function));
        });
    }
}

const CALL: u8 = 0x10;
const RETURN_CALL: u8 = 0x12;
const REF_FUNC: u8 = 0xd2;

fn known(arity: Option<(u32, u32)>) -> Arity {
    arity.map_or(Arity::Unknown, |(pops, pushes)| Arity::Known { pops, pushes })
}

/// Adds an instruction to the place of an error.
fn name_instruction(error: &mut Error, instruction: &Instruction<'_>) {
    if let Error::Builder { place, .. } | Error::Violation { place, .. } = error
        && let Place::Built(built) = place
    {
        built.instruction = Some(format!("{instruction:?}"));
    }
}
