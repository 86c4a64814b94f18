//! Where the room of allocations comes from.
//!
//! A guest exports an allocator under one of a few well-known names and types, or none. [`Source::Detect`] takes the first
//! source of the list that the guest has; the last one needs nothing from the guest.

use super::calls::{Callee, Exports};
use super::error::Error;
use super::linmem::{self, Linmem};
use wasmtime::AsContext;

/// Where the room of allocations comes from.
///
/// | source | exports of the guest | remarks |
/// | --- | --- | --- |
/// | `Linmem` | `linmem_open`, `linmem_allocate`, `linmem_close` and others | each allocation has a region of its own |
/// | `Malloc` | `malloc(bytes)`, `free(address)` | |
/// | `AssemblyScript` | `__new(bytes, id)`, `__pin(address)`, `__unpin(address)` | the object stays pinned until it is freed |
/// | `WasmBindgen` | `__wbindgen_malloc(bytes, alignment)`, `__wbindgen_free(address, bytes, alignment)`; both without the alignment in old versions | |
/// | `Exports` | `alloc(bytes)` or `alloc(bytes, alignment)`, `dealloc(address, bytes)` or `dealloc(address, bytes, alignment)`, or other names | |
/// | `CabiRealloc` | `cabi_realloc(address, old bytes, alignment, bytes)` | the host keeps the blocks, as `cabi_realloc` cannot free, and reuses parts of them |
/// | `Pages` | | pages that the host adds to the memory |
///
/// With `Linmem`, regions of the host and of the guest are in one stack, unless the guest was linked with `--nesting
/// outermost`. If the guest opens a region after an allocation, allocates in it and keeps it open, then freeing the
/// allocation is [`Error::RegionOpen`], and nothing is freed until that region is closed. If the guest closes a region that was
/// open before the allocation, the allocation is freed: each use of it is [`Error::FreedByGuest`].
///
/// With `Pages`, the host uses only pages that its own growth added. A guest whose allocator uses everything up to
/// `memory.size`, or that expects its own growth to be contiguous, is not prepared for that: wasi-libc and AssemblyScript do
/// so when they allocate for the first time. Such guests have an allocator that they can export.
///
/// A guest allocator decides itself whether it grows the memory: [`Grow`](super::Grow) applies to `Pages`. To limit the growth by a guest, use [`wasmtime::ResourceLimiter`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Source {
    /// The first one that the guest has, in this order: `Linmem`, `Malloc`, `AssemblyScript`, `WasmBindgen`, `Exports` with
    /// the names `alloc` and `dealloc`, `alloc` and `free`, or `allocate` and `deallocate`, `CabiRealloc`, `Pages`.
    Detect,
    /// The allocator of a guest that linmem linked with `--export-allocator`.
    Linmem,
    /// C's allocator.
    Malloc,
    /// AssemblyScript's runtime, exported by `--exportRuntime`.
    AssemblyScript,
    /// The allocator that wasm-bindgen exports.
    WasmBindgen,
    /// Functions of other names.
    Exports {
        /// The function that allocates: `(bytes)` or `(bytes, alignment)` to an address, or null if there is no memory. With
        /// one parameter, its blocks need not be aligned.
        allocate: String,
        /// The function that frees: `(address)`, `(address, bytes)` or `(address, bytes, alignment)`.
        free: String,
    },
    /// The allocator of the canonical ABI.
    CabiRealloc,
    /// Pages that the host adds to the memory.
    Pages,
}

/// What the second parameter of a function that allocates is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Second {
    Alignment,
    /// The number of a class, 0 for a buffer.
    Class,
}

/// A source whose functions were found.
pub(super) enum Allocator {
    Linmem(Linmem),
    Calls(Calls),
    CabiRealloc(Callee),
    Pages,
}

/// A pair of functions that allocate and free one block.
pub(super) struct Calls {
    pub(super) allocate: Callee,
    /// Keeps a block from being collected.
    pub(super) pin: Option<Callee>,
    pub(super) free: Callee,
    second: Second,
    /// The alignment of all blocks.
    guarantee: u64,
}

/// The alignment that C and AssemblyScript guarantee for every block. Both guarantee 16 on current versions; 8 has always held.
const GUARANTEE: u64 = 8;

const ALLOCATE: [(usize, bool); 2] = [(1, true), (2, true)];
const FREE: [(usize, bool); 3] = [(1, false), (2, false), (3, false)];

/// The pairs of names of [`Source::Exports`] that are detected.
const PAIRS: [(&str, &str); 3] = [("alloc", "dealloc"), ("alloc", "free"), ("allocate", "deallocate")];

