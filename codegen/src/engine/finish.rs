//! The end of a function: resolves everything that was deferred until then.

use crate::code::{Code, Number};
use crate::context::Context;
use crate::engine::knowledge::frames::{Definition, Slot};
use crate::engine::late::Late;
use crate::engine::locals::Locals;
use crate::engine::lower::bump::{clear, push_room};
use crate::engine::lower::static_frame::STATIC_HANDLE;
use crate::engine::lowered::Lowered;
use crate::engine::numbers::{Numbers, written};
use crate::engine::state::Engine;
use crate::engine::stores::{Run, Store, Stored};
use crate::helpers::emit_load_header;
use crate::index::LocalIndex;
use crate::planted::{self, Bug, Optimization};
use crate::segment::{Part, Segments};
use crate::statics::{StaticNumber, StaticSegment};
use crate::width::PointerInstructions;
use linmem_allocator::Width;
use wasm_encoder::{Encode, InstructionSink, ValType};

impl Engine {
    /// Returns the lowered function.
    pub(crate) fn finish(self) -> Lowered {
        let Engine {
            tape,
            knowledge,
            mut locals,
            context,
            splits,
            mut scopes,
            numbers,
            wrappers,
            lines,
            mut demands,
            record,
            stores,
            ..
        } = self;
        let context = &context;
        let (frames, headers) = knowledge.finish();
        let parts = splits.decide(&mut locals);
        let parts_of = |local| parts.get(&local).copied().unwrap_or_default();
        numbers.settle(&mut locals, &mut scopes, &mut demands);
        let scopes = scopes.decide(context, (&frames, &numbers), &mut locals, &mut demands);
        let push_slot = |sink: &mut InstructionSink<'_>, slot: Slot| {
            let base = frames.base(slot.frame);
            write_slot(sink, context, base, slot, scopes.of(base));
        };
        let width = context.width();
        let (mut handles, mut packing) = (Handles::default(), None);
        let code = tape.finish(|late, code| {
            if let Late::Label(label) = late {
                return wrappers.number(label).encode(&mut code.bytes);
            }
            if let Late::KeepScope(frame, maker) = late {
                return scopes.keep(code, context, &frames, frame, maker);
            }
            match late {
                Late::Stores(run) => {
                    let run = stores.get(run).map(Run::merged).unwrap_or_default();
                    return run.iter().for_each(|store| write_store(code, context, store));
                }
                Late::NewPart(part) => {
                    return numbers.write_part(code, (context, &frames, &scopes), &locals, part);
                }
                Late::StaticNumbers(segment, to) => {
                    let Some(to) = numbers.get(to) else { return };
                    let region = to.region.and_then(|region| written(&locals, region));
                    if let Some(start) = written(&locals, to.start) {
                        push_number(code, I32_CONST, StaticNumber::Address(segment));
                        InstructionSink::new(&mut code.bytes).local_set(start.0);
                    }
                    if let Some(size) = written(&locals, to.size) {
                        let sink = &mut InstructionSink::new(&mut code.bytes);
                        sink.ptr_const(width, u64::from(segment.bytes)).local_set(size.0);
                    }
                    if let (Some(region), Some(types)) = (region, context.segments.types()) {
                        push_static(code, context, segment);
                        let sink = &mut InstructionSink::new(&mut code.bytes);
                        types.region_of(sink).local_set(region.0);
                    }
                    return;
                }
                Late::Static(segment) => return push_static(code, context, segment),
                Late::StaticAddress(segment) => return push_number(code, I32_CONST, StaticNumber::Address(segment)),
                Late::StaticDefinition(local, segment) => {
                    let Some(written) = locals.written(local) else { return };
                    let parts = parts_of(written);
                    if locals.contents.is_read(local) || parts.any() {
                        push_static(code, context, segment);
                        let sink = &mut InstructionSink::new(&mut code.bytes);
                        sink.local_set(written.0);
                        parts.keep(sink, written);
                    }
                    return;
                }
                Late::Handle(local) => {
                    if let (Some(written), true) = (locals.written(local), locals.contents.is_read(local)) {
                        handles.keep(code, context, written);
                    }
                    return;
                }
                Late::Packing => {
                    packing = Some(code.bytes.len());
                    return;
                }
                Late::Result(local) => {
                    if locals.contents.is_read(local) || parts_of(local).any() {
                        InstructionSink::new(&mut code.bytes).local_set(local.0);
                    } else {
                        if let Some(packing) = packing {
                            code.bytes.truncate(packing);
                        }
                        InstructionSink::new(&mut code.bytes).drop();
                    }
                    packing = None;
                    return;
                }
                Late::FrameStart(frame) => return handles.begin_frame(code, context, frames.base(frame)),
                _ => {}
            }
            let sink = &mut InstructionSink::new(&mut code.bytes);
            match late {
                Late::FrameBytes(frame) => {
                    sink.ptr_const(width, u64::from(frames.bytes(frame)));
                }
                Late::Definition(id) => {
                    let Definition { slot, local } = frames.definition(id);
                    if let Some(to) = numbers.of_local(local) {
                        let base = frames.base(slot.frame);
                        return write_slot_numbers(sink, width, (slot, base, scopes.of(base)), to, &locals);
                    }
                    let Some(written) = locals.written(local) else { return };
                    if locals.contents.is_read(local) {
                        push_slot(sink, slot);
                        sink.local_set(written.0);
                    }
                    let base = frames.base(slot.frame);
                    parts_of(written).write(sink, |sink, part| slot.push_part(sink, width, base, part));
                }
                Late::KeepHeader(region) => {
                    if let Some(local) = headers.get(&region) {
                        sink.local_tee(local.0);
                    }
                }
                Late::TakeHeader(region) => {
                    if let Some(local) = headers.get(&region) {
                        emit_load_header(sink, context).local_set(local.0);
                    }
                }
                Late::ClearFrame(frame, from) => {
                    clear(sink, context, frames.base(frame), from, frames.bytes(frame));
                }
                Late::StaticHandle(local) => {
                    if let (Some(written), true) = (locals.written(local), locals.contents.is_read(local)) {
                        sink.ptr_const(width, STATIC_HANDLE).local_set(written.0);
                    }
                }
                Late::Parameters => {
                    for (local, parts) in parts.iter().filter(|(local, _)| locals.is_parameter(**local)) {
                        parts.keep(sink, *local);
                    }
                    for (parameter, room) in locals.rooms() {
                        push_room(sink, width, *parameter);
                        sink.local_set(room.0);
                    }
                }
                Late::Assigned(_) if planted::has(Bug::PartsAfterAssignment) => {}
                Late::Assigned(local) => parts_of(local).keep(sink, local),
                Late::Part(local, part) => parts_of(local).push(sink, local, part),
                Late::Shorter(local, bytes) => parts_of(local).push_shorter(sink, local, bytes),
                Late::Byte(local, offset) => parts_of(local).push_byte(sink, local, offset),
                Late::ByteAt(local, offset, distance) => {
                    parts_of(local).push_byte(sink, local, distance);
                    if !parts_of(local).has_last() {
                        sink.local_get(offset.0).ptr_add(width);
                    }
                }
                Late::MayBeFree(local) => parts_of(local).push_may_be_free(sink, local, context.top()),
                Late::Slot(slot) => push_slot(sink, slot),
                Late::IsClosed(frame) => {
                    if let (Some(local), Some(types)) = (scopes.of(frames.base(frame)), context.segments.types()) {
                        types.handle(sink.local_get(local.0)).i32_eqz();
                    }
                }
                Late::KeepNumber(local) => {
                    match written(&locals, local) {
                        Some(local) => sink.local_set(local.0),
                        None => sink.drop(),
                    };
                }
                Late::CopyNumber(from, to) => {
                    if let (Some(from), Some(to)) = (written(&locals, from), written(&locals, to)) {
                        sink.local_get(from.0).local_set(to.0);
                    }
                }
                Late::Choose { numbers: (first, second), condition, to } => {
                    let [first, second, to] = [first, second, to].map(|local| written(&locals, local));
                    if let (Some(first), Some(second), Some(to)) = (first, second, to) {
                        sink.local_get(first.0).local_get(second.0).local_get(condition.0);
                        match locals.ty(to) {
                            ty @ ValType::Ref(_) => sink.typed_select(ty),
                            _ => sink.select(),
                        };
                        sink.local_set(to.0);
                    }
                }
                Late::SlotNumbers(slot, to) => {
                    let base = frames.base(slot.frame);
                    if let Some(to) = numbers.get(to) {
                        write_slot_numbers(sink, width, (slot, base, None), to, &locals);
                    }
                }
                Late::Wrapper(wrapper) => wrappers.open(wrapper, sink),
                Late::KeepScope(..)
                | Late::Label(_)
                | Late::Handle(_)
                | Late::Packing
                | Late::Result(_)
                | Late::FrameStart(_)
                | Late::Static(_)
                | Late::StaticAddress(_)
                | Late::Stores(_)
                | Late::StaticDefinition(..)
                | Late::NewPart(_)
                | Late::StaticNumbers(..) => {}
            }
        });
        let recorded = record.map(|record| Box::new(record.finish(&wrappers, width)));
        Lowered {
            frames: frames.sizes(),
            locals: locals.declared().to_vec(),
            added: locals.added().to_vec(),
            code,
            demands,
            lines,
            recorded,
        }
    }
}

