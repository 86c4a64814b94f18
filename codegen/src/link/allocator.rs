//! Adds the functions by which a host allocates: see [`allocator_exports`].

use crate::allocator_exports;
use crate::context::Context;
use crate::engine::{Lowered, Origin};
use crate::error::Error;
use crate::helpers::Needs;
use crate::link::function::passing;
use crate::link::input::Input;
use crate::module::function_type;
use crate::setting::Setting;
use linmem_intrinsics::{FunctionType, Representation};
use wasmparser::ExternalKind;

/// A function that is added and exported.
pub(super) struct Export {
    /// The name of the export and of the function.
    pub(super) name: &'static str,
    pub(super) ty: FunctionType,
    pub(super) lowered: Lowered,
}

/// Whether the module already exports an allocator with these types, with segments of any representation.
pub(super) fn is_present(input: &Input<'_>) -> bool {
    Representation::ALL.iter().any(|representation| {
        allocator_exports::intrinsics(*representation).all(|function| {
            input.exports.iter().any(|export| {
                export.name == function.name
                    && export.kind == ExternalKind::Func
                    && function_type(input.function_type(export.index)) == function.ty
            })
        })
    })
}

/// # Errors
///
/// If the program exports something under one of the names.
pub(super) fn check(input: &Input<'_>, context: &Context) -> Result<(), Error> {
    for allocator_exports::Export { name, .. } in functions(context) {
        if input.exports.iter().any(|export| export.name == name) {
            let message = format!("the program already has an export `{name}`");
            return Err(Error::option(Setting::export_allocator(), message));
        }
    }
    Ok(())
}

/// Lowers the functions. Reports number them after the functions of the input.
pub(super) fn lower(input: &Input<'_>, context: &Context, needs: &mut Needs) -> Vec<Export> {
    let lower = |(allocator_exports::Export { name, ty, code }, function)| {
        let origin = Origin { function, ..Origin::default() };
        let mut export = Export { name, lowered: passing(context, &ty, origin, &code), ty };
        export.lowered.add_to(needs, &[]);
        export
    };
    if !input.exports_allocator {
        return Vec::new();
    }
    functions(context).into_iter().zip(input.function_count..).map(lower).collect()
}

fn functions(context: &Context) -> Vec<allocator_exports::Export> {
    allocator_exports::functions(context.choices, context.representation)
}

/// The name of an added function, by the number that reports have for it.
pub(super) fn name<'a>(input: &Input<'_>, exports: &'a [Export], function: u32) -> Option<&'a str> {
    let position = function.checked_sub(input.function_count)?;
    exports.get(position as usize).map(|export| export.name)
}
