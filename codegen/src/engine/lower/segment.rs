//! Making segments and extracting their parts.

use crate::engine::knowledge::frames::Slot;
use crate::engine::lower::bounds::At;
use crate::engine::number_id::PartUse;
use crate::engine::numbers::PartSource;
use crate::engine::operands::{Operand, Value};
use crate::engine::state::{Certain, Engine};
use crate::engine::tape::Position;
use crate::segment::Part;
use crate::segment::SegmentTypes;
use crate::segment::{Out, packed};
use crate::width::PointerInstructions;

impl Engine {
    /// Extracts the start address: `i32.wrap_i64` for a packed segment, no code for an address.
    pub(in crate::engine) fn lower_address(&mut self, segment: &Operand) {
        match segment.value {
            Value::I64(constant) if self.context.is_packed() => {
                self.discard(segment);
                self.push_constant(packed::start_of(constant));
            }
            Value::Static(item) if segment.deferred => self.push_deferred(Value::StaticAddress(item)),
            _ => {
                self.unwrap_segment(segment);
                self.push(Value::Unknown);
            }
        }
    }

    /// Extracts the size. For a packed segment: `i64.const 32  i64.shr_u  i32.wrap_i64`.
    pub(in crate::engine) fn lower_size(&mut self, segment: &Operand) {
        match segment.value {
            Value::Slot(slot) if segment.deferred => self.push_constant(slot.bytes),
            Value::I64(constant) if self.context.is_packed() => {
                self.discard(segment);
                self.push_constant(packed::size_of(constant));
            }
            _ if self.known_size(segment).is_some() => {
                let size = self.known_size(segment).unwrap_or_default();
                self.discard(segment);
                self.push_constant(size);
            }
            Value::Structure(types, local) => {
                self.tape.emit(|sink| {
                    types.size(sink.local_get(local.0));
                });
                self.push(Value::Unknown);
            }
            Value::Local(local) if self.context.is_packed() && segment.start.is_some() => {
                let position = self.at(segment);
                self.discard(segment);
                At { engine: self, position }.part(local, Part::Size);
                self.push(Value::Size(local));
            }
            Value::Numbers(id) => {
                let size = self.number_size(id);
                self.tape.emit(|sink| {
                    sink.local_get(size.0);
                });
                self.push(Value::Unknown);
            }
            _ => {
                self.materialize(segment);
                let segments = self.context.segments;
                self.tape.emit(|sink| {
                    segments.take_size(sink);
                });
                self.push(Value::Unknown);
            }
        }
    }

    /// Makes a segment of a part of another. For a packed one:
    ///
    /// ```wasm
    /// ;; the segment
    /// i32.wrap_i64
    /// ;; the offset
    /// i32.add
    /// i64.extend_i32_u
    /// ;; the size
    /// i64.extend_i32_u   i64.const 32   i64.shl
    /// i64.or
    /// ```
    pub(in crate::engine) fn lower_slice(
        &mut self,
        segment: &mut Operand,
        offset: &mut Operand,
        bytes: &mut Operand,
    ) -> Result<(), Certain> {
        self.check_access(segment, offset, bytes)?;
        if let (Value::Slot(slot), true, Some(from), Some(size)) =
            (segment.value, segment.deferred, self.constant(offset), self.constant(bytes))
        {
            // A slice that exceeds its segment is not tracked, because its address must be the one that the
            // instructions compute.
            if u64::from(from) + u64::from(size) <= u64::from(slot.bytes) {
                self.discard(offset);
                self.discard(bytes);
                let part = Slot { offset: slot.offset + from, bytes: size, ..slot };
                self.push_deferred(Value::Slot(part));
                return Ok(());
            }
        }
        if let (Value::Static(whole), true, Some(from), Some(size)) =
            (segment.value, segment.deferred, self.constant(offset), self.constant(bytes))
            && let Some(part) = whole.part(from, size)
        {
            self.discard(offset);
            self.discard(bytes);
            self.push_static(part);
            return Ok(());
        }
        self.unwrap_segment(segment);
        let position = self.at(offset);
        if self.constant(offset) == Some(0) {
            self.discard(offset);
        } else {
            self.materialize(offset);
            let width = self.context.width();
            self.tape.insert(position, |sink| {
                sink.ptr_add(width);
            });
        }
        if let Some(types) = self.context.segments.types() {
            if let (Some(_), Some(size)) = (segment.packing, self.constant(bytes)) {
                self.discard(bytes);
                self.push_made_of_address(types, Value::Unknown, size);
                return Ok(());
            }
            let size = self.push_new_size(bytes);
            let region = if types.has_regions() { self.push_region_of(segment) } else { None };
            self.push_made(types, self.constant(bytes), (size, region));
        } else if self.context.is_packed() {
            self.pack(position, Value::Unknown, bytes);
        } else {
            self.discard(bytes);
            self.push(Value::Unknown);
        }
        Ok(())
    }