/// The handle that was kept last. If the first frame of its region begins immediately after that, both share one read of top:
///
/// ```wasm
/// global.get $linmem.top   local.tee $handle   local.tee $frame
/// ```
///
/// They must not share a local: if the frame does not fit, it is in another chunk, and closing the region still restores the
/// handle.
#[derive(Debug, Default)]
struct Handles {
    /// The local, the byte of its `local.set`, and the end of that instruction.
    last: Option<(LocalIndex, usize, usize)>,
}

impl Handles {
    /// Keeps the handle of the region that was just opened.
    fn keep(&mut self, code: &mut Code, context: &Context, local: LocalIndex) {
        InstructionSink::new(&mut code.bytes).global_get(context.handle());
        let at = code.bytes.len();
        InstructionSink::new(&mut code.bytes).local_set(local.0);
        self.last = Some((local, at, code.bytes.len()));
    }

    /// Pushes top and keeps it as the start of a frame.
    fn begin_frame(&self, code: &mut Code, context: &Context, base: LocalIndex) {
        // Code between both would be bytes between both, also if it only opens or ends a structure.
        let is_shared = |end: usize| {
            end == code.bytes.len() && context.handle() == context.top() && !planted::is_off(Optimization::SharedTop)
        };
        match self.last {
            Some((handle, at, end)) if is_shared(end) => {
                code.bytes.truncate(at);
                InstructionSink::new(&mut code.bytes).local_tee(handle.0);
            }
            Some((handle, ..)) if planted::has(Bug::FrameReadsHandle) => {
                InstructionSink::new(&mut code.bytes).local_get(handle.0);
            }
            _ => {
                InstructionSink::new(&mut code.bytes).global_get(context.top());
            }
        }
        InstructionSink::new(&mut code.bytes).local_tee(base.0);
    }
}

