//! Mistakes of a frontend that has its own module writer: in the declarations of functions, in its sections, and in the module
//! that it writes.

use linmem::build::{AssignedIndices, FunctionBuilder, Indices, Item, LateLowering, Parts, Sections};
use linmem::wasm_encoder::{
    BlockType, Catch, CodeSection, ConstExpr, DataSection, EntityType, ExportKind, ExportSection, FunctionSection,
    GlobalSection, GlobalType, ImportSection, Instruction, MemorySection, MemoryType, Module, TagKind, TagSection,
    TagType, TypeSection, ValType,
};
use linmem::{Access, Config, Error, OnViolation, Representation, SourceLine};

/// The sections of a frontend.
#[derive(Default)]
struct Writer {
    types: TypeSection,
    imports: ImportSection,
    functions: FunctionSection,
    memories: MemorySection,
    globals: GlobalSection,
    exports: ExportSection,
    code: CodeSection,
    data: DataSection,
    has_no_custom_sections: bool,
}

/// The types of the frontend.
const NOTHING: u32 = 0;
const TAG: u32 = 1;
const CAUGHT: u32 = 2;

impl Writer {
    /// The sections of a module with one function.
    fn new() -> Writer {
        let mut writer = Writer::default();
        writer.types.ty().function([], []);
        writer.types.ty().function([ValType::I32, ValType::I64], []);
        writer.types.ty().function([], [ValType::I32, ValType::I64]);
        writer.functions.function(NOTHING);
        writer
    }

    fn sections(&mut self) -> Sections<'_> {
        let Writer { types, imports, functions, memories, globals, exports, code, data, .. } = self;
        Sections { types, imports, functions, memories, globals, exports, code, data }
    }

    fn finish(&self, parts: &Parts) -> Vec<u8> {
        let mut tags = TagSection::new();
        tags.tag(TagType { kind: TagKind::Exception, func_type_idx: TAG });
        let mut module = Module::new();
        module.section(&self.types).section(&self.imports).section(&self.functions).section(&self.memories);
        module.section(&tags).section(&self.globals).section(&self.exports).section(&self.code);
        for section in parts.custom_sections.iter().filter(|_| !self.has_no_custom_sections) {
            module.section(section);
        }
        module.finish()
    }
}

fn source(f: &mut FunctionBuilder, line: u32) {
    f.source(SourceLine { file: Some("main.toy".to_string()), line, column: 0 });
}

/// A function that needs every kind of part: it leaves a region by an exception with two values.
fn lowered(end: fn(&mut FunctionBuilder)) -> Result<Parts, Error> {
    let config = Config::new().with_on_violation(OnViolation::Report);
    let mut lowering = LateLowering::new(&config, Representation::ALL[2])?;
    lowering.signatures().declare_tag(0, vec![ValType::I32, ValType::I64]);
    lowering.signatures().declare_type(CAUGHT, vec![], 2);
    lowering.declare_function(0, "start", &[], &[])?;
    let mut f = lowering.body(0)?;
    source(&mut f, 7);
    f.instruction(&Instruction::Block(BlockType::FunctionType(CAUGHT)));
    f.region(|f, region| {
        let segment = f.allocate_dynamic(region, 8);
        f.put(Access::Long, segment, 0, 1i64);
        f.write_all(1, segment);
        f.drop();
        f.instruction(&Instruction::TryTable(BlockType::Empty, vec![Catch::One { tag: 0, label: 0 }].into()));
        f.instruction(&Instruction::End);
    });
    f.push(1);
    f.push(2i64);
    f.instruction(&Instruction::End);
    source(&mut f, 9);
    f.drop();
    f.drop();
    end(&mut f);
    lowering.define(f)?;
    lowering.finish()
}

/// The message of a module whose writer makes a mistake before linmem adds its parts, or after.
fn written(before: fn(&mut Writer), after: fn(&mut Writer), end: fn(&mut FunctionBuilder)) -> Result<(), Error> {
    let parts = lowered(end)?;
    let mut writer = Writer::new();
    before(&mut writer);
    let indices = parts.add_to(writer.sections())?;
    after(&mut writer);
    parts.validate(&writer.finish(&parts), &indices)
}

