//! Lists of texts: arguments and the environment. A list is one segment, and its texts are slices of it:
//!
//! ```text
//!   ┌───────────┬─────┬────────────┬───────────┬─┄─┬──────────────────────────┐
//!   │ count u32 │  0  │ offset u32 │ bytes u32 │   │ texts, each with a NUL   │
//!   └───────────┴─────┴────────────┴───────────┴─┄─┴──────────────────────────┘
//!                      for each text, from the start of the list
//! ```

use crate::helpers::Bodies;
use crate::helpers::wasi::routine::{Label, Local, Routine};
use crate::helpers::wasi::{Call, Form};
use linmem_intrinsics::Violation;
use linmem_intrinsics::wasi::{Errno, Function as HostFunction, Record};
use wasm_encoder::{Function, ValType};

/// How many bytes an entry has.
const ENTRY: u32 = 8;

/// Makes a list.
///
/// ```wasm
/// ;; () -> (errno, address, bytes)
/// count, texts' bytes = args_sizes_get()
/// bytes = 8 + 8 * count + texts' bytes
/// list = allocate(bytes up to a multiple of 4 + 4 * count)     ;; the addresses that the host gives lie behind the texts
/// call $args_get (addresses, texts)
/// for each address:   entry = { address - list, how many bytes up to a NUL }
/// ;; what lies behind the texts is free
/// ```
pub(super) fn texts(bodies: &Bodies<'_>, call: Call, sizes: HostFunction, get: HostFunction) -> Function {
    let mut routine = Routine::new(bodies, call, Form::default());
    let (errno, list, bytes) = (routine.int(), routine.int(), routine.int());
    let (count, texts, texts_end) = (routine.int(), routine.int(), routine.int());
    let (size, addresses) = (routine.int(), routine.int());
    let (mark, mark_or_end, top) = (routine.int(), routine.int(), bodies.context.top());
    let wide = routine.local(ValType::I64);
    let (first, second) = (routine.at(0, 4), routine.at(4, 4));

    let exit = routine.block();
    let frame = routine.frame(8, errno, exit);
    routine.persist(sizes, errno, |routine| {
        routine.get(frame.start).behind(frame.start, 4);
    });
    routine.get(frame.start).sink().i32_load(first).local_set(count.0);
    routine.get(frame.start).sink().i32_load(second).local_set(texts_end.0);
    routine.end_frame(frame);
    routine.get(errno).br_if(exit);

    // In 64 bits: 12 * 2^32 + 2^32 is far below 2^64.
    routine.get(count).sink().i64_extend_i32_u().i64_const(i64::from(ENTRY)).i64_mul();
    routine.get(texts_end).sink().i64_extend_i32_u().i64_add().i64_const(i64::from(Record::List.bytes())).i64_add();
    routine.tee(wide).sink().i32_wrap_i64().local_set(bytes.0);
    routine.get(wide).sink().i64_const(3).i64_add().i64_const(-4).i64_and();
    routine.tee(wide).sink().i32_wrap_i64().local_set(addresses.0);
    routine.get(wide).get(count).sink().i64_extend_i32_u().i64_const(4).i64_mul().i64_add();
    routine.tee(wide).sink().i32_wrap_i64().local_set(size.0);
    routine.get(wide).sink().i64_const(i64::from(u32::MAX - 7)).i64_gt_u();
    routine.if_();
    routine.fail(errno, Errno::Nomem).br(exit);
    routine.end();
    routine.sink().global_get(top).local_set(mark.0);
    routine.allocate_or_leave(list, size, errno, exit);

    routine.add(addresses, addresses, list);
    routine.get(count).constant(ENTRY).sink().i32_mul().local_get(list.0).i32_add();
    routine.constant(Record::List.bytes()).sink().i32_add().local_tee(texts.0);
    routine.get(texts_end).sink().i32_add().local_set(texts_end.0);
    let made = routine.block();
    routine.persist(get, errno, |routine| {
        routine.get(addresses).get(texts);
    });
    routine.get(errno).br_if(made);
    write_entries(&mut routine, (list, count), (texts, texts_end), addresses, (errno, made));
    routine.end();

    routine.get(size).round_up().get(list).sink().i32_add().local_set(addresses.0);
    routine.get(bytes).round_up().get(list).sink().i32_add().local_set(texts.0);
    // Where top was before, if all is free again: that may be in another chunk.
    routine.get(texts).set(mark_or_end);
    routine.get(errno);
    routine.if_();
    routine.get(list).set(texts).get(mark).set(mark_or_end);
    routine.end();
    routine.shrink(addresses, texts, mark_or_end);
    routine.get(errno);
    routine.if_();
    routine.constant(0).set(list);
    routine.constant(0).set(bytes);
    routine.end();
    routine.end();
    // What was not allocated has no size either.
    routine.get(bytes).constant(0).get(list).sink().select().local_set(bytes.0);
    routine.finish(&[errno, list, bytes])
}

