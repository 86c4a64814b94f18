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
use wasmparser::{Operator, TypeRef};

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
            if access.memarg.memory == self.engine.memory() {
                let above: Option<Vec<ValType>> =
                    (0..self.pops(operator).saturating_sub(1)).rev().map(|depth| self.operand_type(depth)).collect();
                let Some(above) = above else { return };
                self.set_origin(offset);
                self.engine.trace_instruction(access.name, access.memarg.offset, access.bytes, access.transfer, &above);
            }
            return;
        }
        let memory = self.engine.memory();
        let (name, writes, reads) = match operator {
            Operator::MemoryFill { mem } => ("memory.fill", *mem == memory, false),
            Operator::MemoryCopy { dst_mem, src_mem } => ("memory.copy", *dst_mem == memory, *src_mem == memory),
            Operator::MemoryInit { mem, .. } => ("memory.init", *mem == memory, false),
            _ => return,
        };
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

    fn pops(&self, operator: &Operator<'_>) -> usize {
        operator.operator_arity(&self.validator).map_or(0, |(pops, _)| pops as usize)
    }

    /// The type of an operand on the stack, if it is known.
    fn operand_type(&self, depth: usize) -> Option<ValType> {
        self.validator.get_operand_type(depth).flatten().and_then(|ty| RoundtripReencoder.val_type(ty).ok())
    }
}
