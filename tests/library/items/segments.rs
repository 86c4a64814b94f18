//! Constant expressions, element segments and data segments.

use crate::items::{Building, FUNC, building, byte_of, memory, result, table};
use linmem::build::Elements;
use linmem::wasm_encoder::{ConstExpr, HeapType, Instruction, RefType, ValType};
use linmem::{Access, Base, Config, Representation};

/// A host call in `f` gives linmem an import of its own, which moves the indices of all functions.
#[test]
fn constant_expressions_refer_to_functions_by_number() {
    let Building { mut module, result: ty } = building();
    let f = module.declare_function("f", ty);
    let [one, two, four, eight] = [1, 2, 4, 8].map(|number| {
        let name = format!("give {number}");
        module.function(&name, ty, |f| f.push(number)).unwrap()
    });
    let function = ValType::Ref(RefType { nullable: false, heap_type: HeapType::Concrete(ty.0) });
    let global = module.global("one", function, false, &ConstExpr::ref_func(one.0));
    let full = module.table_with(table(FUNC, 2), Some(&ConstExpr::ref_func(two.0)));
    let sparse = module.table_with(table(RefType::FUNCREF, 4), None);
    let offset = ConstExpr::i32_const(3);
    module.active_elements(sparse, &offset, Elements::Expressions(FUNC, &[ConstExpr::ref_func(four.0)]));
    let passive = module.passive_elements(Elements::Functions(&[one, eight]));
    module
        .define_with(f, |f| {
            f.region(|f, region| {
                let segment = f.allocate(region, 1);
                f.write_all(1, segment);
                f.drop();
            });
            f.push(0);
            f.push(1);
            f.push(1);
            f.instruction(&Instruction::TableInit { elem_index: passive.0, table: sparse.0 });
            f.instruction(&Instruction::ElemDrop(passive.0));
            f.instruction(&Instruction::GlobalGet(global.0));
            f.instruction(&Instruction::CallRef(ty.0));
            for (table_index, position) in [(full.0, 1), (sparse.0, 3), (sparse.0, 0)] {
                f.push(position);
                f.instruction(&Instruction::CallIndirect { type_index: ty.0, table_index });
                f.instruction(&Instruction::I32Add);
            }
        })
        .unwrap();
    module.export("f", f);
    module.export("full", full);
    let bytes = module.finish().unwrap();
    assert_eq!(result(&bytes), 15);
}

#[test]
fn declared_elements_allow_references_to_functions() {
    for declares in [true, false] {
        let Building { mut module, result: ty } = building();
        let one = module.function("one", ty, |f| f.push(1)).unwrap();
        if declares {
            module.declared_elements(Elements::Functions(&[one]));
        }
        let bytes = Building { module, result: ty }.finish(|f| {
            f.instruction(&Instruction::RefFunc(one.0));
            f.instruction(&Instruction::CallRef(ty.0));
        });
        match bytes {
            Ok(bytes) => assert!(declares && result(&bytes) == 1),
            Err(error) => assert!(!declares && error.to_string().contains("undeclared"), "{error}"),
        }
    }
}

#[test]
fn data_segments_initialize_memories() {
    let config = Config::new().with_base(Base::Address(64));
    let mut building = Building::new(&config, Representation::Packed);
    let module = &mut building.module;
    let own = module.segment_memory();
    let scratch = module.memory(memory(1));
    module.active_data(scratch, &ConstExpr::i32_const(100), &[1]);
    module.active_data(own, &ConstExpr::i32_const(60), &[0, 0, 0, 2]);
    let passive = module.passive_data(&[9, 4, 9]);
    let bytes = building.finish(|f| {
        f.push(200);
        f.push(1);
        f.push(1);
        f.instruction(&Instruction::MemoryInit { mem: scratch.0, data_index: passive.0 });
        f.instruction(&Instruction::DataDrop(passive.0));
        f.region(|f, region| {
            let segment = f.allocate(region, 1);
            f.put(Access::Byte, segment, 0, 8);
            f.get(Access::Byte, segment, 0);
            for (memory, address) in [(scratch, 100), (own, 63), (scratch, 200)] {
                f.push(address);
                f.instruction(&byte_of(memory.0));
                f.instruction(&Instruction::I32Add);
            }
            f.return_();
        });
        f.instruction(&Instruction::Unreachable);
    });
    assert_eq!(result(&bytes.unwrap()), 15);
}

#[test]
fn active_data_cannot_overwrite_memory_of_linmem() {
    let message = |base: Option<u32>, offset: ConstExpr, bytes: &[u8]| {
        let config = base.map_or(Config::new(), |base| Config::new().with_base(Base::Address(base)));
        let mut building = Building::new(&config, Representation::Packed);
        let own = building.module.segment_memory();
        building.module.active_data(own, &offset, bytes);
        building.finish(|f| f.push(0)).map_or_else(|error| error.to_string(), |_| "(no error)".to_string())
    };
    assert_eq!(message(Some(64), ConstExpr::i32_const(32), &[1; 32]), "(no error)");
    assert_eq!(
        message(Some(64), ConstExpr::i32_const(33), &[1; 32]),
        "data segment 0 is at 33..65, but only the bytes below 64 of the memory that segments are in belong to the \
         frontend; `base` in the configuration reserves more (in the module)"
    );
    let at_end = message(None, ConstExpr::i32_const(-1), &[1; 1]);
    assert!(at_end.contains("is at 4294967295..4294967296, but only the bytes below 8"), "{at_end}");
    let computed = message(Some(64), ConstExpr::i32_const(1).with_i32_const(1).with_i32_add(), &[1]);
    assert!(computed.contains("has an offset that is not a constant"), "{computed}");
}
