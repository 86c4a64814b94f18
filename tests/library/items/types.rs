//! Types that refer to each other, names and custom sections.

use crate::items::{Building, building, closure_types, reference, result, subtype};
use linmem::build::Position;
use linmem::wasm_encoder::{CompositeInnerType, Instruction, StructType, ValType};
use linmem::{Config, Representation};

#[test]
fn custom_sections_are_first_or_last() {
    let mut building = building();
    let module = &mut building.module;
    module.custom_section("last", b"1", Position::Last).unwrap();
    module.custom_section("first", b"2", Position::First).unwrap();
    module.custom_section("last", b"3", Position::Last).unwrap();
    for name in ["name", "linmem.sites"] {
        let error = module.custom_section(name, b"", Position::Last).expect_err("linmem writes it").to_string();
        assert_eq!(error, format!("the custom section `{name}` cannot be added: linmem writes it (in the module)"));
    }
    let bytes = building.finish(|f| f.push(5)).unwrap();
    assert_eq!(result(&bytes), 5);
    let mut found = Vec::new();
    for payload in wasmparser::Parser::new(0).parse_all(&bytes) {
        match payload.unwrap() {
            wasmparser::Payload::CustomSection(section) => {
                found.push(format!("{} {}", section.name(), String::from_utf8_lossy(section.data()).len()));
            }
            wasmparser::Payload::TypeSection(_) => found.push("types".to_string()),
            wasmparser::Payload::CodeSectionStart { .. } => found.push("code".to_string()),
            _ => {}
        }
    }
    let names = found[3].clone();
    assert_eq!(found, ["first 1", "types", "code", &names, "last 1", "last 1"]);
    assert!(names.starts_with("name "));
}

#[test]
fn types_of_a_group_can_refer_to_each_other() {
    for &representation in Representation::ALL {
        let mut building = Building::new(&Config::default(), representation);
        let [closure, function] = closure_types(&mut building.module);
        let apply = building.module.function("apply", function, |f| {
            f.push(f.param(0));
            f.instruction(&Instruction::StructGet { struct_type_index: closure.0, field_index: 1 });
        });
        let apply = apply.unwrap();
        building.module.reference(apply);
        let after = building.module.function_type([ValType::F64], []);
        assert_eq!(after.0, function.0 + 1);
        let bytes = building.finish(|f| {
            let local = f.local(reference(closure, false));
            f.instruction(&Instruction::RefFunc(apply.0));
            f.push(7);
            f.instruction(&Instruction::StructNew(closure.0));
            f.instruction(&Instruction::LocalTee(local.index()));
            f.push(local);
            f.instruction(&Instruction::StructGet { struct_type_index: closure.0, field_index: 0 });
            f.instruction(&Instruction::CallRef(function.0));
        });
        assert_eq!(result(&bytes.unwrap()), 7, "{representation}");
    }
}

#[test]
fn group_with_another_number_of_types_is_an_error() {
    let mut building = building();
    let error = building.module.recursion_group_with(2, |ids| {
        assert_eq!(ids.len(), 2);
        [subtype(CompositeInnerType::Struct(StructType { fields: Box::new([]) }))]
    });
    let error = error.expect_err("there is one type").to_string();
    assert_eq!(error, "a recursion group of 2 types has 1 (in the module)");
    let error = building.module.recursion_group_with(u32::MAX, |_| Vec::new()).expect_err("there are too many");
    let error = error.to_string();
    assert!(error.starts_with("a recursion group of 4294967295 types exceeds the 1000000 types"), "{error}");
    let next = building.module.function_type([ValType::F32], []);
    assert_eq!(next.0, building.result.0 + 1);
    assert_eq!(result(&building.finish(|f| f.push(1)).unwrap()), 1);
}

#[test]
fn names_of_foreign_locals_are_errors() {
    let mut other = None;
    building()
        .finish(|f| {
            other = Some(f.local(ValType::I32));
            f.push(0);
        })
        .unwrap();
    let error = building().finish(|f| {
        f.name_local(other.unwrap(), "x");
        f.push(0);
    });
    assert!(error.expect_err("it is foreign").to_string().contains("the local belongs to another function"));
    let error = building().finish(|f| {
        f.name_local(f.param(3), "x");
        f.push(0);
    });
    assert!(error.expect_err("it does not exist").to_string().contains("the parameter does not exist"));
}
