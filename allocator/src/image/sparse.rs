//! The image of a memory: runs of bytes from data segments, without the zeroes between them.

use std::collections::BTreeMap;
use std::ops::Range;
use thiserror::Error;

/// Bytes of a data segment at an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Run<'a> {
    /// The address of the first byte.
    pub address: u64,
    /// The bytes; at least one.
    pub data: &'a [u8],
}

/// The image of a memory, which is not empty.
///
/// It covers whole pages of the host. Bytes that are not in a run are zero.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StaticMemoryInitializer<'a> {
    offset: u64,
    size: u64,
    runs: Vec<Run<'a>>,
}

/// An image that is larger than a limit.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
#[error("an image of {size} bytes is larger than {limit} bytes")]
pub struct TooLarge {
    /// The size of the image in bytes.
    pub size: u64,
    /// The limit in bytes.
    pub limit: u64,
}

impl<'a> StaticMemoryInitializer<'a> {
    /// The image of these segments, in pages of the host's size, which must be a power of two; `None` if all segments are
    /// empty. Where segments overlap, the later one counts. Each segment must end within a memory whose size is less than
    /// 2^64 and a multiple of the page size.
    pub(super) fn new(segments: impl Iterator<Item = Run<'a>>, page_size: u64) -> Option<StaticMemoryInitializer<'a>> {
        let mut runs = trim(disjoint(segments));
        runs.shrink_to_fit();
        let (first, last) = (runs.first()?, runs.last()?);
        let in_page = page_size.wrapping_sub(1);
        let offset = first.address & !in_page;
        // `last.data` is not empty. The last page ends within the memory, so that the sum does not overflow.
        let last_byte = last.address.saturating_add(last.data.len() as u64 - 1) | in_page;
        Some(StaticMemoryInitializer { offset, size: (last_byte - offset).saturating_add(1), runs })
    }

    /// The address where it begins, a multiple of the host's page size.
    pub fn offset(&self) -> u64 {
        self.offset
    }

    /// Its size in bytes, a multiple of the host's page size.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The bytes that come from data segments, in ascending order. They do not overlap.
    ///
    /// The first run begins and the last one ends with a byte that is not zero, unless all bytes of the image are zero.
    pub fn runs(&self) -> &[Run<'a>] {
        &self.runs
    }

    /// Whether all its bytes are zero. wasmtime makes images of memories that are initialized with zeroes only, and does
    /// not trim them.
    pub fn is_zero(&self) -> bool {
        self.runs.iter().all(|run| is_zero(run.data))
    }

    /// The addresses from the first run to the last one.
    pub fn extent(&self) -> Range<u64> {
        match (self.runs.first(), self.runs.last()) {
            (Some(first), Some(last)) => first.address..last.address.saturating_add(last.data.len() as u64),
            _ => self.offset..self.offset,
        }
    }

    /// All bytes of the image, from [`Self::offset`].
    ///
    /// # Errors
    ///
    /// If there are more than `limit` bytes, or more than can be allocated.
    pub fn to_bytes(&self, limit: u64) -> Result<Vec<u8>, TooLarge> {
        self.bytes_of(self.offset..self.offset.saturating_add(self.size), limit)
    }

    /// The bytes of the image's [extent](Self::extent), without the zeroes that fill the pages.
    ///
    /// # Errors
    ///
    /// If there are more than `limit` bytes, or more than can be allocated.
    pub fn to_trimmed_bytes(&self, limit: u64) -> Result<Vec<u8>, TooLarge> {
        self.bytes_of(self.extent(), limit)
    }

    fn bytes_of(&self, range: Range<u64>, limit: u64) -> Result<Vec<u8>, TooLarge> {
        let size = range.end - range.start;
        let too_large = TooLarge { size, limit };
        let length = usize::try_from(size).map_err(|_| too_large)?;
        let mut bytes = Vec::new();
        if size > limit || bytes.try_reserve_exact(length).is_err() {
            return Err(too_large);
        }
        for run in &self.runs {
            // All runs are in the range, so that positions are at most its length.
            bytes.resize((run.address - range.start) as usize, 0);
            bytes.extend_from_slice(run.data);
        }
        bytes.resize(length, 0);
        Ok(bytes)
    }
}

/// Runs that do not overlap, in ascending order. They have the bytes that memory has after the segments were written in
/// order.
fn disjoint<'a>(segments: impl Iterator<Item = Run<'a>>) -> Vec<Run<'a>> {
    let mut runs: BTreeMap<u64, &'a [u8]> = BTreeMap::new();
    for Run { address, data } in segments {
        if data.is_empty() {
            continue;
        }
        let end = address.saturating_add(data.len() as u64);
        // At most one run begins before the segment and reaches into it. Each step splits or removes what is there, so that
        // a segment adds at most two runs.
        let before = runs.range(..address).next_back().map(|(start, data)| (*start, *data));
        if let Some((start, old)) = before {
            let kept = address - start;
            if kept < old.len() as u64 {
                let (kept, covered) = old.split_at(kept as usize);
                runs.insert(start, kept);
                runs.insert(address, covered);
            }
        }
        while let Some((start, old)) = runs.range(address..end).next().map(|(start, data)| (*start, *data)) {
            runs.remove(&start);
            let covered = end - start;
            if covered < old.len() as u64 {
                runs.insert(end, &old[covered as usize..]);
            }
        }
        runs.insert(address, data);
    }
    runs.into_iter().map(|(address, data)| Run { address, data }).collect()
}

/// Removes zeroes from both ends, unless all bytes are zero.
fn trim(mut runs: Vec<Run<'_>>) -> Vec<Run<'_>> {
    let (Some(first), Some(last)) =
        (runs.iter().position(|run| !is_zero(run.data)), runs.iter().rposition(|run| !is_zero(run.data)))
    else {
        return runs;
    };
    runs.truncate(last + 1);
    if let Some(run) = runs.last_mut()
        && let Some(position) = run.data.iter().rposition(|byte| *byte != 0)
    {
        run.data = &run.data[..=position];
    }
    runs.drain(..first);
    if let Some(run) = runs.first_mut()
        && let Some(position) = run.data.iter().position(|byte| *byte != 0)
    {
        run.address = run.address.saturating_add(position as u64);
        run.data = &run.data[position..];
    }
    runs
}

fn is_zero(bytes: &[u8]) -> bool {
    bytes.iter().all(|byte| *byte == 0)
}
