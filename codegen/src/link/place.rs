//! Assigns the addresses of static data.
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
//! The reserve of static frames is an item of static data.
//!
//! In a memory that is imported and shared between threads, all instances use the same static data, at the base. Its first
//! word says whether an instance has already copied it. Each instance has regions in chunks of its own, elsewhere.

use crate::choices::Choices;
use crate::config::{Base, Config, Init};
use crate::context::{Growth, Home};
use crate::error::Error;
use crate::link::frames::Frames;
use crate::link::initial::{self, PlacedData, ProgramData};
use crate::link::input::Input;
use crate::link::memory::{Memory, maximum, same_in_all};
use crate::link::share::{first_use, takes_memory};
use crate::setting::Setting;
use crate::statics::{Area, Kind, PlacedStatics, StaticSegment};
use crate::width::WIDTH;
use indexmap::IndexMap;
use linmem_allocator::growth;
use linmem_allocator::layout::{ALIGNMENT, Address, HOME, Layout, PAGE, align_up};
use linmem_allocator::statics::{Error as PlanError, Item, Options, Plan, plan};

/// Assigns the addresses of static data, and changes home and the minimum of the memory accordingly.
///
/// Static frames are given up if there is no place for them.
///
/// # Errors
///
/// If there is no known address for static data, or not enough room.
pub(super) fn place(
    input: &Input<'_>,
    config: &Config,
    choices: Choices,
    memory: &mut Memory,
    frames: &mut Frames,
) -> Result<PlacedData, Error> {
    if can_hold_frames(input, memory) && is_small(input, memory, frames) && !frames.is_empty() {
        let mut changed = memory.clone();
        if let Ok(data) = place_with(input, config, choices, &mut changed, frames) {
            *memory = changed;
            return Ok(data);
        }
    }
    *frames = Frames::default();
    place_with(input, config, choices, memory, frames)
}

/// Whether the reserve is a small part of a memory with a maximum, where each byte that is reserved may be missing elsewhere.
fn is_small(input: &Input<'_>, memory: &Memory, frames: &Frames) -> bool {
    const LARGEST_PART: u64 = 16;
    let declared = match memory.defines {
        Some(_) => None,
        None => input.types.as_ref().memory_at(memory.index.0).maximum,
    };
    let most = memory.maximum.or(declared).map(|pages| pages.saturating_mul(u64::from(PAGE)) / LARGEST_PART);
    most.is_none_or(|most| frames.bytes() <= most)
}

/// Whether static frames can be in a memory: it is defined in the module, so that no other instance uses it, and the program
/// cannot observe that its minimum is raised, unless it is anyway.
fn can_hold_frames(input: &Input<'_>, memory: &Memory) -> bool {
    let index = memory.index.0;
    if memory.defines.is_some() {
        return true;
    }
    if index < input.imported_memory_count || input.types.as_ref().memory_at(index).shared {
        return false;
    }
    match (memory.home, memory.growth) {
        (Home::Reserved { .. }, _) => true,
        (Home::Found { base: Some(_) }, _) => false,
        (Home::Found { base: None }, Growth::Split(split)) => split.fixed.is_some(),
        (Home::Found { base: None }, Growth::Grow | Growth::Contiguous | Growth::Allocator(_)) => {
            first_use(input, index).is_none()
        }
    }
}

fn place_with(
    input: &Input<'_>,
    config: &Config,
    choices: Choices,
    memory: &mut Memory,
    frames: &Frames,
) -> Result<PlacedData, Error> {
    let is_shared =
        memory.index.0 < input.imported_memory_count && input.types.as_ref().memory_at(memory.index.0).shared;
    let is_copied = config.init == Init::Passive && ProgramData::of(input, memory.index.0)?.is_active_here;
    if input.statics.is_empty() && frames.is_empty() && !(is_shared && is_copied) {
        if let (Some(_), Some(base)) = (memory.shared_part, &config.base) {
            return Err(same_in_all(base, memory.index.0));
        }
        let mut data = PlacedData::default();
        data.initialization = initial::choose(input, config, memory, &data, None)?;
        return Ok(data);
    }
    let area = area(input, config, memory)?;
    let base = area.base();
    let mut items: Vec<Item<'_>> = input.statics.items().map(|(initial, alignment)| initial.item(alignment)).collect();
    let reserve = items.len();
    if !frames.is_empty() {
        items.push(frames.item());
    }
    let options = area.options(memory.index.0, config.static_data.sharing(), choices);
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
        Kind::Instances => {}
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
    let Plan { mut addresses, segments, end } = plan;
    let start = addresses.get(reserve).copied();
    if let Some(start) = start {
        addresses.truncate(reserve);
        addresses.extend(frames.addresses(start));
    }
    let placed = PlacedStatics { addresses, globals: globals(input) };
    let range = (end > base).then_some((base, end));
    let reserve = start.map(|start| (start, start + frames.bytes()));
    let mut data = PlacedData { placed, range, reserve, segments, ..PlacedData::default() };
    let once = (area.kind == Kind::Instances).then_some(area.start);
    data.initialization = initial::choose(input, config, memory, &data, once)?;
    Ok(data)
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
    if let Some((start, end)) = memory.shared_part {
        return Ok(Area { start, end, kind: Kind::Instances });
    }
    let ty = input.types.as_ref().memory_at(index);
    if index < input.imported_memory_count && input.statics.is_empty() {
        let message = format!(
            "memory {index} is imported and shared between threads, so that its instances agree by a word in it which of them \
             initializes it; a base with a constant address gives linmem a part of the memory for that word"
        );
        return Err(Error::option(Setting::init(config.init), message));
    }
    if index < input.imported_memory_count {
        return refuse(format!(
            "memory {index} is imported, so that its minimum cannot be raised for static data; a base with a constant address \
             gives linmem a part of it"
        ));
    }
    if ty.shared && first_use(input, index).is_some() {
        return refuse(format!(
            "memory {index} is shared between threads, and the program contains memory.size or memory.grow of it, so that its \
             minimum cannot be raised for static data; a base with a constant address gives linmem a part of it"
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
        Growth::Allocator(_) | Growth::Grow | Growth::Contiguous => ty.initial.saturating_mul(u64::from(PAGE)),
    };
    let has_home = takes_memory(input) && !matches!(memory.growth, Growth::Allocator(_));
    let kind = if has_home { Kind::Home } else { Kind::Alone };
    let maximum = match memory.growth {
        Growth::Split(_) => memory.maximum,
        Growth::Allocator(_) | Growth::Grow | Growth::Contiguous => ty.maximum,
    };
    // Nothing is at address 0, so that no segment is null.
    Ok(Area { start: start.max(HOME), end: end(maximum), kind })
}

/// The globals that hold structures, before those of the program.
fn globals(input: &Input<'_>) -> IndexMap<StaticSegment, u32> {
    input.statics.defined().iter().copied().zip(input.statics.kept()..).collect()
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
        PlanError::Area { base, .. } => Error::Unsupported {
            message: format!("there is no room for static data, which starts at address {base}: the memory ends at {end}"),
            place: input.statics.first_place(),
        },
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
