//! WASI: lifted forms of its functions, and common operations built on them.

mod adapter;
mod host;
mod list;
mod open;
mod print;
mod read;
mod read_array;
mod scratch;
mod texts;
mod transfer;

use crate::helpers::call::{Call, Form};
use crate::helpers::routine::Routine;
use crate::helpers::wasi::read_array::Contents;
use linmem_intrinsics::wasi::Function as HostFunction;

impl Call {
    /// Writes the body of the helper.
    pub(super) fn write(self, form: Form, routine: &mut Routine<'_>) {
        if !form.is_plain() {
            return adapter::body(routine, self, form);
        }
        match self {
            Call::Host(function) => host::body(routine, function),
            Call::WriteAll => transfer::write_all(routine),
            Call::ReadExact => transfer::read_exact(routine),
            Call::Wait => transfer::wait(routine),
            Call::ReadToEnd => read::read_to_end(routine),
            Call::Args => list::texts(routine, HostFunction::ArgsSizesGet, HostFunction::ArgsGet),
            Call::Environ => list::texts(routine, HostFunction::EnvironSizesGet, HostFunction::EnvironGet),
            Call::Item => list::item(routine),
            Call::Open => open::open(routine),
            Call::Print(ty) => print::print(routine, ty),
            Call::ReadBytes(ty) => read_array::read_array(routine, ty, Contents::Bytes),
            Call::ReadText(ty) => read_array::read_array(routine, ty, Contents::Text),
            Call::ArgsArray(ty) => texts::texts_array(routine, Call::Args, ty),
            Call::EnvironArray(ty) => texts::texts_array(routine, Call::Environ, ty),
            Call::OpenText(ty) => print::open_text(routine, ty),
        }
    }
}
