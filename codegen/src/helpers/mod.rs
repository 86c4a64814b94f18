//! The functions that lowered code calls: slow paths, host calls, violations.
//!
//! A helper is emitted if something calls it, and once. Which ones there are to be is collected in [`Needs`] while
//! functions are lowered; their bodies are written when all indices are known.

mod allocate;
mod blame;
mod close;
mod fragments;
mod home;
mod live;
mod needs;
mod open;
mod refill;
mod scope;
mod share;
mod violation;
mod wasi;

use crate::choices::Tracking;
use crate::code::FunctionRef;
use crate::context::{Context, Growth, Home};
use linmem_intrinsics::wasi::Function as HostFunction;
use linmem_intrinsics::{FunctionType, ValueType, Violation};
use wasm_encoder::{Function, InstructionSink};

pub(crate) use fragments::{emit_header, emit_load_header, emit_store_header, push_home};
pub(crate) use needs::Needs;
pub(crate) use wasi::{Call, Form};

/// A function of the host that lowered code calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum HostImport {
    /// A function of WASI preview 1.
    Wasi(HostFunction),
    /// What violations are told to.
    Report,
    /// What errnos are told to.
    Errno,
}

impl HostImport {
    /// The module that it is imported from.
    pub(crate) fn module(self) -> &'static str {
        match self {
            HostImport::Wasi(_) => linmem_intrinsics::wasi::MODULE,
            HostImport::Report | HostImport::Errno => "linmem_report",
        }
    }

    /// Its name there.
    pub(crate) fn name(self) -> &'static str {
        match self {
            HostImport::Wasi(function) => function.name(),
            HostImport::Report => "violation",
            HostImport::Errno => "errno",
        }
    }

    /// Its type.
    pub(crate) fn function_type(self) -> FunctionType {
        match self {
            HostImport::Wasi(function) => function.function_type(),
            HostImport::Report => FunctionType::new([ValueType::I32; 5], []),
            HostImport::Errno => FunctionType::new([ValueType::I32; 2], []),
        }
    }

    /// Whether the host looks for the memory when it is called.
    pub(crate) fn needs_memory(self) -> bool {
        matches!(self, HostImport::Wasi(function) if function.uses_memory())
    }
}

/// Whether an alignment is an operand or always 8.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Alignment {
    /// It is 8.
    Fixed,
    /// It is a parameter.
    Parameter,
}

/// What an allocation gives when memory cannot be had.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Refused {
    /// Nothing: it is a violation.
    Violation,
    /// The address 0, with top as it was.
    Null,
}

/// A function of linmem's, in the order in which they are emitted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Helper {
    /// Where a violation ends.
    Violation(Violation),
    /// Finds home before the first region is opened.
    FindHome,
    /// Grows a memory that is split, above the part of the program.
    Grow,
    /// The program's `memory.size` in a memory that is split.
    ProgramSize,
    /// The program's `memory.grow` in a memory that is split.
    ProgramGrow,
    /// Takes a chunk from the allocator of the program.
    Claim,
    /// Allocates where the fast path could not.
    Refill(Refused, Alignment),
    /// Allocates, fast path included.
    Bump,
    /// The same with an alignment of choice.
    AllocateAligned,
    /// Opens a region with a header, and reserves its first frame.
    Open,
    /// Closes a region with a header, by its handle.
    Close,
    /// Says what is wrong with a handle, if anything is.
    Blame(Violation),
    /// Sets all from a mark to top to zero, and goes back to the mark.
    Release,
    /// Says whether bytes lie in memory that is free.
    CheckSegment,
    /// Makes the region with this handle, as a structure, the first one of those that segments are made in.
    EnterScope,
    /// Says that the region with this handle is closed, if there is a structure for it.
    LeaveScope,
    /// What calls the host.
    Wasi(Call, Form),
}

impl Helper {
    /// The one that allocates where the fast path of a program could not.
    pub(crate) fn refill(context: &Context, alignment: Alignment) -> Helper {
        let refused = if context.choices.gives_null() { Refused::Null } else { Refused::Violation };
        Helper::Refill(refused, alignment)
    }

