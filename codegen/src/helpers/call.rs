//! Calls of host functions, and their forms.
//!
//! The plain form of a call has each segment as an address and, if its size matters, a size; results likewise. The
//! errno is the first result. Other forms adapt that: a packed segment, one folded result, an errno that is reported to
//! the host.

use crate::context::Context;
use linmem_intrinsics::wasi::Function as HostFunction;
use linmem_intrinsics::{
    ArrayReference, ArrayType, FunctionType, HeapType, Intrinsic, Operand, Operation, Representation, Signature,
    TextsType, ValueType,
};

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
    /// Writes the text of an array.
    Print(ArrayType),
    /// Calls `fd_read` until the end of the file, and makes an array of the bytes.
    ReadBytes(ArrayType),
    /// The same, and makes an array of the decoded text.
    ReadText(ArrayType),
    /// Calls `path_open` in the directory that contains the path in an array.
    OpenText(ArrayType),
    /// Makes an array of the arguments.
    ArgsArray(TextsType),
    /// Makes an array of the environment variables.
    EnvironArray(TextsType),
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
    /// Returns the call that an intrinsic is lowered to.
    pub(crate) fn of(signature: &Signature) -> Option<Call> {
        let ty = signature.array.map(|array| array.ty);
        Some(match signature.intrinsic.operation() {
            Operation::Host(function) => Call::Host(function),
            Operation::WriteAll => Call::WriteAll,
            Operation::ReadExact => Call::ReadExact,
            Operation::ReadToEnd => Call::ReadToEnd,
            Operation::Args => Call::Args,
            Operation::Environ => Call::Environ,
            Operation::Item => Call::Item,
            Operation::OpenPath => Call::Open,
            Operation::Print => Call::Print(ty?),
            Operation::ReadBytes => Call::ReadBytes(ty?),
            Operation::ReadText => Call::ReadText(ty?),
            Operation::OpenText => Call::OpenText(ty?),
            Operation::ArgsArray => Call::ArgsArray(signature.texts?),
            Operation::EnvironArray => Call::EnvironArray(signature.texts?),
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
            Call::Print(_) => Intrinsic::WasiPrint,
            Call::ReadBytes(_) => Intrinsic::WasiReadBytes,
            Call::ReadText(_) => Intrinsic::WasiReadText,
            Call::OpenText(_) => Intrinsic::WasiOpenText,
            Call::ArgsArray(_) => Intrinsic::WasiArgsArray,
            Call::EnvironArray(_) => Intrinsic::WasiEnvironArray,
            Call::Wait => return None,
        })
    }

    /// The type of its array, if it has one.
    fn array(self) -> Option<ArrayType> {
        match self {
            Call::Print(ty) | Call::ReadBytes(ty) | Call::ReadText(ty) | Call::OpenText(ty) => Some(ty),
            _ => None,
        }
    }

    /// The type of its array of texts, if it has one.
    fn texts(self) -> Option<TextsType> {
        match self {
            Call::ArgsArray(ty) | Call::EnvironArray(ty) => Some(ty),
            _ => None,
        }
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
        let array = self.array().map(|ty| (ty.element, ty.index));
        let array = array.or(self.texts().map(|ty| (ty.unit, ty.index)));
        let array = array.map_or(String::new(), |(element, index)| format!(".{element}.{index}"));
        let packed = if form.packed { ".packed" } else { "" };
        let folded = if form.folded { ".folded" } else { "" };
        let reports = if form.reports { ".reports" } else { "" };
        let kept = if form.kept { ".kept" } else { "" };
        format!("linmem.{name}{array}{packed}{folded}{reports}{kept}")
    }

    /// The signature of a form.
    fn signature(self, form: Form) -> Option<Signature> {
        let representation = if form.packed { Representation::Packed } else { Representation::Address };
        let signature = Signature::new(self.intrinsic()?, representation)?;
        let signature = match self.array() {
            Some(ty) => signature.with_array(ArrayReference { nullable: true, ty })?,
            None => signature,
        };
        let signature = Signature { texts: self.texts(), ..signature };
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
        let ty = |operand: &Operand| match (operand, self.array()) {
            (Operand::Array, Some(ty)) => ArrayReference { nullable: true, ty }.value_type(),
            (Operand::Texts, _) => {
                let heap = self.texts().map_or(HeapType::AnyTexts, HeapType::Texts);
                ValueType::Reference { nullable: true, heap }
            }
            (Operand::Long(_), _) => ValueType::I64,
            (operand, _) if operand.is_segment() && form.packed => ValueType::I64,
            _ => ValueType::I32,
        };
        let types = |operands: Vec<Operand>| operands.iter().map(ty).collect::<Vec<ValueType>>();
        FunctionType { params: types(self.operands(form)), results: types(self.results(form)) }
    }

    /// Whether the helper uses linmem's globals, because it allocates or stores the errno.
    pub(super) fn uses_regions(self, form: Form) -> bool {
        form.kept || form.is_plain() && self != Call::Item
    }
}
