//! The decision whether the memories of a module have images.
//!
//! All conditions are tested before an image is made, in the order in which wasmtime tests them: those on segments in the
//! order of segments, then those on memories in the order of memories.

use crate::image::memory::Memory;
use crate::image::offset::Offset;
use crate::image::segment::MemoryInitializer;
use crate::image::sparse::{Run, StaticMemoryInitializer};
use crate::image::verdict::Reason;

/// The data of one memory.
#[derive(Clone, Default)]
struct Contents<'a> {
    /// The segments that are not empty, in order.
    runs: Vec<Run<'a>>,
    /// The sum of their sizes; bytes that are initialized twice count twice.
    data: u64,
    /// The lowest address of a byte, and the segment that has it.
    start: Option<(u64, u32)>,
    /// The end of the highest byte, and the segment that has it.
    end: Option<(u64, u32)>,
}

/// What is known about the memories of a module before an image is made.
pub(super) struct Plan<'a> {
    contents: Vec<Contents<'a>>,
    page_size: u64,
    /// The reasons why there can be no images: those about segments if there are any, else those about memories.
    pub(super) reasons: Vec<Reason>,
}

impl<'a> Plan<'a> {
    /// Tests the conditions.
    pub(super) fn new(
        memories: &[Memory],
        segments: &[MemoryInitializer<'a>],
        page_size: u64,
        allowance: u64,
    ) -> Plan<'a> {
        let mut plan = Plan { contents: vec![Contents::default(); memories.len()], page_size, reasons: Vec::new() };
        if !page_size.is_power_of_two() {
            plan.reasons.push(Reason::HostPageSize { page_size });
            return plan;
        }
        for segment in segments {
            match check_segment(memories, segment) {
                Ok(address) => {
                    if let Some(contents) = plan.contents.get_mut(segment.memory as usize) {
                        contents.add(segment, address);
                    }
                }
                Err(reason) => plan.reasons.push(reason),
            }
        }
        if plan.reasons.is_empty() {
            let memories = (0..).zip(memories).zip(&plan.contents);
            plan.reasons.extend(memories.filter_map(|((index, memory), contents)| {
                contents.check(index, memory.page_size().unwrap_or(u64::MAX), page_size, allowance).err()
            }));
        }
        plan
    }

    /// The images of all memories, by their index. There must be no reasons.
    pub(super) fn images(self) -> Vec<Option<StaticMemoryInitializer<'a>>> {
        let image = |contents: Contents<'a>| StaticMemoryInitializer::new(contents.runs.into_iter(), self.page_size);
        self.contents.into_iter().map(image).collect()
    }
}

/// The address of a segment.
///
/// # Errors
///
/// If the address is unknown, or the segment does not end within the minimum size of a memory that the module defines.
fn check_segment(memories: &[Memory], initializer: &MemoryInitializer<'_>) -> Result<u64, Reason> {
    let MemoryInitializer { segment, memory: index, ref offset, data } = *initializer;
    let memory = memories.get(index as usize).ok_or(Reason::UnknownMemory { segment, memory: index })?;
    if let Some(import) = &memory.import {
        return Err(Reason::ImportedMemory { segment, memory: index, import: import.clone() });
    }
    let value = match offset {
        Offset::Constant(value) => value,
        Offset::Global { index, import } => {
            return Err(Reason::GlobalOffset { segment, global: *index, import: import.clone() });
        }
        Offset::Extended(_) => return Err(Reason::ExtendedOffset { segment }),
    };
    let offset = value.address(memory.width).ok_or(Reason::OffsetType { segment, width: memory.width })?;
    let minimum = memory.minimum_bytes().ok_or(Reason::MinimumSize { segment, memory: index })?;
    let bytes = data.len() as u64;
    match offset.checked_add(bytes) {
        Some(end) if end <= minimum => Ok(offset),
        _ => Err(Reason::OutOfBounds { segment, memory: index, offset, bytes, minimum }),
    }
}

impl<'a> Contents<'a> {
    fn add(&mut self, initializer: &MemoryInitializer<'a>, address: u64) {
        let bytes = initializer.data.len() as u64;
        if bytes == 0 {
            return;
        }
        let end = address.saturating_add(bytes);
        self.data = self.data.saturating_add(bytes);
        if self.start.is_none_or(|(lowest, _)| address < lowest) {
            self.start = Some((address, initializer.segment));
        }
        if self.end.is_none_or(|(highest, _)| end > highest) {
            self.end = Some((end, initializer.segment));
        }
        self.runs.push(Run { address, data: initializer.data });
    }

    /// Tests the conditions on a memory.
    fn check(&self, memory: u32, page_size: u64, host: u64, allowance: u64) -> Result<(), Reason> {
        let (Some((start, first)), Some((end, last))) = (self.start, self.end) else { return Ok(()) };
        if page_size < host {
            return Err(Reason::PageSize { memory, page_size, host });
        }
        let span = end - start;
        if span < self.data.saturating_mul(2) || span < allowance {
            return Ok(());
        }
        Err(Reason::Sparse { memory, data: self.data, span, first, last, allowance })
    }
}
