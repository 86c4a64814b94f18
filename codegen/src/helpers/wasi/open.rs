//! Opening a path, relative to the preopened directory with the longest matching name, as wasi-libc does. Takes the
//! flags of wasi-libc's `open`.

use crate::globals::Global;
use crate::helpers::routine::{Label, Local, Routine};
use linmem_intrinsics::wasi::{Errno, Field, Function as HostFunction, Record};
use wasm_encoder::ValType;

/// The first descriptor that may be a preopened directory.
const FIRST: u32 = 3;

/// The maximum number of descriptors that are queried, in case the host reports every one as a directory.
const MOST: u32 = 1024;

/// Offsets in the frame, after the prestat: the fdstat of a directory, the new descriptor, and a dot.
const FDSTAT: u32 = Record::Prestat.bytes();
const OPENED: u32 = FDSTAT + Record::Fdstat.bytes();
const DOT: u32 = OPENED + 4;
const FRAME: u32 = OPENED + 8;

/// Flags of wasi-libc's `open`.
mod flag {
    pub(super) const NOFOLLOW: u32 = 0x0100_0000;
    pub(super) const EXEC: u32 = 0x0200_0000;
    pub(super) const RDONLY: u32 = 0x0400_0000;
    pub(super) const SEARCH: u32 = 0x0800_0000;
    pub(super) const WRONLY: u32 = 0x1000_0000;
    /// The shift of the flags that correspond to the host's `oflags`, and their mask.
    pub(super) const SHIFT: u32 = 12;
    pub(super) const OFLAGS: u32 = 0xf;
    /// The mask of the flags that correspond to the host's `fdflags`.
    pub(super) const FDFLAGS: u32 = 0x1f;
}

/// Rights of a descriptor.
mod right {
    /// `fd_read`, `fd_readdir`.
    pub(super) const READ: u64 = 1 << 1 | 1 << 14;
    /// `fd_datasync`, `fd_write`, `fd_allocate`, `fd_filestat_set_size`.
    pub(super) const WRITE: u64 = 1 | 1 << 6 | 1 << 8 | 1 << 22;
}

/// A text whose start may be advanced.
#[derive(Clone, Copy)]
struct Text {
    start: Local,
    bytes: Local,
}

/// ```wasm
/// ;; (path, bytes, flags) -> (errno, fd)
/// bytes == 0:   return NOENT
/// ;; strip leading `/` and `./` from the path and from names
/// for fd from 3, while fd_prestat_get(fd) returns directories:
///   name = fd_prestat_dir_name(fd), without trailing NULs and `/`
///   if the path equals the name, or starts with the name and a `/`, or the name is empty, and it is the longest so far:
///     best = fd   match = the size of the name
/// no match:   return NOENT
/// the rest of the path, or `.`
/// rights = those for reading, writing and the rest, as far as the directory inherits them
/// path_open(best, ...)
/// ```
pub(super) fn open(routine: &mut Routine<'_>) {
    let [start, bytes, flags] = routine.params();
    let path = Text { start, bytes };
    let (errno, opened, fd) = (routine.int(), routine.int(), routine.int());
    let (best, matched) = (routine.int(), routine.int());
    let exit = routine.block();
    // The empty path does not denote a directory.
    routine.get(path.bytes).i32_eqz().if_();
    routine.fail(errno, Errno::Noent).br(exit);
    routine.end();
    let frame = routine.frame(FRAME, errno, exit);
    let done = routine.block();
    write_strip(routine, path);
    write_search(routine, path, frame.start, fd, (best, matched), (errno, done));
    routine.get(best).i32_eqz().if_();
    routine.fail(errno, Errno::Noent).br(done);
    routine.end();

    // The remaining path.
    routine.add(path.start, path.start, matched);
    routine.get(path.bytes).get(matched).i32_sub().set(path.bytes);
    write_strip(routine, path);
    routine.get(path.bytes).i32_eqz().if_();
    let dot = routine.at(DOT, 1);
    routine.get(frame.start).constant(u32::from(b'.')).i32_store8(dot);
    routine.behind(frame.start, DOT).set(path.start).constant(1).set(path.bytes);
    routine.end();

    routine.persist(HostFunction::FdFdstatGet, errno, |routine| {
        routine.get(best).behind(frame.start, FDSTAT);
    });
    routine.get(errno).br_if(done);
    let inheriting = routine.local(ValType::I64);
    let inheriting_at = routine.at(FDSTAT + Field::FdstatInheriting.offset(), 8);
    routine.get(frame.start).i64_load(inheriting_at).set(inheriting);
    let opened_at = routine.at(OPENED, 4);
    let rights = routine.local(ValType::I64);
    write_rights(routine, flags);
    routine.get(inheriting).i64_and().set(rights);
    routine.persist(HostFunction::PathOpen, errno, |routine| {
        routine.get(best);
        // lookup: follow symbolic links unless the flag is set
        routine.get(flags).constant(flag::NOFOLLOW).i32_and().i32_eqz();
        routine.get(path.start).get(path.bytes);
        routine.get(flags).constant(flag::SHIFT).i32_shr_u().i32_const(flag::OFLAGS as i32).i32_and();
        routine.get(rights).get(inheriting);
        routine.get(flags).constant(flag::FDFLAGS).i32_and();
        routine.behind(frame.start, OPENED);
    });
    routine.get(errno).br_if(done);
    routine.get(frame.start).i32_load(opened_at).set(opened);
    routine.end();
    routine.end_frame(frame);
    routine.end();
    routine.give(&[errno, opened]);
}

