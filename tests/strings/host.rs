//! The functions of the module `wasm:js-string` over strings of the host, which are vectors of UTF-16 code units.

use linmem_host::wasmtime::{
    ArrayType, Caller, Engine, ExternRef, FieldType, Func, FuncType, HeapType, Mutability, RefType, Result, Rooted,
    StorageType, Store, StoreContextMut, Val, ValType, bail,
};

/// The number of times that a function of the host was called.
#[derive(Default)]
pub(crate) struct Calls {
    pub(crate) into_strings: u32,
}

/// A string, as a value of the program.
pub(crate) fn string(store: &mut Store<Calls>, units: &[u16]) -> Val {
    Val::ExternRef(Some(ExternRef::new(store, units.to_vec()).expect("the host has memory")))
}

/// A reference that is not a string, as a value of the program.
pub(crate) fn other(store: &mut Store<Calls>) -> Val {
    Val::ExternRef(Some(ExternRef::new(store, "not a string of JavaScript").expect("the host has memory")))
}

/// The units of a string.
pub(crate) fn units<'a>(store: impl Into<StoreContextMut<'a, Calls>>, value: &Val) -> Result<Vec<u16>> {
    let Val::ExternRef(Some(reference)) = value else { bail!("null is not a string") };
    match reference.data(store.into())?.and_then(|data| data.downcast_ref::<Vec<u16>>()) {
        Some(units) => Ok(units.clone()),
        None => bail!("a reference is not a string"),
    }
}

/// The unit at an index, without a copy of the string.
fn unit(store: &mut Caller<'_, Calls>, value: &Val, index: i32) -> Result<u16> {
    let Val::ExternRef(Some(reference)) = value else { bail!("null is not a string") };
    match reference.data(&*store)?.and_then(|data| data.downcast_ref::<Vec<u16>>()) {
        Some(units) => match units.get(index as u32 as usize) {
            Some(unit) => Ok(*unit),
            None => bail!("the index is outside of the string"),
        },
        None => bail!("a reference is not a string"),
    }
}

fn made(caller: &mut Caller<'_, Calls>, units: Vec<u16>) -> Result<Val> {
    let reference: Rooted<ExternRef> = ExternRef::new(caller, units)?;
    Ok(Val::ExternRef(Some(reference)))
}

/// A function of the module `wasm:js-string`, with exactly its type.
pub(crate) fn function(store: &mut Store<Calls>, name: &str) -> Func {
    let engine: Engine = store.engine().clone();
    let string = || ValType::EXTERNREF;
    let made_type = || ValType::Ref(RefType::new(false, HeapType::Extern));
    let mutable = FieldType::new(Mutability::Var, StorageType::I16);
    let array = HeapType::ConcreteArray(ArrayType::new(&engine, mutable));
    let array = ValType::Ref(RefType::new(true, array));
    match name {
        "length" => {
            let ty = FuncType::new(&engine, [string()], [ValType::I32]);
            Func::new(store, ty, |mut caller, args, results| {
                results[0] = Val::I32(units(&mut caller, &args[0])?.len() as i32);
                Ok(())
            })
        }
        "charCodeAt" => {
            let ty = FuncType::new(&engine, [string(), ValType::I32], [ValType::I32]);
            Func::new(store, ty, |mut caller, args, results| {
                results[0] = Val::I32(i32::from(unit(&mut caller, &args[0], args[1].unwrap_i32())?));
                Ok(())
            })
        }
        "concat" => {
            let ty = FuncType::new(&engine, [string(), string()], [made_type()]);
            Func::new(store, ty, |mut caller, args, results| {
                let parts = [units(&mut caller, &args[0])?, units(&mut caller, &args[1])?];
                results[0] = made(&mut caller, parts.concat())?;
                Ok(())
            })
        }
        "fromCharCodeArray" => {
            let ty = FuncType::new(&engine, [array, ValType::I32, ValType::I32], [made_type()]);
            Func::new(store, ty, |mut caller, args, results| {
                caller.data_mut().into_strings += 1;
                let Some(array) = args[0].unwrap_anyref() else { bail!("the array is null") };
                let array = array.unwrap_array(&caller)?;
                let (start, end) = (args[1].unwrap_i32() as u32, args[2].unwrap_i32() as u32);
                if start > end || end > array.len(&caller)? {
                    bail!("the range is outside of the array");
                }
                let elements: Vec<Val> = array.elems(&mut caller)?.collect();
                let units =
                    elements[start as usize..end as usize].iter().map(|unit| unit.unwrap_i32() as u16).collect();
                results[0] = made(&mut caller, units)?;
                Ok(())
            })
        }
        other => panic!("linmem must not import {other}"),
    }
}
