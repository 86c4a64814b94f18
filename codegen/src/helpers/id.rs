//! The identities of helpers and imported host functions: names and types.

use crate::context::Context;
use crate::helpers::array_code::ArrayCode;
use crate::helpers::call::{Call, Form};
use crate::helpers::string_code::{self, StringCode, StringFunction};
use crate::helpers::text_code::TextCode;
use crate::helpers::trace::{self, TraceEvent};
use crate::width::PointerType;
use linmem_allocator::Width;
use linmem_intrinsics::wasi::Function as HostFunction;
use linmem_intrinsics::{ArrayType, Encoding, FunctionType, ValueType, Violation};

/// A host function that lowered code calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum HostImport {
    /// A function of WASI preview 1.
    Wasi(HostFunction),
    /// Receives violations.
    Report,
    /// Receives errnos.
    Errno,
    /// Receives events of a traced module.
    Trace(TraceEvent),
    /// A function of strings of JavaScript.
    String(StringFunction),
}

impl HostImport {
    /// The name of the module that it is imported from.
    pub(crate) fn module(self) -> &'static str {
        match self {
            HostImport::Wasi(_) => linmem_intrinsics::wasi::MODULE,
            HostImport::Report | HostImport::Errno => "linmem_report",
            HostImport::Trace(_) => trace::MODULE,
            HostImport::String(_) => string_code::MODULE,
        }
    }

    /// Its name there.
    pub(crate) fn name(self) -> &'static str {
        match self {
            HostImport::Wasi(function) => function.name(),
            HostImport::Report => "violation",
            HostImport::Errno => "errno",
            HostImport::Trace(event) => event.name(),
            HostImport::String(function) => function.name(),
        }
    }

    /// Its type. In reports, numbers have the memory's pointer type.
    pub(crate) fn function_type(self, width: Width) -> FunctionType {
        let pointer = width.value_type();
        match self {
            HostImport::Wasi(function) => function.function_type(),
            HostImport::Report => FunctionType::new([ValueType::I32, ValueType::I32, pointer, pointer, pointer], []),
            HostImport::Errno => FunctionType::new([ValueType::I32; 2], []),
            HostImport::Trace(event) => event.function_type(pointer),
            HostImport::String(function) => function.function_type(),
        }
    }

    /// Whether the host looks up the module's memory when it is called.
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

/// The result of an allocation if memory is not available.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Refused {
    /// None: it is a violation.
    Violation,
    /// The address 0; top is unchanged.
    Null,
}

/// A function that linmem adds to the module, in the order of emission.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Helper {
    /// Raises a violation.
    Violation(Violation),
    /// Finds home before the first region is opened.
    FindHome,
    /// Grows a split memory, above the program's part.
    Grow,
    /// The program's `memory.size` in a split memory.
    ProgramSize,
    /// The program's `memory.grow` in a split memory.
    ProgramGrow,
    /// Obtains a chunk from the program's allocator.
    Claim,
    /// Allocates if the fast path failed.
    Refill(Refused, Alignment),
    /// Allocates, including the fast path.
    Bump,
    /// Allocates with the given alignment, including the fast path.
    AllocateAligned,
    /// Opens a region with a header, and reserves its first frame.
    Open,
    /// Closes a region with a header, by its handle.
    Close,
    /// Determines what is wrong with a handle, if anything.
    Blame(Violation),
    /// Zeroes all memory from a mark to top, and restores top to the mark.
    Release,
    /// Opens a region, and allocates in it for the host.
    Lend,
    /// Ends the loans that start at or after a mark.
    EndLoans,
    /// Whether the host must not close its region now; else it ends the loan of that region.
    Refuses,
    /// Checks that bytes are not in free memory.
    CheckSegment,
    /// Makes the region with this handle, as a structure, the first one in the list of scopes.
    EnterScope,
    /// Marks the structure of the region with this handle as closed, if there is one.
    LeaveScope,
    /// Calls a host function.
    Wasi(Call, Form),
    /// Copies between arrays of a type and memory.
    Array(ArrayCode, ArrayType),
    /// Encodes the text of arrays of a type to memory, or decodes it.
    Text(TextCode, Encoding, ArrayType),
    /// Measures an ill-formed sequence of bytes.
    Malformed(Encoding),
    /// Encodes strings of JavaScript to memory, or makes them.
    String(StringCode, Encoding),
    /// Writes the event of a region that was opened.
    TraceOpen,
    /// Writes the event of an allocation, which it makes a gap after.
    TraceAllocate,
    /// Writes the event of a close.
    TraceClose,
}

