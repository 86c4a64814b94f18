//! Which helpers and functions of the host there are: their names and types.

use crate::context::Context;
use crate::helpers::call::{Call, Form};
use crate::width::PointerType;
use linmem_allocator::Width;
use linmem_intrinsics::wasi::Function as HostFunction;
use linmem_intrinsics::{FunctionType, ValueType, Violation};

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

    /// Its type, in a module whose memory has this width: the numbers of a report are pointers.
    pub(crate) fn function_type(self, width: Width) -> FunctionType {
        let pointer = width.value_type();
        match self {
            HostImport::Wasi(function) => function.function_type(),
            HostImport::Report => FunctionType::new([ValueType::I32, ValueType::I32, pointer, pointer, pointer], []),
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
        let pointer = context.width().value_type();
        let (mut params, results) = match self {
            // Three numbers that went wrong.
            Helper::Violation(_) if context.choices.reports() => (vec![pointer; 3], vec![]),
            Helper::Violation(_) | Helper::FindHome => (vec![], vec![]),
            Helper::Refill(_, Alignment::Fixed) => (vec![pointer; 2], vec![pointer]),
            Helper::Refill(_, Alignment::Parameter) => (vec![pointer; 3], vec![pointer]),
            Helper::Bump | Helper::Open | Helper::Grow | Helper::ProgramGrow | Helper::Claim => {
                (vec![pointer], vec![pointer])
            }
            Helper::ProgramSize => (vec![], vec![pointer]),
            Helper::AllocateAligned => (vec![pointer; 2], vec![pointer]),
            Helper::CheckSegment => (vec![pointer; 2], vec![]),
            Helper::Close | Helper::Blame(_) | Helper::Release | Helper::EnterScope | Helper::LeaveScope => {
                (vec![pointer], vec![])
            }
            Helper::Wasi(call, form) => {
                let ty = call.function_type(form);
                (ty.params, ty.results)
            }
        };
        if self.is_told_site(context) {
            params.push(ValueType::I32);
        }
        FunctionType::new(params, results)
    }

    /// Whether it looks at linmem's globals.
    pub(crate) fn uses_regions(self) -> bool {
        match self {
            Helper::Violation(_) => false,
            Helper::Wasi(call, form) => call.uses_regions(form),
            _ => true,
        }
    }
}