/// Searches for the directory.
fn write_search(
    routine: &mut Routine<'_>,
    path: Text,
    frame: Local,
    fd: Local,
    (best, matched): (Local, Local),
    (errno, done): (Local, Label),
) {
    let (mark, buffer, size) = (routine.int(), routine.int(), routine.int());
    let name = Text { start: routine.int(), bytes: routine.int() };
    let (tag, size_at) = (routine.at(Field::PrestatTag.offset(), 1), routine.at(Field::PrestatName.offset(), 4));
    routine.constant(FIRST).set(fd);
    let found = routine.block();
    let next = routine.repeat();
    routine.get(fd).constant(FIRST + MOST).i32_eq().br_if(found);
    routine.persist(HostFunction::FdPrestatGet, errno, |routine| {
        routine.get(fd).get(frame);
    });
    routine.get(errno).constant(0).set(errno).br_if(found);
    let skip = routine.block();
    routine.get(frame).i32_load8_u(tag).br_if(skip);
    routine.get(frame).i32_load(size_at).set(size);
    routine.read(Global::Top).set(mark);
    routine.allocate_or_leave(buffer, size, errno, done);
    routine.persist(HostFunction::FdPrestatDirName, errno, |routine| {
        routine.get(fd).get(buffer).get(size);
    });
    let compared = routine.block();
    routine.get(errno).br_if(compared);
    routine.get(buffer).set(name.start).get(size).set(name.bytes);
    // Some hosts include the trailing NULs of a name.
    write_strip_end(routine, name, 0);
    write_strip(routine, name);
    write_strip_end(routine, name, b'/');
    write_match(routine, path, name, compared);
    // Of two names of the same length, the later one is used.
    routine.get(best).i32_eqz();
    routine.get(name.bytes).get(matched).i32_ge_u().i32_or().if_();
    routine.get(fd).set(best).get(name.bytes).set(matched);
    routine.end();
    routine.end();
    routine.get(size).round_up().get(buffer).i32_add().set(size);
    routine.shrink(size, buffer, mark);
    routine.get(errno).br_if(done);
    routine.end();
    routine.behind(fd, 1).set(fd).br(next);
    routine.end();
    routine.end();
}

