//! Other forms of a call than the plain one.
//!
//! ```wasm
//! ;; (fd, segment) -> count or minus errno
//! local.get $fd   ;; the address   ;; the size
//! call $linmem.fd_write
//! local.set $count   local.set $errno
//! local.get $errno   if  ;; the site   local.get $errno   call $linmem_report.errno  end     ;; if the host is told
//! local.get $errno   global.set $linmem.errno                                                ;; if it is kept
//! local.get $count   i32.const 0   local.get $errno   i32.sub
//! local.get $errno   i32.eqz   select
//! ```

use crate::code::FunctionRef;
use crate::globals::Global;
use crate::helpers::wasi::routine::{Local, Routine};
use crate::helpers::wasi::{Call, Form};
use crate::helpers::{Bodies, HostImport};
use linmem_intrinsics::ValueType;
use wasm_encoder::Function;

/// How far the size of a packed segment is shifted.
const SIZE_SHIFT: i64 = 32;

pub(super) fn body(bodies: &Bodies<'_>, call: Call, form: Form) -> Function {
    let mut routine = Routine::new(bodies, call, form);
    for (position, operand) in (0..).zip(call.operands(form)) {
        routine.get(Local(position));
        if operand.is_segment() && form.packed {
            routine.sink().i32_wrap_i64();
            if operand.is_sized() {
                routine.get(Local(position)).sink().i64_const(SIZE_SHIFT).i64_shr_u().i32_wrap_i64();
            }
        }
    }
    routine.plain(call);
    let plain = call.function_type(Form::default()).results;
    let packs = form.packed && call.results(form).iter().any(|result| result.is_segment());
    if !form.told && !form.kept && !form.folded && !packs {
        return routine.finish(&[]);
    }
    let results = routine.results(&plain);
    for result in results.iter().rev() {
        routine.set(*result);
    }
    let Some(&errno) = results.first() else { return routine.finish(&[]) };
    if form.told {
        let (site, told) = (routine.site(), (bodies.index)(FunctionRef::Host(HostImport::Errno)));
        routine.get(errno);
        routine.if_();
        routine.sink().local_get(site).local_get(errno.0).call(told);
        routine.end();
    }
    if form.kept {
        let global = bodies.context.global(Global::Errno);
        routine.get(errno).sink().global_set(global);
    }
    match (&results[..], form.folded) {
        // The address and the size are 0 unless the call succeeded, and so is the segment.
        ([_, address, size], true) => {
            write_packed(&mut routine, *address, *size);
            routine.finish(&[])
        }
        ([errno, value], true) => {
            let is_wide = plain.last() == Some(&ValueType::I64);
            routine.get(*value);
            if is_wide {
                routine.sink().i64_const(0).local_get(errno.0).i64_extend_i32_u().i64_sub();
            } else {
                routine.sink().i32_const(0).local_get(errno.0).i32_sub();
            }
            routine.get(*errno).sink().i32_eqz().select();
            routine.finish(&[])
        }
        _ => {
            let mut results = results.iter();
            for operand in call.results(form) {
                let Some(first) = results.next() else { break };
                match results.as_slice().first().filter(|_| operand.is_segment() && form.packed) {
                    Some(size) => {
                        write_packed(&mut routine, *first, *size);
                        results.next();
                    }
                    None => {
                        routine.get(*first);
                    }
                }
            }
            routine.finish(&[])
        }
    }
}

/// Pushes a packed segment, from its address and its size.
fn write_packed(routine: &mut Routine<'_>, address: Local, size: Local) {
    routine.sink().local_get(address.0).i64_extend_i32_u().local_get(size.0).i64_extend_i32_u();
    routine.sink().i64_const(SIZE_SHIFT).i64_shl().i64_or();
}
