//! The memories of a module and how they are initialized.

use crate::image::memory::Memory;
use crate::image::plan::Plan;
use crate::image::segment::MemoryInitializer;
use crate::image::sparse::StaticMemoryInitializer;
use crate::image::verdict::{Reason, Verdict};

/// How the memories of a module are initialized.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MemoryInitialization<'a> {
    /// By the active data segments, in the order of the module. This is possible for any module.
    Segmented(Vec<MemoryInitializer<'a>>),
    /// By an image of each memory. No segment can fail.
    Static {
        /// The images, by the index of the memory; `None` for a memory without data.
        map: Vec<Option<StaticMemoryInitializer<'a>>>,
    },
}

impl<'a> MemoryInitialization<'a> {
    /// Whether it is [`MemoryInitialization::Segmented`].
    pub fn is_segmented(&self) -> bool {
        matches!(self, MemoryInitialization::Segmented(_))
    }

    /// The images, by the index of the memory; empty if it is [`MemoryInitialization::Segmented`].
    pub fn images(&self) -> &[Option<StaticMemoryInitializer<'a>>] {
        match self {
            MemoryInitialization::Segmented(_) => &[],
            MemoryInitialization::Static { map } => map,
        }
    }
}

/// The memories of a module, imported ones first, and how they are initialized.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModuleMemories<'a> {
    /// The memories, by their index.
    pub memories: Vec<Memory>,
    /// How they are initialized.
    pub initialization: MemoryInitialization<'a>,
}

impl ModuleMemories<'_> {
    /// Replaces the segments by images if all memories can have one. Images that already exist stay as they are.
    ///
    /// `page_size` is the page size of the host in bytes. An image whose extent is not less than twice its data is made only
    /// if the extent is less than `max_image_size_always_allowed` bytes.
    ///
    /// The conditions are those of wasmtime 48:
    ///
    /// 1. all memories that have active segments are defined in the module;
    /// 2. each offset is exactly one constant, of the type of addresses;
    /// 3. each segment ends within the minimum size of its memory, even if it is empty, and that size is below 2^64 bytes;
    /// 4. the pages of a memory with data are not smaller than the host's;
    /// 5. the span from the first to the last byte of data is less than twice the sum of the sizes of the segments, or less
    ///    than `max_image_size_always_allowed`.
    ///
    /// Zeroes at both ends of an image are then trimmed, unless it is all zero, and the image is extended to whole pages of
    /// the host. The memory that this takes depends on the number of segments only, whatever the span is.
    pub fn try_static_init(&mut self, page_size: u64, max_image_size_always_allowed: u64) -> Verdict {
        let MemoryInitialization::Segmented(segments) = &self.initialization else { return Verdict::Static };
        let plan = Plan::new(&self.memories, segments, page_size, max_image_size_always_allowed);
        match plan.reasons.first() {
            Some(reason) => Verdict::Segmented(reason.clone()),
            None => {
                self.initialization = MemoryInitialization::Static { map: plan.images() };
                Verdict::Static
            }
        }
    }

    /// The reasons why the memories cannot have images, for the same operands as [`Self::try_static_init`]; empty if they
    /// can. Reasons about memories are known only if there are none about segments.
    pub fn reasons(&self, page_size: u64, max_image_size_always_allowed: u64) -> Vec<Reason> {
        match &self.initialization {
            MemoryInitialization::Segmented(segments) => {
                Plan::new(&self.memories, segments, page_size, max_image_size_always_allowed).reasons
            }
            MemoryInitialization::Static { .. } => Vec::new(),
        }
    }
}
