//! Executes the steps of a program on both sides.

use crate::differential::machine::{Live, Machine, is_all, unpacked};
use crate::differential::program::{FRAMES, Setting, Step};
use crate::differential::reach::Reach;
use linmem::{Nesting, Violation, Zero};
use linmem_host::wasmtime::Val;

impl Machine {
    fn open(&mut self, reach: &mut Reach) {
        let real = self.open.call(&mut self.store, ()).map(|handle| u64::from(handle as u32));
        let model = self.model.open();
        if model == Err(Violation::OutOfMemory) && real.as_ref().is_ok_and(|handle| *handle == 0) {
            // The region is empty, and the next allocation looks for home again.
            assert!(self.variant.gives_null() && !self.variant.checked, "handle 0");
            self.close.call(&mut self.store, 0).unwrap();
        } else if let Some(handle) = self.agree(real, model, reach) {
            self.opened(handle);
        }
    }

    fn open_with(&mut self, index: usize, reach: &mut Reach) {
        // A region that is only counted stays open if the frame cannot be allocated, and allocations that may be null do
        // not form a frame.
        if self.variant.counts() || self.variant.gives_null() {
            return self.open(reach);
        }
        let sizes = FRAMES[index];
        let scope = self.frames[index].1;
        let mut results = vec![Val::I32(0)];
        results.resize(sizes.len() + 1, Val::I64(0));
        let real = scope.call(&mut self.store, &[], &mut results).map(|()| u64::from(results[0].unwrap_i32() as u32));
        let room: u64 = sizes.iter().map(|bytes| u64::from(bytes.next_multiple_of(8))).sum();
        let model = self.model.open_with(room);
        if let Some(handle) = self.agree(real, model.map(|(handle, _)| handle), reach)
            && let Ok((_, mut address)) = model
        {
            self.opened(handle);
            for (size, segment) in sizes.iter().zip(&results[1..]) {
                let size = u64::from(*size);
                assert_eq!(unpacked(segment.unwrap_i64()), (address, size), "address and size");
                self.fill(address, size, reach);
                address += size.next_multiple_of(8);
            }
        }
    }

    fn close(&mut self, handle: u64, reach: &mut Reach) {
        let before = self.model.chunk_of_top();
        let model = self.model.close(handle);
        // Before the region is closed, the memory that this frees must have its contents.
        if let Ok(ranges) = &model {
            for live in self.live.iter().filter(|live| is_in(ranges, live)) {
                let contents = &self.memory.data(&self.store)[live.address as usize..][..live.bytes as usize];
                assert!(is_all(contents, live.byte), "{live:?} was overwritten");
            }
        }
        let real = self.close.call(&mut self.store, handle as i32);
        if self.agree(real, model.clone().map(|_| ()), reach).is_none() {
            return;
        }
        let ranges = model.unwrap_or_default();
        self.live.retain(|live| !is_in(&ranges, live));
        let position = self.regions.iter().rposition(|open| *open == handle).expect("the region was open");
        if self.variant.nesting == Nesting::Outermost {
            self.regions.remove(position);
        } else {
            self.regions.truncate(position);
        }
        if self.variant.zero == Zero::Free {
            for (from, to) in ranges {
                let contents = &self.memory.data(&self.store)[from as usize..to as usize];
                assert!(is_all(contents, 0), "{from}..{to} is not zero after it was freed");
                reach.zeroed += 1;
            }
        }
        reach.returns += usize::from(self.model.chunk_of_top() < before);
    }

    pub(crate) fn close_all(&mut self, reach: &mut Reach) {
        while let Some(handle) = self.regions.last() {
            self.close(*handle, reach);
        }
        assert_eq!(self.model.depth(), 0);
    }

    /// A handle to use: any one if regions are checked, else a correct one.
    fn pick(&self, pick: usize, allocates: bool) -> Option<u64> {
        let choices = if self.variant.checked { &self.handles } else { &self.regions };
        let is_stack = self.variant.nesting != Nesting::Outermost;
        if !self.variant.checked && is_stack && allocates {
            return choices.last().copied();
        }
        (!choices.is_empty()).then(|| choices[pick % choices.len()])
    }

    /// Overwrites the header of the innermost region, or its second half. Operations that read the header must report that.
    fn smash(&mut self, garbage: u64, reach: &mut Reach) {
        let (Some(header), Some(handle)) = (self.model.innermost_header(), self.regions.last().copied()) else {
            return;
        };
        let place = header as usize..header as usize + 8;
        let kept: [u8; 8] = self.memory.data(&self.store)[place.clone()].try_into().unwrap();
        let is_half = garbage.is_multiple_of(2);
        let garbage = if is_half { garbage >> 32 << 32 | handle } else { garbage };
        // Skip garbage whose address may be that of an enclosing header, since its odd low half may be a handle.
        if (garbage >> 32) <= header {
            return;
        }
        self.memory.data_mut(&mut self.store)[place.clone()].copy_from_slice(&garbage.to_le_bytes());
        let closed = self.close.call(&mut self.store, handle as i32);
        self.agree(closed, Err(Violation::Corrupted), reach);
        if !is_half {
            let allocated = self.allocate.call(&mut self.store, (handle as i32, 8));
            self.agree(allocated, Err(Violation::Corrupted), reach);
        }
        self.memory.data_mut(&mut self.store)[place].copy_from_slice(&kept);
    }

    fn allocate(&mut self, handle: u64, bytes: u32, reach: &mut Reach) {
        let real = self.allocate.call(&mut self.store, (handle as i32, bytes as i32)).map(|packed| vec![packed]);
        let bytes = u64::from(bytes);
        let model = self.model.allocate(handle, bytes, 1).map(|address| vec![(address, bytes)]);
        self.agree_on_segments(real, model, reach);
    }

