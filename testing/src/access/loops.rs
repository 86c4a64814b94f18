//! Counted loops.

use crate::access::program::{Compare, Loop, Number, Shape};
use crate::access::state::{Flow, Int, Interpreter};

impl Interpreter<'_, '_, '_> {
    /// Decides the start and the bound of a loop from the segment that it iterates over.
    pub(crate) fn decide_bounds(&mut self, counted: &Loop) {
        let (place, bytes, factor) = counted.over;
        let size = self.place(place).size();
        let limit = size.checked_sub(bytes).map_or(0, |left| left / factor + 1);
        // In the body, the index is one step further.
        let limit = if counted.shape == Shape::Early { limit.saturating_sub(counted.step) } else { limit };
        let Some(source) = &mut self.source else { return };
        let step = counted.step;
        let trips = if source.chance(5) { source.between(10, 60) } else { source.between(1, 9) };
        let trips = trips.min(limit.div_ceil(step)).max(1);
        let mut from = match source.below(4) {
            0 => limit.saturating_sub((trips - 1) * step + 1),
            _ => 0,
        };
        if let Number::Hole(hole) = counted.from {
            from = *self.holes[hole].value.get_or_insert(from);
        }
        if let Number::Hole(hole) = counted.bound {
            let last = from.saturating_add((trips - 1).saturating_mul(step));
            let exact = counted.compare == Compare::Ne;
            let next = last.saturating_add(step);
            let bound = if exact { next } else { source.between(last.saturating_add(1), next).min(limit) };
            let inclusive = matches!(counted.compare, Compare::LeU | Compare::LeS);
            let bound = if inclusive { bound.saturating_sub(1) } else { bound };
            self.holes[hole].value.get_or_insert(bound);
        }
    }

    pub(crate) fn counted(&mut self, counted: &Loop) -> Flow<()> {
        self.decide_bounds(counted);
        let from = self.number(&counted.from, 0)?;
        if let Some(kept) = counted.kept {
            self.frame().integers[kept] = self.number(&counted.bound, 0)?;
        }
        // An index is known to the linker only if its start and its bound are.
        let mut bound = self.bound(counted)?;
        self.frame().integers[counted.index] = Int { value: from.value, fixed: from.fixed && bound.fixed };
        let outer = self.ahead;
        self.loops += 1;
        let mut trips = 0;
        loop {
            let index = self.frame().integers[counted.index].value;
            if counted.shape == Shape::While && !counted.compare.holds(index, bound.value) {
                break;
            }
            if counted.shape == Shape::Early {
                self.move_index(counted);
            }
            self.ahead = bound.value.saturating_sub(1).saturating_sub(index).saturating_mul(counted.over.2);
            trips += 1;
            if self.block(&counted.body)? {
                self.seen.left += 1;
                break;
            }
            if counted.shape != Shape::Early {
                self.move_index(counted);
            }
            let index = self.frame().integers[counted.index].value;
            bound = self.bound(counted)?;
            self.fuel -= 1;
            if self.fuel == 0 {
                return Err(self.unspecified());
            }
            if counted.shape != Shape::While && !counted.compare.holds(index, bound.value) {
                break;
            }
        }
        self.loops -= 1;
        self.ahead = outer;
        self.seen.ran(counted, trips);
        Ok(())
    }

    fn move_index(&mut self, counted: &Loop) {
        let index = &mut self.frame().integers[counted.index];
        index.value = index.value.wrapping_add(counted.step);
    }

    pub(crate) fn bound(&mut self, counted: &Loop) -> Flow<Int> {
        match counted.kept {
            Some(kept) => Ok(self.frame().integers[kept]),
            None => self.number(&counted.bound, 0),
        }
    }
}
