//! Random layouts. Addresses and sizes are often next to an edge: the ends of a memory, of a page, of another segment, a span
//! of twice the data, the allowance.

use crate::images::layout::{Form, Layout, Memory, Segment};
use crate::unwind::source::Source;

/// The layout that belongs to a number.
pub fn layout(seed: u64) -> Layout {
    let source = &mut Source::new(seed);
    // Most layouts have nothing that always prevents images.
    let is_clean = !source.once_in(3);
    let mut memories: Vec<Memory> =
        (0..one_of(source, &[1, 1, 1, 2, 3, 4])).map(|_| memory(source, is_clean)).collect();
    memories.sort_by_key(|memory| !memory.is_imported);
    let page_size = one_of(source, &[4096, 4096, 4096, 1, 512, 16384, 65536, 131072]);
    let page_size = if is_clean { page_size.min(65536) } else { page_size };
    let allowance = one_of(source, &[0, 0, 1, 16, 64, 1000, 4096, 65536, 1 << 20]);
    let mut layout = Layout { memories, segments: Vec::new(), page_size, allowance };
    for _ in 0..one_of(source, &[0, 1, 2, 3, 4, 6, 10]) {
        let segment = segment(&layout, source, is_clean);
        layout.segments.push(segment);
    }
    let memory = source.below(layout.memories.len());
    match source.below(6) {
        0 => reach_twice_the_data(&mut layout, memory, source),
        1 => {
            if let Some((_, extent)) = layout.extent(memory) {
                let span = extent.end - extent.start;
                // An engine makes images as large as the allowance.
                if span < 1 << 20 {
                    layout.allowance = near(source, span);
                }
            }
        }
        2 if layout.memories.iter().all(|memory| memory.minimum_bytes() < 1 << 20) => layout.allowance = u64::MAX,
        _ => {}
    }
    layout
}

fn one_of(source: &mut Source, numbers: &[u64]) -> u64 {
    numbers[source.below(numbers.len())]
}

/// A number, or one of its neighbours.
fn near(source: &mut Source, number: u64) -> u64 {
    number.saturating_add(source.below(3) as u64).saturating_sub(1)
}

fn memory(source: &mut Source, is_clean: bool) -> Memory {
    let is_wide = source.once_in(3);
    let has_bytes_as_pages = if is_clean { source.once_in(20) } else { source.once_in(3) };
    let minimum = match (has_bytes_as_pages, source.below(40)) {
        (true, _) => one_of(source, &[0, 1, 100, 4096, 20_000]),
        (false, 0) if is_wide => one_of(source, &[1 << 48, (1 << 48) - 1, 1 << 40, 1 << 20]),
        (false, 0) => 65536,
        (false, _) => one_of(source, &[0, 1, 1, 1, 2, 3]),
    };
    let is_imported = !is_clean && source.once_in(4);
    let more = if is_imported && minimum < 65536 { source.below(3) as u64 } else { 0 };
    Memory { is_imported, is_wide, has_bytes_as_pages, minimum, size: minimum.saturating_add(more) }
}

fn segment(layout: &Layout, source: &mut Source, is_clean: bool) -> Segment {
    let data = bytes(source);
    let index = source.below(layout.memories.len());
    if source.once_in(10) {
        return Segment { memory: None, address: 0, form: Form::Constant, data };
    }
    let memory = &layout.memories[index];
    let form = match source.below(12) {
        0 if !is_clean => Form::Imported,
        1 if !is_clean => Form::Defined,
        2 if !is_clean => Form::Sum,
        _ => Form::Constant,
    };
    let length = data.len() as u128;
    let largest = if memory.is_wide { u64::MAX } else { u32::MAX.into() };
    let minimum = memory.minimum_bytes();
    let last = u64::try_from(minimum.saturating_sub(length)).unwrap_or(largest);
    let before = layout.segments.iter().rfind(|segment| segment.memory == Some(index));
    let address = match (source.below(16), before) {
        (0, _) if !is_clean => u64::try_from(minimum).unwrap_or(largest).saturating_add(source.below(3) as u64),
        (1, _) if !is_clean => largest - source.below(8) as u64,
        (0..=2, _) => last,
        (3, _) => (source.below(16) as u64 * 4096).saturating_sub(source.below(10) as u64),
        (4 | 5, _) => source.below(last.clamp(1, 1 << 40) as usize) as u64,
        (6 | 7, _) => source.below(5000) as u64,
        // Next to the segment before, or overlapping it.
        (_, Some(before)) => {
            let end = before.address.saturating_add(before.data.len() as u64);
            end.saturating_add(source.below(12) as u64).saturating_sub(source.below(24) as u64)
        }
        (_, None) => source.below(100) as u64,
    };
    let address = if is_clean { address.min(last) } else { address.min(largest) };
    // In a small memory, nothing but an empty segment may fit.
    let data = if is_clean && length > minimum { Vec::new() } else { data };
    Segment { memory: Some(index), address, form, data }
}

/// The bytes of a segment: often with zeroes at the ends, sometimes zeroes only.
fn bytes(source: &mut Source) -> Vec<u8> {
    let length = match source.below(10) {
        0 => 0,
        1 => source.below(9000),
        _ => 1 + source.below(40),
    };
    let (kind, zeroes) = (source.below(8), source.below(length.max(1)));
    let byte = |position| match kind {
        0 => 0,
        1 if position < zeroes => 0,
        2 if position >= zeroes => 0,
        3 if position != zeroes => 0,
        _ => 1 + source.below(255) as u8,
    };
    (0..length).map(byte).collect()
}

/// Adds a segment after which the span of a memory is twice the data, or nearly.
fn reach_twice_the_data(layout: &mut Layout, memory: usize, source: &mut Source) {
    let length = 1 + source.below(20) as u64;
    let Some((data, extent)) = layout.extent(memory) else { return };
    let address = near(source, extent.start.saturating_add(2 * data + length));
    let end = u128::from(address) + u128::from(length);
    if end <= layout.memories[memory].minimum_bytes() && end > extent.end.into() {
        let data = vec![9; length as usize];
        layout.segments.push(Segment { memory: Some(memory), address, form: Form::Constant, data });
        layout.allowance = 0;
    }
}
