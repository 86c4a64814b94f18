//! Functions that contain one intrinsic, in all forms of operands and at all places.

use crate::context::Context;
use crate::engine::compare::{Relation, Sign};
use crate::engine::knowledge::contents::Assigned;
use crate::engine::knowledge::event::StructureKind;
use crate::engine::locals::Locals;
use crate::engine::shape::{Arity, Shape};
use crate::engine::{Engine, Lowered};
use crate::helpers::Needs;
use crate::index::LocalIndex;
use crate::width::PointerType;
use linmem_intrinsics::{Intrinsic, Operand, Signature};
use wasm_encoder::{BlockType, InstructionSink, ValType};

/// A form of operands. Operands for which it has no constant are parameters, unless it says otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    Parameters,
    Constants,
    /// Constants that are not written until something needs them.
    Deferred,
    /// Constants of 1, which are inside of every segment.
    Ones,
    /// The offset 0.
    ZeroOffset,
    /// The size 0.
    ZeroSize,
    /// Offsets that are almost too large for a memory argument.
    LargeOffset,
    /// Sizes above the limits of inline code, and a last operand that is a parameter.
    LargeSize,
    /// Sizes above the limits of inline code, and constants.
    LargeConstants,
    /// Results of instructions.
    Expressions,
    /// Expressions, except that the last operand is a constant.
    LastConstant,
    /// Values whose positions on the stack are unknown.
    Unknown,
}

impl Form {
    pub(super) const ALL: [Form; 12] = [
        Form::Parameters,
        Form::Constants,
        Form::Deferred,
        Form::Ones,
        Form::ZeroOffset,
        Form::ZeroSize,
        Form::LargeOffset,
        Form::LargeSize,
        Form::LargeConstants,
        Form::Expressions,
        Form::LastConstant,
        Form::Unknown,
    ];

    /// The constant that an operand of type `i32` or `i64` is.
    fn constant(self, meaning: Operand, is_last: bool) -> Option<u32> {
        match (self, meaning) {
            (Form::Constants, _) | (Form::LargeOffset, Operand::Bytes) => Some(16),
            (Form::LastConstant, _) if is_last => Some(16),
            (Form::Deferred, meaning) if meaning != Operand::Allocator => Some(8),
            (Form::Ones, meaning) if !meaning.is_segment() => Some(1),
            (Form::ZeroOffset, Operand::Offset) | (Form::ZeroSize, Operand::Bytes) => Some(0),
            (Form::LargeOffset, Operand::Offset) => Some(u32::MAX - 40),
            (Form::LargeSize, Operand::Bytes) => Some(1 << 15),
            (Form::LargeConstants, meaning) if !meaning.is_segment() => Some(1 << 15),
            _ => None,
        }
    }
}

/// Where segments and handles come from, and how often the intrinsic runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// From parameters, once.
    Function,
    /// From parameters, twice in a row. Checks of different constants may be grouped.
    Twice,
    /// From parameters, in a loop with this step that compares after its body.
    Loop(i32),
    /// From a region that is opened and closed around the intrinsic.
    Region,
    /// The same, with a segment of unknown size.
    RegionOfUnknown,
    /// The same, with a segment that was too large for a frame.
    RegionOfLarge,
    /// The same, in a loop.
    RegionLoop,
}

impl Place {
    pub(super) const ALL: [Place; 8] = [
        Place::Function,
        Place::Twice,
        Place::Loop(1),
        Place::Loop(4),
        Place::Region,
        Place::RegionOfUnknown,
        Place::RegionOfLarge,
        Place::RegionLoop,
    ];

    /// The size of the segment that is allocated, if one is; `None` if it is a parameter.
    fn allocated(self) -> Option<Option<u32>> {
        match self {
            Place::Function | Place::Twice | Place::Loop(_) => None,
            Place::Region | Place::RegionLoop => Some(Some(24)),
            Place::RegionOfUnknown => Some(None),
            Place::RegionOfLarge => Some(Some(1 << 20)),
        }
    }

