//! Uses of other memories than the one that claims are about: they may trap, and return anything.

use super::atomic::atomic;
use super::executor::{Executor, pop};
use super::memory::{loaded, stored};
use crate::error::Error;
use crate::state::{State, integer};
use crate::term::Sort;
use wasmparser::Operator;

impl Executor<'_> {
    /// Whether an instruction uses another memory.
    pub(super) fn is_elsewhere(&self, operator: &Operator<'_>) -> bool {
        use Operator as O;
        let is_other = |memory: u32| memory != self.module.memory_index;
        match operator {
            O::MemorySize { mem } | O::MemoryGrow { mem } | O::MemoryFill { mem } | O::MemoryInit { mem, .. } => {
                is_other(*mem)
            }
            O::MemoryCopy { dst_mem, src_mem } => is_other(*dst_mem) || is_other(*src_mem),
            _ => {
                let plain = loaded(operator).map(|(memarg, ..)| memarg.memory);
                let plain = plain.or_else(|| stored(operator).map(|(memarg, _)| memarg.memory));
                plain.or_else(|| atomic(operator).map(|(known, _)| known.memarg.memory)).is_some_and(is_other)
            }
        }
    }

    /// Executes an instruction that uses another memory.
    pub(super) fn elsewhere(&mut self, operator: &Operator<'_>, mut state: State) -> Result<Option<State>, Error> {
        use Operator as O;
        self.events.elsewhere.push(state.path);
        let fails = self.pool.fresh("fails", Sort::Bool);
        let width = |memory: u32| self.module.memories.get(memory as usize).map_or(32, |memory| memory.0);
        let result = match operator {
            O::MemorySize { mem } => Some(width(*mem)),
            O::MemoryGrow { mem } => {
                pop(&mut state)?;
                Some(width(*mem))
            }
            O::MemoryFill { .. } | O::MemoryInit { .. } => {
                state.stack.truncate(state.stack.len().saturating_sub(3));
                self.trap("elsewhere", &mut state, fails);
                None
            }
            O::MemoryCopy { dst_mem, src_mem } => {
                let (bytes, from, to) = (pop(&mut state)?, pop(&mut state)?, pop(&mut state)?);
                self.trap("elsewhere", &mut state, fails);
                let mine = self.module.memory_index;
                if *dst_mem == mine || *src_mem == mine {
                    let (address, bytes) = (if *dst_mem == mine { to } else { from }, integer(self.pool, bytes));
                    self.range(&mut state, address, bytes);
                    self.writes_memory(&state, bytes);
                    state.memory = self.pool.fresh("memory", self.pool.sort(state.memory));
                }
                None
            }
            _ => {
                let loads = loaded(operator).map(|(_, _, width, _)| width);
                if loads.is_none() && stored(operator).is_none() {
                    return Err(Error::new(format!("{operator:?} of another memory is not supported")));
                }
                if loads.is_none() {
                    pop(&mut state)?;
                }
                pop(&mut state)?;
                self.trap("elsewhere", &mut state, fails);
                loads
            }
        };
        if let Some(width) = result {
            let value = self.pool.fresh("elsewhere", Sort::Bits(width));
            state.stack.push(value);
        }
        Ok(Some(state))
    }
}
