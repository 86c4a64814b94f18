//! A module with memories and data segments.

use linmem::image::Value;
use linmem::wasm_encoder::{
    ConstExpr, DataSection, EntityType, ExportKind, ExportSection, GlobalSection, GlobalType, ImportSection,
    MemorySection, MemoryType, Module, ValType,
};

/// A memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Memory {
    /// Whether it is imported. Imported memories come first.
    pub is_imported: bool,
    /// Whether its addresses have 64 bits.
    pub is_wide: bool,
    /// Whether its pages have one byte.
    pub has_bytes_as_pages: bool,
    /// The minimum of its type, in pages.
    pub minimum: u64,
    /// Its size when the module is instantiated, in pages.
    pub size: u64,
}

impl Memory {
    /// The size of its pages in bytes.
    pub fn page_size(&self) -> u64 {
        if self.has_bytes_as_pages { 1 } else { 65536 }
    }

    /// The minimum in bytes, which can be 2^64.
    pub fn minimum_bytes(&self) -> u128 {
        u128::from(self.minimum) * u128::from(self.page_size())
    }

    /// An address in this memory.
    pub fn value(&self, address: u64) -> Value {
        if self.is_wide { Value::I64(address) } else { Value::I32(address as u32) }
    }

    fn value_type(&self) -> ValType {
        if self.is_wide { ValType::I64 } else { ValType::I32 }
    }

    fn constant(&self, address: u64) -> ConstExpr {
        if self.is_wide { ConstExpr::i64_const(address as i64) } else { ConstExpr::i32_const(address as u32 as i32) }
    }
}

/// How the offset of a segment is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// As a constant.
    Constant,
    /// As the value of an imported global.
    Imported,
    /// As the value of a defined global.
    Defined,
    /// As a sum of two constants.
    Sum,
}

/// A data segment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segment {
    /// The memory; `None` for a passive segment.
    pub memory: Option<usize>,
    /// The offset.
    pub address: u64,
    /// How the offset is written.
    pub form: Form,
    /// The bytes.
    pub data: Vec<u8>,
}

/// A module, and the operands of the decision about its images.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layout {
    /// The memories, imported ones first.
    pub memories: Vec<Memory>,
    /// The data segments.
    pub segments: Vec<Segment>,
    /// The host's page size.
    pub page_size: u64,
    /// The span below which images are always allowed.
    pub allowance: u64,
}

impl Layout {
    /// The values of the globals, imported ones first: one for each segment whose offset is a global.
    pub fn globals(&self) -> Vec<Value> {
        let of = |form| self.based(form).map(|(memory, segment)| memory.value(segment.address));
        of(Form::Imported).chain(of(Form::Defined)).collect()
    }

    /// The number of imported globals.
    pub fn imported_globals(&self) -> usize {
        self.based(Form::Imported).count()
    }

    /// The active segments whose offset has a form.
    fn based(&self, form: Form) -> impl Iterator<Item = (&Memory, &Segment)> {
        let of_form = self.segments.iter().filter(move |segment| segment.form == form);
        of_form.filter_map(|segment| Some((&self.memories[segment.memory?], segment)))
    }

    /// The sum of the sizes of the segments of a memory, and the addresses from the first to the last byte; `None` if all
    /// segments are empty.
    pub fn extent(&self, memory: usize) -> Option<(u64, std::ops::Range<u64>)> {
        let of_memory = |segment: &&Segment| segment.memory == Some(memory) && !segment.data.is_empty();
        let segments = || self.segments.iter().filter(of_memory);
        let start = segments().map(|segment| segment.address).min()?;
        let end = segments().map(|segment| segment.address.saturating_add(segment.data.len() as u64)).max()?;
        Some((segments().map(|segment| segment.data.len() as u64).sum(), start..end))
    }

    /// Encodes the module. It imports memories and globals in the order of their indices, and exports each memory by its
    /// number.
    pub fn encode(&self) -> Vec<u8> {
        let (mut imports, mut memories, mut globals) =
            (ImportSection::new(), MemorySection::new(), GlobalSection::new());
        let (mut exports, mut data) = (ExportSection::new(), DataSection::new());
        for (index, memory) in (0..).zip(&self.memories) {
            let ty = MemoryType {
                minimum: memory.minimum,
                maximum: None,
                memory64: memory.is_wide,
                shared: false,
                page_size_log2: memory.has_bytes_as_pages.then_some(0),
            };
            if memory.is_imported {
                imports.import("env", &format!("memory{index}"), ty);
            } else {
                memories.memory(ty);
            }
            exports.export(&index.to_string(), ExportKind::Memory, index);
        }
        let ty = |memory: &Memory| GlobalType { val_type: memory.value_type(), mutable: false, shared: false };
        for (index, (memory, _)) in self.based(Form::Imported).enumerate() {
            imports.import("env", &format!("global{index}"), EntityType::Global(ty(memory)));
        }
        for (memory, segment) in self.based(Form::Defined) {
            globals.global(ty(memory), &memory.constant(segment.address));
        }
        let (mut imported, mut defined) = (0, self.imported_globals() as u32);
        for Segment { memory, address, form, data: bytes } in &self.segments {
            let Some(index) = *memory else {
                data.passive(bytes.iter().copied());
                continue;
            };
            let memory = &self.memories[index];
            let global = match form {
                Form::Imported => &mut imported,
                _ => &mut defined,
            };
            let offset = match form {
                Form::Constant => memory.constant(*address),
                Form::Imported | Form::Defined => {
                    *global += 1;
                    ConstExpr::global_get(*global - 1)
                }
                Form::Sum if memory.is_wide => {
                    ConstExpr::i64_const((*address).wrapping_sub(5) as i64).with_i64_const(5).with_i64_add()
                }
                Form::Sum => {
                    ConstExpr::i32_const((*address as u32).wrapping_sub(5) as i32).with_i32_const(5).with_i32_add()
                }
            };
            data.active(index as u32, &offset, bytes.iter().copied());
        }
        let mut module = Module::new();
        module.section(&imports).section(&memories).section(&globals).section(&exports).section(&data);
        module.finish()
    }
}
