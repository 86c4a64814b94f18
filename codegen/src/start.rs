//! The function that writes the initial contents of a memory when a module starts.
//!
//! In a memory that several instances share, the first instance writes them, and the others wait until it has. A word in
//! the memory says which of them is the first, and what it wrote: instances of another module, which expect other contents,
//! trap.

use crate::digest::{extended_number, number};
use crate::index::MemoryIndex;
use linmem_allocator::Address;
use wasm_encoder::{BlockType, Function, InstructionSink, MemArg};

/// Its name in the name section.
pub(crate) const NAME: &str = "linmem.start";

/// The size of the word that instances agree by, with padding.
pub(crate) const WORD: u64 = 8;

/// The value of the word while the first instance writes. Before, it is 0, and afterwards a digest of the contents.
const BUSY: i32 = 1;

/// A passive data segment that the start function copies.
#[derive(Debug)]
pub(crate) struct Copied {
    /// Its index.
    pub(crate) segment: u32,
    /// The instructions that compute its address.
    pub(crate) address: Vec<u8>,
    /// Its size in bytes.
    pub(crate) bytes: u32,
    /// Whether the memory is known to contain all of its bytes.
    pub(crate) is_inside: bool,
}

impl Copied {
    /// A segment at a known address in linmem's part of the memory.
    pub(crate) fn at(segment: u32, address: Address, bytes: usize) -> Copied {
        let mut instructions = Vec::new();
        InstructionSink::new(&mut instructions).i32_const(address as u32 as i32);
        // Planned segments are within an address space of 32 bits.
        Copied { segment, address: instructions, bytes: bytes as u32, is_inside: true }
    }
}

/// How instances that share a memory agree which of them writes it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Once {
    /// The address of the word.
    pub(crate) word: Address,
    /// Its value after the memory was written: neither 0 nor `BUSY`.
    pub(crate) done: u32,
}

impl Once {
    /// A word for these contents: the range that is set to zero, and the addresses (or the code that computes them) and bytes of
    /// the segments.
    pub(crate) fn new<'a>(
        word: Address,
        cleared: Option<(Address, Address)>,
        segments: impl IntoIterator<Item = (&'a [u8], &'a [u8])>,
    ) -> Once {
        let (start, end) = cleared.unwrap_or_default();
        let mut digest = extended_number(number(&start.to_le_bytes()), &end.to_le_bytes());
        for (address, bytes) in segments {
            digest = extended_number(extended_number(digest, address), &(bytes.len() as u64).to_le_bytes());
            digest = extended_number(digest, bytes);
        }
        Once { word, done: digest | 2 }
    }
}

/// What a start function does.
#[derive(Debug)]
pub(crate) struct Start {
    /// The memory.
    pub(crate) memory: MemoryIndex,
    /// How instances agree, if only the first one writes.
    pub(crate) once: Option<Once>,
    /// The range that is set to zero first, if the memory may contain other bytes.
    pub(crate) cleared: Option<(Address, Address)>,
    /// The segments, in the order in which they are copied.
    pub(crate) segments: Vec<Copied>,
}

impl Start {
    /// The function, which calls the start function of the program.
    ///
    /// ```wasm
    /// i32.const WORD   i32.const 0   i32.const 1   i32.atomic.rmw.cmpxchg   ;; if only the first instance writes
    /// if                                                                    ;; another instance is the first
    ///   loop   i32.const WORD   i32.atomic.load   i32.const 1   i32.eq   br_if 0   end
    ///   i32.const WORD   i32.atomic.load   i32.const DONE   i32.ne   if   unreachable   end
    /// else
    ///   i32.const START   i32.const 0   i32.const BYTES   memory.fill       ;; if the memory may not be zero
    ///   i32.const ADDRESS   i32.const 0   i32.const BYTES   memory.init 7
    ///   i32.const WORD   i32.const DONE   i32.atomic.store
    /// end
    /// data.drop 7
    /// call $start                                                           ;; the program's
    /// ```
    ///
    /// An instance that finds another one busy does not use `memory.atomic.wait32`, which traps in the main thread of a
    /// browser. The time that it waits is that of the copies.
    ///
    /// # Traps
    ///
    /// If a segment of the program is not inside of the memory, before anything is written and before another instance
    /// could wait for this one; and if the first instance is one of another module, which wrote other contents.
    pub(crate) fn function(&self, program: Option<u32>) -> Function {
        let mut function = Function::new([]);
        match self.once {
            None => self.write(&mut function),
            Some(once) => self.write_once(&mut function, once),
        }
        let mut sink = function.instructions();
        for segment in &self.segments {
            sink.data_drop(segment.segment);
        }
        if let Some(program) = program {
            sink.call(program);
        }
        sink.end();
        function
    }

    fn write_once(&self, function: &mut Function, Once { word, done }: Once) {
        for segment in self.segments.iter().filter(|segment| !segment.is_inside) {
            self.check(function, segment);
        }
        let memarg = MemArg { offset: 0, align: 2, memory_index: self.memory.0 };
        let (word, done) = (word as u32 as i32, done.cast_signed());
        let mut sink = function.instructions();
        sink.i32_const(word).i32_const(0).i32_const(BUSY).i32_atomic_rmw_cmpxchg(memarg).if_(BlockType::Empty);
        sink.loop_(BlockType::Empty);
        sink.i32_const(word).i32_atomic_load(memarg).i32_const(BUSY).i32_eq().br_if(0).end();
        sink.i32_const(word).i32_atomic_load(memarg).i32_const(done).i32_ne();
        sink.if_(BlockType::Empty).unreachable().end().else_();
        self.write(function);
        function.instructions().i32_const(word).i32_const(done).i32_atomic_store(memarg).end();
    }

    fn write(&self, function: &mut Function) {
        if let Some((start, end)) = self.cleared {
            let mut sink = function.instructions();
            sink.i32_const(start as u32 as i32).i32_const(0).i32_const((end - start) as u32 as i32);
            sink.memory_fill(self.memory.0);
        }
        self.segments.iter().for_each(|segment| self.copy(function, segment));
    }

    fn copy(&self, function: &mut Function, segment: &Copied) {
        let Copied { segment, address, bytes, .. } = segment;
        function.raw(address.iter().copied());
        function.instructions().i32_const(0).i32_const(*bytes as i32).memory_init(self.memory.0, *segment);
    }

    /// Traps as the copy of a segment would.
    fn check(&self, function: &mut Function, segment: &Copied) {
        const PAGE_LOG2: i64 = 16;
        function.raw(segment.address.iter().copied());
        let mut sink = function.instructions();
        sink.i64_extend_i32_u().i64_const(i64::from(segment.bytes)).i64_add();
        sink.memory_size(self.memory.0).i64_extend_i32_u().i64_const(PAGE_LOG2).i64_shl();
        sink.i64_gt_u().if_(BlockType::Empty);
        self.copy(function, segment);
        function.instructions().end();
    }
}
