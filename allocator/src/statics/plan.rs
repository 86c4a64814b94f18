//! The plan of static data.

use crate::layout::Address;
use crate::statics::check::{Checked, Fixed, Reservation, check, label};
use crate::statics::emit::{DataSegment, Piece, data_segments};
use crate::statics::error::Error;
use crate::statics::items::{Contents, Item, Options};
use crate::statics::place::{Block, Gap, gaps_between, place};
use crate::statics::share::{Shared, share};

/// The addresses of items, and the data segments that initialize them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// The address of each item, in the order of the items.
    pub addresses: Vec<Address>,
    /// The data segments, in ascending order of addresses. The first and the last byte of each are not zero.
    pub segments: Vec<DataSegment>,
    /// The address after the last byte of all items, or the base if they have none.
    pub end: Address,
}

impl Plan {
    /// The number of bytes from the start of the first data segment to the end of the last one.
    pub fn span(&self) -> u64 {
        match (self.segments.first(), self.segments.last()) {
            (Some(first), Some(last)) => last.end() - first.address,
            _ => 0,
        }
    }

    /// The number of bytes in data segments.
    pub fn data_size(&self) -> u64 {
        self.segments.iter().map(|segment| segment.bytes.len() as u64).sum()
    }

    /// Whether wasmtime can map the data segments as an image instead of copying them: if the span is less than twice
    /// the data, or less than the allowance.
    pub fn is_static(&self, allowance: u64) -> bool {
        let span = self.span();
        span == 0 || span < 2 * self.data_size() || span < allowance
    }
}

/// Plans where items go.
///
/// If constants from the base on would lie so far from bytes at fixed addresses that an engine copies the data instead
/// of mapping it, they go behind these bytes.
///
/// # Errors
///
/// If an item is not valid, conflicts with another one, or does not fit.
pub fn plan(items: &[Item<'_>], options: &Options) -> Result<Plan, Error> {
    let checked = check(items, options)?;
    let shared = share(items, options.sharing);
    let planning = Planning { items, options, checked: &checked, shared: &shared };
    let plan = planning.plan(options.base)?;
    if plan.is_static(options.allowance) {
        return Ok(plan);
    }
    let Some(fixed) = checked.fixed.iter().find(|fixed| planning.fixed_bytes(fixed).is_some()) else {
        return Ok(plan);
    };
    let other = planning.plan(fixed.end)?;
    Ok(if other.is_static(options.allowance) { other } else { plan })
}

struct Planning<'a> {
    items: &'a [Item<'a>],
    options: &'a Options,
    checked: &'a Checked,
    shared: &'a Shared<'a>,
}

impl<'a> Planning<'a> {
    /// The plan whose constants are placed from an address on, and before it only if there is no room behind it.
    fn plan(&self, from: Address) -> Result<Plan, Error> {
        let Planning { items, options, checked, shared } = *self;
        let blocks = self.place(&shared.blocks, &self.used(&[]), from)?;
        let data_end = self.data_end(&blocks).max(options.base);
        let mut addresses: Vec<Address> = items.iter().map(|item| item.address.unwrap_or_default()).collect();
        for &(item, block, offset) in &shared.constants {
            addresses[item] = blocks[block] + offset;
        }

        let floating: Vec<Block> =
            checked.reservations.iter().filter(|it| it.address().is_none()).map(block_of).collect();
        let mut placed = self.place(&floating, &self.used(&blocks), data_end)?.into_iter();
        let reservations: Vec<Address> =
            checked.reservations.iter().map(|it| it.address().or_else(|| placed.next()).unwrap_or_default()).collect();
        for (address, reservation) in addresses.iter_mut().zip(&checked.reservation_of) {
            if let Some(reservation) = reservation {
                *address = reservations[*reservation];
            }
        }

        let ends = addresses.iter().zip(items).filter(|(_, item)| item.size() > 0).map(|(at, item)| at + item.size());
        let end = ends.max().unwrap_or(options.base);
        Ok(Plan { segments: data_segments(&self.pieces(&blocks), options), addresses, end })
    }

    /// Places blocks between used ranges: from an address on, or before it if there is no room behind it.
    fn place(&self, blocks: &[Block], used: &[Gap], from: Address) -> Result<Vec<Address>, Error> {
        let area = Gap { start: self.options.base, end: self.options.limit };
        let behind = gaps_between(used.iter().copied(), Gap { start: from.min(area.end), ..area });
        let before = gaps_between(used.iter().copied(), Gap { end: from, ..area });
        place(blocks, &[behind, before].concat(), area).map_err(|block| {
            let Block { item, size, .. } = blocks[block];
            Error::NoRoom { item: label(self.items, item), size, limit: area.end }
        })
    }

    /// The ranges of the items at fixed addresses and of placed blocks, in ascending order.
    fn used(&self, blocks: &[Address]) -> Vec<Gap> {
        let fixed = self.checked.fixed.iter().map(|fixed| Gap { start: fixed.start, end: fixed.end });
        let blocks = blocks.iter().zip(&self.shared.blocks).filter(|(_, block)| block.size > 0);
        let blocks = blocks.map(|(&start, block)| Gap { start, end: start + block.size });
        let mut used: Vec<Gap> = fixed.chain(blocks).collect();
        used.sort_unstable_by_key(|used| used.start);
        used
    }

    /// The bytes of an item at a fixed address, if it is not a reservation.
    fn fixed_bytes(&self, fixed: &Fixed) -> Option<&'a [u8]> {
        match self.items[fixed.item].contents {
            Contents::Bytes(bytes) => Some(bytes),
            Contents::Zeros { .. } => None,
        }
    }

    /// The bytes of constants and their addresses, in ascending order.
    fn pieces(&self, blocks: &[Address]) -> Vec<Piece<'a>> {
        let fixed = self.checked.fixed.iter().filter_map(|fixed| {
            let bytes = self.fixed_bytes(fixed)?;
            Some(Piece { address: fixed.start, bytes })
        });
        let blocks = blocks.iter().zip(&self.shared.bytes).map(|(&address, bytes)| Piece { address, bytes });
        let mut pieces: Vec<Piece<'a>> = fixed.chain(blocks).filter(|piece| !piece.bytes.is_empty()).collect();
        pieces.sort_unstable_by_key(|piece| piece.address);
        pieces
    }

    /// The address after the last byte of a constant.
    fn data_end(&self, blocks: &[Address]) -> Address {
        self.pieces(blocks).last().map_or(self.options.base, |piece| piece.address + piece.bytes.len() as u64)
    }
}

fn block_of(reservation: &Reservation) -> Block {
    let &Reservation { item, size, alignment, .. } = reservation;
    Block { size, modulus: alignment, residue: 0, item }
}
