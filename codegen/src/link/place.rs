//! Assigns the addresses of static data, and chooses how its bytes get into the memory.
//!
//! ```text
//!   a new memory, and one whose minimum is raised           a base
//!
//!   the minimum, or the split      raised minimum           base                         the minimum
//!   │                              │                        │                            │
//!   ▼                              ▼                        ▼                            ▼
//!   ┌────────┬─────────────┬───────┐                        ┌────────┬─────────────┬─────┐
//!   │ header │ static data │ home  │                        │ header │ static data │home │
//!   └────────┴─────────────┴───────┘                        └────────┴─────────────┴─────┘
//! ```
//!
//! Static data is behind home's header, as in a module that is built, and regions start behind it. If the module opens no
//! region, or chunks come from the program's allocator, whose blocks may be at lower addresses, only static data is above
//! the minimum, and home is found as usual.
//!
//! The bytes are in active data segments, with two exceptions: if the memory is imported, since it may not be zero; and if
//! an engine could map the program's own data as an image, and the segments would prevent that. Then the segments are
//! passive, and a start function copies them.

use crate::choices::Choices;
use crate::config::{Base, Config};
use crate::context::{Growth, Home};
use crate::error::Error;
use crate::image::{self, MemoryInitialization, MemoryInitializer, ModuleMemories, Offset, Value, Verdict};
use crate::link::input::{DATA, Input};
use crate::link::memory::{Memory, maximum};
use crate::link::sections::reader;
use crate::link::share::{first_use, takes_memory};
use crate::setting::Setting;
use crate::statics::{PlacedStatics, StaticSegment};
use crate::width::WIDTH;
use indexmap::IndexMap;
use linmem_allocator::growth;
use linmem_allocator::layout::{ALIGNMENT, Address, HOME, Layout, PAGE, align_up};
use linmem_allocator::statics::{ALLOWANCE, DataSegment, Error as PlanError, Item, Options, Plan, plan};
use wasmparser::{DataKind, DataSectionReader};

/// The page size of hosts for which the decision about images is made.
const HOST_PAGE: u64 = 4096;

/// The static data of a module, with its addresses.
#[derive(Debug, Default)]
pub(super) struct PlacedData {
    pub(super) placed: PlacedStatics,
    /// The start and the end of all of it, if it has at least one byte.
    pub(super) range: Option<(Address, Address)>,
    /// The bytes that are not zero.
    pub(super) segments: Vec<DataSegment>,
    /// Whether the segments are passive, and a start function copies them.
    pub(super) copied: bool,
    /// Whether the start function first sets the range to zero.
    pub(super) cleared: bool,
}

/// Where static data can be.
struct Area {
    start: Address,
    end: Address,
    kind: Kind,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Behind the header of home, in a memory that can get a larger minimum.
    Home,
    /// In a memory that can get a larger minimum, without home.
    Alone,
    /// Behind the header of home, which ends where it is.
    Base,
}

/// Assigns the addresses of static data, and changes home and the minimum of the memory accordingly.
///
/// # Errors
///
/// If there is no known address for static data, or not enough room.
pub(super) fn place(
    input: &Input<'_>,
    config: &Config,
    choices: Choices,
    memory: &mut Memory,
) -> Result<PlacedData, Error> {
    if input.statics.is_empty() {
        return Ok(PlacedData::default());
    }
    let area = area(input, config, memory)?;
    let layout = Layout::of(WIDTH);
    let header = if area.kind == Kind::Alone { 0 } else { u64::from(layout.chunk_header()) };
    let after = if area.kind == Kind::Alone { 0 } else { header + u64::from(choices.reserve(WIDTH) + ALIGNMENT) };
    let base = area.start + header;
    let items: Vec<Item<'_>> = input.statics.items().map(|(initial, alignment)| initial.item(alignment)).collect();
    let options = Options {
        memory: memory.index.0,
        sharing: config.static_data.sharing(),
        ..Options::new(WIDTH, base, area.end.saturating_sub(after).max(base))
    };
    let plan = plan(&items, &options).map_err(|error| failed(input, &error, &options, area.end))?;
    let no_room = || {
        let message = format!("static data ends at {}, which leaves no room for regions", plan.end);
        located(input, Error::Unsupported { message, place: input.statics.first_place() })
    };
    match area.kind {
        Kind::Base => {
            let Home::Reserved { top, .. } = &mut memory.home else { return Err(no_room()) };
            *top = align_up(plan.end, u64::from(ALIGNMENT)).max(*top);
        }
        Kind::Alone => memory.raised = Some(growth::pages(plan.end)),
        Kind::Home => {
            let (home, pages) = Home::in_new_memory(area.start, Some(plan.end), choices).ok_or_else(no_room)?;
            memory.home = home;
            match &mut memory.defines {
                Some(initial) => *initial = pages,
                None => memory.raised = Some(pages),
            }
        }
    }
    if memory.maximum.is_some() {
        memory.maximum = maximum(config, memory.defines.or(memory.raised).unwrap_or_default())?;
    }
    finish(input, config, memory, plan, base)
}

