//! A simulated linear memory.

use crate::layout::PAGE;

/// Bytes that can grow by pages, up to a maximum.
#[derive(Clone, Debug)]
pub struct Memory {
    data: Vec<u8>,
    maximum: u32,
    refused: Vec<u32>,
    grows: u32,
}

impl Memory {
    /// A zeroed memory of `pages` that can grow to `maximum` pages.
    pub fn new(pages: u32, maximum: u32) -> Memory {
        Memory { data: vec![0; pages as usize * PAGE as usize], maximum, refused: Vec::new(), grows: 0 }
    }

    /// Refuses the growth of these numbers, counted from 0.
    pub fn refuse(&mut self, refused: impl IntoIterator<Item = u32>) {
        self.refused.extend(refused);
    }

    /// The size in bytes.
    pub fn bytes(&self) -> u64 {
        self.data.len() as u64
    }

    /// The size in pages.
    pub fn pages(&self) -> u32 {
        (self.data.len() / PAGE as usize) as u32
    }

    /// What `memory.grow` does: the old size in pages, or `u32::MAX` when the maximum does not allow more.
    pub fn grow(&mut self, pages: u32) -> u32 {
        let old = self.pages();
        let number = self.grows;
        self.grows += 1;
        if self.refused.contains(&number) {
            return u32::MAX;
        }
        match old.checked_add(pages) {
            Some(new) if new <= self.maximum => {
                // A copy, which is fast without optimization as well.
                let mut grown = vec![0; new as usize * PAGE as usize];
                grown[..self.data.len()].copy_from_slice(&self.data);
                self.data = grown;
                old
            }
            _ => u32::MAX,
        }
    }

    /// The bytes from `address` on; nothing if they are not all inside.
    pub fn read(&self, address: u32, bytes: u32) -> Option<&[u8]> {
        self.data.get(address as usize..address as usize + bytes as usize)
    }

    /// Writes `bytes` at `address`, and says whether they are all inside.
    pub fn write(&mut self, address: u32, bytes: &[u8]) -> bool {
        match self.data.get_mut(address as usize..address as usize + bytes.len()) {
            Some(target) => {
                target.copy_from_slice(bytes);
                true
            }
            None => false,
        }
    }

    /// Copies inside the memory, overlap allowed, and says whether all is inside.
    pub fn copy(&mut self, to: u32, from: u32, bytes: u32) -> bool {
        let (to, from, bytes) = (to as usize, from as usize, bytes as usize);
        let inside = to + bytes <= self.data.len() && from + bytes <= self.data.len();
        if inside {
            self.data.copy_within(from..from + bytes, to);
        }
        inside
    }
}
