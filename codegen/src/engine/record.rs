//! A record of what the engine is given: the code of a function before it is lowered, with intrinsics as calls.
//!
//! It is what a program of the link door would contain, so that the library door can report what `check` finds, and can find
//! static frames. Handlers that scopes add are part of it. Nothing is recorded unless it is asked for.
//!
//! A record that is *exact* does what the code that is written does, so that it can be lowered in its place. Some jumps out of
//! scopes are recorded in a form that is only right for an analysis.

use crate::code::{Code, FunctionRef, NO_INDEX, Relocation};
use crate::engine::late::Late;
use crate::engine::locals::Locals;
use crate::engine::tape::Tape;
use crate::engine::wrappers::Wrappers;
use crate::index::LocalIndex;
use crate::planted::{self, Bug};
use crate::source_line::Mark;
use crate::statics::StaticSegment;
use crate::width::PointerInstructions;
use indexmap::{IndexMap, IndexSet};
use linmem_allocator::Width;
use linmem_intrinsics::{Intrinsic, Signature};
use wasm_encoder::{Encode, ValType};

const CALL: u8 = 0x10;

/// The address of static data in a record.
const SOME_ADDRESS: u32 = 16;

/// A record that is being written.
#[derive(Debug)]
pub(crate) struct Record {
    tape: Tape,
    params: u32,
    /// The locals that are used, in the order of their first use, without parameters.
    locals: IndexMap<LocalIndex, ValType>,
    intrinsics: IndexSet<Signature>,
    /// The intrinsic that stands for static data, by its position, if there is any.
    data: Option<u32>,
    /// The places of operations, if they matter.
    marks: Option<Vec<Mark>>,
    is_exact: bool,
}

/// A finished record.
#[derive(Clone, Debug)]
pub(crate) struct Recorded {
    /// The types of all locals that are not parameters.
    pub(crate) locals: Vec<ValType>,
    /// The instructions. Their lines are positions in `marks`.
    pub(crate) code: Code,
    /// The intrinsics that [`FunctionRef::Intrinsic`] refers to, by position.
    pub(crate) intrinsics: Vec<Signature>,
    /// The places of operations, if they matter.
    pub(crate) marks: Vec<Mark>,
    /// The numbers of the locals in the code that was written.
    pub(crate) numbers: Vec<LocalIndex>,
    /// The calls that stand for segments over static data, by their positions among the relocations.
    pub(crate) data: Vec<(usize, StaticSegment)>,
    /// Whether the code does what the code that was written does.
    is_exact: bool,
}

impl Recorded {
    /// Whether the code can be lowered in place of the code that was written.
    pub(crate) fn may_be_lowered(&self) -> bool {
        self.is_exact || planted::has(Bug::StaticFrameOfInexactRecord)
    }

    /// The number of calls of an intrinsic.
    pub(crate) fn calls(&self, intrinsic: Intrinsic) -> usize {
        let is_it = |relocation: &&Relocation| match relocation.target {
            FunctionRef::Intrinsic(position) => {
                self.intrinsics.get(position as usize).is_some_and(|signature| signature.intrinsic == intrinsic)
            }
            _ => false,
        };
        self.code.relocations.iter().filter(is_it).count()
    }
}

impl Record {
    /// Begins the record of a function with this number of parameters.
    pub(super) fn new(params: u32, has_marks: bool) -> Record {
        Record {
            tape: Tape::default(),
            params,
            locals: IndexMap::new(),
            intrinsics: IndexSet::new(),
            data: None,
            marks: has_marks.then(Vec::new),
            is_exact: true,
        }
    }

    /// Records that an operation begins here.
    pub(super) fn mark(&mut self, mark: Mark) {
        if let Some(marks) = &mut self.marks {
            self.tape.line(marks.len() as u32);
            marks.push(mark);
        }
    }

    /// Records that the code differs from the code that is written.
    pub(super) fn differs(&mut self) {
        self.is_exact = false;
    }

    /// Pushes a segment over static data: a call of the intrinsic `make`.
    pub(super) fn data(&mut self, make: &Signature, segment: StaticSegment) {
        let (position, _) = self.intrinsics.insert_full(*make);
        self.data = Some(position as u32);
        self.tape.late(Late::Static(segment));
    }

    /// Records instructions.
    #[inline(always)]
    pub(super) fn write(&mut self, write: impl FnOnce(&mut Tape)) {
        write(&mut self.tape);
    }

    /// Records an instruction with a local.
    pub(super) fn instruction(&mut self, opcode: u8, local: LocalIndex, locals: &Locals) {
        let index = self.local(local, locals);
        let mut bytes = vec![opcode];
        index.encode(&mut bytes);
        self.tape.raw(&bytes);
    }

    fn local(&mut self, local: LocalIndex, locals: &Locals) -> u32 {
        if local.0 < self.params {
            return local.0;
        }
        let entry = self.locals.entry(local);
        let position = entry.index() as u32;
        entry.or_insert_with(|| locals.ty(local));
        self.params + position
    }

    /// Calls an intrinsic.
    pub(super) fn call(&mut self, signature: &Signature) {
        let (position, _) = self.intrinsics.insert_full(*signature);
        self.tape.call(FunctionRef::Intrinsic(position as u32));
    }

    pub(super) fn finish(self, wrappers: &Wrappers, width: Width) -> Recorded {
        let mut data = Vec::new();
        let code = self.tape.finish(|late, code| match late {
            Late::Wrapper(wrapper) => {
                wrappers.open(wrapper, &mut wasm_encoder::InstructionSink::new(&mut code.bytes));
            }
            Late::Label(label) => wrappers.number(label).encode(&mut code.bytes),
            Late::Static(segment) => {
                // Its address is not known yet, and does not matter to an analysis.
                let (address, bytes) = (u64::from(SOME_ADDRESS), u64::from(segment.bytes));
                wasm_encoder::InstructionSink::new(&mut code.bytes).ptr_const(width, address).ptr_const(width, bytes);
                code.bytes.push(CALL);
                data.push((code.relocations.len(), segment));
                let target = FunctionRef::Intrinsic(self.data.unwrap_or(NO_INDEX));
                code.relocations.push(Relocation { at: code.bytes.len(), replaces: 0, target });
            }
            _ => {}
        });
        let numbers = self.locals.keys().copied().collect();
        Recorded {
            locals: self.locals.into_values().collect(),
            code,
            intrinsics: self.intrinsics.into_iter().collect(),
            marks: self.marks.unwrap_or_default(),
            numbers,
            data,
            is_exact: self.is_exact,
        }
    }
}
