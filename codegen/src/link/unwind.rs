//! Closing regions when exceptions are thrown.
//!
//! If an exception that leaves a function closes regions, the function becomes
//!
//! ```wasm
//! block $caught (result exnref)
//!   try_table (result ...) (catch_all_ref $caught)
//!     ;; its code
//!   end
//!   return
//! end
//! ;; close the regions
//! throw_ref
//! ```
//!
//! The label of the `try_table` takes the place of the function's own, so that branches to it stay the same. In a module with
//! legacy exception handling:
//!
//! ```wasm
//! try (result ...)
//!   ;; its code
//! catch_all
//!   ;; close the regions
//!   rethrow 0
//! end
//! ```
//!
//! A handler of a legacy `try` that closes regions does so where it begins. A clause of a `try_table` leads to a label that other
//! branches may lead to, too. If it closes regions, it first leads to a block of its own:
//!
//! ```wasm
//! block $done (result ...)
//!   block $landing (result ...)                         ;; what the clause pushes
//!     try_table (result ...) (catch $tag $landing)
//!       ;; the program's code
//!     end
//!     br $done
//!   end
//!   ;; close the regions
//!   br LABEL
//! end
//! ```
//!
//! A region is closed if its home, the local that holds its handle, is not zero. See [`Release`](crate::check::Release).

use crate::check::Close;
use crate::engine::knowledge::event::StructureKind;
use crate::engine::tape::Tape;
use crate::index::LocalIndex;
use crate::link::blocks::{BlockShape, BlockTypes};
use crate::link::labels::Landing;
use crate::link::walk::{Walk, block_arity};
use wasm_encoder::reencode::{Reencode, RoundtripReencoder};
use wasm_encoder::{BlockType, Catch, Instruction, RefType, ValType};
use wasmparser::TryTable;