    /// The name, as the name section has it.
    pub(crate) fn name(self) -> String {
        let name = match self {
            Helper::Violation(kind) => return format!("linmem.{kind}"),
            Helper::FindHome => "find_home",
            Helper::Grow => "grow",
            Helper::ProgramSize => "program_size",
            Helper::ProgramGrow => "program_grow",
            Helper::Claim => "claim",
            Helper::Refill(Refused::Violation, Alignment::Fixed) => "refill",
            Helper::Refill(Refused::Violation, Alignment::Parameter) => "refill_aligned",
            Helper::Refill(Refused::Null, Alignment::Fixed) => "try_refill",
            Helper::Refill(Refused::Null, Alignment::Parameter) => "try_refill_aligned",
            Helper::Bump => "bump",
            Helper::AllocateAligned => "allocate_aligned",
            Helper::Open => "open",
            Helper::Close => "close",
            Helper::Blame(Violation::UseAfterFree) => "check_allocator",
            Helper::Blame(_) => "check_close",
            Helper::Release => "release",
            Helper::CheckSegment => "check_segment",
            Helper::EnterScope => "enter_scope",
            Helper::LeaveScope => "leave_scope",
            Helper::Wasi(call, form) => return call.name(form),
        };
        format!("linmem.{name}")
    }

    /// Whether it is told where it was called from, as its last operand, so that it can report violations.
    pub(crate) fn is_told_site(self, context: &Context) -> bool {
        context.choices.reports()
            && match self {
                Helper::Release | Helper::EnterScope | Helper::LeaveScope | Helper::Refill(Refused::Null, _) => false,
                Helper::Grow | Helper::ProgramSize | Helper::ProgramGrow | Helper::Claim => false,
                Helper::FindHome => !context.choices.opens_without_home(),
                _ => true,
            }
    }

    /// The type.
    pub(crate) fn function_type(self, context: &Context) -> FunctionType {
        use ValueType::I32;
        let (mut params, results) = match self {
            // Three numbers that went wrong.
            Helper::Violation(_) if context.choices.reports() => (vec![I32, I32, I32], vec![]),
            Helper::Violation(_) | Helper::FindHome => (vec![], vec![]),
            Helper::Refill(_, Alignment::Fixed) => (vec![I32, I32], vec![I32]),
            Helper::Refill(_, Alignment::Parameter) => (vec![I32, I32, I32], vec![I32]),
            Helper::Bump | Helper::Open | Helper::Grow | Helper::ProgramGrow | Helper::Claim => (vec![I32], vec![I32]),
            Helper::ProgramSize => (vec![], vec![I32]),
            Helper::AllocateAligned => (vec![I32, I32], vec![I32]),
            Helper::CheckSegment => (vec![I32, I32], vec![]),
            Helper::Close | Helper::Blame(_) | Helper::Release | Helper::EnterScope | Helper::LeaveScope => {
                (vec![I32], vec![])
            }
            Helper::Wasi(call, form) => {
                let ty = call.function_type(form);
                (ty.params, ty.results)
            }
        };
        if self.is_told_site(context) {
            params.push(I32);
        }
        FunctionType::new(params, results)
    }

    /// What it calls.
    fn callees(self, context: &Context) -> Vec<FunctionRef> {
        let violation = |kind| FunctionRef::Helper(Helper::Violation(kind));
        let helper = FunctionRef::Helper;
        let finds_home = matches!(context.home, Home::Found { .. });
        let mut callees = Vec::new();
        match self {
            Helper::Violation(_) if context.choices.reports() => callees.push(FunctionRef::Host(HostImport::Report)),
            Helper::Violation(_) | Helper::Release | Helper::EnterScope | Helper::LeaveScope => {}
            Helper::Grow | Helper::ProgramSize | Helper::ProgramGrow | Helper::Claim => {}
            Helper::FindHome => {
                callees.extend(context.growth.helper().map(helper));
                if !context.choices.opens_without_home() {
                    callees.push(violation(Violation::OutOfMemory));
                }
            }
            Helper::Refill(refused, alignment) => {
                callees.extend(context.growth.helper().map(helper));
                if refused == Refused::Violation {
                    callees.push(violation(Violation::OutOfMemory));
                    // What gives null does the work where there has to be such a one.
                    if context.choices.checks_regions() {
                        callees.push(helper(Helper::Refill(Refused::Null, alignment)));
                    }
                }
                // Where regions are checked, one is open by now, and home is found.
                if finds_home && !context.choices.checks_regions() {
                    callees.push(helper(Helper::FindHome));
                }
            }
            Helper::Bump => callees.push(helper(Helper::refill(context, Alignment::Fixed))),
            Helper::AllocateAligned => {
                callees.push(helper(Helper::refill(context, Alignment::Parameter)));
                if context.choices.checks_alignment() {
                    callees.push(violation(Violation::BadAlignment));
                }
            }
            Helper::Open => {
                callees.push(helper(Helper::Refill(Refused::Null, Alignment::Fixed)));
                callees.push(violation(Violation::OutOfMemory));
                if finds_home {
                    callees.push(helper(Helper::FindHome));
                }
            }
            Helper::Close => {
                callees.extend([violation(Violation::AlreadyFreed), violation(Violation::Corrupted)]);
                if context.choices.tracking() == Tracking::Headers {
                    callees.push(helper(Helper::Blame(Violation::AlreadyFreed)));
                }
                if context.choices.zero == linmem_allocator::Zero::Free {
                    callees.push(helper(Helper::Release));
                }
                if context.has_scopes() {
                    callees.push(helper(Helper::LeaveScope));
                }
            }
            Helper::CheckSegment => callees.push(violation(Violation::UseAfterFree)),
            Helper::Blame(closed) => {
                callees.extend([violation(closed), violation(Violation::Corrupted)]);
                if context.choices.tracking() == Tracking::Headers {
                    callees.push(violation(Violation::NotInnermost));
                }
            }
            Helper::Wasi(call, form) => callees.extend(call.callees(form, context)),
        }
        callees
    }

