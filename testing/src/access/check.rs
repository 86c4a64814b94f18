//! The checks of a use of a segment, in their order.

use crate::access::heap::Region;
use crate::access::state::{Blame, End, Exit, Flow, Int, Interpreter};
use crate::access::value::{Kind, Span, Value};
use linmem::{Safety, Violation};

impl Interpreter<'_, '_, '_> {
    fn blame(&self, kind: Violation, intrinsic: &str, numbers: [u32; 3], certain: bool) -> Exit {
        let intrinsic = intrinsic.to_string();
        Exit::End(End::Violates(Blame { kind, intrinsic, numbers, at: self.at, in_loop: self.loops > 0, certain }))
    }

    /// Checks that a region may be closed, or allocated from, if regions are checked.
    pub(crate) fn check_region(&self, region: Region, closed: Violation, intrinsic: &str) -> Flow<()> {
        match self.heap.misuse(region, closed) {
            Some((kind, numbers)) => Err(self.blame(kind, intrinsic, numbers, false)),
            None => Ok(()),
        }
    }

    /// Checks that a value is a segment.
    pub(crate) fn genuine(&self, value: Value, intrinsic: &str) -> Flow<Span> {
        match value {
            Value::Span(span) => Ok(span),
            // Without checks, the engine's cast traps, possibly before the other operands are evaluated, or there is no cast.
            Value::Forged { .. } if self.semantics.safety == Safety::None => Err(self.unspecified()),
            Value::Forged { null } => Err(self.blame(Violation::Forged, intrinsic, [u32::from(null), 0, 0], false)),
        }
    }

    /// Checks a use of some bytes at an offset.
    pub(crate) fn check(&mut self, value: Value, offset: Int, bytes: Int, intrinsic: &str) -> Flow<Span> {
        let span = self.genuine(value, intrinsic)?;
        let (o, n) = (u64::from(offset.value), u64::from(bytes.value));
        self.seen.far(offset.value);
        if o + n > u64::from(span.size) {
            if self.semantics.safety == Safety::None {
                return Err(self.unspecified());
            }
            // Too many bytes are out of bounds at any offset, and too large an offset is out of bounds for any bytes.
            let too_many = bytes.fixed && bytes.value > span.size;
            let too_far = offset.fixed && offset.value > span.size;
            let certain = span.fixed && (too_many || too_far || (bytes.fixed && offset.fixed));
            let numbers = [offset.value, bytes.value, span.size];
            return Err(self.blame(Violation::OutOfBounds, intrinsic, numbers, certain));
        }
        self.seen.checked(offset.value, bytes.value, span.size);
        let start = u64::from(span.start) + o;
        if span.region.is_none() && start < self.heap.size() && self.heap.is_vague(start, bytes.value) {
            return Err(self.unspecified());
        }
        if self.semantics.is_temporal() {
            let is_freed = match (self.semantics.kind, span.region) {
                (Kind::Packed, _) => self.heap.is_free(start, bytes.value),
                (Kind::Reference { .. }, Some(region)) => !self.heap.is_open(region),
                (Kind::Reference { .. }, None) => false,
            };
            if is_freed {
                let numbers = [start as u32, bytes.value, self.heap.top()];
                return Err(self.blame(Violation::UseAfterFree, intrinsic, numbers, false));
            }
        }
        if span.region.is_some_and(|region| !self.heap.is_open(region)) {
            self.seen.stale += 1;
        }
        Ok(span)
    }

    /// The same, and returns the address of the first byte.
    pub(crate) fn check_bytes(&mut self, value: Value, offset: Int, bytes: Int, intrinsic: &str) -> Flow<u64> {
        let span = self.check(value, offset, bytes, intrinsic)?;
        Ok(u64::from(span.start) + u64::from(offset.value))
    }

    pub(crate) fn of_address(&mut self, address: Int, bytes: Int) -> Flow<Span> {
        let end = u64::from(address.value) + u64::from(bytes.value);
        if end > 1 << 32 {
            if self.semantics.safety == Safety::None {
                return Err(self.unspecified());
            }
            let numbers = [address.value, bytes.value, 0];
            let certain = address.fixed && bytes.fixed;
            return Err(self.blame(Violation::OutOfBounds, "MemorySegment.ofAddress", numbers, certain));
        }
        self.seen.whole += usize::from(end == 1 << 32);
        Ok(Span { start: address.value, size: bytes.value, region: None, fixed: bytes.fixed })
    }

    /// Checks that some bytes are in the memory, as the engine does.
    pub(crate) fn exists(&mut self, start: u64, bytes: u32) -> Flow<()> {
        if start + u64::from(bytes) <= self.heap.size() {
            return Ok(());
        }
        // It is unspecified which events precede a trap in a loop, and whether an access of no bytes traps.
        let is_specified = bytes > 0 && self.loops == 0;
        Err(if is_specified { Exit::End(End::Traps(self.at)) } else { self.unspecified() })
    }

    /// Checks that writing some bytes does not overwrite data of linmem.
    pub(crate) fn writes(&mut self, start: u64, bytes: u32) -> Flow<()> {
        self.exists(start, bytes)?;
        if self.heap.is_kept(start, bytes) { Err(self.unspecified()) } else { Ok(()) }
    }
}
