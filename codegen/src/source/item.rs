//! The line of an entry of a section: the line of the text field that was encoded as the entry.

use crate::source::text::{Lines, with_fields};
use wasmparser::{FromReader, Parser, Payload, SectionLimited};
use wast::core::{ImportItems, ItemKind, ModuleField, Tag, TagType};
use wast::token::{Index, Span};

/// The kind of a section's entries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Type,
    Import,
    Function,
    Table,
    Memory,
    Global,
    Export,
    Start,
    Element,
    Data,
    Tag,
}

/// The line and the column, both counted from one, of the field that was encoded at an offset of the binary.
pub(super) fn line(text: &str, bytes: &[u8], offset: usize) -> Option<(usize, usize)> {
    let (kind, number) = entry(bytes, offset)?;
    with_fields(text, |fields| {
        let mut span = fields.iter().flat_map(|field| spans(field, kind)).nth(number)?;
        // A type that no field declares has no place. Use the place of its first use, if there is one.
        if kind == Kind::Type && span.offset() == 0 {
            span = fields.iter().find_map(|field| user(field, u32::try_from(number).ok()?))?;
        }
        Some(position(&Lines::new(text)?, span))
    })
}

/// The lines and columns of all imports, in order.
pub(super) fn imports(text: &str) -> Option<Vec<(usize, usize)>> {
    with_fields(text, |fields| {
        let lines = Lines::new(text)?;
        let spans = fields.iter().flat_map(|field| spans(field, Kind::Import));
        Some(spans.map(|span| position(&lines, span)).collect())
    })
}

fn position(lines: &Lines, span: Span) -> (usize, usize) {
    let (line, column) = lines.position(span);
    (line as usize, column as usize)
}

/// The spans of the entries of one kind that a field declares.
fn spans(field: &ModuleField<'_>, kind: Kind) -> Vec<Span> {
    match (field, kind) {
        (ModuleField::Type(field), Kind::Type) => vec![field.span],
        (ModuleField::Rec(field), Kind::Type) => vec![field.span],
        (ModuleField::Import(field), Kind::Import) => vec![field.span],
        (ModuleField::Func(field), Kind::Function) => vec![field.span],
        (ModuleField::Table(field), Kind::Table) => vec![field.span],
        (ModuleField::Memory(field), Kind::Memory) => vec![field.span],
        (ModuleField::Global(field), Kind::Global) => vec![field.span],
        (ModuleField::Export(field), Kind::Export) => vec![field.span],
        (ModuleField::Start(function), Kind::Start) => vec![function.span()],
        (ModuleField::Elem(field), Kind::Element) => vec![field.span],
        (ModuleField::Data(field), Kind::Data) => vec![field.span],
        (ModuleField::Tag(field), Kind::Tag) => vec![field.span],
        _ => Vec::new(),
    }
}

/// The span of a field, if its type is the one with this number.
fn user(field: &ModuleField<'_>, number: u32) -> Option<Span> {
    let (span, index) = match field {
        ModuleField::Func(field) => (field.span, &field.ty.index),
        ModuleField::Tag(Tag { span, ty: TagType::Exception(ty), .. }) => (*span, &ty.index),
        ModuleField::Import(field) => match &field.items {
            ImportItems::Single { sig, .. } => match &sig.kind {
                ItemKind::Func(ty) | ItemKind::FuncExact(ty) | ItemKind::Tag(TagType::Exception(ty)) => {
                    (field.span, &ty.index)
                }
                _ => return None,
            },
            _ => return None,
        },
        _ => return None,
    };
    matches!(index, Some(Index::Num(found, _)) if *found == number).then_some(span)
}

/// The entry that contains an offset: its kind, and its number in its section.
fn entry(bytes: &[u8], offset: usize) -> Option<(Kind, usize)> {
    let mut functions = 0;
    for payload in Parser::new(0).parse_all(bytes) {
        let found = match payload.ok()? {
            Payload::TypeSection(section) => number(section, offset, Kind::Type),
            Payload::ImportSection(section) => number(section, offset, Kind::Import),
            Payload::FunctionSection(section) => number(section, offset, Kind::Function),
            Payload::TableSection(section) => number(section, offset, Kind::Table),
            Payload::MemorySection(section) => number(section, offset, Kind::Memory),
            Payload::GlobalSection(section) => number(section, offset, Kind::Global),
            Payload::ExportSection(section) => number(section, offset, Kind::Export),
            Payload::StartSection { range, .. } => range.contains(&offset).then_some((Kind::Start, 0)),
            Payload::ElementSection(section) => number(section, offset, Kind::Element),
            Payload::DataSection(section) => number(section, offset, Kind::Data),
            Payload::TagSection(section) => number(section, offset, Kind::Tag),
            Payload::CodeSectionEntry(body) => {
                functions += 1;
                body.range().contains(&offset).then_some((Kind::Function, functions - 1))
            }
            _ => None,
        };
        if found.is_some() {
            return found;
        }
    }
    None
}

fn number<'a, T: FromReader<'a>>(section: SectionLimited<'a, T>, offset: usize, kind: Kind) -> Option<(Kind, usize)> {
    if !section.range().contains(&offset) {
        return None;
    }
    // The section is read up to the first entry that cannot be parsed.
    let starts = section.into_iter_with_offsets().map_while(|entry| entry.ok().map(|(start, _)| start));
    let before = starts.take_while(|start| *start <= offset).count();
    Some((kind, before.saturating_sub(1)))
}
