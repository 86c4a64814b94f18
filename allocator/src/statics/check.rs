//! The checks of items, and the items that need a place of their own.

use crate::layout::{Address, is_alignment};
use crate::statics::error::{Error, Label};
use crate::statics::items::{Contents, Item, Options};
use std::collections::BTreeMap;

/// An item at a fixed address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Fixed {
    pub(super) start: Address,
    pub(super) end: Address,
    /// The position of the item.
    pub(super) item: usize,
}

/// A reservation, of one name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Reservation {
    /// The position of the first item of that name.
    pub(super) item: usize,
    pub(super) size: u64,
    /// The largest alignment of all items of that name.
    pub(super) alignment: u64,
    /// The fixed address, and the position of the item that fixes it.
    address: Option<(Address, usize)>,
}

impl Reservation {
    /// Its address, if that is fixed.
    pub(super) fn address(&self) -> Option<Address> {
        self.address.map(|(address, _)| address)
    }
}

/// Items that are valid.
pub(super) struct Checked {
    /// The items at fixed addresses that have at least one byte, in ascending order. They do not overlap.
    pub(super) fixed: Vec<Fixed>,
    /// The reservations, in the order of their first items.
    pub(super) reservations: Vec<Reservation>,
    /// For each item that is a reservation, its position among the reservations.
    pub(super) reservation_of: Vec<Option<usize>>,
}

/// The number and the name of an item.
pub(super) fn label(items: &[Item<'_>], item: usize) -> Label {
    let name = match items.get(item).map(|item| item.contents) {
        Some(Contents::Zeros { name, .. }) => Some(name.to_string()),
        Some(Contents::Bytes(_)) | None => None,
    };
    Label { item, name }
}

/// Checks items, except whether those without fixed addresses fit.
pub(super) fn check(items: &[Item<'_>], options: &Options) -> Result<Checked, Error> {
    let Options { width, base, limit, .. } = *options;
    if base > limit || limit > width.largest() {
        return Err(Error::Area { base, limit });
    }
    let invalid = items.iter().position(|item| !is_alignment(item.alignment));
    if let Some(item) = invalid {
        return Err(Error::Alignment { item: label(items, item), alignment: items[item].alignment });
    }
    let (reservations, reservation_of) = reservations(items)?;
    let mut fixed = Vec::new();
    for (position, item) in items.iter().enumerate() {
        if let (Contents::Bytes(_), Some(address)) = (item.contents, item.address) {
            fixed.push(check_fixed(items, options, position, address, item.alignment)?);
        }
    }
    for reservation in &reservations {
        if let Some((address, item)) = reservation.address {
            fixed.push(check_fixed(items, options, item, address, reservation.alignment)?);
        }
    }
    fixed.retain(|fixed| fixed.start < fixed.end);
    fixed.sort_unstable_by_key(|fixed| (fixed.start, fixed.item));
    for pair in fixed.windows(2) {
        let [first, second] = pair else { continue };
        if second.start < first.end {
            return Err(Error::Overlap {
                first: label(items, first.item),
                end: first.end,
                second: label(items, second.item),
                address: second.start,
            });
        }
    }
    Ok(Checked { fixed, reservations, reservation_of })
}

/// The reservations, and which of them each item is.
fn reservations(items: &[Item<'_>]) -> Result<(Vec<Reservation>, Vec<Option<usize>>), Error> {
    let mut reservations: Vec<Reservation> = Vec::new();
    let mut by_name = BTreeMap::new();
    let mut reservation_of = Vec::with_capacity(items.len());
    for (position, item) in items.iter().enumerate() {
        let Contents::Zeros { name, size } = item.contents else {
            reservation_of.push(None);
            continue;
        };
        let number = *by_name.entry(name).or_insert(reservations.len());
        reservation_of.push(Some(number));
        let address = item.address.map(|address| (address, position));
        let Some(earlier) = reservations.get_mut(number) else {
            reservations.push(Reservation { item: position, size, alignment: item.alignment, address });
            continue;
        };
        if earlier.size != size {
            let (item, other) = (label(items, position), earlier.size);
            return Err(Error::TwoSizes { item, size, earlier: earlier.item, other });
        }
        match (address, earlier.address) {
            (Some((address, _)), Some((other, earlier))) if address != other => {
                return Err(Error::TwoAddresses { item: label(items, position), address, earlier, other });
            }
            (Some(_), None) => earlier.address = address,
            _ => {}
        }
        earlier.alignment = earlier.alignment.max(item.alignment);
    }
    Ok((reservations, reservation_of))
}

fn check_fixed(
    items: &[Item<'_>],
    options: &Options,
    position: usize,
    address: Address,
    alignment: u64,
) -> Result<Fixed, Error> {
    let item = || label(items, position);
    let size = items.get(position).map_or(0, Item::size);
    if address < options.base {
        return Err(Error::BelowBase { item: item(), address, base: options.base });
    }
    if address & (alignment - 1) != 0 {
        return Err(Error::Misaligned { item: item(), address, alignment });
    }
    let Some(end) = address.checked_add(size) else {
        return Err(Error::Overflow { item: item(), address, size });
    };
    if end > options.limit {
        return Err(Error::AboveLimit { item: item(), address, size, limit: options.limit });
    }
    Ok(Fixed { start: address, end, item: position })
}
