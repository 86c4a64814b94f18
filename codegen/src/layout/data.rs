//! The data whose addresses are known: active data segments, and segments that the start function copies.

use crate::image::{MemoryInitializer, Width};
use crate::layout::copies::SegmentCopy;
use crate::layout::description::{Area, AreaKind};
use std::collections::BTreeSet;

/// Neighbouring data segments are one area if fewer bytes than this are between them.
const NEAR: u64 = 64;

/// The data of one memory.
#[derive(Debug, Default)]
pub(super) struct Data {
    /// In ascending order.
    pub(super) places: Vec<Place>,
    /// Whether there may be data at addresses that are not known.
    pub(super) has_others: bool,
    /// The number of bytes that the start function copies.
    pub(super) copied: u64,
}

/// Data at a known address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    pub(super) start: u64,
    pub(super) end: u64,
    /// The data segment.
    segment: u32,
    /// Whether the start function copies it.
    pub(super) is_copied: bool,
}

impl Data {
    /// The data of a memory. `passive` are the passive segments of the module.
    pub(super) fn of(
        memory: u32,
        segments: &[MemoryInitializer<'_>],
        copies: &[SegmentCopy],
        passive: &BTreeSet<u32>,
        width: Width,
    ) -> Data {
        let active = segments.iter().filter(|segment| segment.memory == memory).map(|segment| {
            let start = segment.offset.evaluate(|_| None).and_then(|value| value.address(width));
            (start, segment.data.len() as u64, segment.segment, false)
        });
        let copied = copies.iter().filter(|copy| copy.memory == memory);
        let copied = copied.map(|copy| (copy.address, u64::from(copy.bytes), copy.segment, true));
        let elsewhere: BTreeSet<u32> = copies.iter().map(|copy| copy.segment).collect();
        let mut data = Data { has_others: !passive.is_subset(&elsewhere), ..Data::default() };
        for (start, bytes, segment, is_copied) in active.chain(copied).filter(|(_, bytes, ..)| *bytes > 0) {
            data.copied += if is_copied { bytes } else { 0 };
            match start.and_then(|start| Some((start, start.checked_add(bytes)?))) {
                Some((start, end)) => data.places.push(Place { start, end, segment, is_copied }),
                None => data.has_others = true,
            }
        }
        data.places.sort_unstable();
        data
    }

    /// The sum of the sizes of active data segments, and the bytes from the first to the last of them.
    pub(super) fn active(&self) -> (u64, u64) {
        let active = || self.places.iter().filter(|place| !place.is_copied);
        let end = active().map(|place| place.end).max().unwrap_or(0);
        let span = active().next().map_or(0, |first| end - first.start);
        (active().map(|place| place.end - place.start).sum(), span)
    }

    /// Whether the start function copies some of the bytes from `start` to `end`.
    pub(super) fn copies(&self, start: u64, end: u64) -> bool {
        self.places.iter().any(|place| place.is_copied && place.start < end && start < place.end)
    }

    /// The areas of the data, in a memory with this minimum size. Neighbours of one kind are one area.
    pub(super) fn areas(&self, minimum: u64) -> impl Iterator<Item = Area> {
        let mut groups: Vec<Group> = Vec::new();
        for place in &self.places {
            let is_outside = place.end > minimum;
            match groups.last_mut() {
                Some(group)
                    if (group.is_copied, group.is_outside) == (place.is_copied, is_outside)
                        && place.start <= group.end.saturating_add(NEAR) =>
                {
                    group.end = group.end.max(place.end);
                    group.count += 1;
                    group.least = group.least.min(place.segment);
                    group.most = group.most.max(place.segment);
                }
                _ => groups.push(Group {
                    start: place.start,
                    end: place.end,
                    count: 1,
                    least: place.segment,
                    most: place.segment,
                    is_copied: place.is_copied,
                    is_outside,
                }),
            }
        }
        groups.into_iter().map(Group::area)
    }
}

/// Neighbouring data.
struct Group {
    start: u64,
    end: u64,
    count: u32,
    /// The first and the last of its segments, by their numbers.
    least: u32,
    most: u32,
    is_copied: bool,
    /// Whether it ends outside of the minimum size.
    is_outside: bool,
}

impl Group {
    fn area(self) -> Area {
        let Group { start, end, count, least, most, is_copied, is_outside } = self;
        let mut label = match count {
            1 => format!("data segment {least}"),
            count => format!("{count} data segments, {least} to {most}"),
        };
        if is_copied {
            label += ", copied by the start function";
        }
        if is_outside {
            label += ", outside of the minimum size";
        }
        Area { start, end: Some(end), kind: AreaKind::Data, label, items: Vec::new() }
    }
}
