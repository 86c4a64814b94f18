//! Chooses how the bytes of data segments get into the memory.
//!
//! Active segments are the default: an engine can map them as an image. These segments are passive, and a start function
//! copies them:
//!
//! - those of static data, if the memory is imported, since it may not be zero: the start function clears it first;
//! - those of static data that would prevent an engine from mapping the program's own data as an image;
//! - those of the program whose address is not a constant, if the start function clears the memory, since they may be in
//!   the part that it clears;
//! - all of them, if [`Init::Passive`] requests it.

use crate::config::{Config, Init};
use crate::error::{Error, Place};
use crate::image::{self, ConstOp, MemoryInitialization, MemoryInitializer, ModuleMemories, Offset, Value, Verdict};
use crate::link::input::{DATA, Input};
use crate::link::memory::{Memory, end_of};
use crate::link::sections::reader;
use crate::setting::Setting;
use crate::start::WORD;
use crate::statics::PlacedStatics;
use linmem_allocator::layout::Address;
use linmem_allocator::statics::{ALLOWANCE, DataSegment};
use wasmparser::{DataKind, DataSectionReader, Operator};

/// The page size of hosts for which the decision about images is made.
pub(super) const HOST_PAGE: u64 = 4096;

/// The static data of a module, with its addresses.
#[derive(Debug, Default)]
pub(super) struct PlacedData {
    pub(super) placed: PlacedStatics,
    /// The start and the end of all of it, if it has at least one byte.
    pub(super) range: Option<(Address, Address)>,
    /// The start and the end of the reserve of static frames, if there are any.
    pub(super) reserve: Option<(Address, Address)>,
    /// The bytes that are not zero.
    pub(super) segments: Vec<DataSegment>,
    /// How they get into the memory.
    pub(super) initialization: Initialization,
}

impl PlacedData {
    /// The start and the end of static data, with the word that instances agree by.
    pub(super) fn occupied(&self) -> Option<(Address, Address)> {
        occupied(self.initialization.once, self.range)
    }
}

fn occupied(once: Option<Address>, range: Option<(Address, Address)>) -> Option<(Address, Address)> {
    let word = once.map(|word| (word, word + WORD));
    match (word, range) {
        (Some((start, _)), Some((_, end))) => Some((start, end)),
        (word, range) => word.or(range),
    }
}

/// How the bytes of data segments get into the memory.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Initialization {
    /// Whether the segments of static data are passive, and a start function copies them.
    pub(super) copies_statics: bool,
    /// Whether the program's active segments in the memory become passive, and a start function copies them.
    pub(super) copies_program: bool,
    /// Whether the start function first sets the range of static data to zero.
    pub(super) clears: bool,
    /// The address of the word that instances agree by, if only the first one copies.
    pub(super) once: Option<Address>,
}

impl Initialization {
    /// Whether there is something to do for a start function.
    pub(super) fn has_start(self) -> bool {
        self.copies_statics || self.copies_program || self.clears
    }
}

/// Chooses how the static data that was placed gets into the memory. `once` is the address of the word that instances agree
/// by.
///
/// # Errors
///
/// If static data at a base overlaps data of the program.
pub(super) fn choose(
    input: &Input<'_>,
    config: &Config,
    memory: &Memory,
    data: &PlacedData,
    once: Option<Address>,
) -> Result<Initialization, Error> {
    let index = memory.index.0;
    let program = ProgramData::of(input, index)?;
    let is_passive = config.init == Init::Passive;
    let is_imported = index < input.imported_memory_count;
    let clears = is_imported && data.range.is_some();
    let mut chosen = Initialization {
        copies_statics: !data.segments.is_empty() && (is_passive || is_imported),
        copies_program: program.is_active_here && (is_passive || clears && program.is_computed_here),
        clears,
        once: None,
    };
    let part = occupied(once, data.range);
    if program.is_active {
        let memories = image::read(input.bytes)?;
        check_data(input, config, memory, &memories, part)?;
        let is_decided = data.segments.is_empty() || chosen.copies_statics || memory.defines.is_some();
        chosen.copies_statics |=
            !is_decided && spoils_image(with_addresses(memories, input, &data.placed), memory, data);
    }
    chosen.once = once.filter(|_| chosen.has_start());
    Ok(chosen)
}

/// The program's active data segments.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct ProgramData {
    /// Whether there are any.
    is_active: bool,
    /// Whether there are any in the memory of segments.
    pub(super) is_active_here: bool,
    /// Whether the address of one of them in the memory of segments is not a constant.
    is_computed_here: bool,
}

