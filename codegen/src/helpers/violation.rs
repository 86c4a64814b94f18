//! The functions that raise violations.

use crate::helpers::id::HostImport;
use crate::helpers::routine::Routine;
use linmem_intrinsics::Violation;

/// ```wasm
/// unreachable
/// ```
///
/// The name of the function is the message: every engine's backtrace shows it. If violations are reported, the host is
/// called first:
///
/// ```wasm
/// ;; (a, b, c, site)
/// i32.const KIND   local.get $site   local.get $a   local.get $b   local.get $c   call $linmem_report.violation
/// ```
pub(super) fn body(r: &mut Routine<'_>, kind: Violation) {
    if let Some(site) = r.site() {
        let [a, b, c] = r.params();
        r.i32_const(kind.code() as i32).get(site).get(a).get(b).get(c).import(HostImport::Report);
    }
    r.unreachable();
}
