//! The events of the program's own accesses, if accesses are traced: loads, stores, bulk operations, and calls of WASI.

use crate::config::Config;
use crate::error::Error;
use crate::helpers::SHADOW;
use crate::index::MemoryIndex;
use crate::link::input::Input;
use crate::link::memory::Memory;
use crate::link::traced::{self, access};
use crate::link::walk::Walk;
use crate::setting::Setting;
use linmem_intrinsics::wasi;
use wasm_encoder::ValType;
use wasm_encoder::reencode::{Reencode, RoundtripReencoder};
use wasmparser::{Import, MemoryType, Operator, TypeRef};

/// The memory that shadows the one that segments are in, if accesses are traced. It follows all other memories.
///
/// # Errors
///
/// If its export name is taken.
pub(super) fn shadow(input: &Input<'_>, config: &Config, memory: &Memory) -> Result<Option<MemoryIndex>, Error> {
    if !config.trace {
        return Ok(None);
    }
    if input.exports.iter().any(|export| export.name == SHADOW) {
        let message = format!("the module already exports `{SHADOW}`, so that it was traced before");
        return Err(Error::option(Setting::trace(), message));
    }
    Ok(Some(MemoryIndex(input.memory_count + u32::from(memory.defines.is_some()))))
}

impl Walk<'_> {
    /// Writes the event of an instruction, before the instruction.
    pub(super) fn trace(&mut self, operator: &Operator<'_>, offset: usize) {
        if !self.engine.traces() {
            return;
        }
        if let Some(access) = access(operator) {
            if self.is_audited(access.memarg.memory, offset) {
                let above: Option<Vec<ValType>> =
                    (0..self.pops(operator).saturating_sub(1)).rev().map(|depth| self.operand_type(depth)).collect();
                let Some(above) = above else { return };
                self.set_origin(offset);
                self.engine.trace_instruction(access.name, access.memarg.offset, access.bytes, access.transfer, &above);
            }
            return;
        }
        let (name, to, from) = match operator {
            Operator::MemoryFill { mem } => ("memory.fill", *mem, None),
            Operator::MemoryCopy { dst_mem, src_mem } => ("memory.copy", *dst_mem, Some(*src_mem)),
            Operator::MemoryInit { mem, .. } => ("memory.init", *mem, None),
            _ => return,
        };
        let writes = self.is_audited(to, offset);
        let reads = from.is_some_and(|from| self.is_audited(from, offset));
        if writes || reads {
            let types: Option<Vec<ValType>> = (0..3).rev().map(|depth| self.operand_type(depth)).collect();
            if let Some([a, b, c]) = types.as_deref() {
                self.set_origin(offset);
                self.engine.trace_bulk(name, [*a, *b, *c], writes, reads);
            }
        }
    }

    /// Writes the events of a call of an imported function of WASI, before the call.
    pub(super) fn trace_call(&mut self, function: u32, offset: usize) {
        if !self.engine.traces() {
            return;
        }
        let is_function = |ty: TypeRef| matches!(ty, TypeRef::Func(_) | TypeRef::FuncExact(_));
        let mut functions = self.input.import_list.iter().filter(|import| is_function(import.ty));
        let import = functions.nth(function as usize).filter(|import| import.module == wasi::MODULE);
        let Some((name, pointers)) = import.and_then(|import| traced::pointers(import.name)) else { return };
        let params = self.input.function_type(function).params();
        let types: Option<Vec<ValType>> = params.iter().map(|ty| RoundtripReencoder.val_type(*ty).ok()).collect();
        if let Some(types) = types {
            self.set_origin(offset);
            self.engine.trace_host_call(name, &types, pointers);
        }
    }

    /// Whether an index is that of the audited memory. A memory that is imported by the same name is taken for the same one. If
    /// that cannot be excluded for a memory with another name, the program is refused.
    fn is_audited(&mut self, memory: u32, offset: usize) -> bool {
        let audited = self.engine.memory();
        if memory == audited || memory.max(audited) >= self.input.imported_memory_count {
            return memory == audited;
        }
        let is_memory = |import: &&Import<'_>| matches!(import.ty, TypeRef::Memory(_));
        let name = |memory: u32| {
            let import = self.input.import_list.iter().filter(is_memory).nth(memory as usize)?;
            Some((import.module, import.name))
        };
        let [ty, other] = [audited, memory].map(|memory| self.input.types.as_ref().memory_at(memory));
        let kind = |ty: &MemoryType| (ty.memory64, ty.shared, ty.page_size_log2);
        if kind(&ty) != kind(&other) {
            return false;
        }
        if name(memory) != name(audited) && self.refused.is_none() {
            let message = format!(
                "`trace`: memory {memory} and the audited memory {audited} are both imported, so that they may be the same memory, \
                 in which case this access would not be audited"
            );
            self.refused = Some(Error::Unsupported { message, place: self.input.place(self.function, offset) });
        }
        true
    }

    fn pops(&self, operator: &Operator<'_>) -> usize {
        operator.operator_arity(&self.validator).map_or(0, |(pops, _)| pops as usize)
    }

    /// The type of an operand on the stack, if it is known.
    fn operand_type(&self, depth: usize) -> Option<ValType> {
        self.validator.get_operand_type(depth).flatten().and_then(|ty| RoundtripReencoder.val_type(ty).ok())
    }
}