/// A mistake in the declarations of functions, in words and in code.
type Declaration = (&'static str, fn(&mut LateLowering) -> Result<(), Error>);

const DECLARATIONS: &[Declaration] = &[
    ("a late function that is declared twice", |lowering| lowering.declare_function(0, "again", &[], &[])),
    ("a late function with a reserved number", |lowering| lowering.declare_function(u32::MAX, "large", &[], &[])),
    ("the body of a late function that is not declared", |lowering| lowering.body(5).map(|_| ())),
    ("a late function that is defined twice", |lowering| {
        for _ in 0..2 {
            let body = lowering.body(0)?;
            lowering.define(body)?;
        }
        Ok(())
    }),
    ("a late function that is open twice and defined twice", |lowering| {
        let (first, second) = (lowering.body(0)?, lowering.body(0)?);
        lowering.define(first)?;
        lowering.define(second)
    }),
    ("a late function of another module", |lowering| {
        let mut other = LateLowering::new(&Config::new(), Representation::Packed)?;
        other.declare_function(0, "other", &[], &[])?;
        lowering.define(other.body(0)?)
    }),
    ("a late function that is begun and not defined", |lowering| lowering.body(0).map(|_| ())),
];

/// A mistake in the sections, in words and in code.
type Change = (&'static str, fn(&mut Writer));

/// Mistakes before linmem adds to the sections.
const BEFORE: &[Change] = &[
    ("a function in the function section that was not lowered", |writer| _ = writer.functions.function(NOTHING)),
    ("a lowered function that is not in the function section", |writer| writer.functions = FunctionSection::new()),
    ("a lowered function with the number of an import", |writer| {
        writer.imports.import("env", "f", EntityType::Function(NOTHING));
    }),
    ("a code section that is not empty", |writer| _ = writer.code.raw(&[0, 0x0b])),
    ("a type that is not complete", |writer| _ = writer.types.ty()),
    ("a lowered function with another type than declared", |writer| {
        writer.functions = FunctionSection::new();
        writer.functions.function(TAG);
    }),
];

/// Mistakes after linmem added to the sections.
const AFTER: &[Change] = &[
    ("a module without linmem's memory", |writer| writer.memories = MemorySection::new()),
    ("a module whose memory is too small", |writer| {
        let (minimum, maximum) = (0, None);
        writer.memories = MemorySection::new();
        writer.memories.memory(MemoryType { minimum, maximum, memory64: false, shared: false, page_size_log2: None });
    }),
    ("a module that does not export linmem's memory", |writer| writer.exports = ExportSection::new()),
    ("a module without linmem's globals", |writer| writer.globals = GlobalSection::new()),
    ("a module with another value in linmem's global", |writer| {
        writer.globals = GlobalSection::new();
        let ty = GlobalType { val_type: ValType::I32, mutable: true, shared: false };
        writer.globals.global(ty, &ConstExpr::i32_const(1));
    }),
    ("a module without linmem's imports", |writer| writer.imports = ImportSection::new()),
    ("a module without linmem's functions", |writer| {
        (writer.functions, writer.code) = (FunctionSection::new(), CodeSection::new());
        writer.functions.function(NOTHING);
        writer.code.raw(&[0, 0x0b]);
    }),
    ("a function section without linmem's functions", |writer| {
        writer.functions = FunctionSection::new();
        writer.functions.function(NOTHING);
    }),
    ("a module without linmem's custom sections", |writer| writer.has_no_custom_sections = true),
    ("a module that exports a name twice", |writer| _ = writer.exports.export("memory", ExportKind::Memory, 0)),
];

/// Indices that are wrong for one item or, if there is none, for the frontend's function.
struct Wrong(AssignedIndices, Option<Item>);

impl Indices for Wrong {
    fn item(&self, item: Item) -> u32 {
        self.0.item(item) + u32::from(self.1 == Some(item))
    }

    fn function(&self, number: u32) -> u32 {
        if self.1.is_none() { 0 } else { self.0.function(number) }
    }
}

const WRONG: &[(&str, Option<Item>)] = &[
    ("a wrong index of the memory", Some(Item::Memory)),
    ("a wrong index of a global", Some(Item::Global(0))),
    ("a wrong index of an import", Some(Item::Import(0))),
    ("a wrong index of a function", Some(Item::Function(0))),
    ("a wrong index of a type", Some(Item::Type(0))),
    ("a wrong index of a type of blocks", Some(Item::BlockType(0))),
    ("a wrong index of a lowered function", None),
];

/// Mistakes in the code of the function, which only validation finds.
const INVALID: &[super::Mistake] = &[
    ("a wrong operand of an instruction of a late function", |f| {
        f.push(1);
        source(f, 11);
        f.push(2i64);
        f.instruction(&Instruction::I32Add);
        source(f, 12);
        f.drop();
    }),
    ("a late function without its result", |f| f.push(3)),
    ("a call of a function that is not in the module", |f| f.instruction(&Instruction::Call(999))),
];

/// The messages of all mistakes.
pub(super) fn messages() -> Vec<(&'static str, String)> {
    let mut messages = Vec::new();
    let mut add = |what: &'static str, result: Result<(), Error>| {
        messages.push((what, result.err().map_or_else(|| "(no error)".to_string(), |error| error.to_string())));
    };
    for (what, declare) in DECLARATIONS {
        let mut lowering = LateLowering::new(&Config::new(), Representation::Packed).unwrap();
        lowering.declare_function(0, "f", &[], &[]).unwrap();
        add(what, declare(&mut lowering).and_then(|()| lowering.finish().map(|_| ())));
    }
    for (what, before) in BEFORE {
        add(what, written(*before, |_| (), |_| ()));
    }
    for (what, after) in AFTER {
        add(what, written(|_| (), *after, |_| ()));
    }
    for (what, item) in WRONG {
        let parts = lowered(|_| ()).unwrap();
        let mut writer = Writer::new();
        let indices = parts.add_to(writer.sections()).unwrap();
        add(what, parts.validate(&writer.finish(&parts), &Wrong(indices, *item)));
    }
    for (what, end) in INVALID {
        add(what, written(|_| (), |_| (), *end));
    }
    assert_eq!(written(|_| (), |_| (), |_| ()), Ok(()), "without a mistake, there is no error");
    messages
}