    fn aligned(&mut self, handle: u64, bytes: u32, alignment: u32, reach: &mut Reach) {
        // Without checks, the alignment must be valid.
        let alignment = if self.variant.checked { alignment } else { 1 << (alignment.trailing_zeros() % 17) };
        let operands = (handle as i32, bytes as i32, alignment as i32);
        let real = self.aligned.call(&mut self.store, operands).map(|packed| vec![packed]);
        let (bytes, alignment) = (u64::from(bytes), u64::from(alignment));
        let model = self.model.allocate(handle, bytes, alignment).map(|address| vec![(address, bytes)]);
        if let Ok(list) = &model {
            assert_eq!(list[0].0 % alignment, 0, "aligned");
        }
        self.agree_on_segments(real, model, reach);
    }

    fn frame(&mut self, index: usize, handle: u64, reach: &mut Reach) {
        let sizes = FRAMES[index];
        let frame = self.frames[index].0;
        let mut results = vec![Val::I64(0); sizes.len()];
        let real = frame.call(&mut self.store, &[Val::I32(handle as i32)], &mut results);
        let real = real.map(|()| results.iter().map(Val::unwrap_i64).collect());
        let model = if self.variant.gives_null() {
            let one = |bytes: &u32| match self.model.allocate(handle, u64::from(*bytes), 8) {
                Ok(address) => Ok((address, u64::from(*bytes))),
                Err(Violation::OutOfMemory) => Ok((0, 0)),
                Err(kind) => Err(kind),
            };
            sizes.iter().map(one).collect()
        } else {
            let list = self.model.allocate_frame(handle, sizes);
            list.map(|list| list.into_iter().zip(sizes.iter().copied().map(u64::from)).collect())
        };
        self.agree_on_segments(real, model, reach);
    }

    /// The program grows its part. The new pages must be zero; the program writes to all of them.
    fn program_grow(&mut self, pages: u32, reach: &mut Reach) {
        let Some((size, grow)) = &self.sizes else { return };
        let before = size.call(&mut self.store, ()).unwrap() as u32;
        assert_eq!(u64::from(before), self.model.program_size(), "the program's size");
        let old = grow.call(&mut self.store, pages as i32).unwrap() as u32;
        assert_eq!(
            (old != u32::MAX).then_some(u64::from(old)),
            self.model.program_grow(u64::from(pages)),
            "the program's growth"
        );
        let after = size.call(&mut self.store, ()).unwrap() as u32;
        assert_eq!(u64::from(after), self.model.program_size(), "the program's size");
        if !self.variant.setting.is_split() || old == u32::MAX {
            reach.program_refused += usize::from(old == u32::MAX && self.variant.setting.is_split());
            return;
        }
        assert_eq!((old, after), (before, before + pages), "the program's growth is contiguous");
        let range = old as usize * 65536..after as usize * 65536;
        let new = &mut self.memory.data_mut(&mut self.store)[range];
        assert!(is_all(new, 0), "new pages are zero");
        new.fill(0xee);
        if let Some(split) = self.model.split() {
            assert!(
                u64::from(after) <= split && self.live.iter().all(|live| live.address >= split * 65536),
                "two owners"
            );
            reach.program_grows += 1;
        }
    }

    pub(crate) fn step(&mut self, step: &Step, reach: &mut Reach) {
        // Some steps need an open region.
        let handle = self.regions.last().copied();
        let before = self.model.chunk_of_top();
        match (step, handle) {
            (Step::Open, _) => self.open(reach),
            (Step::OpenWith(index), _) => self.open_with(*index, reach),
            (Step::Deepen(count), _) => {
                for bytes in 0..*count as u32 {
                    self.open(reach);
                    self.step(&Step::Allocate(300 * bytes), reach);
                }
            }
            (Step::CloseTo(depth), _) => {
                while self.regions.len() > *depth {
                    let last = self.regions[self.regions.len() - 1];
                    self.close(last, reach);
                }
            }
            (Step::CloseAny(pick), _) => {
                if let Some(handle) = self.pick(*pick, false) {
                    self.close(handle, reach);
                }
            }
            (Step::AllocateAny(pick, bytes), _) => {
                if let Some(handle) = self.pick(*pick, true) {
                    self.allocate(handle, *bytes, reach);
                }
            }
            (Step::Grow(_), _) if self.variant.setting == Setting::Alone => {}
            (Step::Grow(pages), _) => {
                let real = self.memory.grow(&mut self.store, u64::from(*pages)).ok();
                assert_eq!(real, self.model.memory_mut().grow(u64::from(*pages)), "growth by other code");
            }
            (Step::ProgramGrow(pages), _) => self.program_grow(*pages, reach),
            (Step::Smash(garbage), _) => self.smash(*garbage, reach),
            (_, None) => {}
            (Step::Close, Some(handle)) => self.close(handle, reach),
            (Step::Allocate(bytes), Some(handle)) => self.allocate(handle, *bytes, reach),
            (Step::Aligned(bytes, alignment), Some(handle)) => self.aligned(handle, *bytes, *alignment, reach),
            (Step::Frame(index), Some(handle)) => self.frame(*index, handle, reach),
        }
        reach.crossings += usize::from(self.model.chunk_of_top() > before);
        reach.depth[[1, 4, 8, 16].iter().filter(|limit| self.regions.len() > **limit).count()] += 1;
        reach.chunks = reach.chunks.max(self.model.chunks().len());
    }
}

/// Whether an allocation is in one of the ranges.
fn is_in(ranges: &[(u64, u64)], live: &Live) -> bool {
    ranges.iter().any(|(from, to)| *from <= live.address && live.address + live.bytes <= *to)
}
