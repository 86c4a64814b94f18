//! Adapters from other forms of a call to the plain one.
//!
//! ```wasm
//! ;; (fd, segment) -> count or minus errno
//! local.get $fd   ;; the address   ;; the size
//! call $linmem.fd_write
//! local.set $count   local.set $errno
//! local.get $errno   if  ;; the site   local.get $errno   call $linmem_report.errno  end     ;; if reported to the host
//! local.get $errno   global.set $linmem.errno                                                ;; if stored
//! local.get $count   i32.const 0   local.get $errno   i32.sub
//! local.get $errno   i32.eqz   select
//! ```

use crate::globals::Global;
use crate::helpers::call::{Call, Form};
use crate::helpers::id::HostImport;
use crate::helpers::routine::{Local, Routine};
use crate::segment::packed;
use linmem_intrinsics::ValueType;

pub(super) fn body(routine: &mut Routine<'_>, call: Call, form: Form) {
    for (position, operand) in (0..).zip(call.operands(form)) {
        let param = routine.param(position);
        routine.get(param);
        if operand.is_segment() && form.packed {
            routine.emit(|sink, _| _ = packed::start(sink));
            if operand.is_sized() {
                routine.get(param).emit(|sink, _| _ = packed::size(sink));
            }
        }
    }
    routine.plain(call);
    let plain = call.function_type(Form::default()).results;
    let packs = form.packed && call.results(form).iter().any(|result| result.is_segment());
    if !form.reports && !form.kept && !form.folded && !packs {
        return;
    }
    let results = routine.results(&plain);
    for result in results.iter().rev() {
        routine.set(*result);
    }
    let Some(&errno) = results.first() else { return };
    if let Some(site) = routine.site().filter(|_| form.reports) {
        routine.get(errno).if_();
        routine.get(site).get(errno).import(HostImport::Errno).end();
    }
    if form.kept {
        routine.get(errno).write(Global::Errno);
    }
    match (&results[..], form.folded) {
        // Address and size are 0 unless the call succeeded, so the segment is null.
        ([_, address, size], true) => {
            write_packed(routine, *address, *size);
        }
        // An array is null unless the call succeeded.
        ([_, array], true) if matches!(plain.last(), Some(ValueType::Reference { .. })) => {
            routine.get(*array);
        }
        ([errno, value], true) => {
            let is_wide = plain.last() == Some(&ValueType::I64);
            routine.get(*value);
            if is_wide {
                routine.i64_const(0).get(*errno).i64_extend_i32_u().i64_sub();
            } else {
                routine.i32_const(0).get(*errno).i32_sub();
            }
            routine.get(*errno).i32_eqz().select();
        }
        _ => {
            let mut results = results.iter();
            for operand in call.results(form) {
                let Some(first) = results.next() else { break };
                match results.as_slice().first().filter(|_| operand.is_segment() && form.packed) {
                    Some(size) => {
                        write_packed(routine, *first, *size);
                        results.next();
                    }
                    None => {
                        routine.get(*first);
                    }
                }
            }
        }
    }
}

/// Pushes a packed segment, from its address and its size.
fn write_packed(routine: &mut Routine<'_>, address: Local, size: Local) {
    routine.get(address).emit(|sink, _| _ = packed::widen_start(sink));
    routine.get(size).emit(|sink, _| _ = packed::add_size(sink));
}
