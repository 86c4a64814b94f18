//! WASI: lifted forms of its functions, and what everybody writes by hand with them.
//!
//! The plain form of a call has each segment as an address and, where its size counts, a size; results likewise; the errno
//! comes first. Other forms adapt that: a segment in an `i64`, one folded result, an errno that the host is told.

mod adapter;
mod host;
mod list;
mod open;
mod read;
mod routine;
mod transfer;

use crate::code::FunctionRef;
use crate::context::{Context, Home};
use crate::helpers::{Alignment, Bodies, Helper, HostImport, Refused};
use linmem_intrinsics::wasi::{Function as HostFunction, Parameter};
use linmem_intrinsics::{FunctionType, Intrinsic, Operand, Operation, Representation, Signature, ValueType, Violation};
use wasm_encoder::Function;

/// Something that calls the host.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Call {
    /// One call of a function.
    Host(HostFunction),
    /// As many `fd_write` as it takes.
    WriteAll,
    /// As many `fd_read` as it takes.
    ReadExact,
    /// All `fd_read` up to the end of the file.
    ReadToEnd,
    /// The list of arguments.
    Args,
    /// The list of the environment.
    Environ,
    /// An element of a list.
    Item,
    /// `path_open` in the directory that the path is in.
    Open,
    /// Waits until a descriptor can be read from or written to.
    Wait,
}

/// The form that a call has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Form {
    /// Segments are packed.
    pub(crate) packed: bool,
    /// The errno and the result are one.
    pub(crate) folded: bool,
    /// The host is told of errnos.
    pub(crate) told: bool,
    /// The errno is kept, for those who ask later.
    pub(crate) kept: bool,
}

impl Form {
    fn is_plain(self) -> bool {
        self == Form::default()
    }
}

impl Call {
    /// The one of an operation.
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

    /// Whether it gives a segment.
    pub(crate) fn makes_segment(self) -> bool {
        self.intrinsic().is_some_and(|known| known.results().iter().any(|it| it.is_segment()))
    }

    /// The form in which the engine calls it.
    pub(crate) fn form(self, context: &Context, folded: bool) -> Form {
        let takes_segments = self
            .intrinsic()
            .is_some_and(|known| known.operands().iter().chain(known.results()).any(|it| it.is_segment()));
        // References are made where the call is, of an address and a size.
        let makes_reference = context.segments.types().is_some() && self.makes_segment();
        Form {
            packed: takes_segments && context.is_packed(),
            folded: folded && !makes_reference,
            told: self.has_errno() && context.choices.reports(),
            kept: self.has_errno() && context.keeps_errno,
        }
    }

    /// Whether all that a form does more than a function of the host is to unpack segments.
    pub(crate) fn only_unpacks(self, form: Form) -> bool {
        let direct = matches!(self.plain(), FunctionRef::Host(_));
        direct && form == Form { packed: true, ..Form::default() }
    }

    /// What does the work: the function of the host itself, where there is nothing to it.
    pub(crate) fn plain(self) -> FunctionRef {
        match self {
            Call::Host(function) if !function.needs_scratch() => FunctionRef::Host(HostImport::Wasi(function)),
            _ => FunctionRef::Helper(Helper::Wasi(self, Form::default())),
        }
    }

    /// What has a form.
    pub(crate) fn target(self, form: Form) -> FunctionRef {
        if form.is_plain() { self.plain() } else { FunctionRef::Helper(Helper::Wasi(self, form)) }
    }

    /// The name of the helper.
    pub(super) fn name(self, form: Form) -> String {
        let name = match self {
            Call::Wait => "wait",
            _ => self.intrinsic().map_or("", |intrinsic| intrinsic.name().trim_start_matches("wasi.")),
        };
        let packed = if form.packed { ".packed" } else { "" };
        let folded = if form.folded { ".folded" } else { "" };
        let told = if form.told { ".told" } else { "" };
        let kept = if form.kept { ".kept" } else { "" };
        format!("linmem.{name}{packed}{folded}{told}{kept}")
    }

    /// The signature, in a form.
    fn signature(self, form: Form) -> Option<Signature> {
        let representation = if form.packed { Representation::Packed } else { Representation::Address };
        let signature = Signature::new(self.intrinsic()?, representation)?;
        Some(Signature { folded: form.folded, ..signature })
    }

