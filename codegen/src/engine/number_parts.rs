//! The code of the parts of segments that are numbers, which is written when the function ends.

use crate::code::{Code, FunctionRef, Relocation};
use crate::context::Context;
use crate::engine::knowledge::frames::Frames;
use crate::engine::locals::Locals;
use crate::engine::number_id::PartUse;
use crate::engine::numbers::{AllNumbers, PartSource, Purpose, is_needed, read, written};
use crate::engine::scopes::{KeptScopes, Scopes};
use crate::globals::Global;
use crate::helpers::{Demands, Helper};
use crate::index::LocalIndex;
use crate::width::PointerInstructions;
use std::collections::BTreeMap;
use wasm_encoder::InstructionSink;

impl AllNumbers {
    /// Finds out which numbers are read, and which regions are needed for them.
    pub(super) fn settle(&self, locals: &mut Locals, scopes: &mut Scopes, demands: &mut Demands) {
        let mut sources: BTreeMap<LocalIndex, Vec<LocalIndex>> = BTreeMap::new();
        let copies = self.parts.iter().filter_map(|(source, purpose)| match (*source, *purpose) {
            (PartSource::Local(from), Purpose::Local(to)) => Some((from, to)),
            _ => None,
        });
        for (from, to) in copies.chain(self.copies.iter().copied()) {
            sources.entry(to).or_default().push(from);
        }
        for (source, purpose) in &self.parts {
            if let (PartSource::Local(from), Purpose::Part) = (*source, *purpose) {
                read(locals, from);
            }
        }
        let mut pending: Vec<LocalIndex> =
            sources.keys().copied().filter(|local| written(locals, *local).is_some()).collect();
        while let Some(local) = pending.pop() {
            for from in sources.remove(&local).into_iter().flatten() {
                read(locals, from);
                pending.push(from);
            }
        }
        for (source, purpose) in &self.parts {
            if is_needed(*purpose, locals) {
                match *source {
                    PartSource::Maker(_) => demands.add(Helper::EnterScope),
                    PartSource::Frame(frame) => scopes.need(frame),
                    PartSource::Structure(..) | PartSource::Local(_) | PartSource::Open(_) | PartSource::Size(_) => {}
                }
            }
        }
    }

    /// Writes the code that pushes a part of a new segment, or assigns it.
    pub(super) fn write_part(
        &self,
        code: &mut Code,
        (context, frames, scopes): (&Context, &Frames, &KeptScopes),
        locals: &Locals,
        part: PartUse,
    ) {
        let Some((source, purpose)) = self.parts.get(part.0 as usize).copied() else { return };
        if !is_needed(purpose, locals) {
            return;
        }
        let mut nullable = true;
        match (source, purpose) {
            // It is there already.
            (PartSource::Local(from), Purpose::Local(to)) if from == to => return,
            (PartSource::Size(bytes), _) => {
                InstructionSink::new(&mut code.bytes).ptr_const(context.width(), u64::from(bytes));
                nullable = false;
            }
            (PartSource::Maker(maker), _) => {
                const CALL: u8 = 0x10;
                maker.push_handle(&mut InstructionSink::new(&mut code.bytes), context);
                code.bytes.push(CALL);
                let target = FunctionRef::Helper(Helper::EnterScope);
                code.relocations.push(Relocation { at: code.bytes.len(), replaces: 0, target });
                InstructionSink::new(&mut code.bytes).global_get(context.global(Global::Scope));
            }
            (PartSource::Frame(frame), _) => {
                let Some(local) = scopes.of(frames.base(frame)) else { return };
                InstructionSink::new(&mut code.bytes).local_get(local.0);
            }
            (PartSource::Local(local), _) => {
                let Some(local) = locals.written(local) else { return };
                InstructionSink::new(&mut code.bytes).local_get(local.0);
            }
            (PartSource::Structure(types, local), _) => {
                types.region_of(InstructionSink::new(&mut code.bytes).local_get(local.0));
                nullable = false;
            }
            (PartSource::Open(types), _) => {
                types.new_open_region(&mut InstructionSink::new(&mut code.bytes));
                nullable = false;
            }
        }
        let sink = &mut InstructionSink::new(&mut code.bytes);
        match purpose {
            Purpose::Local(local) => {
                if let Some(local) = written(locals, local) {
                    sink.local_set(local.0);
                }
            }
            Purpose::Part if nullable => {
                sink.ref_as_non_null();
            }
            Purpose::Part | Purpose::Nothing => {}
        }
    }
}
