//! Decoding: from memory to a new string.

use crate::helpers::routine::{Local, Routine};
use crate::helpers::string_code::{STRING, StringFunction, units};
use crate::helpers::text::place::{push_ends_outside, trap_outside};
use crate::helpers::text::string::access::call;
use crate::helpers::text_code::TextCode;
use crate::module::val_type;
use crate::planted::{self, Bug};
use linmem_intrinsics::Encoding;
use wasm_encoder::{HeapType, RefType, ValType};

/// The maximum number of bytes that are decoded at once. There is an array of as many units meanwhile. Engines copy what is
/// longer than that once more, when the concatenated string is read.
const CHUNK: u32 = 0x1_0000;

/// The largest number of bytes of a sequence.
const SEQUENCE: u32 = 4;

/// Makes a string of text in memory, in chunks.
///
/// ```wasm
/// ;; (address, bytes) -> string
/// address + bytes > memory.size << 16:   trap      ;; in 64 bits, unless there are no bytes
/// loop $next
///   chunk = bytes
///   chunk > CHUNK:
///     chunk = CHUNK
///     ;; in UTF-8: before the last byte that begins a sequence, unless a sequence ends here
///     back = 0
///     loop $back
///       address[chunk - back] & 0xc0 != 0x80:   chunk -= back   br $found
///       back += 1   back < 4:   br $back
///     end
///   array = decode(address, chunk)
///   part = fromCharCodeArray(array, 0, array.len)
///   string = string == null ? part : concat(string, part)
///   address += chunk   bytes -= chunk   bytes != 0:   br $next
/// end
/// ```
///
/// A byte that does not have the form `10xxxxxx` begins a sequence or is ill-formed. If none of four bytes begins a sequence,
/// the last one of them is not part of one. So no sequence is in two chunks, and neither is an ill-formed one that is replaced
/// as a whole.
///
/// # Traps
///
/// If the range is outside of the memory, or the engine cannot make the string.
pub(super) fn new(r: &mut Routine<'_>, encoding: Encoding, index: u32) {
    let [address, bytes] = r.params();
    let ty = units(index);
    r.get(bytes).ptr_nez().if_();
    push_ends_outside(r, address, |r| {
        r.wide(|r| {
            r.get(bytes);
        });
    });
    r.if_();
    trap_outside(r);
    r.end().end();
    let chunk = r.pointer();
    let array = r.local(ValType::Ref(RefType { nullable: true, heap_type: HeapType::Concrete(ty.index) }));
    let string = r.local(val_type(STRING));
    let next = r.repeat();
    r.get(bytes).set(chunk);
    r.get(bytes).ptr_const(u64::from(CHUNK)).ptr_gt_u().if_();
    r.ptr_const(u64::from(CHUNK)).set(chunk);
    if encoding != Encoding::Latin1 && !planted::has(Bug::StringSplitsSequence) {
        end_after_sequence(r, address, chunk);
    }
    r.end();
    r.get(address).get(chunk).helper(TextCode::New.helper(encoding, ty)).set(array);
    r.get(string).ref_is_null().if_();
    push_part(r, index, array);
    r.set(string).else_().get(string);
    push_part(r, index, array);
    call(r, StringFunction::Concat);
    r.set(string).end();
    r.get(address).get(chunk).ptr_add().set(address);
    r.get(bytes).get(chunk).ptr_sub().tee(bytes).ptr_nez().br_if(next).end();
    r.get(string).ref_as_non_null();
}

/// Pushes the string of an array.
fn push_part(r: &mut Routine<'_>, index: u32, array: Local) {
    r.get(array).i32_const(0).get(array).emit(|sink, _| {
        sink.array_len();
    });
    call(r, StringFunction::FromCharCodeArray(index));
}

/// Makes a chunk, after which there are more bytes, shorter, so that no sequence continues after it.
fn end_after_sequence(r: &mut Routine<'_>, address: Local, chunk: Local) {
    let at = r.at(0, 1);
    let back = r.pointer();
    let found = r.block();
    let again = r.repeat();
    r.get(address).get(chunk).ptr_add().get(back).ptr_sub().i32_load8_u(at);
    r.i32_const(0xc0).i32_and().i32_const(0x80).i32_ne().if_();
    r.get(chunk).get(back).ptr_sub().set(chunk).br(found).end();
    r.get(back).ptr_const(1).ptr_add().tee(back).ptr_const(u64::from(SEQUENCE)).ptr_lt_u().br_if(again).end().end();
}
