//! Which areas and items are shown, of more than fit on a page.

use super::words::grouped;
use linmem::layout::{Area, StaticItem};

/// A row of a table or a picture.
#[derive(Debug, PartialEq)]
pub(super) enum Row<'a> {
    Area(&'a Area),
    /// Areas that are left out.
    Omitted(&'a [Area]),
}

/// Rows for at most `most` areas: the first and the last ones.
pub(super) fn rows(areas: &[Area], most: usize) -> Vec<Row<'_>> {
    if areas.len() <= most {
        return areas.iter().map(Row::Area).collect();
    }
    let (first, rest) = areas.split_at(most / 2);
    let (omitted, last) = rest.split_at(rest.len() - (most - most / 2));
    let shown = first.iter().map(Row::Area);
    shown.chain([Row::Omitted(omitted)]).chain(last.iter().map(Row::Area)).collect()
}

/// What is said instead of areas.
pub(super) fn omitted(areas: &[Area]) -> String {
    format!("{} areas are left out; --json lists all", grouped(areas.len() as u64))
}

/// The first items of an area: their addresses, and their labels.
pub(super) fn items(area: &Area, most: usize) -> Vec<(String, &str)> {
    let address = |item: &StaticItem| format!("{:#x}..{:#x}", item.start, item.start.saturating_add(item.size));
    area.items.iter().take(most).map(|item| (address(item), item.label.as_str())).collect()
}

/// What is said instead of the items after the first ones, if there are more.
pub(super) fn more_items(area: &Area, most: usize) -> Option<String> {
    let more = area.items.len().checked_sub(most).filter(|more| *more > 0)?;
    Some(format!("and {} more; --json lists all", grouped(more as u64)))
}