/// The exports that [`Source::Detect`] looks for.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    let others =
        ["malloc", "free", "__new", "__pin", "__unpin", "__wbindgen_malloc", "__wbindgen_free", "cabi_realloc"];
    let pairs = PAIRS.into_iter().flat_map(|(allocate, free)| [allocate, free]);
    linmem::NAMES.into_iter().chain(others).chain(pairs)
}

impl Source {
    /// The functions of this source.
    ///
    /// # Errors
    ///
    /// If an export does not exist, or if it has another type.
    pub(super) fn resolve(&self, store: &impl AsContext, exports: &Exports, is_64: bool) -> Result<Allocator, Error> {
        let callee = |name: &str, shapes: &[_]| Callee::new(store, name, exports, is_64, shapes);
        match self {
            Source::Detect => {
                let known = [Source::Linmem, Source::Malloc, Source::AssemblyScript, Source::WasmBindgen];
                let pairs =
                    PAIRS.map(|(allocate, free)| Source::Exports { allocate: allocate.into(), free: free.into() });
                let sized = |allocator: &Allocator| match allocator {
                    // Some guests export other functions under these names, which exchange the address of a descriptor.
                    Allocator::Calls(calls) => calls.free.parameters() > 1,
                    _ => true,
                };
                let first = |allocator: Result<Allocator, Error>| allocator.ok();
                let mut resolve = |source: &Source| first(source.resolve(store, exports, is_64));
                let found = known.iter().find_map(&mut resolve);
                let found = found.or_else(|| pairs.iter().filter_map(&mut resolve).find(sized));
                Ok(found.or_else(|| resolve(&Source::CabiRealloc)).unwrap_or(Allocator::Pages))
            }
            Source::Linmem => Linmem::new(store, exports, is_64).map(Allocator::Linmem),
            Source::Malloc => Ok(Allocator::Calls(Calls {
                allocate: callee("malloc", &[(1, true)])?,
                pin: None,
                free: callee("free", &[(1, false)])?,
                second: Second::Alignment,
                guarantee: GUARANTEE,
            })),
            Source::AssemblyScript => Ok(Allocator::Calls(Calls {
                allocate: callee("__new", &[(2, true)])?,
                pin: Some(callee("__pin", &[(1, true)])?),
                free: callee("__unpin", &[(1, false)])?,
                second: Second::Class,
                guarantee: GUARANTEE,
            })),
            Source::WasmBindgen => Ok(Allocator::Calls(Calls {
                allocate: callee("__wbindgen_malloc", &ALLOCATE)?,
                pin: None,
                free: callee("__wbindgen_free", &[(2, false), (3, false)])?,
                second: Second::Alignment,
                // Old versions, which take no alignment, allocate with the alignment of a pointer.
                guarantee: 4,
            })),
            Source::Exports { allocate, free } => Ok(Allocator::Calls(Calls {
                allocate: callee(allocate, &ALLOCATE)?,
                pin: None,
                free: callee(free, &FREE)?,
                second: Second::Alignment,
                guarantee: 1,
            })),
            Source::CabiRealloc => Ok(Allocator::CabiRealloc(callee("cabi_realloc", &[(4, true)])?)),
            Source::Pages => Ok(Allocator::Pages),
        }
    }
}

impl Allocator {
    /// The source that this is.
    pub(super) fn source(&self) -> Source {
        match self {
            Allocator::Linmem(_) => Source::Linmem,
            Allocator::Calls(Calls { allocate, free, .. }) => match allocate.name() {
                "malloc" => Source::Malloc,
                "__new" => Source::AssemblyScript,
                "__wbindgen_malloc" => Source::WasmBindgen,
                _ => Source::Exports { allocate: allocate.name().to_string(), free: free.name().to_string() },
            },
            Allocator::CabiRealloc(_) => Source::CabiRealloc,
            Allocator::Pages => Source::Pages,
        }
    }
}

impl Calls {
    /// The arguments of an allocation, its number of bytes and the alignment that its block must have.
    #[inline]
    pub(super) fn request(&self, len: u64, align: u64) -> Result<Request, Error> {
        let takes_alignment = self.allocate.parameters() == 2 && self.second == Second::Alignment;
        if takes_alignment || align <= self.guarantee {
            let second = if self.second == Second::Alignment { align } else { 0 };
            return Ok(Request { arguments: [len, second, 0, 0], len, align });
        }
        let too_large = || Error::TooLarge { value: len, bits: 64 };
        let len = len.checked_add(align - self.guarantee).ok_or_else(too_large)?;
        Ok(Request { arguments: [len, 0, 0, 0], len, align: self.guarantee })
    }
}

/// A call of a function that allocates.
#[derive(Clone, Copy)]
pub(super) struct Request {
    pub(super) arguments: [u64; 4],
    /// The number of bytes of the block.
    pub(super) len: u64,
    /// The alignment of the block.
    pub(super) align: u64,
}
