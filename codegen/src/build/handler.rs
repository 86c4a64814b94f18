//! `try_table` in a region whose handlers are outside of the region.
//!
//! The exception is first caught in an additional block, which closes the regions that the jump exits:
//!
//! ```wasm
//! block $done (result ...)
//!   block $landing (result ...)                         ;; what the clause pushes
//!     try_table (result ...) (catch $tag $landing)
//!       ;; the frontend's code
//!     end
//!     br $done
//!   end
//!   ;; close the regions
//!   br LABEL
//! end
//! ```

use crate::build::builder::FunctionBuilder;
use crate::build::labels::{label_of, relabel};
use crate::build::structure::{Catches, Structure};
use crate::engine::knowledge::event::StructureKind;
use wasm_encoder::{BlockType, Catch, Instruction, RefType, ValType};

/// The type of the block at whose end a clause lands.
enum Landing {
    Known(BlockType),
    /// A type with no parameters and these results, which may not exist yet.
    New(Vec<ValType>),
}

impl FunctionBuilder {
    /// `try_table`, with its handlers.
    pub(super) fn begin_try_table(&mut self, ty: BlockType, clauses: &[Catch]) {
        let mut landings = Vec::new();
        let mut types = Vec::new();
        for clause in clauses {
            let Some(target) = self.target(label_of(clause)) else {
                return self.fail("handler with a label that does not exist");
            };
            if self.leaves(target) {
                let Some(block) = self.landing_type(clause) else {
                    return self.fail(
                        "the types of a tag are unknown, and the handler of the try_table lies outside of the \
                         region: use a handler in a block inside the region",
                    );
                };
                landings.push(target);
                types.push(block);
            }
        }
        let (params, results) = self.block_arity(ty);
        if !landings.is_empty() {
            if params != 0 {
                return self.fail(
                    "a try_table whose handler lies outside of the region cannot take operands: pass \
                     them in locals",
                );
            }
            self.begin_hidden(&Instruction::Block(ty));
            for landing in types.into_iter().rev() {
                match landing {
                    Landing::Known(ty) => self.begin_hidden(&Instruction::Block(ty)),
                    Landing::New(results) => self.begin_hidden_block(results),
                }
            }
        }
        let mut landing = 0;
        let hidden = if landings.is_empty() { 0 } else { landings.len() as u32 + 1 };
        let clauses: Vec<Catch> = clauses
            .iter()
            .map(|clause| {
                let label = label_of(clause);
                // The label counts from outside of the blocks that were just opened.
                let target = (self.structures.len() as u32).saturating_sub(hidden).checked_sub(label);
                if target.is_some_and(|target| self.leaves(target as usize)) {
                    landing += 1;
                    relabel(clause, landing - 1)
                } else {
                    relabel(clause, label + hidden)
                }
            })
            .collect();
        let catches_all = clauses.iter().any(|clause| matches!(clause, Catch::All { .. } | Catch::AllRef { .. }));
        let catches = match (catches_all, clauses.is_empty()) {
            (true, _) => Catches::All,
            (false, true) => Catches::Nothing,
            (false, false) => Catches::Some,
        };
        let tag = |clause: &Catch| match clause {
            Catch::One { tag, .. } | Catch::OneRef { tag, .. } => Some(*tag),
            Catch::All { .. } | Catch::AllRef { .. } => None,
        };
        let tags = clauses.iter().filter_map(tag).collect();
        let serial = self.serial();
        self.structures.push(Structure { catches, tags, landings, ..Structure::new(serial, results) });
        let instruction = Instruction::TryTable(ty, clauses.into());
        self.engine.begin(StructureKind::Block, 0, (params, results), |tape| tape.instruction(&instruction));
    }

    /// Writes the code after the end of a `try_table` with such handlers.
    pub(super) fn land(&mut self, landings: &[usize], results: u32) {
        let done = landings.len() as u32;
        self.engine.diverge(Some(done), Some(results), |tape| tape.instruction(&Instruction::Br(done)));
        for target in landings {
            self.end_hidden();
            let label = self.relative(*target);
            self.engine.begin_unwinding();
            self.branch(label);
            self.engine.end_unwinding();
        }
        self.end_hidden();
    }

    /// The type of the block at whose end a clause lands.
    fn landing_type(&self, clause: &Catch) -> Option<Landing> {
        let exception = ValType::Ref(RefType::EXNREF);
        let mut types = match clause {
            Catch::One { tag, .. } | Catch::OneRef { tag, .. } => self.signatures.tag_types(*tag)?,
            Catch::All { .. } | Catch::AllRef { .. } => Vec::new(),
        };
        if matches!(clause, Catch::OneRef { .. } | Catch::AllRef { .. }) {
            types.push(exception);
        }
        match types[..] {
            [] => Some(Landing::Known(BlockType::Empty)),
            [one] => Some(Landing::Known(BlockType::Result(one))),
            _ => Some(Landing::New(types)),
        }
    }
}
