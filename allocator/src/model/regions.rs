//! The operations on regions, and their violations.

use crate::layout::{ALIGNMENT, Address, FIRST_HANDLE, HANDLE_STEP, is_alignment};
use crate::model::chunks::{Model, Open, Place};
use crate::{FramePlan, Nesting};
use linmem_intrinsics::Violation;

impl Model {
    /// The number of open regions.
    pub fn depth(&self) -> usize {
        self.open.len()
    }

    /// The address of the innermost open region's header, if regions have headers and one is open.
    pub fn innermost_header(&self) -> Option<Address> {
        self.open.last().filter(|_| self.rules.checked).map(|open| open.header)
    }

    /// Opens a region, and returns its handle.
    ///
    /// # Errors
    ///
    /// `OutOfMemory` if home must be grown and cannot be, or if there is no room for a header; `Nested` if that is
    /// checked.
    pub fn open(&mut self) -> Result<u64, Violation> {
        self.open_with(0).map(|(handle, _)| handle)
    }

    /// Opens a region and reserves a frame of `bytes` with it. Returns the handle and the start of the frame.
    ///
    /// # Errors
    ///
    /// Those of [`open`](Model::open).
    pub fn open_with(&mut self, bytes: u64) -> Result<(u64, Address), Violation> {
        if self.rules.checked && self.rules.nesting == Nesting::Forbid && !self.open.is_empty() {
            return Err(Violation::Nested);
        }
        self.find_home()?;
        let before = self.top;
        let reserved = self.reserve_header().and_then(|header| {
            let frame = if bytes == 0 { self.top } else { self.bump(self.top, bytes, u64::from(ALIGNMENT))? };
            Ok((header, frame))
        });
        let Ok((header, frame)) = reserved else {
            self.top = before;
            return Err(Violation::OutOfMemory);
        };
        let handle = if self.rules.checked {
            self.serial += 1;
            u64::from(FIRST_HANDLE) + u64::from(HANDLE_STEP) * (self.serial - 1)
        } else {
            before.address
        };
        let mark = match (self.rules.nesting, self.open.first()) {
            (Nesting::Outermost, Some(first)) => first.mark,
            (Nesting::Outermost, None) => before,
            (Nesting::Stack | Nesting::Forbid, _) => header,
        };
        self.open.push(Open { handle, mark, header: header.address });
        Ok((handle, frame.address))
    }

    /// Places a header at top, or where the next chunk begins.
    fn reserve_header(&mut self) -> Result<Place, Violation> {
        if !self.rules.checked {
            return Ok(self.top);
        }
        let header = self.bump(self.top, 0, u64::from(ALIGNMENT))?;
        self.top.address += self.region_header();
        Ok(header)
    }

    /// Closes a region, and returns the ranges of addresses that this frees. Without checks, closing a region that is
    /// not the innermost also closes the regions inside it, and the caller must not close a region that is not open.
    ///
    /// # Errors
    ///
    /// `AlreadyFreed` if no region with that handle is open, `NotInnermost` if another region must be closed first.
    pub fn close(&mut self, handle: u64) -> Result<Vec<(Address, Address)>, Violation> {
        let position = self.open.iter().rposition(|open| open.handle == handle).ok_or(Violation::AlreadyFreed)?;
        let is_innermost = position + 1 == self.open.len();
        match (self.rules.nesting, self.rules.checked) {
            (Nesting::Outermost, _) => {
                let closed = self.open.remove(position);
                Ok(if self.open.is_empty() { self.free(closed.mark) } else { Vec::new() })
            }
            (Nesting::Stack | Nesting::Forbid, true) if !is_innermost => Err(Violation::NotInnermost),
            (Nesting::Stack | Nesting::Forbid, _) => {
                let closed = self.open[position];
                self.open.truncate(position);
                Ok(self.free(closed.mark))
            }
        }
    }

    fn free(&mut self, mark: Place) -> Vec<(Address, Address)> {
        let ranges = self.ranges(mark);
        self.top = mark;
        ranges
    }

    /// Checks the handle of an allocation.
    fn check(&self, handle: u64) -> Result<(), Violation> {
        let position = self.open.iter().rposition(|open| open.handle == handle);
        match position {
            _ if !self.rules.checked => Ok(()),
            None => Err(Violation::UseAfterFree),
            Some(position) if self.rules.nesting != Nesting::Outermost && position + 1 != self.open.len() => {
                Err(Violation::NotInnermost)
            }
            Some(_) => Ok(()),
        }
    }

