//! Reads and writes memory.

use crate::access::program::{Action, Id, Number, Place, Segment, Width};
use crate::access::state::{Flow, Int, Interpreter};
use crate::access::value::Value;
use linmem::Safety;

impl Interpreter<'_, '_, '_> {
    pub(crate) fn access(&mut self, action: &Action, id: Id) -> Flow<()> {
        match action {
            Action::Get(segment, offset, width) => {
                let (value, offset) = self.operands(segment, offset, width.bytes())?;
                self.at = id;
                let name = format!("MemorySegment.get{width:?}");
                let start = self.check_bytes(value, offset, Int::constant(width.bytes()), &name)?;
                self.record_access(segment, offset.value, width.bytes());
                self.get(start, *width)
            }
            Action::Set(segment, offset, width, number) => {
                let (value, offset) = self.operands(segment, offset, width.bytes())?;
                let number = self.number(number, u32::MAX)?.value;
                self.at = id;
                let name = format!("MemorySegment.set{width:?}");
                let start = self.check_bytes(value, offset, Int::constant(width.bytes()), &name)?;
                self.record_access(segment, offset.value, width.bytes());
                self.set(start, *width, number)
            }
            Action::Fill(segment, offset, bytes, number) => {
                let (value, offset) = self.operands(segment, offset, 0)?;
                let bytes = self.number(bytes, value.size().saturating_sub(offset.value).min(3000))?;
                let number = self.number(number, 255)?.value;
                self.at = id;
                let start = self.check_bytes(value, offset, bytes, "MemorySegment.fill")?;
                self.fill(start, bytes.value, number as u8)
            }
            Action::Copy(to, to_offset, from, from_offset, bytes) => {
                let (to, to_offset) = self.operands(to, to_offset, 0)?;
                let (from, from_offset) = self.operands(from, from_offset, 0)?;
                let room = to.size().saturating_sub(to_offset.value);
                let max = from.size().saturating_sub(from_offset.value).min(room).min(3000);
                let bytes = self.number(bytes, max)?;
                self.at = id;
                // Values that are not segments are found before any bounds are checked.
                if self.semantics.safety != Safety::None {
                    self.genuine(to, "MemorySegment.copy")?;
                    self.genuine(from, "MemorySegment.copy")?;
                }
                let to = self.check_bytes(to, to_offset, bytes, "MemorySegment.copy")?;
                let from = self.check_bytes(from, from_offset, bytes, "MemorySegment.copy")?;
                self.copy(to, from, bytes.value)
            }
            _ => Ok(()),
        }
    }

    pub(crate) fn operands(&mut self, segment: &Segment, offset: &Number, bytes: u32) -> Flow<(Value, Int)> {
        let value = self.segment(segment)?;
        let mut max = value.size().saturating_sub(bytes);
        // If a segment is larger than the memory, most accesses are to the part that exists.
        if let Value::Span(span) = value
            && self.source.as_mut().is_some_and(|source| source.chance(80))
        {
            let exists = self.heap.size().saturating_sub(u64::from(span.start) + u64::from(bytes));
            max = max.min(u32::try_from(exists).unwrap_or(u32::MAX));
        }
        let offset = self.number(offset, max)?;
        Ok((value, offset))
    }

    /// Records an access of a local, which earlier checks may cover.
    pub(crate) fn record_access(&mut self, segment: &Segment, offset: u32, bytes: u32) {
        if let Segment::At(Place::Local(local)) = segment {
            self.seen.accessed(self.frames.len(), *local, u64::from(offset) + u64::from(bytes));
        }
    }

    pub(crate) fn get(&mut self, start: u64, width: Width) -> Flow<()> {
        self.exists(start, width.bytes())?;
        let read: Option<Vec<u8>> = (start..start + u64::from(width.bytes())).map(|at| self.heap.read(at)).collect();
        let value = read.map(|bytes| match width {
            Width::Byte => u64::from(bytes[0] as i8 as u32),
            Width::Short => u64::from(i16::from_le_bytes([bytes[0], bytes[1]]) as u32),
            _ => bytes.chunks(8).fold(0, |sum, part| {
                sum ^ part.iter().rev().fold(0u64, |number, byte| (number << 8) | u64::from(*byte))
            }),
        });
        self.accumulate(value);
        Ok(())
    }

    pub(crate) fn set(&mut self, start: u64, width: Width, number: u32) -> Flow<()> {
        self.writes(start, width.bytes())?;
        for at in 0..width.bytes() {
            // A vector repeats the number; a long is extended with zeros.
            let repeats = width == Width::Vector || at < 4;
            let byte = if repeats { number.to_le_bytes()[at as usize % 4] } else { 0 };
            self.heap.write(start + u64::from(at), Some(byte));
        }
        Ok(())
    }

    pub(crate) fn fill(&mut self, start: u64, bytes: u32, byte: u8) -> Flow<()> {
        self.writes(start, bytes)?;
        self.heap.fill(start, bytes, Some(byte));
        Ok(())
    }

    pub(crate) fn copy(&mut self, to: u64, from: u64, bytes: u32) -> Flow<()> {
        self.exists(to, bytes)?;
        self.exists(from, bytes)?;
        self.writes(to, bytes)?;
        let copied: Vec<Option<u8>> = (from..from + u64::from(bytes)).map(|at| self.heap.read(at)).collect();
        for (at, byte) in copied.into_iter().enumerate() {
            self.heap.write(to + at as u64, byte);
        }
        Ok(())
    }
}
