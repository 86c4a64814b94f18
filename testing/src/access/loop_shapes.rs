//! Generates counted loops, and loops that keep a segment for the next iteration.

use crate::access::generate::Generator;
use crate::access::program::{Action, Compare, Loop, Number, Place, Scope, Segment, Shape, Statement, Width};

impl Generator<'_, '_> {
    pub(crate) fn counted(&mut self) -> Vec<Statement> {
        let depth = self.loops.len();
        // A loop has an index and perhaps a local for its bound.
        if depth == 2 {
            return Vec::new();
        }
        let index = 2 + depth;
        let width = self.source.pick(&Width::ALL);
        // Only accesses at the index, so that their checks can be moved before the loop.
        let is_plain = self.source.chance(64);
        let factor = if !is_plain && self.source.chance(30) { self.source.pick(&[2, 3, 4, 8, 12]) } else { 1 };
        let step = match self.source.below(4) {
            0 | 1 => 1,
            2 => width.bytes(),
            _ => self.source.between(1, 9),
        };
        let shape = self.source.pick(&[Shape::Until, Shape::Tee, Shape::While, Shape::Early]);
        let compare = self.source.pick(&Compare::ALL);
        let place = match self.source.below(8) {
            0 => Place::Global(0),
            _ => self.local(),
        };
        let over = (place, width.bytes(), factor);
        vec![self.statement(|generator| {
            let (from, bound) = (generator.fitting(), generator.fitting());
            let kept = (is_plain || generator.source.chance(50)).then(|| generator.source.below(2) as usize);
            generator.loops.push((place, width.bytes(), factor, index));
            let mut body = Vec::new();
            for _ in 0..generator.source.between(1, 3) {
                let statement = generator.statement(|generator| generator.over_index(width, is_plain));
                body.push(Statement { traced: statement.traced && !is_plain, ..statement });
            }
            let others = if !is_plain && generator.source.chance(45) { generator.source.between(1, 2) } else { 0 };
            let others = generator.list(others);
            let at = generator.source.below(body.len() as u32 + 1) as usize;
            body.splice(at..at, others);
            if !is_plain && generator.source.chance(6) {
                body.push(generator.statement(|generator| {
                    let further = generator.constant(1);
                    Action::Assign(index, Number::Add(Box::new(Number::Local(index)), Box::new(further)))
                }));
            }
            // A local that the loop assigns does not keep its value from before the loop.
            if is_plain && generator.source.chance(20) {
                let other = Segment::At(generator.local());
                body.push(generator.statement(|_| Action::Move(place, other)));
            }
            if let Some(kept) = kept
                && is_plain
                && generator.source.chance(6)
            {
                let value = generator.source.below(40);
                body.push(generator.statement(|generator| Action::Assign(kept, generator.given(value))));
            }
            generator.loops.pop();
            Action::Loop(Box::new(Loop { index, from, bound, kept, step, compare, shape, over, body }))
        })]
    }

    /// A loop that keeps an allocation for its next iteration.
    pub(crate) fn chain(&mut self) -> Vec<Statement> {
        let depth = self.loops.len();
        if depth == 2 {
            return Vec::new();
        }
        let (index, region) = (2 + depth, self.region);
        let (current, last) = (Place::Local(0), Place::Local(1));
        let allocate = |generator: &mut Self| {
            generator.statement(|generator| Action::Allocate(current, region, generator.constant(8), 1, Scope::Here))
        };
        let mut list = vec![allocate(self)];
        list.push(self.statement(|generator| {
            let (from, bound) = (generator.constant(0), generator.given(3));
            let over = (current, 1, 1);
            generator.loops.push((current, 1, 1, index));
            let mut body = vec![generator.statement(|_| Action::Move(last, Segment::At(current)))];
            body.push(allocate(generator));
            body.push(generator.statement(|generator| {
                Action::Set(Segment::At(current), generator.constant(0), Width::Byte, Number::Local(index))
            }));
            generator.loops.pop();
            let (compare, shape) = (Compare::LtU, Shape::Until);
            Action::Loop(Box::new(Loop { index, from, bound, kept: None, step: 1, compare, shape, over, body }))
        }));
        for place in [last, current] {
            list.push(self.statement(|generator| Action::Get(Segment::At(place), generator.constant(0), Width::UByte)));
        }
        list
    }

    /// An access at the index of the innermost loop, of the segment that the loop iterates over.
    pub(crate) fn over_index(&mut self, width: Width, is_plain: bool) -> Action {
        let (place, _, factor, index) = self.loops[self.loops.len() - 1];
        let segment = Segment::At(place);
        let mut offset = Number::Local(index);
        if factor > 1 {
            offset = Number::Scaled(Box::new(offset), factor);
        }
        // Narrower accesses may reach further.
        let width = if self.source.chance(25) { Width::Byte } else { width };
        if !is_plain && self.source.chance(30) {
            offset = Number::Add(Box::new(offset), Box::new(self.fitting()));
        }
        if self.source.chance(50) {
            Action::Get(segment, offset, width)
        } else {
            Action::Set(segment, offset, width.stored(), self.value())
        }
    }
}
