//! Instructions without a body.

use super::executor::{Executor, pop, underflow};
use crate::arithmetic;
use crate::error::Error;
use crate::state::State;
use crate::term::Op;
use wasmparser::Operator;

impl Executor<'_> {
    pub(super) fn plain(&mut self, operator: &Operator<'_>, mut state: State) -> Result<Option<State>, Error> {
        use Operator as O;
        if let [.., a, b] = state.stack[..]
            && matches!(
                operator,
                O::I32DivS | O::I64DivS | O::I32DivU | O::I64DivU | O::I32RemS | O::I64RemS | O::I32RemU | O::I64RemU
            )
            && let Some(traps) = arithmetic::division_traps(self.pool, operator, a, b)
        {
            self.trap("division", &mut state, traps);
        }
        if arithmetic::execute(self.pool, operator, &mut state.stack) {
            return Ok(Some(state));
        }
        match operator {
            O::Nop => {}
            O::Drop => drop(pop(&mut state)?),
            O::Unreachable => return Ok(self.trap_always("unreachable", state)),
            O::LocalGet { local_index } => state.stack.push(state.locals[*local_index as usize]),
            O::LocalSet { local_index } => {
                let value = pop(&mut state)?;
                state.locals[*local_index as usize] = value;
            }
            O::LocalTee { local_index } => {
                let value = *state.stack.last().ok_or_else(underflow)?;
                state.locals[*local_index as usize] = value;
            }
            O::GlobalGet { global_index } => state.stack.push(state.globals[*global_index as usize]),
            O::GlobalSet { global_index } => {
                let value = pop(&mut state)?;
                state.globals[*global_index as usize] = value;
            }
            O::Br { relative_depth } => {
                self.branch(*relative_depth, state)?;
                return Ok(None);
            }
            O::BrIf { relative_depth } => {
                let condition = self.condition(&mut state)?;
                let taken = self.along(&state, condition);
                self.branch(*relative_depth, taken)?;
                let not = self.pool.not(condition);
                state = self.along(&state, not);
            }
            O::BrTable { targets } => {
                let index = pop(&mut state)?;
                for (number, target) in targets.targets().enumerate() {
                    let number = self.pool.bits(32, number as u128);
                    let equal = self.pool.eq(index, number);
                    let taken = self.along(&state, equal);
                    self.branch(target?, taken)?;
                    let not = self.pool.not(equal);
                    state = self.along(&state, not);
                }
                self.branch(targets.default(), state)?;
                return Ok(None);
            }
            O::Return => {
                self.branch(self.labels.len() as u32 - 1, state)?;
                return Ok(None);
            }
            O::Call { function_index } => return self.call(*function_index, state),
            _ if self.is_elsewhere(operator) => return self.elsewhere(operator, state),
            O::MemorySize { .. } => {
                let pages = self.pool.apply(Op::Extract(0, self.address_width()), &[state.pages]);
                state.stack.push(pages);
            }
            O::MemoryGrow { .. } => self.grow(&mut state)?,
            O::MemoryFill { .. } => {
                let (bytes, byte, to) = (pop(&mut state)?, pop(&mut state)?, pop(&mut state)?);
                self.range(&mut state, to, bytes);
                self.writes_memory(&state, bytes);
                state.memory = self.overwritten("fill", &state, [to, byte, bytes]);
            }
            O::MemoryCopy { .. } => {
                let (bytes, from, to) = (pop(&mut state)?, pop(&mut state)?, pop(&mut state)?);
                self.range(&mut state, to, bytes);
                self.range(&mut state, from, bytes);
                self.writes_memory(&state, bytes);
                state.memory = self.overwritten("copy", &state, [to, from, bytes]);
            }
            _ => return self.access_or_reference(operator, state),
        }
        Ok(Some(state))
    }
}
