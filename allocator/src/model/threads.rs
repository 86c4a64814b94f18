//! Several instances over one shared memory, in every order of their steps.
//!
//! Each instance is a thread with a model of its own. The only step that other threads can observe is `memory.grow`,
//! which is atomic. Invariant: no byte has two owners, neither two instances, nor an instance and the host.

use crate::layout::PAGE;
use crate::model::{Chunk, Home, Memory, Model, Rules, Shared, Source};
use crate::{Address, Nesting, Width};
use linmem_intrinsics::Violation;
use loom::sync::atomic::{AtomicU64, Ordering};
use std::collections::BTreeMap;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, PoisonError};

/// How a chunk is claimed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Claim {
    /// It begins at the page that `memory.grow` returns.
    Grown,
    /// A planted bug: it ends at the size of the memory after it has grown.
    Size,
}

/// A memory that several threads grow, and the owners of its bytes.
struct World {
    claim: Claim,
    /// The size in pages.
    size: AtomicU64,
    maximum: u64,
    /// The owned ranges by their starts: the end, and the owner. No thread is suspended while it is locked.
    owners: Mutex<BTreeMap<Address, (Address, usize)>>,
}

impl World {
    /// `memory.grow`.
    fn grow(&self, pages: u64) -> Option<u64> {
        let more = |size: u64| size.checked_add(pages).filter(|sum| *sum <= self.maximum);
        self.size.fetch_update(Ordering::SeqCst, Ordering::SeqCst, more).ok()
    }

    /// The first page of a new chunk.
    fn claim(&self, pages: u64) -> Option<u64> {
        let old = self.grow(pages)?;
        Some(match self.claim {
            Claim::Grown => old,
            Claim::Size => self.size.load(Ordering::SeqCst) - pages,
        })
    }

    /// Records that a range has an owner, and checks that no part of it has another one.
    fn own(&self, owner: usize, (start, end): (Address, Address)) {
        let mut owners = self.owners.lock().unwrap_or_else(PoisonError::into_inner);
        for (other, (other_end, of)) in owners.range(..end) {
            assert!(
                *of == owner || *other_end <= start,
                "the bytes {start}..{end} of instance {owner} overlap {other}..{other_end} of instance {of}"
            );
        }
        let known = owners.entry(start).or_insert((end, owner));
        known.0 = known.0.max(end);
    }
}

/// What one instance does: it opens, allocates and closes regions, so that it claims chunks and reuses them.
fn instance(world: &Arc<World>, owner: usize, rules: Rules) {
    let grows = Arc::clone(world);
    let source = Source::Shared(Shared::new(move |pages| grows.claim(pages)));
    let mut model = Model::new(Memory::new(Width::Bits32, 0, 0), Home::Grown, rules).with_source(source);
    let mut allocated = Vec::new();
    // The last round needs no more memory than the first ones: it reuses the chunks.
    for sizes in [&[40_000, 40_000][..], &[70_000], &[40_000, 24]] {
        // Memory can run out, since other instances take it.
        let failed = round(&mut model, sizes, &mut allocated).err();
        assert!(failed.is_none_or(|kind| kind == Violation::OutOfMemory), "{failed:?}");
        for Chunk { start, end } in model.chunks() {
            let page = u64::from(PAGE);
            world.own(owner, (*start, end.div_ceil(page) * page));
        }
        for range in allocated.drain(..) {
            let is_inside = |chunk: &&Chunk| chunk.start < range.0 && range.1 <= chunk.end;
            assert!(model.chunks().iter().any(|chunk| is_inside(&chunk)), "{range:?} is outside of all chunks");
        }
    }
}

fn round(model: &mut Model, sizes: &[u64], allocated: &mut Vec<(Address, Address)>) -> Result<(), Violation> {
    let region = model.open()?;
    let mut all = || {
        for bytes in sizes {
            let start = model.allocate(region, *bytes, 8)?;
            allocated.push((start, start + bytes));
        }
        Ok(())
    };
    let result = all();
    model.close(region)?;
    result
}

/// Explores the orders in which the steps of these instances, and of a host that grows the memory, can happen. Returns
/// the number of orders.
fn explore(claim: Claim, instances: usize, rules: Rules, maximum: u64) -> usize {
    let orders = Arc::new(Mutex::new(0));
    let count = Arc::clone(&orders);
    let mut builder = loom::model::Builder::new();
    // A thread is interrupted this often, besides where it ends.
    builder.preemption_bound = Some(3);
    builder.check(move || {
        *count.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        let (size, owners) = (AtomicU64::new(1), Mutex::default());
        let world = Arc::new(World { claim, size, maximum, owners });
        let mut threads = Vec::new();
        for owner in 1..instances {
            let world = Arc::clone(&world);
            threads.push(loom::thread::spawn(move || instance(&world, owner, rules)));
        }
        let host = Arc::clone(&world);
        threads.push(loom::thread::spawn(move || {
            if let Some(page) = host.grow(1) {
                host.own(usize::MAX, (page * u64::from(PAGE), (page + 1) * u64::from(PAGE)));
            }
        }));
        instance(&world, 0, rules);
        for thread in threads {
            assert!(thread.join().is_ok(), "a thread failed");
        }
    });
    let orders = orders.lock().unwrap_or_else(PoisonError::into_inner);
    *orders
}

fn rules() -> Vec<Rules> {
    let of = |nesting: &Nesting| [false, true].map(|checked| Rules { nesting: *nesting, checked });
    Nesting::ALL.iter().flat_map(of).collect()
}

#[test]
fn no_byte_has_two_owners() {
    for rules in rules() {
        let orders = explore(Claim::Grown, 2, rules, 65536);
        assert!(orders > 500, "{rules:?}: {orders} orders");
        // Some instance runs out of memory.
        explore(Claim::Grown, 2, rules, 6);
    }
    let orders = explore(Claim::Grown, 3, Rules::default(), 65536);
    assert!(orders > 10_000, "{orders} orders");
}

#[test]
fn chunk_derived_from_the_size_has_two_owners() {
    for rules in rules() {
        let explored = std::panic::catch_unwind(AssertUnwindSafe(|| explore(Claim::Size, 2, rules, 65536)));
        let message = explored.err().and_then(|error| error.downcast_ref::<String>().cloned()).unwrap_or_default();
        assert!(message.contains("overlap"), "{rules:?}: {message}");
    }
}