/// Strips redundant components from the start of a text: `/`, `./`, and a `.` that is the whole text.
///
/// ```wasm
/// loop
///   bytes == 0:   leave
///   text[0] == '/':   start += 1   bytes -= 1   continue
///   text[0] == '.' and (bytes == 1 or text[1] == '/'):   start += 1   bytes -= 1   continue
/// end
/// ```
fn write_strip(routine: &mut Routine<'_>, text: Text) {
    let (first, second) = (routine.at(0, 1), routine.at(1, 1));
    let all = routine.block();
    let next = routine.repeat();
    routine.get(text.bytes).i32_eqz().br_if(all);
    routine.get(text.start).i32_load8_u(first).i32_const(i32::from(b'/')).i32_ne().if_();
    routine.get(text.start).i32_load8_u(first).i32_const(i32::from(b'.')).i32_ne().br_if(all);
    routine.get(text.bytes).constant(1).i32_ne().if_();
    routine.get(text.start).i32_load8_u(second).i32_const(i32::from(b'/')).i32_ne().br_if(all);
    routine.end();
    routine.end();
    routine.behind(text.start, 1).set(text.start);
    routine.get(text.bytes).constant(1).i32_sub().set(text.bytes);
    routine.br(next);
    routine.end();
    routine.end();
}

/// Strips all trailing occurrences of a byte from a text.
fn write_strip_end(routine: &mut Routine<'_>, text: Text, stripped: u8) {
    let byte = routine.at(0, 1);
    let all = routine.block();
    let next = routine.repeat();
    routine.get(text.bytes).i32_eqz().br_if(all);
    routine.get(text.start).get(text.bytes).i32_add().i32_const(1).i32_sub().i32_load8_u(byte);
    routine.constant(u32::from(stripped)).i32_ne().br_if(all);
    routine.get(text.bytes).constant(1).i32_sub().set(text.bytes);
    routine.br(next);
    routine.end();
    routine.end();
}

/// Branches to `differs` unless the path is in the directory with this name: the name is empty, or the path starts with
/// it, followed by the end of the path or a `/`.
fn write_match(routine: &mut Routine<'_>, path: Text, name: Text, differs: Label) {
    let position = routine.int();
    let byte = routine.at(0, 1);
    let at = |routine: &mut Routine<'_>, text: Text| {
        routine.get(text.start).get(position).i32_add().i32_load8_u(byte);
    };
    routine.get(name.bytes).if_();
    routine.get(name.bytes).get(path.bytes).i32_gt_u().br_if(differs);
    routine.constant(0).set(position);
    let next = routine.repeat();
    at(routine, path);
    at(routine, name);
    routine.i32_ne().br_if(differs);
    routine.behind(position, 1).tee(position).get(name.bytes).i32_lt_u().br_if(next);
    routine.end();
    routine.get(name.bytes).get(path.bytes).i32_lt_u().if_();
    at(routine, path);
    routine.constant(u32::from(b'/')).i32_ne().br_if(differs);
    routine.end();
    routine.end();
}

/// Pushes the rights that the flags request: for reading, for writing, and all rights that concern neither. Flags
/// without an access mode request reading.
///
/// ```wasm
/// ;; all but READ and WRITE
/// READ if flags & RDONLY or not flags & (RDONLY | WRONLY | SEARCH | EXEC)   i64.or
/// WRITE if flags & WRONLY   i64.or
/// ```
fn write_rights(routine: &mut Routine<'_>, flags: Local) {
    let neither = !(right::READ | right::WRITE);
    routine.i64_const(neither as i64).i64_const(right::READ as i64).i64_const(0);
    routine.get(flags).constant(flag::RDONLY).i32_and();
    routine.get(flags).constant(flag::RDONLY | flag::WRONLY | flag::SEARCH | flag::EXEC).i32_and().i32_eqz();
    routine.i32_or().select().i64_or();
    routine.i64_const(right::WRITE as i64).i64_const(0);
    routine.get(flags).constant(flag::WRONLY).i32_and().select().i64_or();
}
