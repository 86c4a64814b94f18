//! A record of what the engine is given: the code of a function before it is lowered, with intrinsics as calls.
//!
//! It is what a program of the link door would contain, so that the library door can report what `check` finds. Handlers
//! that scopes add are part of it. Nothing is recorded unless it is asked for.

use crate::code::{Code, FunctionRef};
use crate::engine::late::Late;
use crate::engine::locals::Locals;
use crate::engine::tape::Tape;
use crate::engine::wrappers::Wrappers;
use crate::index::LocalIndex;
use crate::source_line::Mark;
use indexmap::{IndexMap, IndexSet};
use linmem_intrinsics::Signature;
use wasm_encoder::{Encode, ValType};

/// A record that is being written.
#[derive(Debug)]
pub(crate) struct Record {
    tape: Tape,
    params: u32,
    /// The locals that are used, in the order of their first use, without parameters.
    locals: IndexMap<LocalIndex, ValType>,
    intrinsics: IndexSet<Signature>,
    marks: Vec<Mark>,
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
    /// The places of operations.
    pub(crate) marks: Vec<Mark>,
}

impl Record {
    /// Begins the record of a function with this number of parameters.
    pub(super) fn new(params: u32) -> Record {
        Record {
            tape: Tape::default(),
            params,
            locals: IndexMap::new(),
            intrinsics: IndexSet::new(),
            marks: Vec::new(),
        }
    }

    /// Records that an operation begins here.
    pub(super) fn mark(&mut self, mark: Mark) {
        self.tape.line(self.marks.len() as u32);
        self.marks.push(mark);
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

    pub(super) fn finish(self, wrappers: &Wrappers) -> Recorded {
        let code = self.tape.finish(|late, code| match late {
            Late::Wrapper(wrapper) => {
                wrappers.open(wrapper, &mut wasm_encoder::InstructionSink::new(&mut code.bytes));
            }
            Late::Label(label) => wrappers.number(label).encode(&mut code.bytes),
            _ => {}
        });
        Recorded {
            locals: self.locals.into_values().collect(),
            code,
            intrinsics: self.intrinsics.into_iter().collect(),
            marks: self.marks,
        }
    }
}
