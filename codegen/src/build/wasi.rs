//! Calls of WASI, and the fields of its records, with their operands as arguments.

use crate::build::builder::FunctionBuilder;
use crate::build::ids::TypeId;
use crate::build::operand::{Bytes, Operand, Region, Segment};
use crate::build::owner::Serial;
use crate::engine::knowledge::contents::Assigned;
use linmem_intrinsics::Intrinsic;
use linmem_intrinsics::wasi::{Field, Function};

impl FunctionBuilder {
    /// The lifted form of a function, with its operands on the stack: segments in place of pointers and lengths (each
    /// followed by its size, if segments do not carry it), and results in place of pointers to results.
    pub fn wasi(&mut self, function: Function) {
        self.count();
        self.lower_intrinsic(Intrinsic::Host(function));
    }

    /// Reads a field of the record that a segment begins with, onto the stack.
    pub fn field(&mut self, field: Field, record: impl Operand) {
        self.count();
        self.operand(record);
        self.lower_intrinsic(Intrinsic::Get(field));
    }

    /// Writes a field of the record that a segment begins with. The field must be one that the host reads.
    pub fn put_field(&mut self, field: Field, record: impl Operand, value: impl Operand) {
        self.count();
        self.in_order([record.is_on_stack(), value.is_on_stack()]);
        if !field.is_set() {
            return self.fail(&format!("{} does not exist: the field is read-only", field.setter()));
        }
        self.operand(record);
        value.push_folding(self);
        self.lower_intrinsic(Intrinsic::Set(field));
    }

    /// One `fd_write` of the host; errno and count are left on the stack.
    pub fn fd_write(&mut self, descriptor: impl Operand, segment: impl Operand) {
        self.count();
        self.transfer(Intrinsic::Host(Function::FdWrite), descriptor, segment);
    }

    /// One `fd_read` of the host; errno and count are left on the stack.
    pub fn fd_read(&mut self, descriptor: impl Operand, segment: impl Operand) {
        self.count();
        self.transfer(Intrinsic::Host(Function::FdRead), descriptor, segment);
    }

    /// Writes the whole segment; the errno is left on the stack.
    pub fn write_all(&mut self, descriptor: impl Operand, segment: impl Operand) {
        self.count();
        self.transfer(Intrinsic::WasiWriteAll, descriptor, segment);
    }

    /// Reads until the segment is full or the file ends; errno and count are left on the stack.
    pub fn read_exact(&mut self, descriptor: impl Operand, segment: impl Operand) {
        self.count();
        self.transfer(Intrinsic::WasiReadExact, descriptor, segment);
    }

    /// Reads the rest of a file into a segment of the region; the errno is left on the stack.
    pub fn read_to_end(&mut self, region: Region, descriptor: impl Operand) -> Segment {
        self.count();
        self.in_order([false, descriptor.is_on_stack()]);
        self.check_region(region);
        self.engine.handle(region.handle);
        self.operand(descriptor);
        self.lower_intrinsic(Intrinsic::WasiReadToEnd);
        self.keep_sized(region.scope)
    }

    /// The arguments as a list in the region; the errno is left on the stack.
    pub fn args(&mut self, region: Region) -> Segment {
        self.count();
        self.list(Intrinsic::WasiArgs, region)
    }

    /// The environment variables as a list in the region; the errno is left on the stack.
    pub fn environ(&mut self, region: Region) -> Segment {
        self.count();
        self.list(Intrinsic::WasiEnviron, region)
    }

    /// A string of a list.
    pub fn item(&mut self, list: impl Operand, index: impl Operand) -> Segment {
        self.count();
        self.in_order([list.is_on_stack(), index.is_on_stack()]);
        let scope = list.as_segment().and_then(|list| list.scope);
        self.sized(list);
        index.push_folding(self);
        self.lower_intrinsic(Intrinsic::WasiListItem);
        self.keep_sized(scope)
    }

