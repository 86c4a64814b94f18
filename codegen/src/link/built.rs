//! Modules of the library door, before they are lowered: what function builders recorded, with intrinsics as imports.

use crate::choices::Choices;
use crate::config::Config;
use crate::context::Context;
use crate::engine::Lowered;
use crate::error::{Error, Finding};
use crate::helpers::Needs;
use crate::link::errors::Errors;
use crate::link::frames::{Frames, Given};
use crate::link::function::{self, Findings, Purpose};
use crate::link::input::Input;
use crate::link::scan;
use crate::segment::Segments;
use crate::source::{Operations, Source};
use crate::statics::StaticSegment;
use crate::width::WIDTH;
use linmem_allocator::Unwind;
use linmem_intrinsics::Signature;
use std::collections::{BTreeMap, BTreeSet};

/// A module that was built, before lowering.
pub(crate) struct Built<'a> {
    /// The module.
    pub(crate) module: &'a [u8],
    /// The operations that it was built by.
    pub(crate) operations: Operations,
    /// The intrinsics that it imports from `linmem`, in order.
    pub(crate) intrinsics: &'a [Signature],
    /// The functions that are declared not to throw.
    pub(crate) nothrow: BTreeSet<u32>,
    /// Whether it is declared that nothing throws.
    pub(crate) nothing_throws: bool,
    /// The options. At this level, accesses are examined.
    pub(crate) config: &'a Config,
    /// The facts about the module.
    pub(crate) context: Context,
}

impl Built<'_> {
    fn read<'s>(&self, source: &'s Source<'s>) -> Result<Input<'s>, Error> {
        let mut input = scan::parse_built(source, self.config, self.intrinsics)?;
        input.nothrow.clone_from(&self.nothrow);
        input.nothing_throws = self.nothing_throws;
        Ok(input)
    }
}

/// Returns every static finding about how a module that was built misuses regions and segments.
///
/// # Errors
///
/// If the module is invalid, or exceeds a limit.
pub(crate) fn check_built(mut built: Built<'_>) -> Result<Vec<Finding>, Error> {
    let source = Source::built(built.module, std::mem::take(&mut built.operations));
    let input = built.read(&source)?;
    // The scopes of the builder close their regions themselves.
    let uses = crate::check::findings(&input, built.config.nesting, Unwind::Program)?;
    let mut findings: Vec<Finding> = uses.into_iter().map(|found| found.finding).collect();
    let choices = Choices::of(built.config, built.context.representation);
    let segments = Segments::new(built.context.representation, choices, WIDTH, 0);
    let context = Context { choices, segments, ..built.context };
    let mut needs = Needs::new(context);
    let mut found = Findings { purpose: Purpose::Check, list: Vec::new() };
    function::lower_all(&input, &context, &mut needs, &mut found, None, &Frames::default())
        .map_err(|errors| Errors(errors).into_first())?;
    findings.extend(found.list);
    Ok(findings)
}

/// The static data of a module that was built, which its records contain as calls of `MemorySegment.ofAddress`.
pub(crate) struct BuiltData {
    /// The calls, by their offsets in the binary.
    pub(crate) calls: BTreeMap<usize, StaticSegment>,
    /// Whether there are no other calls of it.
    pub(crate) is_all: bool,
}

/// The static frames of a module that was built.
pub(crate) struct Framed {
    /// The frames.
    pub(crate) frames: Frames,
    /// The functions that have frames, lowered with them.
    pub(crate) lowered: Vec<(u32, Lowered)>,
}

/// Chooses the static frames of a module that was built, and lowers the functions that have them again.
///
/// # Errors
///
/// If the module is invalid, or a function cannot be lowered.
pub(crate) fn frame_built(
    mut built: Built<'_>,
    data: BuiltData,
    given: &Given,
    exports_allocator: bool,
) -> Result<Framed, Error> {
    let source = Source::built(built.module, std::mem::take(&mut built.operations));
    let mut input = built.read(&source)?;
    input.exports_allocator |= exports_allocator;
    input.only_data = data.is_all;
    let mut frames = Frames::plan(&input, built.config, built.context.choices, given)?;
    frames.add_data(data.calls);
    let lowered = function::lower_framed(&input, &built.context, &frames)?;
    Ok(Framed { frames, lowered })
}
