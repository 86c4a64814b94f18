//! The exported functions by which a host allocates that are not single intrinsics: see [`crate::allocator_exports`].

use crate::allocator_exports::Code;
use crate::engine::shape::{Arity, Shape};
use crate::engine::state::Engine;
use crate::helpers::Helper;
use crate::index::LocalIndex;
use linmem_intrinsics::{Intrinsic, Signature};
use wasm_encoder::BlockType;

impl Engine {
    /// Writes the code of an exported function. Its parameters are those of the function that is being lowered.
    pub(crate) fn allocator_export(&mut self, code: &Code) {
        if let Code::Intrinsic(signature) = code {
            let params = signature.function_type().params.len() as u32;
            (0..params).for_each(|param| self.local_get(LocalIndex(param)));
            // No operand is constant, so there are no definite violations.
            let lowered = self.intrinsic(signature);
            debug_assert_eq!(lowered, Ok(()));
            return;
        }
        self.record_differs();
        let record = self.record.take();
        match code {
            Code::Intrinsic(_) => {}
            Code::Acquire => self.acquire(),
            Code::Release => self.release(),
            Code::Top => self.push_top(),
        }
        self.record = record;
        // These functions open and close regions of the host, about which there are no findings.
        self.recorded(|tape| {
            tape.emit(|sink| {
                sink.unreachable();
            });
        });
    }

    /// ```wasm
    /// local.get $bytes   local.get $alignment   local.get $token   call $linmem.lend
    /// local.set $mark   ;; the segment from its address and size
    /// local.get $mark
    /// ```
    fn acquire(&mut self) {
        self.current = Some((Intrinsic::AllocatorAllocateAligned.name(), None));
        let (helper, takes_site) = (self.helper(Helper::Lend), Helper::Lend.takes_site(&self.context));
        let site = takes_site.then(|| self.site()).flatten();
        (0..3).for_each(|param| self.local_get(LocalIndex(param)));
        self.other(Shape::Effect, Arity::Known { pops: 3, pushes: 3 }, |tape| match site {
            Some(site) => tape.call_with_site(site, helper),
            None => tape.call(helper),
        });
        let mark = self.keep_in_local(self.pointer_type());
        if let Some(signature) = Signature::new(Intrinsic::SegmentOfAddress, self.representation()) {
            let lowered = self.intrinsic(&signature);
            debug_assert_eq!(lowered, Ok(()));
        } else {
            self.drop();
        }
        self.local_get(mark);
    }

    /// ```wasm
    /// local.get $handle   local.get $loan   local.get $top   call $linmem.refuses
    /// if  i32.const 1   return  end
    /// ;; close $handle
    /// i32.const 0
    /// ```
    fn release(&mut self) {
        let helper = self.helper(Helper::Refuses);
        (0..3).for_each(|param| self.local_get(LocalIndex(param)));
        self.other(Shape::Effect, Arity::Known { pops: 3, pushes: 0 }, |tape| {
            tape.call(helper);
            tape.emit(|sink| {
                sink.if_(BlockType::Empty).i32_const(1).return_().end();
            });
        });
        if let Some(close) = Signature::new(Intrinsic::AllocatorFree, self.representation()) {
            self.local_get(LocalIndex(0));
            let lowered = self.intrinsic(&close);
            debug_assert_eq!(lowered, Ok(()));
        }
        self.i32_const(0);
    }
}
