//! The code section: lowered functions, copied ones, shims, the exported allocator and helpers.

use crate::code::{FunctionRef, Relocation, relocate};
use crate::link::input::Body;
use crate::link::plan::Added;
use crate::link::write::Writer;
use wasm_encoder::Encode;

impl Writer<'_> {
    /// The contents of the section; `None` if there are no functions.
    pub(super) fn code(&self) -> Option<Vec<u8>> {
        let Added { shims, exports } = self.added;
        let count = self.input.bodies.len() + shims.len() + exports.len() + self.needs.helpers().count();
        if count == 0 {
            return None;
        }
        let mut out = Vec::with_capacity(self.input.bytes.len());
        count.encode(&mut out);
        let mut scratch = Vec::new();
        let index = |function| self.plan.index(function);
        for (body, lowered) in self.input.bodies.iter().zip(self.lowered) {
            match lowered {
                Some(lowered) => lowered.body(index).as_slice().encode(&mut out),
                None => {
                    scratch.clear();
                    match self.counted(body) {
                        Some((code, relocations)) => relocate(&code, &relocations, index, &mut scratch),
                        None => relocate(body.body.as_bytes(), &body.references, index, &mut scratch),
                    }
                    scratch.as_slice().encode(&mut out);
                }
            }
        }
        let added = shims.iter().map(|shim| &shim.lowered).chain(exports.iter().map(|export| &export.lowered));
        for lowered in added {
            lowered.body(index).as_slice().encode(&mut out);
        }
        for (_, body) in self.needs.bodies() {
            body.function(index).encode(&mut out);
        }
        Some(out)
    }

    /// A function that is copied, with the `memory.size` and `memory.grow` of a split memory replaced by calls; `None`
    /// if it has no such instruction.
    fn counted(&self, body: &Body<'_>) -> Option<(Vec<u8>, Vec<Relocation>)> {
        const CALL: u8 = 0x10;
        let sizes: Vec<_> = body.sizes.iter().filter(|size| self.context.counts_pages_of(size.memory)).collect();
        if sizes.is_empty() {
            return None;
        }
        let mut code = body.body.as_bytes().to_vec();
        let mut relocations = body.references.clone();
        for size in sizes {
            // The opcodes of both instructions and of `call` are one byte.
            code[size.at - 1] = CALL;
            let target = FunctionRef::Helper(size.helper);
            relocations.push(Relocation { at: size.at, replaces: size.bytes, target });
        }
        relocations.sort_by_key(|relocation| relocation.at);
        Some((code, relocations))
    }
}
