//! The code section: lowered functions, copied ones, shims, the exported allocator, helpers, and the start function.

use crate::code::{FunctionRef, Relocation, relocate};
use crate::error::Error;
use crate::link::input::{Body, GlobalInstruction};
use crate::link::plan::Added;
use crate::link::write::{Writer, id};
use std::borrow::Cow;
use wasm_encoder::Encode;

impl Writer<'_> {
    /// The contents of the section; `None` if there are no functions.
    pub(super) fn code(&self) -> Result<Option<Vec<u8>>, Error> {
        let Added { shims, exports } = self.added;
        let added =
            shims.len() + exports.len() + self.needs.helpers().count() + usize::from(self.plan.start().is_some());
        let count = self.input.bodies.len() + added;
        if count == 0 {
            return Ok(None);
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
                    let (code, relocations) = self.copied(body);
                    relocate(&code, &relocations, index, &mut scratch);
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
        if self.plan.start().is_some() {
            let section = self.input.section(id::START);
            let contents = section.map(|section| &self.input.bytes[section.range.clone()]);
            let program = self.program_start(contents, section.map_or(0, |section| section.range.start))?;
            self.own_start()?.function(program).encode(&mut out);
        }
        Ok(Some(out))
    }

    /// A function that is copied, with the `memory.size` and `memory.grow` of a split memory replaced by calls, static
    /// data replaced by constants, and other globals renumbered.
    fn copied<'b>(&self, body: &'b Body<'_>) -> (Cow<'b, [u8]>, Cow<'b, [Relocation]>) {
        const CALL: u8 = 0x10;
        let sizes: Vec<_> = body.sizes.iter().filter(|size| self.context.counts_pages_of(size.memory)).collect();
        let original = body.body.as_bytes();
        if sizes.is_empty() && body.globals.is_empty() {
            return (Cow::Borrowed(original), Cow::Borrowed(&body.references));
        }
        let mut code = original.to_vec();
        let mut relocations = body.references.clone();
        for size in sizes {
            // The opcodes of both instructions and of `call` are one byte.
            code[size.at - 1] = CALL;
            let target = FunctionRef::Helper(size.helper);
            relocations.push(Relocation { at: size.at, replaces: size.bytes, target });
        }
        relocations.sort_by_key(|relocation| relocation.at);
        let code =
            if body.globals.is_empty() { code } else { self.with_globals(&code, &body.globals, &mut relocations) };
        (Cow::Owned(code), Cow::Owned(relocations))
    }

    /// Replaces the instructions that refer to globals, and moves the relocations behind them.
    fn with_globals(&self, code: &[u8], globals: &[GlobalInstruction], relocations: &mut [Relocation]) -> Vec<u8> {
        let mut out = Vec::with_capacity(code.len() + 4 * globals.len());
        let mut cursor = 0;
        let mut relocations = relocations.iter_mut().peekable();
        for GlobalInstruction { at, bytes, global } in globals {
            out.extend_from_slice(&code[cursor..*at]);
            while let Some(relocation) = relocations.next_if(|relocation| relocation.at < *at) {
                relocation.at = out.len() - (at - relocation.at);
            }
            let instruction = &code[*at..at + bytes];
            match self.globals.constant(*global) {
                Some(constant) => constant.encode(&mut out),
                None => out.extend(GlobalInstruction::renumbered(instruction, self.globals.index(*global))),
            }
            cursor = at + bytes;
        }
        for relocation in relocations {
            relocation.at = out.len() + (relocation.at - cursor);
        }
        out.extend_from_slice(&code[cursor..]);
        out
    }
}
