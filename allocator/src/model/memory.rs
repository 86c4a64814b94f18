//! A simulated linear memory.

use crate::layout::PAGE;
use crate::width::Width;

/// Bytes that can grow by pages, up to a maximum.
#[derive(Clone, Debug)]
pub struct Memory {
    width: Width,
    data: Vec<u8>,
    maximum: u64,
    refused: Vec<u32>,
    grows: u32,
}

impl Memory {
    /// A zeroed memory of `pages` that can grow to `maximum` pages.
    pub fn new(width: Width, pages: u32, maximum: u32) -> Memory {
        let data = vec![0; pages as usize * PAGE as usize];
        Memory { width, data, maximum: u64::from(maximum), refused: Vec::new(), grows: 0 }
    }

    /// Makes the calls of [`grow`](Memory::grow) with these numbers, counted from 0, fail.
    pub fn refuse(&mut self, refused: impl IntoIterator<Item = u32>) {
        self.refused.extend(refused);
    }

    /// The width of addresses.
    pub fn width(&self) -> Width {
        self.width
    }

    /// The size in bytes.
    pub fn bytes(&self) -> u64 {
        self.data.len() as u64
    }

    /// The size in pages.
    pub fn pages(&self) -> u64 {
        self.bytes() / u64::from(PAGE)
    }

    /// Behaves like `memory.grow`: returns the old size in pages, or `None` if it fails.
    pub fn grow(&mut self, pages: u64) -> Option<u64> {
        let old = self.pages();
        let number = self.grows;
        self.grows += 1;
        let new = old.checked_add(pages).filter(|new| *new <= self.maximum && !self.refused.contains(&number))?;
        // A copy, which is fast even without optimization.
        let mut grown = vec![0; new as usize * PAGE as usize];
        grown[..self.data.len()].copy_from_slice(&self.data);
        self.data = grown;
        Some(old)
    }

    /// The `bytes` bytes at `address`; `None` if they are not all inside the memory.
    pub fn read(&self, address: u64, bytes: u64) -> Option<&[u8]> {
        let end = address.checked_add(bytes).filter(|end| *end <= self.bytes())?;
        self.data.get(address as usize..end as usize)
    }

    /// Writes `bytes` at `address`. Returns whether they are all inside the memory; if not, nothing is written.
    pub fn write(&mut self, address: u64, bytes: &[u8]) -> bool {
        let end = address.checked_add(bytes.len() as u64).filter(|end| *end <= self.bytes());
        let target = end.and_then(|end| self.data.get_mut(address as usize..end as usize));
        target.is_some_and(|target| {
            target.copy_from_slice(bytes);
            true
        })
    }

    /// Copies within the memory; the ranges may overlap. Returns whether both are inside the memory; if not, nothing is
    /// copied.
    pub fn copy(&mut self, to: u64, from: u64, bytes: u64) -> bool {
        let is_inside = |start: u64| start.checked_add(bytes).is_some_and(|end| end <= self.bytes());
        let inside = is_inside(to) && is_inside(from);
        if inside {
            self.data.copy_within(from as usize..(from + bytes) as usize, to as usize);
        }
        inside
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_outside_are_refused_even_if_their_ends_wrap() {
        for width in Width::ALL {
            let mut memory = Memory::new(width, 1, 1);
            assert!(memory.write(65532, &[1, 2, 3, 4]) && !memory.write(65533, &[1, 2, 3, 4]));
            assert_eq!(memory.read(65532, 4), Some(&[1, 2, 3, 4][..]));
            assert!(memory.copy(0, 65532, 4) && !memory.copy(0, 65533, 4));
            assert!(!memory.copy(width.largest(), 0, width.largest()));
            assert_eq!(memory.read(width.largest(), width.largest()), None);
            assert_eq!(memory.grow(width.largest()), None);
        }
    }
}
