//! The static frames of a module that is built.
//!
//! A function is lowered while the frontend adds instructions to it, before it is known which functions call it. So function
//! builders also record what they are given. When the module is finished, the link door reads the records, chooses the frames
//! as it does for any module, and lowers the functions that have some again, from their records. Their first code is dropped,
//! with what it required. All other functions keep the code that they have.

use crate::build::module::{Body, ModuleBuilder, Source};
use crate::build::records::{Written, intrinsics};
use crate::config::{Config, StaticFrames};
use crate::context::Home;
use crate::engine::record::Recorded;
use crate::link::{Built, BuiltData, Framed, Given, frame_built};
use crate::source::Operations;
use linmem_allocator::Unwind;
use linmem_allocator::layout::PAGE;
use linmem_intrinsics::{Intrinsic, Signature};
use std::collections::{BTreeMap, BTreeSet};

/// The largest part of a memory with a maximum that the reserve can be.
const LARGEST_PART: u64 = 16;

impl ModuleBuilder {
    /// Whether functions record what they are given, for static frames.
    pub(super) fn may_have_frames(&self) -> bool {
        self.config.static_frames == StaticFrames::On && !self.config.trace
    }

    /// The static frames of the module, and the functions that have some, lowered with them; `None` if there are none, or if
    /// there is no place for them.
    pub(super) fn framed(&self) -> Option<Framed> {
        // The memory of another module is used by its instances, too.
        let is_own = matches!(self.context.home, Home::Reserved { .. }) && !self.is_imported(self.context.memory.0);
        if !self.may_have_frames() || !is_own || !self.bodies().any(|(_, body)| body.opens_regions()) {
            return None;
        }
        if self.bodies().any(|(_, body)| body.lowered.recorded.is_none()) {
            return None;
        }
        let intrinsics = intrinsics(self.bodies().map(|(_, body)| body));
        let written = Written::new(self, &intrinsics);
        let intrinsics: Vec<Signature> = intrinsics.into_iter().collect();
        // What exceptions close is part of the records.
        let config = Config { unwind: Some(Unwind::Program), ..self.config.clone() };
        let is_exact = |body: &Body| body.lowered.recorded.as_ref().is_some_and(|recorded| recorded.may_be_lowered());
        let numbered = self.functions.iter().zip(&written.layout.functions);
        let excluded: BTreeSet<u32> = numbered
            .filter_map(|(entry, index)| match &entry.source {
                Source::Declared { body: Some(body), .. } if !is_exact(body) => Some(*index),
                _ => None,
            })
            .collect();
        let calls = written.data(self);
        let is_all = self.bodies().all(|(_, body)| !body.makes_segments());
        let has_sites = self.context.choices.reports();
        let framed = frame_built(
            Built {
                module: &written.module,
                operations: if has_sites { written.operations(self) } else { Operations::default() },
                intrinsics: &intrinsics,
                nothrow: written.nothrow(self),
                nothing_throws: !self.signatures.anything_throws(),
                config: &config,
                context: self.context,
            },
            BuiltData { calls, is_all },
            &Given { excluded, items: self.statics.count(), ..Given::default() },
            self.exports_allocator,
        );
        // If the module is not valid, the error is found where it is written.
        let mut framed = framed.ok().filter(|framed| !framed.frames.is_empty() && self.is_small(framed))?;
        let numbers: BTreeMap<u32, u32> = written.layout.functions.iter().copied().zip(0..).collect();
        let number = |index: u32| numbers.get(&index).copied().unwrap_or(index);
        for (function, lowered) in &mut framed.lowered {
            *function = number(*function);
            lowered.renumber(number);
        }
        Some(framed)
    }

    /// Whether the reserve is a small part of a memory with a maximum.
    fn is_small(&self, framed: &Framed) -> bool {
        let maximum = self.items.memories.first().and_then(|memory| memory.maximum);
        let most = maximum.map(|pages| pages.saturating_mul(u64::from(PAGE)) / LARGEST_PART);
        most.is_none_or(|most| framed.frames.bytes() <= most)
    }

    /// Replaces the code of functions by code with static frames.
    pub(super) fn adopt(&mut self, framed: &mut Framed) {
        for (number, lowered) in std::mem::take(&mut framed.lowered) {
            let Some(entry) = self.functions.get_mut(number as usize) else { continue };
            if let (Some(arity), Source::Declared { body: Some(body), .. }) =
                (self.signatures.type_arity(entry.ty.0), &mut entry.source)
            {
                if let Some(recorded) = body.lowered.recorded.take() {
                    body.renumber_locals(arity.0, &recorded);
                }
                body.lowered = lowered;
            }
        }
    }

    /// Adds the requirements of all functions, in the order in which they were defined.
    pub(super) fn meet_demands(&mut self) {
        for number in std::mem::take(&mut self.defined) {
            if let Some(Source::Declared { body: Some(body), .. }) =
                self.functions.get_mut(number as usize).map(|entry| &mut entry.source)
            {
                body.lowered.add_to(&mut self.needs, &body.block_types);
            }
        }
    }
}

impl Body {
    /// Whether the function opens a region, and has a record that can be lowered.
    fn opens_regions(&self) -> bool {
        let opens = |recorded: &Recorded| {
            recorded.may_be_lowered()
                && recorded.intrinsics.iter().any(|signature| signature.intrinsic.effects().opens())
        };
        self.lowered.recorded.as_deref().is_some_and(opens)
    }

    /// Whether the function makes segments from addresses, other than those of static data.
    fn makes_segments(&self) -> bool {
        self.lowered
            .recorded
            .as_deref()
            .is_none_or(|recorded| recorded.calls(Intrinsic::SegmentOfAddress) > recorded.data.len())
    }

    /// Keeps the names of locals, which have other numbers in the record.
    fn renumber_locals(&mut self, params: u32, recorded: &Recorded) {
        let numbers: BTreeMap<u32, u32> = recorded.numbers.iter().map(|local| local.0).zip(params..).collect();
        let number = |local: u32| if local < params { Some(local) } else { numbers.get(&local).copied() };
        let names = std::mem::take(&mut self.local_names).into_iter();
        self.local_names = names.filter_map(|(local, name)| Some((number(local)?, name))).collect();
    }
}
