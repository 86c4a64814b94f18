//! The areas without overlaps.

use crate::layout::description::Area;
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// Each address belongs to the first of these areas that contains it. Returns the parts that remain of them, in ascending
/// order. This takes time `n log n`, since a module can have 100,000 data segments.
pub(super) fn layered(known: &[Area]) -> Vec<Area> {
    let end = |area: &Area| area.end.unwrap_or(u64::MAX);
    let mut starts: Vec<usize> = (0..known.len()).filter(|index| known[*index].start < end(&known[*index])).collect();
    let mut cuts: Vec<u64> = starts.iter().flat_map(|index| [known[*index].start, end(&known[*index])]).collect();
    starts.sort_by_key(|index| known[*index].start);
    cuts.sort_unstable();
    cuts.dedup();
    let mut starts = starts.into_iter().peekable();
    // The areas that contain the current address, and some that ended before it; the first one is on top.
    let mut open = BinaryHeap::new();
    let mut parts: Vec<(usize, u64, u64)> = Vec::new();
    for (from, to) in cuts.iter().zip(cuts.iter().skip(1)) {
        while let Some(index) = starts.next_if(|index| known[*index].start == *from) {
            open.push(Reverse(index));
        }
        while open.peek().is_some_and(|Reverse(index)| end(&known[*index]) <= *from) {
            open.pop();
        }
        let Some(Reverse(index)) = open.peek() else { continue };
        match parts.last_mut() {
            Some((last, _, last_end)) if last == index && last_end == from => *last_end = *to,
            _ => parts.push((*index, *from, *to)),
        }
    }
    let part = |(index, start, end): (usize, u64, u64)| {
        let whole = &known[index];
        let is_last = end == whole.end.unwrap_or(u64::MAX);
        let items = whole.items.iter().filter(|item| (start..end).contains(&item.start)).cloned().collect();
        let end = if is_last { whole.end } else { Some(end) };
        Area { start, end, kind: whole.kind, label: whole.label.clone(), items }
    };
    parts.into_iter().map(part).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layout::AreaKind;

    fn area(start: u64, end: Option<u64>, label: &str) -> Area {
        Area { start, end, kind: AreaKind::Program, label: label.to_string(), items: Vec::new() }
    }

    fn shown(known: &[Area]) -> Vec<String> {
        let end = |area: &Area| area.end.map(|end| end.to_string()).unwrap_or_default();
        layered(known).iter().map(|area| format!("{}..{} {}", area.start, end(area), area.label)).collect()
    }

    #[test]
    fn earlier_areas_hide_later_ones() {
        let known = [area(4, Some(6), "a"), area(5, Some(8), "b"), area(0, Some(10), "c"), area(9, None, "d")];
        assert_eq!(shown(&known), ["0..4 c", "4..6 a", "6..8 b", "8..10 c", "10.. d"]);
    }

    #[test]
    fn hidden_areas_and_areas_without_bytes_are_left_out() {
        let known =
            [area(3, Some(3), "empty"), area(0, Some(8), "a"), area(2, Some(4), "hidden"), area(1, Some(0), "-")];
        assert_eq!(shown(&known), ["0..8 a"]);
        assert_eq!(shown(&[]), Vec::<String>::new());
    }

    #[test]
    fn an_open_area_ends_where_another_one_starts() {
        let known = [area(5, Some(u64::MAX), "a"), area(0, None, "b")];
        assert_eq!(shown(&known), ["0..5 b", "5..18446744073709551615 a"]);
        let known = [area(5, Some(7), "a"), area(0, None, "b")];
        assert_eq!(shown(&known), ["0..5 b", "5..7 a", "7.. b"]);
    }
}