    /// What it takes in a form, first to last. A region is none of it: the engine has looked at its handle.
    fn operands(self, form: Form) -> Vec<Operand> {
        match self.signature(form) {
            Some(signature) => signature.operands().into_iter().filter(|it| *it != Operand::Allocator).collect(),
            None => vec![Operand::Int("fd"), Operand::Int("tag")],
        }
    }

    fn results(self, form: Form) -> Vec<Operand> {
        self.signature(form).map_or(vec![Operand::Errno], |signature| signature.results())
    }

    /// The type, in a form.
    pub(super) fn function_type(self, form: Form) -> FunctionType {
        let types = |operands: Vec<Operand>| -> Vec<ValueType> {
            let is_packed = |operand: &Operand| operand.is_segment() && form.packed;
            let wide = |operand: &Operand| is_packed(operand) || matches!(operand, Operand::Long(_));
            operands.iter().map(|it| if wide(it) { ValueType::I64 } else { ValueType::I32 }).collect()
        };
        FunctionType { params: types(self.operands(form)), results: types(self.results(form)) }
    }

    /// Whether the helper looks at linmem's globals: what allocates does.
    pub(super) fn uses_regions(self, form: Form) -> bool {
        form.kept || form.is_plain() && self != Call::Item
    }

    /// What it calls.
    pub(super) fn callees(self, form: Form, context: &Context) -> Vec<FunctionRef> {
        if !form.is_plain() {
            let told = form.told.then_some(FunctionRef::Host(HostImport::Errno));
            return [self.plain()].into_iter().chain(told).collect();
        }
        use HostFunction as H;
        let host = |function| FunctionRef::Host(HostImport::Wasi(function));
        let frame = FunctionRef::Helper(Helper::refill(context, Alignment::Fixed));
        let allocate = FunctionRef::Helper(Helper::Refill(Refused::Null, Alignment::Fixed));
        let mut callees = match self {
            Call::Host(function) => {
                let sizes = function.parameters().iter().any(|it| matches!(it, Parameter::Texts(_)));
                let sizes = sizes.then(|| host(host::sizes_of(function)));
                [host(function), frame].into_iter().chain(sizes).collect()
            }
            Call::WriteAll => vec![Call::Host(H::FdWrite).plain(), Call::Wait.plain()],
            Call::ReadExact => vec![Call::Host(H::FdRead).plain(), Call::Wait.plain()],
            Call::ReadToEnd => {
                let hosts = [H::FdFilestatGet, H::FdTell, H::FdRead].map(host);
                hosts.into_iter().chain([frame, allocate, Call::Wait.plain()]).collect()
            }
            Call::Args => vec![host(H::ArgsSizesGet), host(H::ArgsGet), frame, allocate],
            Call::Environ => vec![host(H::EnvironSizesGet), host(H::EnvironGet), frame, allocate],
            Call::Item if context.checks_bounds() => {
                vec![FunctionRef::Helper(Helper::Violation(Violation::OutOfBounds))]
            }
            Call::Item => vec![],
            Call::Open => {
                let hosts = [H::FdPrestatGet, H::FdPrestatDirName, H::FdFdstatGet, H::PathOpen].map(host);
                hosts.into_iter().chain([frame, allocate]).collect()
            }
            Call::Wait => vec![host(H::PollOneoff), frame],
        };
        if matches!(context.home, Home::Found { .. }) && self != Call::Item {
            callees.push(FunctionRef::Helper(Helper::FindHome));
        }
        callees
    }

    /// The body.
    pub(super) fn body(self, form: Form, bodies: &Bodies<'_>) -> Function {
        if !form.is_plain() {
            return adapter::body(bodies, self, form);
        }
        match self {
            Call::Host(function) => host::body(bodies, function),
            Call::WriteAll => transfer::write_all(bodies),
            Call::ReadExact => transfer::read_exact(bodies),
            Call::Wait => transfer::wait(bodies),
            Call::ReadToEnd => read::read_to_end(bodies),
            Call::Args => list::texts(bodies, self, HostFunction::ArgsSizesGet, HostFunction::ArgsGet),
            Call::Environ => list::texts(bodies, self, HostFunction::EnvironSizesGet, HostFunction::EnvironGet),
            Call::Item => list::item(bodies),
            Call::Open => open::open(bodies),
        }
    }
}