impl Helper {
    /// The refill of the program's allocations.
    pub(crate) fn refill(context: &Context, alignment: Alignment) -> Helper {
        let refused = if context.choices.gives_null() { Refused::Null } else { Refused::Violation };
        Helper::Refill(refused, alignment)
    }

    /// Its name in the name section.
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
            Helper::Lend => "lend",
            Helper::EndLoans => "end_loans",
            Helper::Refuses => "refuses",
            Helper::CheckSegment => "check_segment",
            Helper::EnterScope => "enter_scope",
            Helper::LeaveScope => "leave_scope",
            Helper::TraceOpen => "trace_open",
            Helper::TraceAllocate => "trace_allocate",
            Helper::TraceClose => "trace_close",
            Helper::Wasi(call, form) => return call.name(form),
            Helper::Array(code, ty) => return code.name(ty),
            Helper::Text(code, encoding, ty) => return code.name(encoding, ty),
            Helper::String(code, encoding) => return code.name(encoding),
            Helper::Malformed(encoding) => return format!("linmem.malformed.{encoding}"),
        };
        format!("linmem.{name}")
    }

    /// Whether its last operand is the site of the call, so that it can report violations.
    pub(crate) fn takes_site(self, context: &Context) -> bool {
        let is_trace = matches!(self, Helper::TraceOpen | Helper::TraceAllocate | Helper::TraceClose);
        is_trace
            || context.choices.reports()
                && match self {
                    Helper::Release | Helper::EnterScope | Helper::LeaveScope | Helper::Refill(Refused::Null, _) => {
                        false
                    }
                    Helper::Grow | Helper::ProgramSize | Helper::ProgramGrow | Helper::Claim => false,
                    Helper::EndLoans | Helper::Refuses | Helper::Array(..) | Helper::Malformed(_) => false,
                    Helper::Text(code, ..) => code.allocates(),
                    Helper::String(code, _) => code.allocates(),
                    Helper::FindHome => !context.choices.opens_without_home(),
                    _ => true,
                }
    }

    /// Its type.
    pub(crate) fn function_type(self, context: &Context) -> FunctionType {
        let pointer = context.width().value_type();
        let (mut params, results) = match self {
            // The three numbers of the violation.
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
            Helper::Lend => (vec![pointer, pointer, ValueType::I64], vec![pointer; 3]),
            Helper::Refuses => (vec![pointer; 3], vec![ValueType::I32]),
            Helper::Close
            | Helper::Blame(_)
            | Helper::Release
            | Helper::EndLoans
            | Helper::EnterScope
            | Helper::LeaveScope => (vec![pointer], vec![]),
            Helper::Wasi(call, form) => {
                let ty = call.function_type(form);
                (ty.params, ty.results)
            }
            Helper::Array(code, ty) => {
                let ty = code.function_type(ty, context.width());
                (ty.params, ty.results)
            }
            Helper::Text(code, _, ty) => {
                let ty = code.function_type(ty, context.width());
                (ty.params, ty.results)
            }
            Helper::String(code, _) => {
                let ty = code.function_type(context.width());
                (ty.params, ty.results)
            }
            Helper::Malformed(_) => (vec![pointer; 2], vec![pointer]),
            Helper::TraceOpen => (vec![], vec![]),
            Helper::TraceAllocate => (vec![pointer; 3], vec![]),
            Helper::TraceClose => (vec![pointer; 2], vec![]),
        };
        if self.takes_site(context) {
            params.push(ValueType::I32);
        }
        FunctionType::new(params, results)
    }

    /// Whether it obtains a chunk, from the memory or from the program's allocator.
    pub(crate) fn obtains_memory(self) -> bool {
        matches!(self, Helper::FindHome | Helper::Grow | Helper::Claim | Helper::Refill(..))
    }

    /// Whether it uses linmem's globals.
    pub(crate) fn uses_regions(self) -> bool {
        match self {
            Helper::Violation(_) | Helper::Array(..) | Helper::Malformed(_) => false,
            Helper::Text(code, ..) => code.allocates(),
            Helper::String(code, _) => code.allocates(),
            Helper::Wasi(call, form) => call.uses_regions(form),
            _ => true,
        }
    }
}