impl Walk<'_> {
    /// Begins the structures around the code of the function.
    pub(super) fn begin_unwinding(&mut self) {
        let Some(unwinding) = &mut self.unwinding else { return };
        for home in &unwinding.release.homes {
            unwinding.homes.push(match home {
                Some(local) => LocalIndex(*local),
                None => self.engine.add_home(),
            });
        }
        if unwinding.release.leaving.is_empty() {
            return;
        }
        let results = unwinding.results.len() as u32;
        let shape = BlockShape { params: Vec::new(), results: unwinding.results.clone() };
        let ty = unwinding.blocks.block_type(shape);
        if unwinding.is_legacy {
            self.begin_added((0, results), &Instruction::Try(ty));
        } else {
            let caught = BlockType::Result(ValType::Ref(RefType::EXNREF));
            self.begin_added((0, 1), &Instruction::Block(caught));
            self.begin_added((0, results), &Instruction::TryTable(ty, vec![Catch::AllRef { label: 0 }].into()));
        }
    }

    /// Ends the structures around the code of the function, before the function ends.
    pub(super) fn end_unwinding(&mut self) {
        let Some(unwinding) = &self.unwinding else { return };
        if unwinding.release.leaving.is_empty() {
            return;
        }
        let (is_legacy, results) = (unwinding.is_legacy, unwinding.results.len() as u32);
        let closes = unwinding.release.leaving.clone();
        if is_legacy {
            self.engine.next_arm(Some(0), |tape| tape.instruction(&Instruction::CatchAll));
            self.close_all(&closes);
            self.engine.diverge(None, Some(0), |tape| tape.instruction(&Instruction::Rethrow(0)));
            self.end_added();
        } else {
            self.end_added();
            self.engine.diverge(None, Some(results), |tape| tape.instruction(&Instruction::Return));
            self.end_added();
            self.close_all(&closes);
            self.engine.diverge(None, Some(1), |tape| tape.instruction(&Instruction::ThrowRef));
        }
    }

    /// Keeps the handle of a region that was just opened, if no local of the program does.
    pub(super) fn opened(&mut self, offset: usize) {
        let Some(unwinding) = &self.unwinding else { return };
        let home = unwinding.release.shadows.get(&offset).and_then(|home| unwinding.homes.get(*home));
        if let Some(home) = home {
            self.engine.local_tee(*home);
            if unwinding.marks_handles {
                self.engine.mark_home(*home);
            }
        }
    }

    /// Records that the program has just closed a region.
    pub(super) fn freed(&mut self, offset: usize) {
        let Some(unwinding) = &self.unwinding else { return };
        let home = unwinding.release.resets.get(&offset).and_then(|home| unwinding.homes.get(*home));
        if let Some(home) = home {
            self.engine.clear_home(*home);
        }
    }

    /// Closes the regions that an exception closes which enters a handler of a legacy `try`.
    pub(super) fn enter_handler(&mut self, offset: usize) {
        let closes = self.closes(offset, 0);
        self.close_all(&closes);
    }

    /// Begins a `try_table`, with a block for each clause that closes regions.
    pub(super) fn begin_try_table(&mut self, table: &TryTable, offset: usize, bytes: &[u8]) {
        let landing = |clause: u32| {
            let closes = self.closes(offset, clause);
            (!closes.is_empty()).then_some((clause, closes))
        };
        let landings: Vec<(u32, Vec<Close>)> = (0..table.catches.len() as u32).filter_map(landing).collect();
        let arity = block_arity(&self.validator, table.ty);
        let Some(unwinding) = self.unwinding.as_mut().filter(|_| !landings.is_empty()) else {
            if let Some(unwinding) = &mut self.unwinding {
                unwinding.labels.begin();
            }
            return self.engine.begin(StructureKind::Block, 0, arity, |tape| tape.raw(bytes));
        };
        let shape = unwinding.blocks.shape(table.ty);
        let mut opened: Vec<(u32, BlockType)> = vec![(arity.1, unwinding.blocks.block_type(shape.clone()))];
        let mut lands = Vec::new();
        for (clause, closes) in landings {
            let Some(catch) = table.catches.get(clause as usize) else { continue };
            let results = pushed(unwinding.blocks, catch);
            let operands = results.len() as u32;
            let params = shape.params.clone();
            opened.push((operands, unwinding.blocks.block_type(BlockShape { params, results })));
            lands.push(Landing { clause, closes, label: unwinding.labels.get(label(catch)), operands });
        }
        let clauses = unwinding.labels.begin_try_table(&table.catches, lands, arity.1);
        let Ok(ty) = RoundtripReencoder.block_type(table.ty) else { return };
        // The first landing is in the innermost block.
        let (done, landings) = opened.split_first().map_or((None, &[][..]), |(done, landings)| (Some(done), landings));
        for (results, ty) in done.into_iter().chain(landings.iter().rev()) {
            self.begin_added((arity.0, *results), &Instruction::Block(*ty));
        }
        let instruction = Instruction::TryTable(ty, clauses.into());
        self.engine.begin(StructureKind::Block, 0, arity, |tape| tape.instruction(&instruction));
    }

    /// Writes the code after the end of a `try_table` with landings.
    pub(super) fn land(&mut self, landings: &[Landing], results: u32) {
        let done = landings.len() as u32;
        if done == 0 {
            return;
        }
        self.engine.diverge(Some(done), Some(results), |tape| tape.instruction(&Instruction::Br(done)));
        for (position, landing) in (0..).zip(landings) {
            self.end_added();
            self.close_all(&landing.closes);
            // The blocks of the landings that follow, and the one around all of them, are still open.
            let label = landing.label + done - position;
            let operands = Some(landing.operands);
            self.engine.diverge(Some(label), operands, |tape| tape.instruction(&Instruction::Br(label)));
        }
        self.end_added();
    }

    /// What a handler closes.
    fn closes(&self, offset: usize, clause: u32) -> Vec<Close> {
        let release = self.unwinding.as_ref().map(|unwinding| &unwinding.release);
        release.and_then(|release| release.handlers.get(&(offset, clause))).cloned().unwrap_or_default()
    }

    fn close_all(&mut self, closes: &[Close]) {
        for close in closes {
            self.close(close);
        }
    }

    /// ```wasm
    /// local.get $home
    /// if  ;; close the region
    ///   i32.const 0   local.set $home
    /// end
    /// ```
    ///
    /// without the `if`, if the region is certainly open, and without the assignment, if nothing reads the home after it.
    fn close(&mut self, close: &Close) {
        let Some(unwinding) = &self.unwinding else { return };
        let Some(home) = unwinding.homes.get(close.home).copied() else { return };
        let (signature, marks_handles) = (unwinding.close, unwinding.marks_handles);
        if close.may_be_closed {
            self.engine.push_is_open(home);
            self.engine.begin_added(1, (0, 0), |tape| tape.instruction(&Instruction::If(BlockType::Empty)));
        }
        if marks_handles {
            self.engine.push_marked(home);
        } else {
            self.engine.local_get(home);
        }
        self.engine.begin_unwinding();
        self.intrinsic(&signature, close.opened);
        self.engine.end_unwinding();
        if close.resets {
            self.engine.clear_home(home);
        }
        if close.may_be_closed {
            self.end_added();
        }
    }

    fn begin_added(&mut self, arity: (u32, u32), instruction: &Instruction<'_>) {
        self.engine.begin_added(0, arity, |tape| tape.instruction(instruction));
        self.engine.is_reached();
    }

    fn end_added(&mut self) {
        self.engine.end(|tape: &mut Tape| tape.instruction(&Instruction::End));
    }
}

/// The label of a clause.
fn label(catch: &wasmparser::Catch) -> u32 {
    match *catch {
        wasmparser::Catch::One { label, .. }
        | wasmparser::Catch::OneRef { label, .. }
        | wasmparser::Catch::All { label }
        | wasmparser::Catch::AllRef { label } => label,
    }
}

/// The types of what a clause pushes.
fn pushed(blocks: &BlockTypes, catch: &wasmparser::Catch) -> Vec<ValType> {
    let exception = ValType::Ref(RefType { nullable: false, ..RefType::EXNREF });
    match *catch {
        wasmparser::Catch::One { tag, .. } => blocks.operands(tag),
        wasmparser::Catch::OneRef { tag, .. } => blocks.operands(tag).into_iter().chain([exception]).collect(),
        wasmparser::Catch::All { .. } => Vec::new(),
        wasmparser::Catch::AllRef { .. } => vec![exception],
    }
}
