//! The memories of a layout, as linmem initializes them.

use crate::images::layout::Layout;
use linmem::image::{InitMemory, Value};
use std::collections::BTreeMap;

/// The size of the chunks that contents are stored in.
pub(super) const CHUNK: u64 = 4096;

/// The memories of a layout. Chunks that were never written are zero, and are not stored.
pub struct Model {
    pub(super) chunks: Vec<BTreeMap<u64, Vec<u8>>>,
    sizes: Vec<u64>,
    globals: Vec<Value>,
}

impl Model {
    /// The memories before they are initialized.
    pub fn new(layout: &Layout) -> Model {
        Model {
            chunks: vec![BTreeMap::new(); layout.memories.len()],
            sizes: layout.memories.iter().map(|memory| memory.size).collect(),
            globals: layout.globals(),
        }
    }
}

impl InitMemory for Model {
    fn size_in_pages(&mut self, memory: u32) -> Option<u64> {
        self.sizes.get(memory as usize).copied()
    }

    fn global(&mut self, global: u32) -> Option<Value> {
        self.globals.get(global as usize).copied()
    }

    fn write(&mut self, memory: u32, address: u64, data: &[u8]) -> bool {
        for (address, byte) in (address..=u64::MAX).zip(data) {
            let chunk = self.chunks[memory as usize].entry(address / CHUNK).or_insert_with(|| vec![0; CHUNK as usize]);
            chunk[(address % CHUNK) as usize] = *byte;
        }
        true
    }
}