/// Writes the entries, from the addresses that the host has written. One that is not in the texts is a fault of the host's.
fn write_entries(
    routine: &mut Routine<'_>,
    (list, count): (Local, Local),
    (texts, texts_end): (Local, Local),
    addresses: Local,
    (errno, made): (Local, Label),
) {
    let (entry, text, end) = (routine.int(), routine.int(), routine.int());
    let (first, second, byte) = (routine.at(0, 4), routine.at(4, 4), routine.at(0, 1));
    let header = routine.at(0, 8);
    routine.get(list).get(count).sink().i64_extend_i32_u().i64_store(header);
    routine.behind(list, Record::List.bytes()).set(entry);
    let next = routine.repeat();
    routine.get(count).sink().i32_eqz();
    routine.br_if(made);
    routine.get(addresses).sink().i32_load(first).local_tee(text.0).local_get(texts.0).i32_sub();
    routine.get(texts_end).get(texts).sink().i32_sub().i32_ge_u();
    routine.if_();
    routine.fail(errno, Errno::Fault).br(made);
    routine.end();
    routine.get(text).set(end);
    let found = routine.block();
    let search = routine.repeat();
    routine.get(end).get(texts_end).sink().i32_eq();
    routine.br_if(found);
    routine.get(end).sink().i32_load8_u(byte).i32_eqz();
    routine.br_if(found);
    routine.behind(end, 1).set(end).br(search);
    routine.end();
    routine.end();
    routine.get(entry).get(text).get(list).sink().i32_sub().i32_store(first);
    routine.get(entry).get(end).get(text).sink().i32_sub().i32_store(second);
    routine.behind(entry, ENTRY).set(entry).behind(addresses, 4).set(addresses);
    routine.get(count).constant(1).sink().i32_sub().local_set(count.0);
    routine.br(next);
    routine.end();
}

/// An element of a list.
///
/// ```wasm
/// ;; (address, bytes, index) -> (address, bytes)
/// entry = 8 + 8 * index
/// ;; where accesses are checked: the entry is one of the list's, and its text lies in the list
/// (address + address[entry], address[entry + 4])
/// ```
///
/// # Traps
///
/// In `$linmem.OutOfBounds`, where accesses are checked.
pub(super) fn item(bodies: &Bodies<'_>) -> Function {
    let mut routine = Routine::new(bodies, Call::Item, Form::default());
    let (list, bytes, index) = (Local(0), Local(1), Local(2));
    let (entry, start, size) = (routine.int(), routine.int(), routine.int());
    let (first, second) = (routine.at(0, 4), routine.at(4, 4));
    let checks = bodies.context.checks_bounds();
    let entry_offset = |routine: &mut Routine<'_>| {
        routine.get(index).constant(ENTRY).sink().i32_mul().i32_const(Record::List.bytes() as i32).i32_add();
    };
    if checks {
        // The count.
        routine.get(bytes).constant(Record::List.bytes()).sink().i32_lt_u();
        routine.if_();
        violate(&mut routine, |sink| {
            sink.i32_const(0).i32_const(Record::List.bytes() as i32).local_get(bytes.0);
        });
        routine.end();
        // The entry: one of as many as there are, and in the list.
        routine.get(index).get(list).sink().i32_load(first).i32_ge_u();
        routine.get(index).get(bytes).constant(Record::List.bytes()).sink().i32_sub();
        routine.constant(ENTRY).sink().i32_div_u().i32_ge_u().i32_or();
        routine.if_();
        violate(&mut routine, |sink| {
            // The offset of an index so large that it has none is the largest one.
            sink.local_get(index.0).i32_const(ENTRY as i32).i32_mul().i32_const(Record::List.bytes() as i32).i32_add();
            sink.i32_const(-1).local_get(index.0).i32_const((u32::MAX / ENTRY) as i32).i32_lt_u().select();
            sink.i32_const(ENTRY as i32);
            // The list up to its last entry.
            sink.local_get(list.0).i32_load(first).i32_const(ENTRY as i32).i32_mul();
            sink.i32_const(Record::List.bytes() as i32).i32_add();
        });
        routine.end();
    }
    routine.get(list);
    entry_offset(&mut routine);
    routine.sink().i32_add().local_tee(entry.0).i32_load(first).local_set(start.0);
    routine.get(entry).sink().i32_load(second).local_set(size.0);
    if checks {
        routine.get(start).sink().i64_extend_i32_u().local_get(size.0).i64_extend_i32_u().i64_add();
        routine.get(bytes).sink().i64_extend_i32_u().i64_gt_u();
        routine.if_();
        violate(&mut routine, |sink| {
            sink.local_get(start.0).local_get(size.0).local_get(bytes.0);
        });
        routine.end();
    }
    routine.add(start, start, list);
    routine.finish(&[start, size])
}

fn violate(routine: &mut Routine<'_>, numbers: impl FnOnce(&mut wasm_encoder::InstructionSink<'_>)) {
    let (bodies, site) = (routine.bodies(), routine.site());
    bodies.violate(&mut routine.sink(), Violation::OutOfBounds, site, numbers);
}
