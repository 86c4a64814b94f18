//! Calls of host functions, and their forms.
//!
//! The plain form of a call has each segment as an address and, if its size matters, a size; results likewise. The
//! errno is the first result. Other forms adapt that: a packed segment, one folded result, an errno that is reported to
//! the host.

use crate::context::Context;
use linmem_intrinsics::wasi::Function as HostFunction;
use linmem_intrinsics::{FunctionType, Intrinsic, Operand, Operation, Representation, Signature, ValueType};

/// An operation that calls the host.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Call {
    /// One call of a function.
    Host(HostFunction),
    /// Calls `fd_write` until everything is written.
    WriteAll,
    /// Calls `fd_read` until the segment is full.
    ReadExact,
    /// Calls `fd_read` until the end of the file.
    ReadToEnd,
    /// Makes the list of arguments.
    Args,
    /// Makes the list of environment variables.
    Environ,
    /// Returns an element of a list.
    Item,
    /// Calls `path_open` in the directory that contains the path.
    Open,
    /// Waits until a descriptor is ready for reading or writing.
    Wait,
}

/// The form of a call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Form {
    /// Segments are packed.
    pub(crate) packed: bool,
    /// The errno and the result are folded into one.
    pub(crate) folded: bool,
    /// Errnos are reported to the host.
    pub(crate) reports: bool,
    /// The errno is stored for `wasi.last_errno`.
    pub(crate) kept: bool,
}

impl Form {
    pub(super) fn is_plain(self) -> bool {
        self == Form::default()
    }
}

impl Call {
    /// Returns the call of an operation.
    pub(crate) fn of(operation: Operation) -> Option<Call> {
        Some(match operation {
            Operation::Host(function) => Call::Host(function),
            Operation::WriteAll => Call::WriteAll,
            Operation::ReadExact => Call::ReadExact,
            Operation::ReadToEnd => Call::ReadToEnd,
            Operation::Args => Call::Args,
            Operation::Environ => Call::Environ,
            Operation::Item => Call::Item,
            Operation::OpenPath => Call::Open,
            _ => return None,
        })
    }

    fn intrinsic(self) -> Option<Intrinsic> {
        Some(match self {
            Call::Host(function) => Intrinsic::Host(function),
            Call::WriteAll => Intrinsic::WasiWriteAll,
            Call::ReadExact => Intrinsic::WasiReadExact,
            Call::ReadToEnd => Intrinsic::WasiReadToEnd,
            Call::Args => Intrinsic::WasiArgs,
            Call::Environ => Intrinsic::WasiEnviron,
            Call::Item => Intrinsic::WasiListItem,
            Call::Open => Intrinsic::WasiOpen,
            Call::Wait => return None,
        })
    }

    fn has_errno(self) -> bool {
        match self.intrinsic() {
            Some(intrinsic) => intrinsic.results().first() == Some(&Operand::Errno),
            None => true,
        }
    }

    /// Whether it returns a segment.
    pub(crate) fn makes_segment(self) -> bool {
        self.intrinsic().is_some_and(|known| known.results().iter().any(|it| it.is_segment()))
    }

    /// The form in which the engine calls it.
    pub(crate) fn form(self, context: &Context, folded: bool) -> Form {
        let takes_segments = self
            .intrinsic()
            .is_some_and(|known| known.operands().iter().chain(known.results()).any(|it| it.is_segment()));
        // References are made by the caller, from an address and a size.
        let makes_reference = context.segments.types().is_some() && self.makes_segment();
        Form {
            packed: takes_segments && context.is_packed(),
            folded: folded && !makes_reference,
            reports: self.has_errno() && context.choices.reports(),
            kept: self.has_errno() && context.keeps_errno,
        }
    }

    /// The name of the helper.
    pub(super) fn name(self, form: Form) -> String {
        let name = match self {
            Call::Wait => "wait",
            _ => self.intrinsic().map_or("", |intrinsic| intrinsic.name().trim_start_matches("wasi.")),
        };
        let packed = if form.packed { ".packed" } else { "" };
        let folded = if form.folded { ".folded" } else { "" };
        let reports = if form.reports { ".reports" } else { "" };
        let kept = if form.kept { ".kept" } else { "" };
        format!("linmem.{name}{packed}{folded}{reports}{kept}")
    }

    /// The signature of a form.
    fn signature(self, form: Form) -> Option<Signature> {
        let representation = if form.packed { Representation::Packed } else { Representation::Address };
        let signature = Signature::new(self.intrinsic()?, representation)?;
        Some(Signature { folded: form.folded, ..signature })
    }

    /// The operands of a form, first to last. An allocator is not among them: the engine has already checked its
    /// handle.
    pub(super) fn operands(self, form: Form) -> Vec<Operand> {
        match self.signature(form) {
            Some(signature) => signature.operands().into_iter().filter(|it| *it != Operand::Allocator).collect(),
            None => vec![Operand::Int("fd"), Operand::Int("tag")],
        }
    }

    pub(super) fn results(self, form: Form) -> Vec<Operand> {
        self.signature(form).map_or(vec![Operand::Errno], |signature| signature.results())
    }

    /// The function type of a form.
    pub(super) fn function_type(self, form: Form) -> FunctionType {
        let types = |operands: Vec<Operand>| -> Vec<ValueType> {
            let is_packed = |operand: &Operand| operand.is_segment() && form.packed;
            let wide = |operand: &Operand| is_packed(operand) || matches!(operand, Operand::Long(_));
            operands.iter().map(|it| if wide(it) { ValueType::I64 } else { ValueType::I32 }).collect()
        };
        FunctionType { params: types(self.operands(form)), results: types(self.results(form)) }
    }

    /// Whether the helper uses linmem's globals, because it allocates or stores the errno.
    pub(super) fn uses_regions(self, form: Form) -> bool {
        form.kept || form.is_plain() && self != Call::Item
    }
}