/// Where static data can be.
fn area(input: &Input<'_>, config: &Config, memory: &Memory) -> Result<Area, Error> {
    let ceiling = Layout::of(WIDTH).ceiling();
    let end = |pages: Option<u64>| pages.map_or(ceiling, |pages| ceiling.min(pages.saturating_mul(u64::from(PAGE))));
    let index = memory.index.0;
    let refuse =
        |message: String| Err(located(input, Error::Unsupported { message, place: input.statics.first_place() }));
    match memory.home {
        Home::Reserved { start, .. } if memory.defines.is_some() => {
            return Ok(Area { start, end: end(memory.maximum), kind: Kind::Home });
        }
        Home::Reserved { start, end, .. } => return Ok(Area { start, end, kind: Kind::Base }),
        Home::Found { base: Some(_) } => {
            let message = "the value of the global is not known when the module is linked, but static data has constant addresses";
            let base = config.base.clone().unwrap_or(Base::Address(0));
            return Err(Error::option(Setting::base(base), message));
        }
        Home::Found { base: None } => {}
    }
    let ty = input.types.as_ref().memory_at(index);
    if index < input.imported_memory_count || ty.shared {
        let what = if ty.shared { "shared between threads" } else { "imported" };
        return refuse(format!(
            "memory {index} is {what}, so that its minimum cannot be raised for static data; a base with a constant address \
             gives linmem a part of it"
        ));
    }
    let start = match memory.growth {
        Growth::Split(split) => u64::from(split.pages) * u64::from(PAGE),
        Growth::Allocator(_) if first_use(input, index).is_some() => {
            return refuse(format!(
                "the program contains memory.size or memory.grow of memory {index}, so that its minimum cannot be raised for \
                 static data; split the memory, or give linmem a part of it by a base"
            ));
        }
        Growth::Allocator(_) | Growth::Grow => ty.initial.saturating_mul(u64::from(PAGE)),
    };
    let has_home = takes_memory(input) && !matches!(memory.growth, Growth::Allocator(_));
    let kind = if has_home { Kind::Home } else { Kind::Alone };
    let maximum = match memory.growth {
        Growth::Split(_) => memory.maximum,
        Growth::Allocator(_) | Growth::Grow => ty.maximum,
    };
    // Nothing is at address 0, so that no segment is null.
    Ok(Area { start: start.max(HOME), end: end(maximum), kind })
}

