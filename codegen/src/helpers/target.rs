//! The function that a call of the host is lowered to.

use crate::code::FunctionRef;
use crate::helpers::call::{Call, Form};
use crate::helpers::id::{Helper, HostImport};

impl Call {
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
}
