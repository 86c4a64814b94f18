//! Lists of texts: arguments and environment variables. A list is one segment, and its texts are slices of it:
//!
//! ```text
//!   ┌───────────┬─────┬────────────┬───────────┬─┄─┬──────────────────────────┐
//!   │ count u32 │  0  │ offset u32 │ bytes u32 │   │ texts, each with a NUL   │
//!   └───────────┴─────┴────────────┴───────────┴─┄─┴──────────────────────────┘
//!                      for each text, from the start of the list
//! ```

use crate::globals::Global;
use crate::helpers::routine::{Label, Local, Routine};
use linmem_intrinsics::Violation;
use linmem_intrinsics::wasi::{Errno, Function as HostFunction, Record};
use wasm_encoder::ValType;

/// The size of an entry in bytes.
pub(super) const ENTRY: u32 = 8;

/// Makes a list.
///
/// ```wasm
/// ;; () -> (errno, address, bytes)
/// count, texts' bytes = args_sizes_get()
/// bytes = 8 + 8 * count + texts' bytes
/// list = allocate(bytes up to a multiple of 4 + 4 * count)     ;; the host writes the addresses after the texts
/// call $args_get (addresses, texts)
/// for each address:   entry = { address - list, number of bytes up to a NUL }
/// ;; free the memory after the texts
/// ```
pub(super) fn texts(routine: &mut Routine<'_>, sizes: HostFunction, get: HostFunction) {
    let (errno, list, bytes) = (routine.int(), routine.int(), routine.int());
    let (count, texts, texts_end) = (routine.int(), routine.int(), routine.int());
    let (size, addresses) = (routine.int(), routine.int());
    let (mark, mark_or_end) = (routine.int(), routine.int());
    let wide = routine.local(ValType::I64);
    let (first, second) = (routine.at(0, 4), routine.at(4, 4));

    let exit = routine.block();
    let frame = routine.frame(8, errno, exit);
    routine.persist(sizes, errno, |routine| {
        routine.get(frame.start).behind(frame.start, 4);
    });
    routine.get(frame.start).i32_load(first).set(count);
    routine.get(frame.start).i32_load(second).set(texts_end);
    routine.end_frame(frame);
    routine.get(errno).br_if(exit);

    // In 64 bits: 12 * 2^32 + 2^32 is far below 2^64.
    routine.get(count).i64_extend_i32_u().i64_const(i64::from(ENTRY)).i64_mul();
    routine
        .get(texts_end)
        .i64_extend_i32_u()
        .i64_add()
        .i64_const(i64::from(Record::List.bytes()))
        .i64_add()
        .tee(wide)
        .i32_wrap_i64()
        .set(bytes);
    routine.get(wide).i64_const(3).i64_add().i64_const(-4).i64_and().tee(wide).i32_wrap_i64().set(addresses);
    routine.get(wide).get(count).i64_extend_i32_u().i64_const(4).i64_mul().i64_add().tee(wide).i32_wrap_i64().set(size);
    routine.get(wide).i64_const(i64::from(u32::MAX - 7)).i64_gt_u().if_();
    routine.fail(errno, Errno::Nomem).br(exit);
    routine.end();
    routine.read(Global::Top).set(mark);
    routine.allocate_or_leave(list, size, errno, exit);

    routine.add(addresses, addresses, list);
    routine.get(count).constant(ENTRY).i32_mul().get(list).i32_add();
    routine.constant(Record::List.bytes()).i32_add().tee(texts);
    routine.get(texts_end).i32_add().set(texts_end);
    let made = routine.block();
    routine.persist(get, errno, |routine| {
        routine.get(addresses).get(texts);
    });
    routine.get(errno).br_if(made);
    write_entries(routine, (list, count), (texts, texts_end), addresses, (errno, made));
    routine.end();

    routine.get(size).round_up().get(list).i32_add().set(addresses);
    routine.get(bytes).round_up().get(list).i32_add().set(texts);
    // If everything is free again, restore top, which may be in another chunk.
    routine.get(texts).set(mark_or_end);
    routine.get(errno).if_();
    routine.get(list).set(texts).get(mark).set(mark_or_end);
    routine.end();
    routine.shrink(addresses, texts, mark_or_end);
    routine.get(errno).if_();
    routine.constant(0).set(list);
    routine.constant(0).set(bytes);
    routine.end();
    routine.end();
    // If the allocation failed, the size is 0 too.
    routine.get(bytes).constant(0).get(list).select().set(bytes);
    routine.give(&[errno, list, bytes]);
}