    /// Whether it looks at linmem's globals.
    pub(crate) fn uses_regions(self) -> bool {
        match self {
            Helper::Violation(_) => false,
            Helper::Wasi(call, form) => call.uses_regions(form),
            _ => true,
        }
    }

    /// The body.
    pub(crate) fn body(self, bodies: &Bodies<'_>) -> Function {
        match self {
            Helper::Violation(kind) => violation::body(bodies, kind),
            Helper::FindHome => home::find_home(bodies),
            Helper::Grow => share::grow(bodies),
            Helper::ProgramSize => share::program_size(bodies),
            Helper::ProgramGrow => share::program_grow(bodies),
            Helper::Claim => share::claim(bodies),
            Helper::Refill(refused, alignment) => refill::body(bodies, refused, alignment),
            Helper::Bump => allocate::bump(bodies),
            Helper::AllocateAligned => allocate::allocate_aligned(bodies),
            Helper::Open => open::open(bodies),
            Helper::Close => close::close(bodies),
            Helper::Blame(closed) => blame::body(bodies, closed),
            Helper::Release => close::release(bodies),
            Helper::CheckSegment => live::check_segment(bodies),
            Helper::EnterScope => scope::enter(bodies),
            Helper::LeaveScope => scope::leave(bodies),
            Helper::Wasi(call, form) => call.body(form, bodies),
        }
    }
}

impl Growth {
    /// The helper that more memory comes from, where `memory.grow` alone does not do.
    fn helper(self) -> Option<Helper> {
        match self {
            Growth::Grow => None,
            Growth::Split(_) => Some(Helper::Grow),
            Growth::Allocator(_) => Some(Helper::Claim),
        }
    }
}

/// What the bodies of helpers are written from.
pub(crate) struct Bodies<'a> {
    /// The module.
    pub(crate) context: &'a Context,
    /// All helpers that there are.
    pub(crate) needs: &'a Needs,
    /// The index of a function.
    pub(crate) index: &'a dyn Fn(FunctionRef) -> u32,
}

impl Bodies<'_> {
    /// Calls a helper whose operands are on the stack, from the body of one whose site is in the local `site`.
    fn call(&self, sink: &mut InstructionSink<'_>, helper: Helper, site: u32) {
        if helper.is_told_site(self.context) {
            sink.local_get(site);
        }
        sink.call((self.index)(FunctionRef::Helper(helper)));
    }

    /// Grows the memory by the number of pages on the stack, and pushes what `memory.grow` does.
    fn grow(&self, sink: &mut InstructionSink<'_>) {
        match self.context.growth {
            Growth::Split(_) => sink.call((self.index)(FunctionRef::Helper(Helper::Grow))),
            Growth::Grow | Growth::Allocator(_) => sink.memory_grow(self.context.memory.0),
        };
    }

    /// Ends in a violation, of which `numbers` pushes the three numbers that went wrong.
    fn violate(
        &self,
        sink: &mut InstructionSink<'_>,
        kind: Violation,
        site: u32,
        numbers: impl FnOnce(&mut InstructionSink<'_>),
    ) {
        if self.context.choices.reports() {
            numbers(sink);
        }
        self.call(sink, Helper::Violation(kind), site);
        sink.unreachable();
    }

    /// Ends in `OutOfMemory`: `bytes` pushes how many could not be had, `alignment` at a multiple of what.
    fn out_of_memory(
        &self,
        sink: &mut InstructionSink<'_>,
        site: u32,
        bytes: impl FnOnce(&mut InstructionSink<'_>),
        alignment: impl FnOnce(&mut InstructionSink<'_>),
    ) {
        let memory = self.context.memory.0;
        self.violate(sink, Violation::OutOfMemory, site, |sink| {
            bytes(sink);
            alignment(sink);
            sink.memory_size(memory);
        });
    }
}
