//! Programs made up from a source of choices. Which numbers fit is left open here.

use crate::program::{
    Action, Compare, Decided, Form, Id, Loop, Number, Place, Program, REGIONS, SEGMENTS, Scope, Segment, Setting,
    Shape, Statement, Width,
};
use crate::source::Source;

/// Sizes of segments.
const SIZES: [u32; 20] = [0, 1, 2, 3, 4, 7, 8, 12, 15, 16, 17, 24, 31, 64, 100, 256, 1000, 4096, 65536, 65529];

/// Makes up a program.
pub fn generate(source: &mut Source<'_>, setting: Setting) -> Program {
    let functions = 1 + source.below(3) as usize;
    let mut generator = Generator {
        source,
        setting,
        holes: Vec::new(),
        next: 0,
        owner: 0,
        function: 0,
        functions,
        region: 0,
        blocks: 0,
        loops: Vec::new(),
        left: 0,
    };
    let bodies = (0..functions).map(|number| generator.function(number)).collect();
    let Generator { holes, next, .. } = generator;
    Program { functions: bodies, holes, off: vec![false; next], setting }
}

struct Generator<'s, 'b> {
    source: &'s mut Source<'b>,
    setting: Setting,
    holes: Vec<Decided>,
    next: Id,
    /// The statement that is being made up.
    owner: Id,
    function: usize,
    functions: usize,
    /// The innermost open region.
    region: usize,
    /// How many blocks and loops can be left.
    blocks: usize,
    /// What the loops around go over, and their indices.
    loops: Vec<(Place, u32, u32, usize)>,
    /// How many statements may still be made up.
    left: u32,
}

impl Generator<'_, '_> {
    fn function(&mut self, number: usize) -> Vec<Statement> {
        self.function = number;
        self.region = 0;
        let mut body = Vec::new();
        if number == 0 {
            body.push(self.statement(|_| Action::Open(0)));
            for local in 0..SEGMENTS {
                body.extend(self.allocate(Place::Local(local), 0));
            }
            for place in [Place::Global(0), Place::Global(1), Place::Slot(0), Place::Slot(1), Place::Boxed] {
                let local = self.local();
                body.push(self.statement(|_| Action::Move(place, Segment::At(local))));
            }
            let count = self.source.between(4, 12);
            self.left = 40;
            body.extend(self.list(count));
            body.push(self.statement(|_| Action::Log));
            body.push(self.statement(|_| Action::Close(0, Scope::Here)));
        } else {
            let count = self.source.between(1, 4);
            self.left = 12;
            body.extend(self.list(count));
        }
        body
    }

    fn list(&mut self, count: u32) -> Vec<Statement> {
        (0..count).flat_map(|_| self.some()).collect()
    }

    fn statement(&mut self, action: impl FnOnce(&mut Self) -> Action) -> Statement {
        let around = std::mem::replace(&mut self.owner, self.next);
        let id = self.next;
        self.next += 1;
        let tells = self.source.chance(if self.loops.is_empty() { 25 } else { 6 });
        let action = action(self);
        self.owner = around;
        Statement { id, tells, action }
    }

    fn add(&mut self, value: Option<u32>, form: Form) -> Number {
        let form = if form == Form::Parameter && self.function > 0 { Form::Passed } else { form };
        let outermost = self.function == 0;
        self.holes.push(Decided { value, form, owner: self.owner, fits: value.is_none(), outermost });
        Number::Hole(self.holes.len() - 1)
    }

    fn form(&mut self) -> Form {
        self.source.pick(&[Form::Constant, Form::Constant, Form::Parameter, Form::Passed])
    }

    /// A number that will fit.
    fn fitting(&mut self) -> Number {
        let form = self.form();
        self.add(None, form)
    }

    fn constant(&mut self, value: u32) -> Number {
        self.add(Some(value), Form::Constant)
    }

    fn given(&mut self, value: u32) -> Number {
        let form = self.form();
        self.add(Some(value), form)
    }

    /// A condition, of which the linker mostly knows nothing.
    fn condition(&mut self) -> Number {
        let value = self.source.below(2);
        if self.source.chance(10) { self.constant(value) } else { self.add(Some(value), Form::Parameter) }
    }

