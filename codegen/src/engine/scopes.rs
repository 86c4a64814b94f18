//! The regions of frames, as structures.
//!
//! Where liveness is checked and segments are references, a segment refers to the structure of its region, which
//! records whether the region is closed. Most segments in frames never become structures. So the structure of a frame's
//! region is obtained where the frame begins, but only if one of its segments needs it.

use crate::code::{Code, FunctionRef, Relocation};
use crate::context::Context;
use crate::engine::knowledge::frames::{FrameId, Frames};
use crate::engine::locals::Locals;
use crate::engine::maker::Maker;
use crate::engine::numbers::{AllNumbers, written};
use crate::globals::Global;
use crate::helpers::{Demands, Helper};
use crate::index::LocalIndex;
use std::collections::{BTreeMap, BTreeSet};
use wasm_encoder::InstructionSink;

/// The frames whose regions are needed as structures.
#[derive(Debug, Default)]
pub(crate) struct Scopes {
    needed: BTreeSet<FrameId>,
}

impl Scopes {
    /// Records that code needs the region of a frame.
    pub(crate) fn need(&mut self, frame: FrameId) {
        self.needed.insert(frame);
    }

    /// Assigns locals to the regions that are needed: one for each local that holds the start of a frame, because that
    /// local is reserved as long as anything refers to the frame.
    pub(crate) fn decide(
        mut self,
        context: &Context,
        (frames, numbers): (&Frames, &AllNumbers),
        locals: &mut Locals,
        demands: &mut Demands,
    ) -> KeptScopes {
        let mut by_base = BTreeMap::new();
        if let Some(types) = context.segments.types().filter(|types| types.has_regions()) {
            let is_read = |local| match numbers.of_local(local) {
                Some(numbers) => numbers.region.is_some_and(|region| written(locals, region).is_some()),
                None => locals.contents.is_read(local),
            };
            let read = frames.definitions().filter(|definition| is_read(definition.local));
            self.needed.extend(read.map(|definition| definition.slot.frame));
            if !self.needed.is_empty() {
                demands.add(Helper::EnterScope);
            }
            for frame in &self.needed {
                let add = || locals.add_scope(types.region_reference(true));
                by_base.entry(frames.base(*frame)).or_insert_with(add);
            }
        }
        KeptScopes { needed: self.needed, by_base }
    }
}

/// Where the regions of frames are kept.
#[derive(Debug)]
pub(crate) struct KeptScopes {
    needed: BTreeSet<FrameId>,
    by_base: BTreeMap<LocalIndex, LocalIndex>,
}

impl KeptScopes {
    /// The local that holds the region of the frames whose start is in `base`.
    pub(crate) fn of(&self, base: LocalIndex) -> Option<LocalIndex> {
        self.by_base.get(&base).copied()
    }

    /// Writes the code that keeps the region of a frame.
    pub(crate) fn keep(&self, code: &mut Code, context: &Context, frames: &Frames, frame: FrameId, maker: Maker) {
        const CALL: u8 = 0x10;
        let (true, Some(local)) = (self.needed.contains(&frame), self.of(frames.base(frame))) else { return };
        maker.push_handle(&mut InstructionSink::new(&mut code.bytes), context);
        code.bytes.push(CALL);
        let target = FunctionRef::Helper(Helper::EnterScope);
        code.relocations.push(Relocation { at: code.bytes.len(), replaces: 0, target });
        InstructionSink::new(&mut code.bytes).global_get(context.global(Global::Scope)).local_set(local.0);
    }
}
