//! The function that writes the initial contents of the memory when the module starts.

use crate::error::Error;
use crate::link::sections::{failed, reader};
use crate::link::write::{Writer, id};
use crate::start::{Copied, Once, Start};
use wasm_encoder::Encode;
use wasm_encoder::reencode::Reencode;
use wasmparser::{DataKind, DataSectionReader};

impl Writer<'_> {
    /// The start function that linmem adds.
    pub(super) fn own_start(&self) -> Result<Start, Error> {
        let data = self.globals.data;
        let (mut segments, mut contents) = (Vec::new(), Vec::new());
        if data.initialization.copies_program {
            (segments, contents) = self.program_data()?.into_iter().unzip();
        }
        if data.initialization.copies_statics {
            let first = self.program_segments()?;
            let statics = (first..).zip(&data.segments);
            segments.extend(statics.map(|(number, segment)| Copied::at(number, segment.address, segment.bytes.len())));
            contents.extend(data.segments.iter().map(|segment| segment.bytes.as_slice()));
        }
        let cleared = data.range.filter(|_| data.initialization.clears);
        let written = segments.iter().map(|segment| segment.address.as_slice()).zip(contents);
        Ok(Start {
            memory: self.context.memory,
            once: data.initialization.once.map(|word| Once::new(word, cleared, written)),
            cleared,
            segments,
        })
    }

    /// The program's active segments in the memory, with their bytes.
    fn program_data(&self) -> Result<Vec<(Copied, &[u8])>, Error> {
        let Some(section) = self.input.section(id::DATA) else { return Ok(Vec::new()) };
        let data: DataSectionReader<'_> = reader(&self.input.bytes[section.range.clone()], section.range.start)?;
        let mut segments = Vec::new();
        for (number, segment) in (0..).zip(data) {
            let segment = segment?;
            let DataKind::Active { memory_index, offset_expr } = segment.kind else { continue };
            if memory_index == self.memory.index.0 {
                let offset = self.renumber().const_expr(offset_expr).map_err(failed)?;
                let mut address = Vec::new();
                offset.encode(&mut address);
                // The encoding ends with `end`.
                address.pop();
                let bytes = segment.data.len() as u32;
                segments.push((Copied { segment: number, address, bytes, is_inside: false }, segment.data));
            }
        }
        Ok(segments)
    }
}