    fn step(self) -> Option<i32> {
        match self {
            Place::Loop(step) => Some(step),
            Place::RegionLoop => Some(1),
            _ => None,
        }
    }
}

/// A function of the program that is being written. Parameter 0 is a pointer; the operands follow.
struct Program {
    engine: Engine,
    pointer: ValType,
    form: Form,
    place: Place,
    /// The index of a counted loop.
    index: LocalIndex,
    /// The handle of the region that was opened, and the segment in it.
    region: Option<(LocalIndex, LocalIndex)>,
}

fn known(pops: u32, pushes: u32) -> Arity {
    Arity::Known { pops, pushes }
}

impl Program {
    fn plain(&mut self, shape: Shape, arity: Arity, write: impl Fn(&mut InstructionSink<'_>)) {
        self.engine.other(shape, arity, |tape| tape.emit(&write));
    }

    fn constant(&mut self, ty: ValType, value: u32, deferred: bool) {
        match (ty, deferred) {
            (ValType::I32, false) => self.engine.i32_const(value as i32),
            (ValType::I32, true) => self.engine.i32_const_deferred(value as i32),
            (_, false) => self.engine.i64_const(i64::from(value)),
            (_, true) => self.engine.i64_const_deferred(i64::from(value)),
        }
    }

    /// Pushes the value of a local as the result of an instruction.
    fn expression(&mut self, local: LocalIndex, ty: ValType) {
        self.engine.local_get(local);
        self.plain(Shape::Pure, known(1, 1), |sink| {
            match ty {
                ValType::I32 => sink.i32_clz(),
                ValType::I64 => sink.i64_clz(),
                _ => sink,
            };
        });
    }

    /// Pushes an operand. `local` is a parameter of its type.
    fn operand(&mut self, meaning: Operand, ty: ValType, local: LocalIndex, is_last: bool) {
        match (meaning, self.region) {
            (Operand::Allocator, Some((handle, _))) => return self.engine.handle(handle),
            (Operand::Segment, Some((_, segment))) if self.form != Form::Expressions => {
                return self.engine.local_get(segment);
            }
            _ => {}
        }
        // A reference cannot be a constant.
        let constant = self.form.constant(meaning, is_last).filter(|_| matches!(ty, ValType::I32 | ValType::I64));
        match (constant, self.form) {
            (Some(constant), form) => self.constant(ty, constant, matches!(form, Form::Deferred | Form::Ones)),
            // An index of 32 bits is an offset in a 32-bit memory.
            (None, Form::Parameters)
                if meaning == Operand::Offset && self.place.step().is_some() && ty == ValType::I32 =>
            {
                self.engine.local_get(self.index);
            }
            (None, Form::Expressions | Form::LastConstant) => self.expression(local, ty),
            (None, _) => self.engine.local_get(local),
        }
    }

    /// Lowers the intrinsic, and drops its results.
    fn intrinsic(&mut self, context: &Context, signature: &Signature) {
        let types = context.operand_types(signature);
        let meanings = signature.operands();
        for (position, (meaning, ty)) in meanings.iter().zip(&types).enumerate() {
            self.operand(*meaning, *ty, LocalIndex(1 + position as u32), position + 1 == types.len());
        }
        if self.form == Form::Unknown {
            self.plain(Shape::Effect, Arity::Unknown, |sink| {
                sink.nop();
            });
        }
        // A violation that is certain ends the code that can be reached.
        let _ = self.engine.intrinsic(signature);
        signature.results().iter().for_each(|_| self.engine.drop());
    }

    fn end(&mut self) {
        self.engine.end(|tape| {
            tape.emit(|sink| {
                sink.end();
            });
        });
    }

    fn lower(&mut self, context: &Context, signature: &Signature) {
        if let Some(step) = self.place.step() {
            self.engine.begin(StructureKind::Loop, 0, (0, 0), |tape| {
                tape.emit(|sink| {
                    sink.loop_(BlockType::Empty);
                });
            });
            self.intrinsic(context, signature);
            self.engine.local_get(self.index);
            self.engine.i32_const(step);
            self.plain(Shape::Add, known(2, 1), |sink| {
                sink.i32_add();
            });
            self.engine.local_tee(self.index);
            self.engine.i32_const(20);
            self.plain(Shape::Compare(Relation::Less, Sign::Unsigned), known(2, 1), |sink| {
                sink.i32_lt_u();
            });
            self.plain(Shape::BranchIf(0), known(1, 0), |sink| {
                sink.br_if(0);
            });
            return self.end();
        }
        self.intrinsic(context, signature);
        if self.place == Place::Twice {
            if self.form == Form::Ones {
                self.form = Form::Constants;
            }
            self.intrinsic(context, signature);
        }
    }

    fn simple(&mut self, context: &Context, intrinsic: Intrinsic) {
        let signature = Signature::new(intrinsic, context.representation).expect("every representation supports it");
        let lowered = self.engine.intrinsic(&signature);
        assert_eq!(lowered, Ok(()), "{intrinsic:?}");
    }

    /// Opens a region and allocates a segment, if the place requires one, lowers the intrinsic, and closes the region.
    fn write(&mut self, context: &Context, signature: &Signature) {
        if let Some(size) = self.place.allocated() {
            self.simple(context, Intrinsic::AllocatorNew);
            let handle = self.engine.keep_in_local(self.pointer);
            self.engine.handle(handle);
            match size {
                Some(size) => self.constant(self.pointer, size, false),
                None => self.engine.local_get(LocalIndex(0)),
            }
            self.simple(context, Intrinsic::AllocatorAllocate);
            let segment = self.engine.keep_in_local(context.segment_type());
            self.region = Some((handle, segment));
        }
        self.lower(context, signature);
        if let Some((handle, _)) = self.region.filter(|_| signature.intrinsic != Intrinsic::AllocatorFree) {
            self.engine.handle(handle);
            self.simple(context, Intrinsic::AllocatorFree);
        }
        self.end();
    }
}

/// Lowers an intrinsic with operands of a form in a place. Returns the types of the parameters, and the function.
pub(super) fn lower(
    context: &Context,
    needs: &mut Needs,
    signature: &Signature,
    (form, place): (Form, Place),
) -> (Vec<ValType>, Lowered) {
    let pointer = context.width().val_type();
    let params = [vec![pointer], context.operand_types(signature)].concat();
    let assigned = vec![Assigned::Never; params.len()];
    let mut locals = Locals::new(context.width(), params.len() as u32, Vec::new(), assigned);
    let index = locals.add(ValType::I32, Assigned::Often);
    let engine = Engine::new(*context, locals, 0);
    let mut program = Program { engine, pointer, form, place, index, region: None };
    program.write(context, signature);
    (params, finished(program, needs))
}

/// A function that opens more regions than frames can be live.
pub(super) fn open_many(context: &Context, needs: &mut Needs) -> (Vec<ValType>, Lowered) {
    let locals = Locals::new(context.width(), 0, Vec::new(), Vec::new());
    let engine = Engine::new(*context, locals, 0);
    let pointer = context.width().val_type();
    let (form, place, index) = (Form::Constants, Place::Function, LocalIndex(0));
    let mut program = Program { engine, pointer, form, place, index, region: None };
    for _ in 0..300 {
        program.simple(context, Intrinsic::AllocatorNew);
        let handle = program.engine.keep_in_local(pointer);
        program.engine.handle(handle);
        program.constant(pointer, 8, false);
        program.simple(context, Intrinsic::AllocatorAllocate);
        program.engine.drop();
    }
    program.end();
    (Vec::new(), finished(program, needs))
}

fn finished(program: Program, needs: &mut Needs) -> Lowered {
    let mut lowered = program.engine.finish();
    lowered.add_to(needs, &[]);
    lowered
}
