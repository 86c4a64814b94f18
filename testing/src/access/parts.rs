//! Generates the parts of statements: numbers, segments, allocations.

use crate::access::generate::{Generator, SIZES};
use crate::access::program::{Action, Decided, Form, Number, Place, SEGMENTS, Scope, Segment, Statement, Width};

impl Generator<'_, '_> {
    pub(crate) fn add(&mut self, value: Option<u32>, form: Form) -> Number {
        let form = if form == Form::Parameter && self.function > 0 { Form::Passed } else { form };
        let outermost = self.function == 0;
        self.holes.push(Decided { value, form, owner: self.owner, fits: value.is_none(), outermost });
        Number::Hole(self.holes.len() - 1)
    }

    pub(crate) fn form(&mut self) -> Form {
        self.source.pick(&[Form::Constant, Form::Constant, Form::Parameter, Form::Passed])
    }

    /// A number that is decided later, so that it fits.
    pub(crate) fn fitting(&mut self) -> Number {
        let form = self.form();
        self.add(None, form)
    }

    /// An address near the end of the allocated memory.
    pub(crate) fn address(&mut self) -> Number {
        match self.fitting() {
            Number::Hole(hole) => Number::Address(hole),
            other => other,
        }
    }

    pub(crate) fn constant(&mut self, value: u32) -> Number {
        self.add(Some(value), Form::Constant)
    }

    pub(crate) fn given(&mut self, value: u32) -> Number {
        let form = self.form();
        self.add(Some(value), form)
    }

    /// A condition, which is rarely a constant.
    pub(crate) fn condition(&mut self) -> Number {
        let value = self.source.below(2);
        if self.source.chance(10) { self.constant(value) } else { self.add(Some(value), Form::Parameter) }
    }

    pub(crate) fn value(&mut self) -> Number {
        match self.source.below(6) {
            0 => Number::Local(self.source.below(4) as usize),
            1 => {
                let value = self.source.any();
                self.given(value)
            }
            _ => {
                let value = self.source.below(256);
                self.constant(value)
            }
        }
    }

    pub(crate) fn local(&mut self) -> Place {
        Place::Local(self.source.below(SEGMENTS as u32) as usize)
    }

    /// A place to put a segment; rarely one that a loop iterates over.
    pub(crate) fn target(&mut self) -> Place {
        match self.source.below(12) {
            0 => Place::Global(self.source.below(2) as usize),
            1 => Place::Slot(self.source.below(2) as usize),
            2 => Place::Boxed,
            _ => {
                let place = self.local();
                let is_used = self.loops.iter().any(|(over, ..)| *over == place);
                if is_used && self.source.chance(80) { Place::Boxed } else { place }
            }
        }
    }

    pub(crate) fn segment(&mut self) -> Segment {
        let inner = Segment::At(self.local());
        match self.source.below(40) {
            0..=2 => Segment::At(Place::Global(self.source.below(2) as usize)),
            3 | 4 => Segment::At(Place::Slot(self.source.below(2) as usize)),
            5 | 6 => Segment::At(Place::Boxed),
            7 => Segment::Tee(self.source.below(SEGMENTS as u32) as usize, Box::new(inner)),
            8 | 9 => Segment::Block(Box::new(inner)),
            10 => Segment::Returned(Box::new(inner)),
            11 => Segment::Unboxed(Box::new(inner)),
            12 | 13 => {
                let other = Segment::At(self.local());
                Segment::If(self.condition(), Box::new(inner), Box::new(other))
            }
            14 if self.source.chance(60) => Segment::Null,
            15 if self.source.chance(60) => Segment::Foreign,
            _ => inner,
        }
    }

    /// An offset for an access of some bytes, which mostly fits.
    pub(crate) fn offset(&mut self, segment: &Segment, bytes: u32) -> Number {
        match self.source.below(20) {
            0 | 1 => {
                let effect = self.effect();
                Number::After(Box::new(effect), Box::new(self.fitting()))
            }
            2 => Number::Local(self.source.below(4) as usize),
            3 | 4 => {
                let local = Number::Local(self.source.below(4) as usize);
                Number::Add(Box::new(local), Box::new(self.fitting()))
            }
            5 | 6 if matches!(segment, Segment::At(_)) => {
                // The last bytes of the segment.
                let back = self.constant(0u32.wrapping_sub(bytes));
                Number::Add(Box::new(Number::Size(Box::new(segment.clone()))), Box::new(back))
            }
            7..=12 if !self.loops.is_empty() => {
                let index = Number::Local(self.loops[self.loops.len() - 1].3);
                if self.source.chance(50) { index } else { Number::Add(Box::new(index), Box::new(self.fitting())) }
            }
            _ => self.fitting(),
        }
    }

    /// A statement with an effect between the operands of an access.
    pub(crate) fn effect(&mut self) -> Statement {
        let region = self.region;
        self.statement(|generator| match generator.source.below(4) {
            0 => Action::Close(region, Scope::Callee),
            1 => {
                let place = generator.local();
                Action::Move(place, Segment::At(generator.local()))
            }
            2 if generator.function + 1 < generator.functions => generator.call(),
            _ => {
                let value = generator.source.below(40);
                Action::Assign(generator.source.below(2) as usize, generator.given(value))
            }
        })
    }

    /// A region: mostly the innermost one, or any one if any may allocate.
    pub(crate) fn some_region(&mut self) -> usize {
        let any = self.source.chance(if self.setting.outermost { 60 } else { 8 });
        if any { self.source.below(self.region as u32 + 1) as usize } else { self.region }
    }

    pub(crate) fn call(&mut self) -> Action {
        let function = self.source.between(self.function as u32 + 1, self.functions as u32 - 1) as usize;
        let segment = self.segment();
        let value = self.source.below(40);
        Action::Call(function, segment, self.some_region(), self.constant(value), self.target())
    }

    /// An allocation, most of which are filled.
    pub(crate) fn allocate(&mut self, place: Place, region: usize) -> Vec<Statement> {
        let size = if self.source.chance(85) { self.source.pick(&SIZES[..18]) } else { self.source.pick(&SIZES) };
        let mut list = vec![self.statement(|generator| {
            let alignment = if generator.source.chance(10) { 1 << generator.source.below(9) } else { 1 };
            let scope = generator.source.pick(&[Scope::Here, Scope::Here, Scope::Callee]);
            Action::Allocate(place, region, generator.given(size), alignment, scope)
        })];
        if self.source.chance(75) {
            list.push(self.statement(|generator| {
                let bytes = if size <= 3000 { size } else { 64 };
                let (from, bytes) = (generator.constant(0), generator.constant(bytes));
                Action::Fill(Segment::At(place), from, bytes, generator.value())
            }));
        }
        list
    }

    pub(crate) fn get(&mut self, segment: Segment, width: Width) -> Action {
        let offset = self.offset(&segment, width.bytes());
        Action::Get(segment, offset, width)
    }

    pub(crate) fn set(&mut self, segment: Segment, width: Width) -> Action {
        let offset = self.offset(&segment, width.bytes());
        Action::Set(segment, offset, width.stored(), self.value())
    }
}