impl ProgramData {
    pub(super) fn of(input: &Input<'_>, memory: u32) -> Result<ProgramData, Error> {
        let mut found = ProgramData::default();
        let Some(data) = input.section(DATA) else { return Ok(found) };
        let section: DataSectionReader<'_> = reader(&input.bytes[data.range.clone()], data.range.start)?;
        for segment in section {
            let DataKind::Active { memory_index, offset_expr } = segment?.kind else { continue };
            found.is_active = true;
            if memory_index == memory {
                found.is_active_here = true;
                let is_constant = matches!(offset_expr.get_operators_reader().read()?, Operator::I32Const { .. });
                let count = offset_expr.get_operators_reader().into_iter().count();
                found.is_computed_here |= !is_constant || count > 2;
            }
        }
        Ok(found)
    }
}

/// Whether an engine can map the program's data as an image, but not together with active segments of static data.
fn spoils_image<'a>(mut program: ModuleMemories<'a>, memory: &Memory, data: &'a PlacedData) -> bool {
    let mut alone = program.clone();
    if alone.try_static_init(HOST_PAGE, ALLOWANCE) != Verdict::Static {
        return false;
    }
    let MemoryInitialization::Segmented(list) = &mut program.initialization else { return false };
    let added = (list.len() as u32..).zip(&data.segments).map(|(segment, added)| MemoryInitializer {
        segment,
        memory: memory.index.0,
        offset: Offset::Constant(Value::I32(added.address as u32)),
        data: &added.bytes,
    });
    list.extend(added);
    if let (Some(changed), Some(raised)) = (program.memories.get_mut(memory.index.0 as usize), memory.raised) {
        changed.minimum = raised;
    }
    program.try_static_init(HOST_PAGE, ALLOWANCE) != Verdict::Static
}

/// The program's data with the addresses of static data.
fn with_addresses<'a>(
    mut memories: ModuleMemories<'a>,
    input: &Input<'_>,
    placed: &PlacedStatics,
) -> ModuleMemories<'a> {
    if let MemoryInitialization::Segmented(list) = &mut memories.initialization {
        for initializer in list {
            if let Offset::Global { index, .. } = initializer.offset
                && let Some(segment) = input.statics.segment(index)
            {
                initializer.offset = Offset::Constant(Value::I32(placed.address(segment)));
            }
        }
    }
    memories
}

/// Rejects data of the program that is in linmem's part of the memory, which would overwrite the one or the other, and data
/// outside of a memory whose minimum is raised, which would no longer trap. Data whose address is static data belongs there;
/// the value of an imported global is not known.
fn check_data(
    input: &Input<'_>,
    config: &Config,
    memory: &Memory,
    program: &ModuleMemories<'_>,
    part: Option<(Address, Address)>,
) -> Result<(), Error> {
    let MemoryInitialization::Segmented(list) = &program.initialization else { return Ok(()) };
    let index = memory.index.0;
    let declared = memory.raised.map(|_| end_of(input.types.as_ref().memory_at(index).initial));
    for initializer in list.iter().filter(|initializer| initializer.memory == index) {
        let value = initializer.offset.evaluate(|global| constant(input, global));
        let Some(Value::I32(address)) = value else { continue };
        let (segment, size) = (initializer.segment, initializer.data.len() as u64);
        let (first, end) = (u64::from(address), u64::from(address) + size);
        if let (Some((start, after)), Some(base)) = (part, &config.base)
            && size > 0
            && first < after
            && start < end
        {
            let message = format!(
                "data segment {segment} of the program, {size} bytes at address {first}, overlaps linmem's part of the memory, \
                 from {start} to {after}"
            );
            return Err(Error::option(Setting::base(base), message));
        }
        if let Some(declared) = declared.filter(|declared| end > *declared) {
            let message = format!(
                "data segment {segment} of the program, {size} bytes at address {first}, is outside of memory {index}, which \
                 starts with {declared} bytes; the module could not be instantiated"
            );
            return Err(Error::Unsupported { message, place: Place::Module });
        }
    }
    Ok(())
}

/// The value of a global that is defined as a constant, or computed from constants.
fn constant(input: &Input<'_>, global: u32) -> Option<Value> {
    let defined = global.checked_sub(input.imported_global_count)?;
    let mut operators = input.global_values.get(defined as usize)?.get_operators_reader();
    let mut ops = Vec::new();
    while !operators.is_end_then_eof() {
        ops.push(match operators.read().ok()? {
            Operator::I32Const { value } => ConstOp::Constant(Value::I32(value.cast_unsigned())),
            // A value refers only to earlier globals.
            Operator::GlobalGet { global_index } if global_index < global => {
                ConstOp::Constant(constant(input, global_index)?)
            }
            Operator::I32Add => ConstOp::I32Add,
            Operator::I32Sub => ConstOp::I32Sub,
            Operator::I32Mul => ConstOp::I32Mul,
            _ => return None,
        });
    }
    Offset::Extended(ops).evaluate(|_| None)
}
