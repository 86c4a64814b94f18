//! Writes a module whose memories are initialized by one active data segment each.
//!
//! Code is not touched: segments that it refers to keep their numbers. Where such a segment was active and is now part of an
//! image, another active segment takes its number, the image of a memory or an empty segment. To code, all active segments
//! are alike, since each of them is dropped before the first instruction of the module is executed. All sections other than
//! those of data and the names of segments are copied byte for byte, and stay at their offsets up to the code section.

use crate::error::{Error, Place};
use crate::image::names;
use crate::image::read::Scan;
use crate::module::validate;
use linmem_allocator::Width;
use linmem_allocator::image::{Memory, Verdict};
use std::collections::BTreeMap;
use wasm_encoder::{ConstExpr, DataSection, Section as _, SectionId};

/// The size of the magic number and the version that a module begins with.
const HEADER: usize = 8;

/// The largest sum of the sizes of images: the size of the largest module that engines accept.
const LARGEST: u64 = 1 << 30;

/// A data segment of the module that is written.
enum Segment<'a> {
    /// A passive segment of the input.
    Passive(&'a [u8]),
    /// The image of a memory.
    Image { memory: u32, address: u64, bytes: Vec<u8> },
    /// An active segment without bytes.
    Empty { memory: u32 },
}

/// Merges the active data segments of each memory into one, which has the bytes of the memory's image without zeroes at the
/// ends. Memories have the same contents afterwards, and the segments that code refers to behave as before.
///
/// The operands are those of [`ModuleMemories::try_static_init`](crate::image::ModuleMemories::try_static_init). Memories
/// whose image is zero get no segment. Between two segments, zeroes become part of the module: up to as many bytes as there
/// are data, or up to the allowance.
///
/// # Errors
///
/// If the bytes are not a valid module in the binary format, if the memories cannot have images, if the images have more than
/// 1 GiB, or if the module is an object file, whose relocations refer to data segments.
pub fn write(bytes: &[u8], page_size: u64, max_image_size_always_allowed: u64) -> Result<Vec<u8>, Error> {
    let scan = Scan::new(bytes)?;
    check_sections(&scan)?;
    let mut memories = scan.memories();
    if let Verdict::Segmented(reason) = memories.try_static_init(page_size, max_image_size_always_allowed) {
        let segment = reason.segment().and_then(|number| scan.segments.get(number as usize));
        let place = segment.map_or(Place::Module, |segment| Place::Offset(segment.range.start));
        return Err(Error::Unsupported { message: format!("memories cannot have images: {reason}"), place });
    }
    let mut images = Vec::new();
    let mut left = LARGEST;
    for (memory, image) in (0..).zip(memories.initialization.images()) {
        let Some(image) = image.as_ref().filter(|image| !image.is_zero()) else { continue };
        let bytes = image.to_trimmed_bytes(left).map_err(|error| Error::Unsupported {
            message: format!("the image of memory {memory} does not fit into a module: {error}"),
            place: Place::Module,
        })?;
        left = left.saturating_sub(bytes.len() as u64);
        images.push(Segment::Image { memory, address: image.extent().start, bytes });
    }
    let (segments, moved) = arrange(&scan, images);
    let out = encode(bytes, &scan, &segments, &moved);
    validate(&out, |_| false).map_err(Error::defect)?;
    Ok(out)
}

/// Refuses modules with sections that refer to data segments in a way that is not known here.
fn check_sections(scan: &Scan<'_>) -> Result<(), Error> {
    for section in &scan.sections {
        if section.custom.is_some_and(|(name, _)| name == "linking" || name.starts_with("reloc.")) {
            let message = "the module contains relocations, which refer to data segments; link it first, or link it \
                           without --emit-relocs";
            let place = Place::Offset(section.range.start);
            return Err(Error::Unsupported { message: message.to_string(), place });
        }
    }
    Ok(())
}

/// The new segments, and the new numbers of the passive segments. Segments that code refers to keep their numbers.
fn arrange<'a>(scan: &Scan<'a>, images: Vec<Segment<'a>>) -> (Vec<Segment<'a>>, BTreeMap<u32, u32>) {
    let mut images = images.into_iter();
    let (mut segments, mut moved) = (Vec::new(), BTreeMap::new());
    for (number, segment) in (0..).zip(&scan.segments) {
        match segment.active {
            None => {
                moved.insert(number, segments.len() as u32);
                segments.push(Segment::Passive(segment.data));
            }
            Some((memory, _)) => match images.next() {
                Some(image) => segments.push(image),
                None if number < scan.referenced => segments.push(Segment::Empty { memory }),
                None => {}
            },
        }
    }
    // Each image has at least one active segment, so that none is left.
    segments.extend(images);
    (segments, moved)
}

fn encode(bytes: &[u8], scan: &Scan<'_>, segments: &[Segment<'_>], moved: &BTreeMap<u32, u32>) -> Vec<u8> {
    let mut out = bytes[..HEADER].to_vec();
    let mut start = HEADER;
    for section in &scan.sections {
        let end = section.range.end;
        match (section.id, section.custom) {
            (id, _) if id == SectionId::Data as u8 => data_section(&scan.memories, segments).append_to(&mut out),
            (id, _) if id == SectionId::DataCount as u8 => {
                out.extend_from_slice(&bytes[start..section.range.start]);
                padded(segments.len() as u32, section.range.len(), &mut out);
            }
            (_, Some(("name", names))) => match names::rewrite(names, moved) {
                Some(section) => section.append_to(&mut out),
                None => out.extend_from_slice(&bytes[start..end]),
            },
            _ => out.extend_from_slice(&bytes[start..end]),
        }
        start = end;
    }
    out
}

fn data_section(memories: &[Memory], segments: &[Segment<'_>]) -> DataSection {
    let address = |memory: u32, address: u64| match memories.get(memory as usize).map(|memory| memory.width) {
        Some(Width::Bits64) => ConstExpr::i64_const(address.cast_signed()),
        // Addresses in a 32-bit memory have 32 bits.
        _ => ConstExpr::i32_const((address as u32).cast_signed()),
    };
    let mut section = DataSection::new();
    for segment in segments {
        match segment {
            Segment::Passive(data) => section.passive(data.iter().copied()),
            Segment::Image { memory, address: start, bytes } => {
                section.active(*memory, &address(*memory, *start), bytes.iter().copied())
            }
            Segment::Empty { memory } => section.active(*memory, &address(*memory, 0), []),
        };
    }
    section
}

/// Writes a number in this many bytes, so that sections after it stay at their offsets. The number must fit: a segment count
/// that is not larger than the one that had this many bytes does.
fn padded(number: u32, length: usize, out: &mut Vec<u8>) {
    for position in 0..length {
        let rest = number.checked_shr(7 * position as u32).unwrap_or(0);
        let more = if position + 1 < length { 0x80 } else { 0 };
        out.push((rest & 0x7f) as u8 | more);
    }
}
