//! Generates programs from a source of choices. Numbers that must fit are left undecided here.

use crate::access::program::{
    Action, Decided, Id, Place, Program, SEGMENTS, Scope, Segment, Setting, Statement, Width,
};
use crate::access::source::Source;

/// Sizes of segments.
pub(crate) const SIZES: [u32; 20] =
    [0, 1, 2, 3, 4, 7, 8, 12, 15, 16, 17, 24, 31, 64, 100, 256, 1000, 4096, 65536, 65529];

/// Generates a program.
pub(crate) fn generate(source: &mut Source<'_>, setting: Setting) -> Program {
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

pub(crate) struct Generator<'s, 'b> {
    pub(crate) source: &'s mut Source<'b>,
    pub(crate) setting: Setting,
    pub(crate) holes: Vec<Decided>,
    pub(crate) next: Id,
    /// The statement that is being generated.
    pub(crate) owner: Id,
    pub(crate) function: usize,
    pub(crate) functions: usize,
    /// The innermost open region.
    pub(crate) region: usize,
    /// The number of blocks and loops that can be left.
    pub(crate) blocks: usize,
    /// What the enclosing loops iterate over, and their indices.
    pub(crate) loops: Vec<(Place, u32, u32, usize)>,
    /// The number of statements that may still be generated.
    pub(crate) left: u32,
}

impl Generator<'_, '_> {
    pub(crate) fn function(&mut self, number: usize) -> Vec<Statement> {
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
            let count = self.source.between(3, 9);
            self.left = 26;
            body.extend(self.list(count));
            body.push(self.statement(|_| Action::Log));
            body.push(self.statement(|_| Action::Close(0, Scope::Here)));
        } else {
            let count = self.source.between(1, 4);
            self.left = 8;
            body.extend(self.list(count));
        }
        body
    }

    pub(crate) fn list(&mut self, count: u32) -> Vec<Statement> {
        (0..count).flat_map(|_| self.some()).collect()
    }

    pub(crate) fn statement(&mut self, action: impl FnOnce(&mut Self) -> Action) -> Statement {
        let around = std::mem::replace(&mut self.owner, self.next);
        let id = self.next;
        self.next += 1;
        let traced = self.source.chance(if self.loops.is_empty() { 25 } else { 6 });
        let action = action(self);
        self.owner = around;
        Statement { id, traced, action }
    }

    /// A statement, or several that belong together.
    pub(crate) fn some(&mut self) -> Vec<Statement> {
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
            50..=53 => self.of_address(),
            54..=56 => vec![self.statement(|generator| {
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
            87..=90 => {
                let (place, region) = (self.target(), self.some_region());
                self.allocate(place, region)
            }
            91 | 92 => self.makers(),
            93 => self.left_open(),
            94 => vec![self.statement(|generator| {
                let scope = generator.source.pick(&[Scope::Here, Scope::Callee]);
                Action::Close(generator.some_region(), scope)
            })],
            95 if !self.setting.frames && self.loops.is_empty() => {
                // An allocation that does not fit then is in another chunk.
                let place = self.target();
                let mut list = vec![self.statement(|generator| Action::Grow(generator.source.between(1, 2)))];
                list.push(self.statement(|generator| {
                    Action::Allocate(place, generator.region, generator.given(65536), 1, Scope::Callee)
                }));
                list
            }
            96 if self.setting.frames => self.chain(),
            97 | 98 => self.vouched(),
            _ => vec![self.statement(|_| Action::Log)],
        }
    }
}
