//! Printing of single functions, and of modules without what linmem adds for itself.

use crate::built;
use crate::items::everything;
use linmem::wasm_encoder::{Instruction, ValType};
use linmem::wat::{self, Printer};
use linmem::{Access, Config, OnViolation, Representation, Safety};

fn without_helpers(bytes: &[u8]) -> String {
    Printer::new().with_helpers(false).print(bytes).unwrap()
}

/// A module whose `f` uses an intrinsic in many ways.
fn sample(representation: Representation, config: &Config) -> Vec<u8> {
    let bytes = built(config, representation, |f| {
        let other = f.local(ValType::I32);
        f.name_local(other, "other");
        f.region(|f, region| {
            let segment = f.allocate_dynamic(region, f.param(0));
            f.put(Access::Int, segment, 0, 1);
            f.write_all(1, segment);
            f.set(other, linmem::build::OnStack);
            f.push(other);
            f.return_();
        });
        f.instruction(&Instruction::Unreachable);
    });
    bytes.unwrap()
}

#[test]
fn function_is_printed_by_name_by_export_and_by_index() {
    let bytes = everything();
    let five = "(func $five (;4;) (type 2) (result i32)\n  i32.const 5\n)\n";
    assert_eq!(wat::print_function(&bytes, "five").unwrap(), five);
    assert_eq!(wat::print_function(&bytes, 4).unwrap(), five);
    let helper = wat::print_function(&bytes, "linmem.OutOfMemory").unwrap();
    assert_eq!(helper, "(func $linmem.OutOfMemory (;6;) (type 6)\n  unreachable\n)\n");
    let exported = wat::parse(br#"(module (import "a" "b" (func)) (func) (func (export "x") nop) (func $x))"#).unwrap();
    assert_eq!(wat::print_function(&exported, "x").unwrap(), "(func $x (;3;) (type 0))\n");
    let exported = wat::parse(br#"(module (import "a" "b" (func)) (func) (func (export "x") nop))"#).unwrap();
    assert_eq!(wat::print_function(&exported, "x").unwrap(), "(func (;2;) (type 0)\n  nop\n)\n");
}

#[test]
fn function_that_has_no_text_is_an_error() {
    let bytes = everything();
    let message = |function: wat::Function<'_>| wat::print_function(&bytes, function).expect_err("no text").to_string();
    assert_eq!(message("six".into()), "function `six` cannot be printed: it does not exist (in the module)");
    assert_eq!(message(99.into()), "function 99 cannot be printed: it does not exist (in the module)");
    assert_eq!(message(u32::MAX.into()), "function 4294967295 cannot be printed: it does not exist (in the module)");
    assert_eq!(message("env.log".into()), "function `env.log` cannot be printed: it is imported (in the module)");
    assert_eq!(message(0.into()), "function 0 cannot be printed: it is imported (in the module)");
    assert!(wat::print_function(b"\0asm\x01\0\0\0\xff", "f").is_err());
    assert!(Printer::new().with_helpers(false).print(b"\0asm\x01\0\0\0\xff").is_err());
}

#[test]
fn printer_keeps_everything_by_default() {
    let bytes = everything();
    assert_eq!(Printer::new().print(&bytes).unwrap(), wat::print(&bytes).unwrap());
    assert_eq!(Printer::default().print(&bytes).unwrap(), wat::print(&bytes).unwrap());
}

#[test]
fn text_without_helpers_has_every_other_line() {
    let config = Config::new().with_on_violation(OnViolation::Report);
    for &representation in Representation::ALL {
        for safety in [None, Some(Safety::Temporal)] {
            let config = safety.map_or(config.clone(), |safety| config.clone().with_safety(safety));
            let bytes = sample(representation, &config);
            let (all, kept) = (wat::print(&bytes).unwrap(), without_helpers(&bytes));
            let choices = format!("{representation} {config:?}\n{kept}");
            // What is kept is in the same order.
            let mut rest = all.lines();
            assert!(kept.lines().all(|line| rest.any(|other| other == line)), "{choices}");
            for own in ["(func $linmem.", "(global $linmem.", "(type $linmem.", "(@custom"] {
                assert!(!kept.contains(own), "{own} {choices}");
            }
            for own in ["(func $linmem.", "(global $linmem.", "(@custom \"linmem.sites\""] {
                assert!(all.contains(own), "{own} {choices}");
            }
            assert_eq!(
                all.contains("(type $linmem.segment"),
                !matches!(representation, Representation::Address | Representation::Packed)
            );
            for of_frontend in [
                "(func $f ",
                "(func $probe ",
                "(memory $memory",
                "(export \"f\"",
                "$linmem_report.violation",
                ".fd_write",
            ] {
                assert!(kept.contains(of_frontend), "{of_frontend} {choices}");
            }
            for name in ["f", "probe"] {
                let function = wat::print_function(&bytes, name).unwrap();
                let indented: String = function.lines().map(|line| format!("  {line}\n")).collect();
                assert!(kept.contains(&indented) && all.contains(&indented), "{choices}");
            }
        }
    }
}

#[test]
fn types_that_only_helpers_have_are_left_out() {
    let kept = without_helpers(&everything());
    // Those of the frontend and of imports are printed; see the golden `everything`.
    assert!(kept.contains("(type (;5;) (func (param i32 i32 i32 i32) (result i32)))"), "{kept}");
    for index in 6..=10 {
        assert!(!kept.contains(&format!("(type (;{index};)")), "{kept}");
    }
    // A block and a reference are uses as well as a function.
    let text = r#"(module
        (type $helper (func (param f32)))
        (type $block (func (param f64)))
        (type $reference (func (param i64)))
        (type $unused (func (param i32)))
        (func $linmem.x (type $helper))
        (func $linmem.y (type $block))
        (func $linmem.z (type $reference))
        (func $f f64.const 0 (block (type $block) drop) ref.null $reference drop))"#;
    let kept = without_helpers(&wat::parse(text.as_bytes()).unwrap());
    assert!(!kept.contains("(type $helper"), "{kept}");
    assert!(["block", "reference", "unused"].iter().all(|ty| kept.contains(&format!("(type ${ty} "))), "{kept}");
}

#[test]
fn helpers_of_another_version_do_not_change_text_without_helpers() {
    let text = |helper: &str| {
        let text = format!(
            r#"(module (func $f call $linmem.refill) (func $linmem.refill {helper}) (data "a\n  (func $linmem.x)"))"#
        );
        without_helpers(&wat::parse(text.as_bytes()).unwrap())
    };
    assert_eq!(text("nop"), text("(local i32) unreachable"));
    assert!(text("nop").contains("(data"));
    assert_eq!(
        without_helpers(&wat::parse(b"(module)").unwrap()),
        wat::print(&wat::parse(b"(module)").unwrap()).unwrap()
    );
}
