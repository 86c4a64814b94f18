//! The state of a function that is being built.

use crate::build::owner::{Owner, Serial};
use crate::build::signatures::Signatures;
use crate::build::structure::{Scope, Structure};
use crate::context::Context;
use crate::engine::knowledge::contents::Assigned;
use crate::engine::locals::Locals;
use crate::engine::{Engine, Lowered, Origin};
use crate::error::{Built, Error, Place};
use linmem_allocator::Unwind;
use std::collections::BTreeMap;
use wasm_encoder::ValType;

/// Lowers instructions and operations as they are added.
///
/// A mistake does not panic: the first one is recorded, and returned as an error when the function is finished.
pub struct FunctionBuilder {
    pub(super) engine: Engine,
    pub(super) signatures: Signatures,
    /// Identifies the function, so that labels, locals, regions and segments of other functions are detected.
    pub(super) owner: Owner,
    /// Identifies the module, if it can have static data.
    pub(super) module: Option<Owner>,
    /// The number of the function in its module or writer.
    pub(super) number: u32,
    pub(super) scopes: Vec<Scope>,
    /// The open control structures, including those in unreachable code, outermost first.
    pub(super) structures: Vec<Structure>,
    /// The number of hidden structures among them.
    pub(super) hidden: u32,
    /// The results of the block types without parameters that the function requires.
    pub(super) block_types: Vec<Vec<ValType>>,
    pub(super) results: u32,
    pub(super) name: String,
    pub(super) unwind: Unwind,
    pub(super) params: u32,
    /// The number of scopes and control structures so far.
    pub(super) serials: u32,
    /// The number of instructions and operations so far.
    pub(super) operations: u32,
    pub(super) error: Option<Error>,
    /// Whether the places of operations are recorded, for `check`.
    pub(super) is_checked: bool,
    /// The names that the frontend gave to locals.
    pub(super) local_names: BTreeMap<u32, String>,
}

/// A function whose code is complete.
#[derive(Debug)]
pub struct Finished {
    /// Identifies the module of the function.
    pub(super) signatures: Signatures,
    pub(super) number: u32,
    pub(super) name: String,
    pub(super) lowered: Lowered,
    pub(super) block_types: Vec<Vec<ValType>>,
    pub(super) is_checked: bool,
    pub(super) local_names: BTreeMap<u32, String>,
}

impl FunctionBuilder {
    /// Begins a function. `number` refers to it in `signatures`, and `name` in messages.
    pub(super) fn new(
        context: Context,
        signatures: Signatures,
        (number, name): (u32, &str),
        unwind: Unwind,
        (params, results): (u32, u32),
    ) -> FunctionBuilder {
        let locals = Locals::new(context.width(), params, Vec::new(), vec![Assigned::Often; params as usize]);
        let mut engine = Engine::new(context, locals, results);
        engine.set_origin(Origin { function: number, ..Origin::default() });
        FunctionBuilder {
            engine,
            signatures,
            owner: Owner::new(),
            module: None,
            number,
            scopes: Vec::new(),
            structures: Vec::new(),
            hidden: 0,
            block_types: Vec::new(),
            results,
            name: name.to_string(),
            unwind,
            params,
            serials: 0,
            operations: 0,
            error: None,
            is_checked: false,
            local_names: BTreeMap::new(),
        }
    }

    /// Records a mistake, unless one was recorded before.
    pub(crate) fn fail(&mut self, message: &str) {
        let place = self.place();
        self.remember(Error::Builder { message: message.to_string(), place });
    }

    /// The place of the current operation.
    pub(super) fn place(&self) -> Place {
        let source = self.engine.source().cloned();
        let operation = Some(self.operations);
        Place::Built(Box::new(Built { function: self.name.clone(), operation, instruction: None, source }))
    }

    /// Counts an instruction or operation of the frontend.
    pub(super) fn count(&mut self) {
        self.operations = self.operations.saturating_add(1);
        self.engine.mark(self.operations);
    }

    /// Checks that operands that are already on the stack precede those that are pushed now.
    pub(super) fn in_order<const COUNT: usize>(&mut self, on_stack: [bool; COUNT]) {
        if on_stack.windows(2).any(|pair| matches!(pair, [false, true])) {
            self.fail("an operand that is already on the stack follows one that is not");
        }
    }

    pub(super) fn serial(&mut self) -> Serial {
        self.serials += 1;
        Serial(self.serials)
    }

    /// Whether an item belongs to this function. It is a mistake if it does not.
    pub(super) fn owns(&mut self, owner: Owner, what: &str) -> bool {
        let owned = owner == self.owner;
        if !owned {
            self.fail(&format!("{what} belongs to another function"));
        }
        owned
    }

    pub(super) fn remember(&mut self, error: Error) {
        self.error.get_or_insert(error);
    }
}
