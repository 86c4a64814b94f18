//! Statements that belong together: accesses of one segment, arms, blocks, regions and loops.

use crate::generate::{Generator, SIZES};
use crate::program::{Action, Compare, Loop, Number, Place, REGIONS, Scope, Segment, Shape, Statement, Width};

impl Generator<'_, '_> {
    /// Accesses of one local, of which later ones may need no check.
    pub fn cluster(&mut self) -> Vec<Statement> {
        let local = Segment::At(self.local());
        let count = self.source.between(2, 5);
        (0..count)
            .map(|_| {
                let width = self.source.pick(&Width::ALL);
                self.statement(|generator| {
                    let offset = generator.fitting();
                    if generator.source.chance(50) {
                        Action::Get(local.clone(), offset, width)
                    } else {
                        Action::Set(local.clone(), offset, width.stored(), generator.value())
                    }
                })
            })
            .collect()
    }

    /// A segment of what is not linmem's, of what is, of all, or of the last addresses.
    pub fn of_address(&mut self) -> Vec<Statement> {
        let kinds = if self.setting.frames { 3 } else { 6 };
        vec![self.statement(|generator| {
            let place = generator.target();
            let source = &mut generator.source;
            let (address, bytes) = match source.below(kinds) {
                0 | 1 if generator.setting.owned => (source.below(131_000), source.pick(&SIZES)),
                0..=2 => {
                    let back = source.between(1, 70_000);
                    (0u32.wrapping_sub(back), if source.chance(60) { back } else { source.between(0, back) })
                }
                3 => (0, u32::MAX),
                _ => (source.between(65536, 150_000), source.pick(&SIZES)),
            };
            Action::OfAddress(place, generator.given(address), generator.given(bytes))
        })]
    }

    pub fn branch(&mut self) -> Vec<Statement> {
        let mut list = vec![self.statement(|generator| {
            let condition = generator.condition();
            let (then, or_else) = (generator.source.between(1, 3), generator.source.below(3));
            let then = generator.list(then);
            Action::If(condition, then, generator.list(or_else))
        })];
        // What an arm checked may not have been checked behind it.
        let behind = self.source.below(2);
        list.extend(self.list(behind));
        list
    }

    pub fn block(&mut self) -> Vec<Statement> {
        vec![self.statement(|generator| {
            generator.blocks += 1;
            let (before, after) = (generator.source.between(1, 2), generator.source.between(1, 2));
            let mut body = generator.list(before);
            body.push(generator.statement(|generator| Action::Leave(generator.condition())));
            body.extend(generator.list(after));
            generator.blocks -= 1;
            Action::Block(body)
        })]
    }

    /// A region, with something in it.
    pub fn scope(&mut self) -> Vec<Statement> {
        if self.region + 1 == REGIONS {
            return Vec::new();
        }
        self.region += 1;
        let region = self.region;
        let mut body = vec![self.statement(|_| Action::Open(region))];
        for _ in 0..self.source.between(1, 2) {
            let place = self.target();
            body.extend(self.allocate(place, region));
        }
        let count = self.source.between(1, 4);
        body.extend(self.list(count));
        body.push(self.statement(|generator| {
            Action::Close(region, generator.source.pick(&[Scope::Here, Scope::Here, Scope::Callee]))
        }));
        self.region -= 1;
        body
    }

    pub fn counted(&mut self) -> Vec<Statement> {
        let depth = self.loops.len();
        // A loop has an index and perhaps a local for its bound.
        if depth == 2 {
            return Vec::new();
        }
        let index = 2 + depth;
        let width = self.source.pick(&Width::ALL);
        // Nothing but accesses at the index, so that their checks can be made before the loop.
        let is_plain = self.source.chance(50);
        let factor = if !is_plain && self.source.chance(30) { self.source.pick(&[2, 3, 4, 8, 12]) } else { 1 };
        let step = match self.source.below(4) {
            0 | 1 => 1,
            2 => width.bytes(),
            _ => self.source.between(1, 9),
        };
        let shape = self.source.pick(&[Shape::Until, Shape::Tee, Shape::While]);
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
                body.push(Statement { tells: statement.tells && !is_plain, ..statement });
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
            generator.loops.pop();
            Action::Loop(Box::new(Loop { index, from, bound, kept, step, compare, shape, over, body }))
        })]
    }

    /// An access at the index of the innermost loop, of what the loop goes over.
    pub fn over_index(&mut self, width: Width, is_plain: bool) -> Action {
        let (place, _, factor, index) = self.loops[self.loops.len() - 1];
        let segment = Segment::At(place);
        let mut offset = Number::Local(index);
        if factor > 1 {
            offset = Number::Scaled(Box::new(offset), factor);
        }
        // Narrower ones may go further.
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
