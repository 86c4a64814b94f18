//! A single call of a host function. The data that it takes pointers to (iovecs, results) is in a frame that is freed
//! before the helper returns:
//!
//! ```text
//!   ┌────────────┬───────────┬─────────────────────────────┐
//!   │ buffer u32 │ bytes u32 │ results, each aligned to    │
//!   │            │           │ its size; padding up to 8   │
//!   └────────────┴───────────┴─────────────────────────────┘
//!     only for a list of iovecs
//! ```

use crate::helpers::call::{Call, Form};
use crate::helpers::routine::{Label, Local, Routine};
use linmem_intrinsics::wasi::{Errno, Field, Function as HostFunction, Parameter, Record, Returned};

/// The host function that returns the sizes of the texts that `function` writes.
pub(super) fn sizes_of(function: HostFunction) -> HostFunction {
    match function {
        HostFunction::EnvironGet => HostFunction::EnvironSizesGet,
        _ => HostFunction::ArgsSizesGet,
    }
}

/// The offsets of a function's results in its frame, and the size of the frame.
fn layout(function: HostFunction) -> (Vec<(Returned, u32)>, u32) {
    let is_list = |parameter: &Parameter| matches!(parameter, Parameter::Gather | Parameter::Scatter);
    let mut end: u32 = if function.parameters().iter().any(is_list) { Record::Iovec.bytes() } else { 0 };
    let mut places = Vec::new();
    for &returned in function.returned() {
        let offset = end.next_multiple_of(returned.bytes());
        places.push((returned, offset));
        end = offset + returned.bytes();
    }
    (places, end.next_multiple_of(8))
}

/// ```wasm
/// ;; (fd, address, bytes) -> (errno, count)
/// mark = top   frame = bump 16
/// frame == 0:   return (NOMEM, 0)                     ;; if allocations may return null
/// frame[0] = address   frame[4] = bytes   frame[8] = 0
/// call $fd_write (fd, frame, 1, frame + 8)
/// frame[8]
/// top == frame + 16:   top = mark
/// ```
///
/// A result is 0 if the host did not write one.
pub(super) fn body(routine: &mut Routine<'_>, function: HostFunction) {
    if function.parameters().iter().any(|parameter| matches!(parameter, Parameter::Texts(_))) {
        return texts(routine, function);
    }
    let call = Call::Host(function);
    let results = routine.results(&call.function_type(Form::default()).results);
    let Some((&errno, values)) = results.split_first() else { return };
    let (places, bytes) = layout(function);
    let exit = routine.block();
    let items = items(routine, function, errno, exit);
    let frame = routine.frame(bytes, errno, exit);
    for (returned, offset) in &places {
        let at = routine.at(*offset, returned.bytes());
        routine.get(frame.start);
        match returned {
            Returned::Short(_) => routine.i32_const(0).i32_store16(at),
            Returned::Int(_) | Returned::Count => routine.i32_const(0).i32_store(at),
            Returned::Long(_) => routine.i64_const(0).i64_store(at),
        };
    }
    // Write the iovec first: afterwards the operands of the call are on the stack.
    let mut operand = 0;
    for parameter in function.parameters() {
        if matches!(parameter, Parameter::Gather | Parameter::Scatter) {
            let (buffer, size) =
                (routine.at(Field::IovecBuffer.offset(), 4), routine.at(Field::IovecBytes.offset(), 4));
            let (start, bytes) = (routine.param(operand), routine.param(operand + 1));
            routine.get(frame.start).get(start).i32_store(buffer);
            routine.get(frame.start).get(bytes).i32_store(size);
        }
        operand += plain_count(*parameter);
    }
    let mut operand = 0;
    for parameter in function.parameters() {
        match parameter {
            Parameter::Gather | Parameter::Scatter => {
                routine.get(frame.start).constant(1);
            }
            Parameter::Items => {
                routine.get(items.unwrap_or(errno));
            }
            Parameter::Text(_) | Parameter::Buffer(_) => {
                let (start, bytes) = (routine.param(operand), routine.param(operand + 1));
                routine.get(start).get(bytes);
            }
            _ => {
                let value = routine.param(operand);
                routine.get(value);
            }
        }
        operand += plain_count(*parameter);
    }
    for (_, offset) in &places {
        routine.behind(frame.start, *offset);
    }
    routine.host(function).set(errno);
    for ((returned, offset), value) in places.iter().zip(values) {
        let at = routine.at(*offset, returned.bytes());
        routine.get(frame.start);
        match returned {
            Returned::Short(_) => routine.i32_load16_u(at),
            Returned::Int(_) | Returned::Count => routine.i32_load(at),
            Returned::Long(_) => routine.i64_load(at),
        }
        .set(*value);
    }
    routine.end_frame(frame);
    routine.end();
    routine.give(&results);
}

/// The number of operands of the plain form that a parameter corresponds to.
fn plain_count(parameter: Parameter) -> u32 {
    match parameter.operand() {
        None => 0,
        Some(operand) if operand.is_sized() => 2,
        Some(_) => 1,
    }
}

/// Computes the number of records to read, if any, and checks that there is room to write as many.
fn items(routine: &mut Routine<'_>, function: HostFunction, errno: Local, exit: Label) -> Option<Local> {
    let mut operand = 0;
    let mut items = None;
    for parameter in function.parameters() {
        if let Parameter::Many(record) = parameter {
            let bytes = routine.param(operand + 1);
            routine.get(bytes).constant(record.bytes()).i32_div_u();
            match items {
                None => {
                    let count = routine.int();
                    routine.set(count);
                    items = Some(count);
                }
                Some(count) => {
                    routine.get(count).i32_lt_u().if_();
                    routine.fail(errno, Errno::Inval).br(exit);
                    routine.end();
                }
            }
        }
        operand += plain_count(*parameter);
    }
    items
}

/// Writes the addresses and the bytes of texts, if there is room for them, because the host does not know how much
/// there is.
///
/// ```wasm
/// ;; (addresses, their bytes, texts, their bytes) -> errno
/// count, bytes = args_sizes_get()
/// addresses' bytes / 4 < count or texts' bytes < bytes:   return NOBUFS
/// call $args_get (addresses, texts)
/// ```
fn texts(routine: &mut Routine<'_>, function: HostFunction) {
    let [addresses, room, texts, texts_room] = routine.params();
    let errno = routine.int();
    let exit = routine.block();
    let frame = routine.frame(8, errno, exit);
    let (count, bytes) = (routine.at(0, 4), routine.at(4, 4));
    let asked = routine.block();
    routine.get(frame.start).behind(frame.start, 4).host(sizes_of(function)).tee(errno).br_if(asked);
    routine.get(room).i32_const(2).i32_shr_u().get(frame.start).i32_load(count).i32_lt_u();
    routine.get(texts_room).get(frame.start).i32_load(bytes).i32_lt_u().i32_or().if_();
    routine.fail(errno, Errno::Nobufs).br(asked);
    routine.end();
    routine.get(addresses).get(texts).host(function).set(errno);
    routine.end();
    routine.end_frame(frame);
    routine.end();
    routine.give(&[errno]);
}