    fn value(&mut self) -> Number {
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

    fn local(&mut self) -> Place {
        Place::Local(self.source.below(SEGMENTS as u32) as usize)
    }

    /// Where a segment may be put: not where a loop goes over, most of the time.
    fn target(&mut self) -> Place {
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

    fn segment(&mut self) -> Segment {
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
            14 if self.source.chance(25) => Segment::Null,
            15 if self.source.chance(25) => Segment::Foreign,
            _ => inner,
        }
    }

    /// An offset for an access of so many bytes, which will mostly fit.
    fn offset(&mut self, segment: &Segment, bytes: u32) -> Number {
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
                // The last bytes, whatever the size is.
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

    /// What may happen between the operands of an access.
    fn effect(&mut self) -> Statement {
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

    fn call(&mut self) -> Action {
        let function = self.source.between(self.function as u32 + 1, self.functions as u32 - 1) as usize;
        let segment = self.segment();
        let value = self.source.below(40);
        Action::Call(function, segment, self.region, self.constant(value), self.target())
    }

    /// An allocation; most are filled.
    fn allocate(&mut self, place: Place, region: usize) -> Vec<Statement> {
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

    fn get(&mut self, segment: Segment, width: Width) -> Action {
        let offset = self.offset(&segment, width.bytes());
        Action::Get(segment, offset, width)
    }

    fn set(&mut self, segment: Segment, width: Width) -> Action {
        let offset = self.offset(&segment, width.bytes());
        Action::Set(segment, offset, width.stored(), self.value())
    }

    /// A statement, or a few that belong together.
    fn some(&mut self) -> Vec<Statement> {
        if self.left == 0 {
            return Vec::new();
        }
        self.left -= 1;
        let width = self.source.pick(&Width::ALL);
        let nested = !self.loops.is_empty() || self.blocks > 0;
        match self.source.below(100) {
            0..=13 => vec![self.statement(|generator| {
                let segment = generator.segment();
                generator.get(segment, width)
            })],
            14..=26 => vec![self.statement(|generator| {
                let segment = generator.segment();
                generator.set(segment, width)
            })],
            27..=35 => self.cluster(),
            36..=38 => vec![self.statement(|generator| {
                let segment = generator.segment();
                let (offset, bytes) = (generator.offset(&segment, 0), generator.fitting());
                Action::Fill(segment, offset, bytes, generator.value())
            })],
            39..=42 => vec![self.statement(|generator| {
                let (to, from) = (generator.segment(), generator.segment());
                let (to_offset, from_offset) = (generator.offset(&to, 0), generator.offset(&from, 0));
                Action::Copy(to, to_offset, from, from_offset, generator.fitting())
            })],
            43..=49 => vec![self.statement(|generator| {
                let (target, segment) = (generator.target(), generator.segment());
                let (offset, bytes) = (generator.offset(&segment, 0), generator.fitting());
                Action::Slice(target, segment, offset, bytes)
            })],
            50..=52 => self.of_address(),
            53..=56 => vec![self.statement(|generator| {
                let target = generator.target();
                Action::Move(target, generator.segment())
            })],
            57 => vec![self.statement(|generator| Action::Measure(generator.segment()))],
            58 if !self.setting.frames => vec![self.statement(|generator| Action::Locate(generator.segment()))],
            59..=61 => vec![self.statement(|generator| {
                let local = generator.source.below(4) as usize;
                let value = generator.source.below(30);
                Action::Assign(local, generator.given(value))
            })],
            62..=67 => self.branch(),
            68..=71 => self.block(),
            72 | 73 if nested => vec![self.statement(|generator| Action::Leave(generator.condition()))],
            72..=82 => self.counted(),
            83..=86 => self.scope(),
            87..=91 if self.function + 1 < self.functions => vec![self.statement(Self::call)],
            87..=92 => {
                let place = self.target();
                self.allocate(place, self.region)
            }
            93 | 94 => vec![self.statement(|generator| {
                let scope = generator.source.pick(&[Scope::Here, Scope::Callee]);
                Action::Close(generator.region, scope)
            })],
            95 if !self.setting.frames && self.loops.is_empty() => {
                vec![self.statement(|generator| Action::Grow(generator.source.between(1, 2)))]
            }
            _ => vec![self.statement(|_| Action::Log)],
        }
    }

    /// Accesses of one local, of which later ones may need no check.
    fn cluster(&mut self) -> Vec<Statement> {
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
    fn of_address(&mut self) -> Vec<Statement> {
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

    fn branch(&mut self) -> Vec<Statement> {
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

    fn block(&mut self) -> Vec<Statement> {
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
    fn scope(&mut self) -> Vec<Statement> {
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

    fn counted(&mut self) -> Vec<Statement> {
        let depth = self.loops.len();
        // A loop has an index and perhaps a local for its bound.
        if depth == 2 {
            return Vec::new();
        }
        let index = 2 + depth;
        let width = self.source.pick(&Width::ALL);
        let factor = if self.source.chance(30) { self.source.pick(&[2, 3, 4, 8, 12]) } else { 1 };
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
            let kept = generator.source.chance(50).then(|| generator.source.below(2) as usize);
            generator.loops.push((place, width.bytes(), factor, index));
            let mut body = Vec::new();
            for _ in 0..generator.source.between(1, 3) {
                body.push(generator.statement(|generator| generator.over_index(width)));
            }
            let others = if generator.source.chance(45) { generator.source.between(1, 2) } else { 0 };
            let others = generator.list(others);
            let at = generator.source.below(body.len() as u32 + 1) as usize;
            body.splice(at..at, others);
            if generator.source.chance(6) {
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
    fn over_index(&mut self, width: Width) -> Action {
        let (place, _, factor, index) = self.loops[self.loops.len() - 1];
        let segment = Segment::At(place);
        let mut offset = Number::Local(index);
        if factor > 1 {
            offset = Number::Scaled(Box::new(offset), factor);
        }
        // Narrower ones may go further.
        let width = if self.source.chance(25) { Width::Byte } else { width };
        if self.source.chance(30) {
            offset = Number::Add(Box::new(offset), Box::new(self.fitting()));
        }
        if self.source.chance(50) {
            Action::Get(segment, offset, width)
        } else {
            Action::Set(segment, offset, width.stored(), self.value())
        }
    }
}
