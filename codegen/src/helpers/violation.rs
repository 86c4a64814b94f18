//! Where violations end.

use crate::code::FunctionRef;
use crate::helpers::{Bodies, HostImport};
use linmem_intrinsics::Violation;
use wasm_encoder::Function;

/// ```wasm
/// unreachable
/// ```
///
/// The name of the function is the message: every engine's backtrace shows it. Where violations are reported, the host
/// is told before:
///
/// ```wasm
/// ;; (a, b, c, site)
/// i32.const KIND   local.get $site   local.get $a   local.get $b   local.get $c   call $linmem_report.violation
/// ```
pub(super) fn body(bodies: &Bodies<'_>, kind: Violation) -> Function {
    let mut function = Function::new([]);
    let sink = &mut function.instructions();
    if bodies.context.choices.reports() {
        let (a, b, c, site) = (0, 1, 2, 3);
        sink.i32_const(kind.code() as i32).local_get(site).local_get(a).local_get(b).local_get(c);
        sink.call((bodies.index)(FunctionRef::Host(HostImport::Report)));
    }
    sink.unreachable().end();
    function
}