const GLOBAL_GET: u8 = 0x23;
const I32_CONST: u8 = 0x41;
const I64_CONST: u8 = 0x42;

/// Writes the instruction that pushes a segment over static data. A structure is read from a global that holds it, which
/// costs less than making it: the global is initialized once, and nothing is allocated where the segment is used.
///
/// ```wasm
/// i32.const ADDRESS     i64.const ADDRESS | SIZE << 32     global.get $linmem.static.0
/// ```
fn push_static(code: &mut Code, context: &Context, segment: StaticSegment) {
    match context.segments {
        Segments::Address => push_number(code, I32_CONST, StaticNumber::Address(segment)),
        Segments::Packed => push_number(code, I64_CONST, StaticNumber::Packed(segment)),
        Segments::Reference(_) => push_number(code, GLOBAL_GET, StaticNumber::Global(segment)),
    }
}

/// Writes a store to a static frame.
fn write_store(code: &mut Code, context: &Context, store: &Store) {
    push_number(code, I32_CONST, StaticNumber::Address(store.segment));
    let wide = store.bytes == 8;
    match store.value {
        Stored::Constant(constant) if wide => {
            InstructionSink::new(&mut code.bytes).i64_const(constant as i64);
        }
        Stored::Constant(constant) => {
            InstructionSink::new(&mut code.bytes).i32_const(constant as i32);
        }
        Stored::Address(segment) => push_number(code, I32_CONST, StaticNumber::Address(segment)),
        Stored::Pair(segment, bytes) => {
            push_number(code, I64_CONST, StaticNumber::Packed(StaticSegment { bytes, ..segment }));
        }
    }
    let (sink, memarg) = (&mut InstructionSink::new(&mut code.bytes), context.memarg(store.offset, store.bytes));
    match store.bytes {
        1 => sink.i32_store8(memarg),
        2 => sink.i32_store16(memarg),
        4 => sink.i32_store(memarg),
        _ => sink.i64_store(memarg),
    };
}