    /// Opens a path in one of the preopened directories, with the flags of wasi-libc's `open`; errno and descriptor are
    /// left on the stack.
    pub fn open(&mut self, path: impl Operand, flags: impl Operand) {
        self.count();
        self.in_order([path.is_on_stack(), flags.is_on_stack()]);
        self.sized(path);
        flags.push_folding(self);
        self.lower_intrinsic(Intrinsic::WasiOpen);
    }

    /// Writes the whole text of an array, whose elements are `i16` (UTF-16) or `i8` (Latin-1), as UTF-8; the errno is left on the
    /// stack.
    pub fn print(&mut self, ty: TypeId, descriptor: impl Operand, text: impl Operand) {
        self.count();
        self.in_order([descriptor.is_on_stack(), text.is_on_stack()]);
        self.operand(descriptor);
        self.operand(text);
        self.array_intrinsic(Intrinsic::WasiPrint, ty);
    }

    /// Reads the rest of a file into a new array of bytes; the errno and the array, which is null if the call fails, are left on
    /// the stack. The type must be a mutable array of `i8`.
    pub fn read_bytes(&mut self, ty: TypeId, descriptor: impl Operand) {
        self.count();
        self.operand(descriptor);
        self.array_intrinsic(Intrinsic::WasiReadBytes, ty);
    }

    /// Reads the rest of a file, which is UTF-8, into a new array of text; the errno and the array, which is null if the call
    /// fails, are left on the stack. The type must be a mutable array of `i16` or `i8`.
    pub fn read_text(&mut self, ty: TypeId, descriptor: impl Operand) {
        self.count();
        self.operand(descriptor);
        self.array_intrinsic(Intrinsic::WasiReadText, ty);
    }

    /// Opens the path in an array, as [`open`](FunctionBuilder::open) does; errno and descriptor are left on the stack.
    pub fn open_text(&mut self, ty: TypeId, path: impl Operand, flags: impl Operand) {
        self.count();
        self.in_order([path.is_on_stack(), flags.is_on_stack()]);
        self.operand(path);
        flags.push_folding(self);
        self.array_intrinsic(Intrinsic::WasiOpenText, ty);
    }

    /// Makes an array of the arguments; the errno and the array, which is null if the call fails, are left on the stack. The type
    /// must be a mutable array type whose elements are references to mutable arrays of `i16` or `i8`.
    pub fn args_array(&mut self, ty: TypeId) {
        self.count();
        self.texts_intrinsic(Intrinsic::WasiArgsArray, ty);
    }

    /// Makes an array of the environment variables, as [`args_array`](FunctionBuilder::args_array) does.
    pub fn environ_array(&mut self, ty: TypeId) {
        self.count();
        self.texts_intrinsic(Intrinsic::WasiEnvironArray, ty);
    }

    /// Pushes a segment as an operand of a host call: followed by its size, if the segment does not carry it.
    pub fn push_sized(&mut self, segment: impl Operand) {
        self.count();
        self.sized(segment);
    }

    fn sized(&mut self, segment: impl Operand) {
        let known = segment.as_segment();
        self.operand(segment);
        if self.representation().carries_size() {
            return;
        }
        match known {
            Some(segment) => self.known_size(segment),
            None => _ = self.carries_size(),
        }
    }

    fn transfer(&mut self, intrinsic: Intrinsic, descriptor: impl Operand, segment: impl Operand) {
        self.in_order([descriptor.is_on_stack(), segment.is_on_stack()]);
        self.operand(descriptor);
        self.sized(segment);
        self.lower_intrinsic(intrinsic);
    }

    fn list(&mut self, intrinsic: Intrinsic, region: Region) -> Segment {
        self.check_region(region);
        self.engine.handle(region.handle);
        self.lower_intrinsic(intrinsic);
        self.keep_sized(region.scope)
    }

    /// Moves a segment that an intrinsic returned, and its size, if it does not carry it, from the stack to locals.
    pub(super) fn keep_sized(&mut self, scope: Option<Serial>) -> Segment {
        if self.representation().carries_size() {
            return self.keep_segment(Bytes::Carried, scope);
        }
        let size = self.engine.add_local(self.engine.pointer_type(), Assigned::Once);
        self.engine.local_set(size);
        self.keep_segment(Bytes::Local(size), scope)
    }
}