/// Writes the entries, from the addresses that the host has written. An address outside of the texts is an error of the
/// host.
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
    routine.get(list).get(count).i64_extend_i32_u().i64_store(header);
    routine.behind(list, Record::List.bytes()).set(entry);
    let next = routine.repeat();
    routine.get(count).i32_eqz().br_if(made);
    routine.get(addresses).i32_load(first).tee(text).get(texts).i32_sub();
    routine.get(texts_end).get(texts).i32_sub().i32_ge_u().if_();
    routine.fail(errno, Errno::Fault).br(made);
    routine.end();
    routine.get(text).set(end);
    let found = routine.block();
    let search = routine.repeat();
    routine.get(end).get(texts_end).i32_eq().br_if(found);
    routine.get(end).i32_load8_u(byte).i32_eqz().br_if(found);
    routine.behind(end, 1).set(end).br(search);
    routine.end();
    routine.end();
    routine.get(entry).get(text).get(list).i32_sub().i32_store(first);
    routine.get(entry).get(end).get(text).i32_sub().i32_store(second);
    routine.behind(entry, ENTRY).set(entry).behind(addresses, 4).set(addresses);
    routine.get(count).constant(1).i32_sub().set(count);
    routine.br(next);
    routine.end();
}

/// Returns an element of a list.
///
/// ```wasm
/// ;; (address, bytes, index) -> (address, bytes)
/// entry = 8 + 8 * index
/// ;; if accesses are checked: the entry is inside the list, and so is its text
/// (address + address[entry], address[entry + 4])
/// ```
///
/// # Traps
///
/// In `$linmem.OutOfBounds`, if accesses are checked.
pub(super) fn item(routine: &mut Routine<'_>) {
    let [list, bytes, index] = routine.params();
    let (entry, start, size) = (routine.int(), routine.int(), routine.int());
    let (first, second) = (routine.at(0, 4), routine.at(4, 4));
    let checks = routine.context().checks_bounds();
    let entry_offset = |routine: &mut Routine<'_>| {
        routine.get(index).constant(ENTRY).i32_mul().i32_const(Record::List.bytes() as i32).i32_add();
    };
    if checks {
        // Check that the list contains the count.
        routine.get(bytes).constant(Record::List.bytes()).i32_lt_u().if_();
        routine.violate(Violation::OutOfBounds, |routine| {
            routine.i32_const(0).i32_const(Record::List.bytes() as i32).get(bytes);
        });
        routine.end();
        // Check that the index is below the count, and the entry inside the list.
        routine.get(index).get(list).i32_load(first).i32_ge_u();
        routine.get(index).get(bytes).constant(Record::List.bytes()).i32_sub();
        routine.constant(ENTRY).i32_div_u().i32_ge_u().i32_or().if_();
        routine.violate(Violation::OutOfBounds, |routine| {
            // If the offset of an entry does not fit in 32 bits, report the largest offset.
            routine.get(index).i32_const(ENTRY as i32).i32_mul().i32_const(Record::List.bytes() as i32).i32_add();
            routine.i32_const(-1).get(index).i32_const((u32::MAX / ENTRY) as i32).i32_lt_u().select();
            routine.i32_const(ENTRY as i32);
            // The size of the list up to its last entry.
            routine.get(list).i32_load(first).i32_const(ENTRY as i32).i32_mul();
            routine.i32_const(Record::List.bytes() as i32).i32_add();
        });
        routine.end();
    }
    routine.get(list);
    entry_offset(routine);
    routine.i32_add().tee(entry).i32_load(first).set(start);
    routine.get(entry).i32_load(second).set(size);
    if checks {
        routine.get(start).i64_extend_i32_u().get(size).i64_extend_i32_u().i64_add();
        routine.get(bytes).i64_extend_i32_u().i64_gt_u().if_();
        routine.violate(Violation::OutOfBounds, |routine| {
            routine.get(start).get(size).get(bytes);
        });
        routine.end();
    }
    routine.add(start, start, list);
    routine.give(&[start, size]);
}
