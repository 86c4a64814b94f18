//! Generates statements that belong together: accesses of one segment, arms, blocks and regions.

use crate::access::generate::{Generator, SIZES};
use crate::access::program::{
    Action, Compare, Form, Loop, Number, Place, REGIONS, Scope, Segment, Shape, Statement, Width,
};

impl Generator<'_, '_> {
    /// Accesses of one local, so that later ones may need no check.
    pub(crate) fn cluster(&mut self) -> Vec<Statement> {
        let local = self.local();
        if self.source.chance(12) { self.cluster_at_local(local) } else { self.cluster_of(local) }
    }

    /// Accesses at an offset in a local near the end of the segment, each wider than the previous one.
    fn cluster_at_local(&mut self, place: Place) -> Vec<Statement> {
        let local = self.source.below(2) as usize;
        let back = self.source.between(1, 9);
        let mut list = vec![self.statement(|generator| {
            let back = generator.given(0u32.wrapping_sub(back));
            let size = Number::Size(Box::new(Segment::At(place)));
            Action::Assign(local, Number::Add(Box::new(size), Box::new(back)))
        })];
        for width in [Width::Byte, Width::UShort, Width::Int, Width::Double] {
            if self.source.chance(70) {
                list.push(self.statement(|_| Action::Get(Segment::At(place), Number::Local(local), width)));
            }
        }
        list
    }

    /// Accesses of the segment in a place.
    fn cluster_of(&mut self, place: Place) -> Vec<Statement> {
        let local = Segment::At(place);
        let count = self.source.between(2, 5);
        let moves = self.source.chance(15).then(|| self.source.between(1, count - 1));
        (0..count)
            .map(|number| {
                let width = self.source.pick(&Width::ALL);
                let other = Segment::At(self.local());
                if moves == Some(number) {
                    // Checks of one segment prove nothing about the next one.
                    return self.statement(|_| Action::Move(place, other));
                }
                self.statement(|generator| {
                    let form = if moves.is_some() { Form::Constant } else { generator.form() };
                    let offset = generator.add(None, form);
                    if generator.source.chance(50) {
                        Action::Get(local.clone(), offset, width)
                    } else {
                        Action::Set(local.clone(), offset, width.stored(), generator.value())
                    }
                })
            })
            .collect()
    }