/// Chooses how the bytes get into the memory.
fn finish(input: &Input<'_>, config: &Config, memory: &Memory, plan: Plan, base: Address) -> Result<PlacedData, Error> {
    let Plan { addresses, segments, end } = plan;
    let placed = PlacedStatics { addresses, globals: globals(input) };
    let range = (end > base).then_some((base, end));
    let mut data = PlacedData { placed, range, segments, ..PlacedData::default() };
    let index = memory.index.0;
    let is_imported = index < input.imported_memory_count;
    if is_imported && !input.types.as_ref().memory_at(index).shared {
        data.cleared = range.is_some();
        data.copied = range.is_some();
        return Ok(data);
    }
    if memory.defines.is_some() || !has_active_data(input)? {
        return Ok(data);
    }
    let program = memories(input, &data.placed)?;
    check_overlap(config, index, &program, (base, end))?;
    let mut before = program.clone();
    if before.try_static_init(HOST_PAGE, ALLOWANCE) == Verdict::Static {
        let mut with = program;
        if let (Some(changed), Some(raised)) = (with.memories.get_mut(index as usize), memory.raised) {
            changed.minimum = raised;
        }
        if let MemoryInitialization::Segmented(list) = &mut with.initialization {
            let added = (list.len() as u32..).zip(&data.segments).map(|(segment, added)| MemoryInitializer {
                segment,
                memory: index,
                offset: Offset::Constant(Value::I32(added.address as u32)),
                data: &added.bytes,
            });
            list.extend(added);
        }
        data.copied = with.try_static_init(HOST_PAGE, ALLOWANCE) != Verdict::Static;
    }
    Ok(data)
}

/// The globals that hold structures, before those of the program.
fn globals(input: &Input<'_>) -> IndexMap<StaticSegment, u32> {
    input.statics.defined().iter().copied().zip(input.statics.kept()..).collect()
}

/// Whether the module has data segments that initialize a memory.
fn has_active_data(input: &Input<'_>) -> Result<bool, Error> {
    let Some(data) = input.section(DATA) else { return Ok(false) };
    let section: DataSectionReader<'_> = reader(&input.bytes[data.range.clone()], data.range.start)?;
    for segment in section {
        if let DataKind::Active { .. } = segment?.kind {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The memories of the program and its own data, with the offsets that are static data.
fn memories<'a>(input: &Input<'a>, placed: &PlacedStatics) -> Result<ModuleMemories<'a>, Error> {
    let mut memories = image::read(input.bytes)?;
    if let MemoryInitialization::Segmented(list) = &mut memories.initialization {
        for initializer in list {
            if let Offset::Global { index, .. } = initializer.offset
                && let Some(segment) = input.statics.segment(index)
            {
                initializer.offset = Offset::Constant(Value::I32(placed.address(segment)));
            }
        }
    }
    Ok(memories)
}

/// Rejects a base below data of the program, which static data would overwrite.
fn check_overlap(
    config: &Config,
    memory: u32,
    program: &ModuleMemories<'_>,
    (start, end): (Address, Address),
) -> Result<(), Error> {
    let (MemoryInitialization::Segmented(list), Some(base)) = (&program.initialization, &config.base) else {
        return Ok(());
    };
    for initializer in list.iter().filter(|initializer| initializer.memory == memory) {
        let Offset::Constant(Value::I32(address)) = initializer.offset else { continue };
        let (first, size) = (u64::from(address), initializer.data.len() as u64);
        if size > 0 && first < end && start < first + size {
            let message = format!(
                "data segment {} of the program, {size} bytes at address {first}, overlaps static data from {start} to {end}",
                initializer.segment
            );
            return Err(Error::option(Setting::base(base), message));
        }
    }
    Ok(())
}

/// The error for static data that cannot be placed.
fn failed(input: &Input<'_>, error: &PlanError, options: &Options, end: Address) -> Error {
    let error = match error {
        PlanError::NoRoom { item, size, limit } if *limit == options.base => input.statics.item_error(
            item.item,
            format!(
                "there is no room for its {size} bytes: static data starts at address {limit}, and the memory ends at {end}"
            ),
        ),
        PlanError::NoRoom { item, size, limit } => input.statics.item_error(
            item.item,
            format!("no room is left for its {size} bytes below address {limit}, where static data must end"),
        ),
        other => Error::Unsupported {
            message: format!("static data cannot be placed: {other}"),
            place: input.statics.first_place(),
        },
    };
    located(input, error)
}

/// The error with a line of the text in place of the number of an import.
fn located(input: &Input<'_>, mut error: Error) -> Error {
    if let Error::Unsupported { place, .. } = &mut error {
        input.source.locate_imports([place]);
    } else {
        input.source.locate_imports(error.import_place());
    }
    error
}