    /// Allocates `bytes` at a multiple of `alignment` from a region.
    ///
    /// # Errors
    ///
    /// `UseAfterFree` or `NotInnermost` if regions are checked, `BadAlignment` if the alignment is invalid,
    /// `OutOfMemory` if there is not enough memory.
    pub fn allocate(&mut self, handle: u64, bytes: u64, alignment: u64) -> Result<Address, Violation> {
        self.check(handle)?;
        if !is_alignment(alignment) {
            return Err(Violation::BadAlignment);
        }
        self.find_home()?;
        self.bump(self.top, bytes, alignment.max(u64::from(ALIGNMENT))).map(|place| place.address)
    }

    /// Allocates a frame of these sizes by one bump.
    ///
    /// # Errors
    ///
    /// As for one allocation. `OutOfMemory` also if the frame is larger than one inline bump can reserve, since lowered
    /// code would use several frames.
    pub fn allocate_frame(&mut self, handle: u64, sizes: &[u32]) -> Result<Vec<Address>, Violation> {
        self.check(handle)?;
        let mut plan = FramePlan::new();
        let offsets: Option<Vec<u32>> = sizes.iter().map(|&bytes| plan.push(bytes)).collect();
        let offsets = offsets.ok_or(Violation::OutOfMemory)?;
        let base = self.allocate(handle, u64::from(plan.bytes()), u64::from(ALIGNMENT))?;
        Ok(offsets.into_iter().map(|offset| base + u64::from(offset)).collect())
    }
}

#[cfg(test)]
mod tests {
    use crate::layout::{HOME, Layout};
    use crate::model::{Home, Memory, Model, Rules};
    use crate::{Nesting, Width};
    use linmem_intrinsics::Violation;

    const PAGE: u64 = crate::layout::PAGE as u64;

    fn model(width: Width, nesting: Nesting, checked: bool) -> Model {
        Model::new(Memory::new(width, 1, 3), Home::Reserved, Rules { nesting, checked })
    }

    #[test]
    fn outermost_frees_at_last_close() -> Result<(), Violation> {
        for (width, checked) in Width::ALL.into_iter().flat_map(|width| [(width, false), (width, true)]) {
            let mut model = model(width, Nesting::Outermost, checked);
            let start = HOME + u64::from(Layout::of(width).chunk_header());
            let (a, b) = (model.open()?, model.open()?);
            let first = model.allocate(a, 8, 8)?;
            assert_eq!(model.close(a)?, []);
            assert_eq!(model.allocate(b, 8, 8)?, first + 8);
            assert_eq!(model.close(b)?, [(start, first + 16)]);
            assert_eq!(model.top(), start);
        }
        Ok(())
    }

    #[test]
    fn checks_detect_invalid_handles() -> Result<(), Violation> {
        for width in Width::ALL {
            let mut stack = model(width, Nesting::Stack, true);
            let outer = stack.open()?;
            let inner = stack.open()?;
            assert_eq!(stack.allocate(outer, 8, 8), Err(Violation::NotInnermost));
            assert_eq!(stack.close(outer), Err(Violation::NotInnermost));
            stack.close(inner)?;
            assert_eq!(stack.close(inner), Err(Violation::AlreadyFreed));
            assert_eq!(stack.allocate(inner, 8, 8), Err(Violation::UseAfterFree));
            assert_ne!(stack.open()?, inner, "a handle is never given twice");
            let mut forbid = model(width, Nesting::Forbid, true);
            let only = forbid.open()?;
            assert_eq!(forbid.open(), Err(Violation::Nested));
            forbid.close(only)?;
            forbid.open()?;
        }
        Ok(())
    }

    #[test]
    fn region_header_fits_at_chunk_end() -> Result<(), Violation> {
        for width in Width::ALL {
            let mut model = model(width, Nesting::Stack, true);
            let header = u64::from(Layout::of(width).region_header());
            let outer = model.open()?;
            // The rest of the page, except for one header.
            let bytes = PAGE - header - model.top();
            model.allocate(outer, bytes, 8)?;
            let (_, frame) = model.open_with(8)?;
            assert_eq!((model.innermost_header(), frame), (Some(PAGE - header), PAGE));
        }
        Ok(())
    }
}
