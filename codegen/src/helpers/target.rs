//! The function that a host call is lowered to.

use crate::code::FunctionRef;
use crate::helpers::call::{Call, Form};
use crate::helpers::id::{Helper, HostImport};

impl Call {
    /// Whether a form only adds the unpacking of segments to a host function.
    pub(crate) fn only_unpacks(self, form: Form) -> bool {
        let direct = matches!(self.plain(), FunctionRef::Host(_));
        direct && form == Form { packed: true, ..Form::default() }
    }

    /// The function of the plain form: the host function itself, if no helper is necessary.
    pub(crate) fn plain(self) -> FunctionRef {
        match self {
            Call::Host(function) if !function.needs_scratch() => FunctionRef::Host(HostImport::Wasi(function)),
            _ => FunctionRef::Helper(Helper::Wasi(self, Form::default())),
        }
    }

    /// The function of a form.
    pub(crate) fn target(self, form: Form) -> FunctionRef {
        if form.is_plain() { self.plain() } else { FunctionRef::Helper(Helper::Wasi(self, form)) }
    }
}
