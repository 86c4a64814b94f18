//! The function that copies static data when the module starts.

use crate::index::MemoryIndex;
use crate::link::place::PlacedData;
use wasm_encoder::Function;

/// Its name in the name section.
pub(super) const NAME: &str = "linmem.start";

impl PlacedData {
    /// The body of the start function.
    ///
    /// ```wasm
    /// i32.const START   i32.const 0   i32.const BYTES   memory.fill      ;; if the memory may not be zero
    /// i32.const ADDRESS   i32.const 0   i32.const BYTES   memory.init 7   data.drop 7
    /// call $start                                                        ;; the program's
    /// ```
    ///
    /// # Traps
    ///
    /// If the memory is smaller than its type says, which no host allows.
    pub(super) fn start(&self, memory: MemoryIndex, first_segment: u32, program: Option<u32>) -> Function {
        let mut function = Function::new([]);
        let mut sink = function.instructions();
        if let Some((start, end)) = self.range.filter(|_| self.cleared) {
            sink.i32_const(start as u32 as i32)
                .i32_const(0)
                .i32_const((end - start) as u32 as i32)
                .memory_fill(memory.0);
        }
        for (number, segment) in (first_segment..).zip(&self.segments) {
            sink.i32_const(segment.address as u32 as i32).i32_const(0).i32_const(segment.bytes.len() as u32 as i32);
            sink.memory_init(memory.0, number).data_drop(number);
        }
        if let Some(program) = program {
            sink.call(program);
        }
        sink.end();
        function
    }
}