/// Writes an instruction whose immediate is inserted when the module is finished.
fn push_number(code: &mut Code, opcode: u8, number: StaticNumber) {
    code.bytes.push(opcode);
    code.numbers.push((code.bytes.len(), Number::Static(number)));
}

/// Writes the instructions that push a segment of a frame.
fn write_slot(
    sink: &mut InstructionSink<'_>,
    context: &Context,
    base: LocalIndex,
    slot: Slot,
    scope: Option<LocalIndex>,
) {
    let width = context.width();
    sink.local_get(base.0);
    if slot.offset != 0 {
        sink.ptr_const(width, u64::from(slot.offset)).ptr_add(width);
    }
    context.segments.make_constant(sink, slot.bytes, |sink| {
        if let Some(scope) = scope {
            sink.local_get(scope.0).ref_as_non_null();
        }
    });
}

/// Writes the instructions that assign the numbers of a segment of a frame, those that code reads.
fn write_slot_numbers(
    sink: &mut InstructionSink<'_>,
    width: Width,
    (slot, base, scope): (Slot, LocalIndex, Option<LocalIndex>),
    to: Numbers,
    locals: &Locals,
) {
    if let Some(start) = written(locals, to.start) {
        slot.push_part(sink, width, base, Part::Start);
        sink.local_set(start.0);
    }
    if let Some(size) = written(locals, to.size) {
        slot.push_part(sink, width, base, Part::Size);
        sink.local_set(size.0);
    }
    let region = to.region.and_then(|region| written(locals, region));
    if let (Some(region), Some(scope)) = (region, scope) {
        sink.local_get(scope.0).local_set(region.0);
    }
}

impl Slot {
    /// Pushes a part of the packed segment, given the local that holds the start of its frame.
    fn push_part(&self, sink: &mut InstructionSink<'_>, width: Width, base: LocalIndex, part: Part) {
        let offset = match part {
            Part::Start => self.offset,
            Part::Last => self.offset.wrapping_add(self.bytes).wrapping_sub(1),
            Part::Size => {
                sink.ptr_const(width, u64::from(self.bytes));
                return;
            }
            Part::WideSize => {
                sink.i64_const(i64::from(self.bytes));
                return;
            }
        };
        sink.local_get(base.0);
        if offset != 0 {
            sink.ptr_const(width, u64::from(offset)).ptr_add(width);
        }
    }
}