    /// Makes a segment over memory that the program vouches for. For a packed one:
    ///
    /// ```wasm
    /// ;; the address
    /// i64.extend_i32_u
    /// ;; the size
    /// i64.extend_i32_u   i64.const 32   i64.shl
    /// i64.or
    /// ```
    pub(in crate::engine) fn lower_of_address(
        &mut self,
        address: &mut Operand,
        bytes: &mut Operand,
    ) -> Result<(), Certain> {
        if self.context.checks_bounds() {
            self.check_of_address(address, bytes)?;
        }
        let size = self.constant(bytes);
        let start = size.and_then(|_| self.program_local_of(address)).map_or(Value::Unknown, Value::At);
        if let Some(types) = self.context.segments.types() {
            self.materialize(address);
            if let Some(size) = size {
                self.discard(bytes);
                self.push_made_of_address(types, start, size);
                return Ok(());
            }
            let size = self.push_new_size(bytes);
            let region = types.has_regions().then(|| self.part_use(PartSource::Open(types)));
            self.push_made(types, None, (size, region));
            return Ok(());
        }
        if !self.context.is_packed() {
            self.discard(bytes);
            if let Some(constant) = self.constant(address) {
                self.discard(address);
                self.push_constant(constant);
            } else {
                self.materialize(address);
                self.push(Value::Unknown);
            }
            return Ok(());
        }
        if let (Some(start), Some(size)) = (self.constant(address), self.constant(bytes)) {
            self.discard(address);
            self.discard(bytes);
            self.push_deferred(Value::I64(packed::constant(start, size)));
            return Ok(());
        }
        self.materialize(address);
        let position = self.at(address);
        self.pack(position, start, bytes);
        Ok(())
    }

    /// Pushes the region of a segment, as a structure.
    pub(super) fn push_region_of(&mut self, segment: &Operand) -> Option<PartUse> {
        let source = match segment.value {
            Value::Structure(types, local) => PartSource::Structure(types, local),
            Value::Slot(slot) => PartSource::Frame(slot.frame),
            Value::Numbers(id) => PartSource::Local(self.numbers.get(id)?.region?),
            Value::Static(_) => PartSource::Open(self.context.segments.types()?),
            // No region contains it.
            _ if segment.packing.is_some() => PartSource::Open(self.context.segments.types()?),
            // Segments with regions are checked, so they are already structures or numbers, in frames or static, or one of the above.
            _ => return None,
        };
        Some(self.part_use(source))
    }

    /// Makes a structure that belongs to no region, from the address on the stack. It is removed if only the address is needed.
    fn push_made_of_address(&mut self, types: SegmentTypes, value: Value, size: u32) {
        let packing = Some(self.tape.here());
        let bytes = self.part_use(PartSource::Size(size));
        let region = types.has_regions().then(|| self.part_use(PartSource::Open(types)));
        self.push_made(types, Some(size), (Some(bytes), region));
        if let Some(top) = self.operands.top_mut().filter(|top| top.made.is_some()) {
            (top.value, top.packing) = (value, packing);
        }
    }

    /// Makes a packed segment from the address at `position` on the stack and the size above it. `value` is what is known
    /// of the segment if its size is constant.
    fn pack(&mut self, position: Position, value: Value, bytes: &Operand) {
        match self.constant(bytes) {
            Some(size) => {
                self.discard(bytes);
                self.push_packed(value, Some(size), |sink| {
                    packed::make_constant(sink, size);
                });
            }
            None => {
                self.tape.insert(position, |sink| {
                    packed::widen_start(sink);
                });
                self.materialize(bytes);
                self.tape.emit(|sink| {
                    packed::add_size(sink);
                });
                self.push(Value::Unknown);
            }
        }
    }
}
