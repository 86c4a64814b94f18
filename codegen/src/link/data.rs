//! The data segments, their number, and the start function, which may copy some of them.

use crate::code::FunctionRef;
use crate::error::Error;
use crate::link::sections::{contents_of, failed, reader};
use crate::link::write::{Writer, id};
use linmem_allocator::statics::DataSegment;
use wasm_encoder::reencode::Reencode;
use wasm_encoder::{ConstExpr, DataSection, Encode};
use wasmparser::{BinaryReader, DataKind, DataSectionReader};

impl Writer<'_> {
    /// The index of the start function: linmem's, which calls the program's, or the program's.
    pub(super) fn start(&self, contents: Option<&[u8]>, offset: usize) -> Result<Option<Vec<u8>>, Error> {
        let index = self.plan.start().map_or_else(|| self.program_start(contents, offset), |start| Ok(Some(start)))?;
        Ok(index.map(|index| {
            let mut out = Vec::new();
            index.encode(&mut out);
            out
        }))
    }

    /// The index of the program's start function.
    pub(super) fn program_start(&self, contents: Option<&[u8]>, offset: usize) -> Result<Option<u32>, Error> {
        let Some(contents) = contents else { return Ok(None) };
        let function = BinaryReader::new(contents, offset).read_var_u32()?;
        Ok(Some(self.plan.index(FunctionRef::Program(function))))
    }

    /// The number of data segments, which is required if code refers to them.
    pub(super) fn data_count(&self, contents: Option<&[u8]>) -> Result<Option<Vec<u8>>, Error> {
        let added = self.globals.data.segments.len() as u32;
        let initialization = self.globals.data.initialization;
        let is_used = initialization.copies_statics || initialization.copies_program;
        if contents.is_none() && !is_used {
            return Ok(None);
        }
        let mut out = Vec::new();
        (self.program_segments()? + added).encode(&mut out);
        Ok(Some(out))
    }

    /// The number of data segments of the program.
    pub(super) fn program_segments(&self) -> Result<u32, Error> {
        let Some(section) = self.input.section(id::DATA) else { return Ok(0) };
        Ok(BinaryReader::new(&self.input.bytes[section.range.clone()], section.range.start).read_var_u32()?)
    }

    /// The data segments: those of the program, which keep their indices, and those of static data.
    pub(super) fn data(&self, contents: Option<&[u8]>, offset: usize) -> Result<Option<Vec<u8>>, Error> {
        let initialization = self.globals.data.initialization;
        if self.input.statics.is_empty() && !initialization.copies_program {
            return Ok(contents.map(<[u8]>::to_vec));
        }
        let memory = self.memory.index.0;
        let mut section = DataSection::new();
        if let Some(contents) = contents {
            let program: DataSectionReader<'_> = reader(contents, offset)?;
            for segment in program {
                let segment = segment?;
                match segment.kind {
                    DataKind::Active { memory_index, .. }
                        if initialization.copies_program && memory_index == memory =>
                    {
                        section.passive(segment.data.iter().copied());
                    }
                    _ => self.renumber().parse_data(&mut section, segment).map_err(failed)?,
                }
            }
        }
        for DataSegment { address, bytes } in &self.globals.data.segments {
            if initialization.copies_statics {
                section.passive(bytes.iter().copied());
            } else {
                section.active(memory, &ConstExpr::i32_const(*address as u32 as i32), bytes.iter().copied());
            }
        }
        Ok((contents.is_some() || !section.is_empty()).then(|| contents_of(&section)))
    }
}
