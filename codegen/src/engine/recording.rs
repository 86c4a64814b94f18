//! Records what the engine is given, if that is asked for.

use crate::engine::record::Record;
use crate::engine::state::Engine;
use crate::engine::tape::Tape;
use crate::index::LocalIndex;
use crate::source_line::Mark;
use crate::statics::StaticSegment;
use linmem_intrinsics::{Intrinsic, Signature};

const OPEN: Signature = Signature {
    intrinsic: Intrinsic::AllocatorNew,
    representation: None,
    folded: false,
    array: None,
    string: None,
    texts: None,
};
const CLOSE: Signature = Signature {
    intrinsic: Intrinsic::AllocatorFree,
    representation: None,
    folded: false,
    array: None,
    string: None,
    texts: None,
};

pub(super) const LOCAL_GET: u8 = 0x20;
pub(super) const LOCAL_SET: u8 = 0x21;
pub(super) const LOCAL_TEE: u8 = 0x22;

impl Engine {
    /// Records what the engine is given from now on, in a function with this number of parameters; also the places of
    /// operations, if they matter.
    pub(crate) fn record_all(&mut self, params: u32, has_marks: bool) {
        self.record = Some(Box::new(Record::new(params, has_marks)));
    }

    /// Records that an operation of the frontend begins here.
    pub(crate) fn mark(&mut self, operation: u32) {
        if self.is_dead() {
            return;
        }
        if let Some(record) = &mut self.record {
            record.mark(Mark { operation, source: self.origin.source.clone() });
        }
    }

    #[inline(always)]
    pub(super) fn recorded(&mut self, write: impl FnOnce(&mut Tape)) {
        if let Some(record) = &mut self.record {
            record.write(write);
        }
    }

    /// Records an instruction with a local.
    #[inline(always)]
    pub(super) fn recorded_local(&mut self, opcode: u8, local: LocalIndex) {
        if let Some(record) = &mut self.record {
            record.instruction(opcode, local, &self.locals);
        }
    }

    /// Records that a region is closed, where the code that is written closes it together with an outer one.
    pub(crate) fn record_close(&mut self, handle: LocalIndex) {
        if !self.is_dead() {
            self.recorded_local(LOCAL_GET, handle);
            self.recorded_intrinsic(&CLOSE);
        }
    }

    /// Records that a region is opened, where the code that is written restores one.
    pub(crate) fn record_open(&mut self, handle: LocalIndex) {
        if !self.is_dead() {
            self.recorded_intrinsic(&OPEN);
            self.recorded_local(LOCAL_SET, handle);
        }
    }

    /// Stops recording, and returns the record.
    pub(crate) fn take_record(&mut self) -> Option<Box<Record>> {
        self.record.take()
    }

    /// Continues a record.
    pub(crate) fn put_record(&mut self, record: Option<Box<Record>>) {
        self.record = record;
    }

    /// Records instructions that are not written.
    pub(crate) fn record_only(&mut self, write: impl FnOnce(&mut Tape)) {
        if !self.is_dead() {
            self.recorded(write);
        }
    }

    /// Records that a local is assigned, where the code that is written does the same later.
    pub(crate) fn record_set(&mut self, local: LocalIndex) {
        if !self.is_dead() {
            self.recorded_local(LOCAL_SET, local);
        }
    }

    /// Records that a local is read, where the code that is written does not read it.
    pub(crate) fn record_get(&mut self, local: LocalIndex) {
        if !self.is_dead() {
            self.recorded_local(LOCAL_GET, local);
        }
    }

    /// Records a segment over static data.
    pub(super) fn record_static(&mut self, segment: StaticSegment) {
        let make = Signature {
            intrinsic: Intrinsic::SegmentOfAddress,
            representation: Some(self.context.representation),
            folded: false,
            array: None,
            string: None,
            texts: None,
        };
        if let Some(record) = &mut self.record {
            record.data(&make, segment);
        }
    }

    /// Records that the record of the function differs from the code that is written.
    pub(crate) fn record_differs(&mut self) {
        if let Some(record) = &mut self.record {
            record.differs();
        }
    }

    pub(super) fn recorded_intrinsic(&mut self, signature: &Signature) {
        if let Some(record) = &mut self.record {
            record.call(signature);
        }
    }
}
