//! Both sides of a program, the linked module and the reference model, and their comparison.

use crate::differential::program::{FRAMES, Program, Variant};
use crate::differential::reach::Reach;
use crate::host::{Limits, engine, violation};
use linmem::{Violation, Zero};
use linmem_allocator::model::Model;
use linmem_host::wasmtime::{Error, Func, InstancePre, Memory, Store, TypedFunc};

/// An allocation, with its contents.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Live {
    pub(crate) address: u64,
    pub(crate) bytes: u64,
    pub(crate) byte: u8,
}

/// Both sides of a program, and its live allocations.
pub(crate) struct Machine {
    pub(crate) variant: Variant,
    pub(crate) store: Store<Limits>,
    pub(crate) memory: Memory,
    pub(crate) open: TypedFunc<(), i32>,
    pub(crate) close: TypedFunc<i32, ()>,
    pub(crate) allocate: TypedFunc<(i32, i32), i64>,
    pub(crate) aligned: TypedFunc<(i32, i32, i32), i64>,
    pub(crate) frames: Vec<(Func, Func)>,
    /// The program's own `memory.size` and `memory.grow`, if it has a memory.
    pub(crate) sizes: Option<(TypedFunc<(), i32>, TypedFunc<i32, i32>)>,
    pub(crate) model: Model,
    /// The open regions.
    pub(crate) regions: Vec<u64>,
    /// All handles that were ever returned, and some that never were.
    pub(crate) handles: Vec<u64>,
    pub(crate) live: Vec<Live>,
}

impl Machine {
    pub(crate) fn new(program: &Program, variant: Variant, module: &InstancePre<Limits>) -> Machine {
        let mut store = Store::new(engine(), Limits::default());
        // Enough fuel for any correct program.
        store.set_fuel(100_000_000).unwrap();
        store.limiter(|limits| limits);
        let instance = module.instantiate(&mut store).unwrap();
        *store.data_mut() = program.limits(variant);
        let mut function = |name: String| instance.get_func(&mut store, &name).unwrap();
        let frames = (0..FRAMES.len())
            .map(|index| (function(format!("frame{index}")), function(format!("scope{index}"))))
            .collect();
        Machine {
            variant,
            memory: instance.get_memory(&mut store, "memory").unwrap(),
            open: instance.get_typed_func(&mut store, "open").unwrap(),
            close: instance.get_typed_func(&mut store, "close").unwrap(),
            allocate: instance.get_typed_func(&mut store, "allocate").unwrap(),
            aligned: instance.get_typed_func(&mut store, "aligned").unwrap(),
            frames,
            sizes: (!variant.setting.is_defined()).then(|| {
                let size = instance.get_typed_func(&mut store, "size").unwrap();
                (size, instance.get_typed_func(&mut store, "grow").unwrap())
            }),
            store,
            model: program.model(variant),
            regions: Vec::new(),
            handles: vec![0, 1, 2, 16, u64::from(u32::MAX)],
            live: Vec::new(),
        }
    }

    /// Checks that both sides reached the same violation, or have the same results.
    pub(crate) fn agree<T: PartialEq + std::fmt::Debug>(
        &mut self,
        real: Result<T, Error>,
        model: Result<T, Violation>,
        reach: &mut Reach,
    ) -> Option<T> {
        let agreed = match (real, model) {
            (Ok(real), Ok(model)) => {
                assert_eq!(real, model, "the result in wasmtime, and the result of the model");
                Some(model)
            }
            (Err(error), Err(kind)) => {
                assert_eq!(violation(&error).as_deref(), Some(kind.name()), "{error:?}");
                reach.out_of_memory += usize::from(kind == Violation::OutOfMemory);
                *reach.violations.entry(kind.name()).or_default() += 1;
                None
            }
            (real, model) => panic!("in wasmtime {real:?}, in the model {model:?}"),
        };
        assert_eq!(self.memory.size(&self.store), self.model.memory().pages(), "pages");
        agreed
    }

    /// The same for segments, which are live and filled after that.
    pub(crate) fn agree_on_segments(
        &mut self,
        real: Result<Vec<i64>, Error>,
        model: Result<Vec<(u64, u64)>, Violation>,
        reach: &mut Reach,
    ) {
        let unpack = |packed: &i64| unpacked(*packed);
        let model = match model {
            // An allocation that fails is null.
            Err(Violation::OutOfMemory) if self.variant.gives_null() => Ok(vec![(0, 0)]),
            model => model,
        };
        let real = real.map(|list| list.iter().map(unpack).collect());
        for (address, bytes) in self.agree(real, model, reach).unwrap_or_default() {
            if address == 0 {
                assert!(self.variant.gives_null() && bytes == 0, "address 0 is never handed out");
                reach.null += 1;
            } else {
                self.fill(address, bytes, reach);
            }
        }
    }

    pub(crate) fn fill(&mut self, address: u64, bytes: u64, reach: &mut Reach) {
        let byte = (self.live.len() as u8).wrapping_mul(37) | 1;
        let end = address as usize + bytes as usize;
        let contents = &mut self.memory.data_mut(&mut self.store)[address as usize..end];
        if self.variant.zero == Zero::Allocate {
            assert!(is_all(contents, 0), "the segment at {address} does not start zeroed");
            reach.zeroed += 1;
        }
        contents.fill(byte);
        let live = Live { address, bytes, byte };
        // A region bumps, and chunks ascend: newer allocations have higher addresses.
        let free = self.live.last().map_or(0, |last| last.address + last.bytes);
        assert!(free <= address, "{live:?} overlaps {:?}", self.live.last());
        self.live.push(live);
    }

    pub(crate) fn opened(&mut self, handle: u64) {
        self.regions.push(handle);
        self.handles.push(handle);
    }
}

/// The address and the size of a packed segment.
pub(crate) fn unpacked(packed: i64) -> (u64, u64) {
    (packed as u64 & u64::from(u32::MAX), packed as u64 >> 32)
}

/// Whether all bytes are this one. Comparing slices is also fast without optimization.
pub(crate) fn is_all(contents: &[u8], byte: u8) -> bool {
    contents.first().is_none_or(|first| *first == byte && contents[1..] == contents[..contents.len() - 1])
}
