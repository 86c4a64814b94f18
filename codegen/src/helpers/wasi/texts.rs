//! Arrays of texts: arguments and environment variables.

use crate::globals::Global;
use crate::helpers::call::Call;
use crate::helpers::routine::{Local, Routine};
use crate::helpers::text_code::TextCode;
use crate::helpers::wasi::list::ENTRY;
use linmem_intrinsics::wasi::Record;
use linmem_intrinsics::{Encoding, TextsType};
use wasm_encoder::{HeapType, RefType, ValType};

/// Makes a list in memory, decodes its texts, and frees the list.
///
/// ```wasm
/// ;; () -> (errno, array)
/// mark = top
/// errno, list, bytes = args()
/// errno != 0:   return (errno, null)
/// array = array.new(array.new_fixed(), list.count)
/// for each entry:   array[index] = decode(list + entry.offset, entry.bytes)
/// ;; free the list
/// ```
pub(super) fn texts_array(routine: &mut Routine<'_>, list_of: Call, ty: TextsType) {
    let (errno, list, bytes) = (routine.int(), routine.int(), routine.int());
    let (mark, end) = (routine.int(), routine.int());
    let array = routine.local(ValType::Ref(RefType { nullable: true, heap_type: HeapType::Concrete(ty.index) }));
    let exit = routine.block();
    routine.find_home();
    routine.read(Global::Top).set(mark);
    routine.plain(list_of).set(bytes).set(list).tee(errno).br_if(exit);
    fill(routine, ty, list, array);
    routine.get(bytes).round_up().get(list).i32_add().set(end);
    routine.shrink(end, list, mark);
    routine.end();
    routine.give(&[errno, array]);
}

/// Makes the array. Its elements are an empty text at first, so that their type need not be nullable.
fn fill(routine: &mut Routine<'_>, ty: TextsType, list: Local, array: Local) {
    let (count, index, entry) = (routine.int(), routine.int(), routine.int());
    let (first, second) = (routine.at(0, 4), routine.at(4, 4));
    routine.emit(|sink, _| {
        sink.array_new_fixed(ty.text, 0);
    });
    routine.get(list).i32_load(first).tee(count).emit(|sink, _| {
        sink.array_new(ty.index);
    });
    routine.set(array).behind(list, Record::List.bytes()).set(entry);
    let done = routine.block();
    let next = routine.repeat();
    routine.get(index).get(count).i32_eq().br_if(done);
    routine.get(array).get(index);
    routine.get(list).get(entry).i32_load(first).i32_add().get(entry).i32_load(second);
    routine.helper(TextCode::New.helper(Encoding::Utf8, ty.text_type())).emit(|sink, _| {
        sink.array_set(ty.index);
    });
    routine.behind(entry, ENTRY).set(entry).behind(index, 1).set(index).br(next);
    routine.end();
    routine.end();
}