    /// A segment over memory of the program, over memory of linmem, over all memory, or over the last addresses.
    pub(crate) fn of_address(&mut self) -> Vec<Statement> {
        let kinds = if self.setting.frames { 3 } else { 8 };
        let place = self.target();
        if kinds > 6 && self.source.chance(30) {
            // Around the end of the allocated memory: some of the bytes may be free.
            let mut list = vec![self.statement(|generator| {
                let (address, bytes) = (generator.address(), generator.source.between(16, 80));
                Action::OfAddress(place, address, generator.given(bytes))
            })];
            list.extend(self.cluster_of(place));
            return list;
        }
        vec![self.statement(|generator| {
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

    /// Accesses of segments that are made of the address in a local only for them.
    pub(crate) fn vouched(&mut self) -> Vec<Statement> {
        let local = self.source.below(2) as usize;
        let count = self.source.between(2, 5);
        let mut list = vec![self.vouch(local)];
        for _ in 0..count {
            match self.source.below(12) {
                0 => list.push(self.vouch(local)),
                1 => list.push(self.effect()),
                _ => {
                    let width = self.source.pick(&Width::ALL);
                    let bytes = self.source.between(8, 40);
                    let segment = Segment::OfAddress(Box::new(Number::Local(local)), bytes);
                    list.push(self.statement(|generator| {
                        let offset = generator.add(None, Form::Constant);
                        if generator.source.chance(60) {
                            Action::Get(segment, offset, width)
                        } else {
                            Action::Set(segment, offset, width.stored(), generator.value())
                        }
                    }));
                }
            }
        }
        list
    }

    /// Assigns an address to a local: in the memory of the program, around the end of the allocated memory, or one of the last
    /// addresses.
    fn vouch(&mut self, local: usize) -> Statement {
        let kind = self.source.below(10);
        let setting = self.setting;
        self.statement(|generator| {
            let address = match kind {
                // Where allocations share frames, the end of the allocated memory is unspecified.
                0..=6 if !setting.frames => generator.address(),
                0..=8 if setting.owned => {
                    let address = generator.source.below(131_000);
                    generator.given(address)
                }
                _ => {
                    let back = generator.source.between(1, 60);
                    generator.given(0u32.wrapping_sub(back))
                }
            };
            Action::Assign(local, address)
        })
    }

    pub(crate) fn branch(&mut self) -> Vec<Statement> {
        let mut list = vec![self.statement(|generator| {
            let condition = generator.condition();
            let (then, or_else) = (generator.source.between(1, 3), generator.source.below(3));
            let then = generator.list(then);
            Action::If(condition, then, generator.list(or_else))
        })];
        // A check in an arm proves nothing after the arm.
        let behind = self.source.below(2);
        list.extend(self.list(behind));
        list
    }

    pub(crate) fn block(&mut self) -> Vec<Statement> {
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

    /// A region, with statements in it.
    pub(crate) fn scope(&mut self) -> Vec<Statement> {
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
        if !self.setting.outermost && self.source.chance(25) {
            // An allocation from a region that is not the innermost one.
            let (place, outer) = (self.target(), self.source.below(region as u32) as usize);
            body.extend(self.allocate(place, outer));
        }
        let outlives = if self.setting.outermost && self.source.chance(60) { self.makers() } else { Vec::new() };
        body.extend(self.list(count));
        let at = self.source.between(1, body.len() as u32) as usize;
        // Segments that were made there are used after the inner region, or their own region, was closed.
        let uses: Vec<Segment> = outlives
            .iter()
            .filter_map(|it| match it.action {
                Action::Allocate(place, ..) => Some(Segment::At(place)),
                _ => None,
            })
            .collect();
        body.splice(at..at, outlives);
        body.push(self.statement(|generator| {
            let closed = if generator.setting.outermost { generator.some_region() } else { region };
            Action::Close(closed, generator.source.pick(&[Scope::Here, Scope::Here, Scope::Callee]))
        }));
        self.region -= 1;
        for segment in uses {
            body.push(self.statement(|generator| generator.get(segment, Width::Byte)));
        }
        body
    }

    /// A region that stays open after the arm, or the iteration of a loop, that opened it, so that another region is no longer the
    /// innermost one. Or a region that is closed in an arm.
    pub(crate) fn left_open(&mut self) -> Vec<Statement> {
        let (region, inner) = (self.some_region(), REGIONS - 1);
        let allocate = |generator: &mut Self| {
            let place = generator.target();
            generator.statement(|generator| {
                let is_constant = generator.setting.frames && generator.source.chance(80);
                let bytes = if is_constant { generator.constant(8) } else { Number::Local(0) };
                Action::Allocate(place, region, bytes, 1, Scope::Here)
            })
        };
        let depth = self.loops.len();
        let mut list = vec![allocate(self)];
        if depth == 2 || self.source.chance(60) {
            let closes = self.source.chance(40);
            list.push(self.statement(|generator| {
                let condition = generator.condition();
                let change = if closes { Action::Close(region, Scope::Here) } else { Action::Open(inner) };
                Action::If(condition, vec![generator.statement(|_| change)], Vec::new())
            }));
            list.push(allocate(self));
        } else {
            list.push(self.statement(|generator| {
                let index = 2 + depth;
                let (from, bound) = (generator.constant(0), generator.constant(2));
                let over = (Place::Local(0), 1, 1);
                generator.loops.push((Place::Local(0), 1, 1, index));
                let body = vec![allocate(generator), generator.statement(|_| Action::Open(inner))];
                generator.loops.pop();
                let (compare, shape) = (Compare::LtU, Shape::Until);
                Action::Loop(Box::new(Loop { index, from, bound, kept: None, step: 1, compare, shape, over, body }))
            }));
        }
        list
    }

    /// Consecutive allocations from one region: a handle that was checked need not be checked again. If their addresses are
    /// unspecified, the values written to them show whether they overlap.
    pub(crate) fn makers(&mut self) -> Vec<Statement> {
        let region = self.some_region();
        let count = self.source.between(2, 3);
        let mut places = Vec::new();
        let mut list = Vec::new();
        for number in 0..count {
            let place = if self.setting.frames { Place::Local(number as usize) } else { self.target() };
            // An allocation that is too large does not share a frame.
            let size = if self.setting.frames && self.source.chance(15) { 65536 } else { self.source.between(1, 40) };
            let is_constant = self.source.chance(40);
            list.push(self.statement(|generator| {
                let bytes = if is_constant { generator.constant(size) } else { generator.given(size) };
                let alignment = if generator.source.chance(20) { 16 } else { 1 };
                Action::Allocate(place, region, bytes, alignment, Scope::Here)
            }));
            places.push(place);
        }
        if self.setting.frames {
            for (number, place) in places.iter().enumerate() {
                let value = 10 + number as u32;
                list.push(self.statement(|generator| {
                    let (offset, value) = (generator.constant(0), generator.constant(value));
                    Action::Set(Segment::At(*place), offset, Width::Byte, value)
                }));
            }
            for place in places {
                list.push(self.statement(|generator| {
                    let offset = generator.constant(0);
                    Action::Get(Segment::At(place), offset, Width::UByte)
                }));
            }
            list.push(self.statement(|_| Action::Log));
        }
        list
    }
}
