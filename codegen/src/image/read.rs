//! Parses and validates a module, and finds its memories, its data segments, and what refers to them.

use crate::error::{Error, Place};
use crate::module::features;
use linmem_allocator::Width;
use linmem_allocator::image::{
    ConstOp, Import, Memory, MemoryInitialization, MemoryInitializer, ModuleMemories, Offset, Value,
};
use std::ops::Range;
use wasmparser::{
    ConstExpr, DataKind, Encoding, FuncValidatorAllocations, FunctionBody, MemoryType, Operator, Parser, Payload,
    TypeRef, ValidPayload, Validator,
};

/// A data segment.
pub(super) struct Segment<'a> {
    /// The memory and the offset; `None` if it is passive.
    pub(super) active: Option<(u32, Offset)>,
    /// Its bytes.
    pub(super) data: &'a [u8],
    /// Where it is in the module.
    pub(super) range: Range<usize>,
}

/// A section of the module.
pub(super) struct Section<'a> {
    /// Its id in the binary format.
    pub(super) id: u8,
    /// Its contents.
    pub(super) range: Range<usize>,
    /// The name of a custom section, and the contents after it.
    pub(super) custom: Option<(&'a str, &'a [u8])>,
}

/// What images depend on in a valid module.
#[derive(Default)]
pub(super) struct Scan<'a> {
    pub(super) sections: Vec<Section<'a>>,
    pub(super) memories: Vec<Memory>,
    pub(super) segments: Vec<Segment<'a>>,
    /// One more than the highest number of a segment that code refers to; 0 if code refers to none.
    pub(super) referenced: u32,
    /// The imports of the imported globals.
    globals: Vec<Import>,
    has_data_count: bool,
}

impl<'a> Scan<'a> {
    /// # Errors
    ///
    /// If the bytes are not a valid module.
    pub(super) fn new(bytes: &'a [u8]) -> Result<Scan<'a>, Error> {
        let mut scan = Scan::default();
        let mut validator = Validator::new_with_features(features());
        let mut parser = Parser::new(0);
        parser.set_features(features());
        let mut allocations = FuncValidatorAllocations::default();
        for payload in parser.parse_all(bytes) {
            let payload = payload?;
            if let Payload::Version { encoding: Encoding::Component, .. } = payload {
                return Err(Error::component());
            }
            if let ValidPayload::Func(function, body) = validator.payload(&payload)? {
                let mut function = function.into_validator(allocations);
                function.validate(&body)?;
                allocations = function.into_allocations();
                scan.body(&body)?;
            }
            scan.payload(&payload)?;
        }
        Ok(scan)
    }

    /// The memories, and the active segments that initialize them.
    pub(super) fn memories(&self) -> ModuleMemories<'a> {
        let active = (0..).zip(&self.segments).filter_map(|(number, segment)| {
            let (memory, offset) = segment.active.clone()?;
            Some(MemoryInitializer { segment: number, memory, offset, data: segment.data })
        });
        let initialization = MemoryInitialization::Segmented(active.collect());
        ModuleMemories { memories: self.memories.clone(), initialization }
    }

    fn payload(&mut self, payload: &Payload<'a>) -> Result<(), Error> {
        if let Some((id, range)) = payload.as_section() {
            let custom = match payload {
                Payload::CustomSection(section) => Some((section.name(), section.data())),
                _ => None,
            };
            self.sections.push(Section { id, range, custom });
        }
        match payload {
            Payload::ImportSection(section) => {
                for import in section.clone().into_imports() {
                    let import = import?;
                    let names = Import { module: import.module.to_string(), name: import.name.to_string() };
                    match import.ty {
                        TypeRef::Memory(ty) => self.memories.push(memory(Some(names), ty)),
                        TypeRef::Global(_) => self.globals.push(names),
                        _ => {}
                    }
                }
            }
            Payload::MemorySection(section) => {
                for ty in section.clone() {
                    self.memories.push(memory(None, ty?));
                }
            }
            Payload::DataCountSection { .. } => self.has_data_count = true,
            Payload::DataSection(section) => {
                for data in section.clone() {
                    let data = data?;
                    let active = match data.kind {
                        DataKind::Passive => None,
                        DataKind::Active { memory_index, offset_expr } => {
                            Some((memory_index, self.offset(&offset_expr)?))
                        }
                    };
                    self.segments.push(Segment { active, data: data.data, range: data.range });
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// Finds references to data segments in a function. There are none in a module without a data count section.
    fn body(&mut self, body: &FunctionBody<'a>) -> Result<(), Error> {
        if !self.has_data_count {
            return Ok(());
        }
        let mut reader = body.get_operators_reader()?;
        while !reader.eof() {
            match reader.read()? {
                Operator::MemoryInit { data_index, .. }
                | Operator::DataDrop { data_index }
                | Operator::ArrayNewData { array_data_index: data_index, .. }
                | Operator::ArrayInitData { array_data_index: data_index, .. } => {
                    self.referenced = self.referenced.max(data_index.saturating_add(1));
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Converts the offset of a segment.
    fn offset(&self, expression: &ConstExpr<'a>) -> Result<Offset, Error> {
        let mut ops = Vec::new();
        let mut reader = expression.get_operators_reader();
        while !reader.eof() {
            let place = Place::Offset(reader.original_position());
            ops.push(match reader.read()? {
                Operator::I32Const { value } => ConstOp::Constant(Value::I32(value.cast_unsigned())),
                Operator::I64Const { value } => ConstOp::Constant(Value::I64(value.cast_unsigned())),
                Operator::GlobalGet { global_index } => ConstOp::GlobalGet(global_index),
                Operator::I32Add => ConstOp::I32Add,
                Operator::I32Sub => ConstOp::I32Sub,
                Operator::I32Mul => ConstOp::I32Mul,
                Operator::I64Add => ConstOp::I64Add,
                Operator::I64Sub => ConstOp::I64Sub,
                Operator::I64Mul => ConstOp::I64Mul,
                Operator::End => break,
                other => {
                    let message = format!("the offset of a data segment contains an unknown instruction, {other:?}");
                    return Err(Error::Unsupported { message, place });
                }
            });
        }
        Ok(match ops[..] {
            [ConstOp::Constant(value)] => Offset::Constant(value),
            [ConstOp::GlobalGet(index)] => Offset::Global { index, import: self.globals.get(index as usize).cloned() },
            _ => Offset::Extended(ops),
        })
    }
}

fn memory(import: Option<Import>, ty: MemoryType) -> Memory {
    Memory {
        import,
        width: if ty.memory64 { Width::Bits64 } else { Width::Bits32 },
        minimum: ty.initial,
        page_size_log2: ty.page_size_log2.unwrap_or(Memory::DEFAULT_PAGE_SIZE_LOG2),
    }
}
