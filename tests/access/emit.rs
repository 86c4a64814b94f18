//! Programs in the text format, many to a module.

use crate::program::{Form, GLOBALS, Hole, OWN_PAGES, Program, SLOTS, Setting, Width};
use crate::write::Writer;
use std::fmt::Write;

/// The module of some programs, whose exports are `run0`, `run1` and so on; segments have this type.
pub fn module(programs: &[&Program], setting: Setting, ty: &str) -> String {
    let mut out = format!("(module\n{}", imports(ty));
    if setting.owned {
        writeln!(out, "(memory (export \"memory\") {OWN_PAGES})").unwrap();
    }
    let types = Types::of(ty);
    out += &types.shared();
    for (number, program) in programs.iter().enumerate() {
        for index in 0..program.functions.len() {
            out = Writer::new(&types, program, number, out).function(index);
        }
    }
    out.push(')');
    out
}

/// The parameters of a program's export, in order.
pub fn parameters(program: &Program) -> Vec<Hole> {
    (0..program.holes.len()).filter(|hole| program.holes[*hole].form == Form::Parameter).collect()
}

fn imports(ty: &str) -> String {
    let mut out = String::new();
    let mut import = |module: &str, field: &str, name: &str, params: &str, results: &str| {
        let ty = format!("(param {params}) (result {results})");
        writeln!(out, "(import \"{module}\" \"{field}\" (func ${name} {ty}))").unwrap();
    };
    let segment = |rest: &str| format!("{ty} {rest}");
    import("linmem", "MemoryAllocator.new", "new", "", "i32");
    import("linmem", "MemoryAllocator.free", "free", "i32", "");
    import("linmem", "MemoryAllocator.allocate", "allocate", "i32 i32", ty);
    import("linmem", "MemoryAllocator.allocateAligned", "allocateAligned", "i32 i32 i32", ty);
    import("linmem", "MemorySegment.size", "size", ty, "i32");
    import("linmem", "MemorySegment.address", "address", ty, "i32");
    import("linmem", "MemorySegment.slice", "slice", &segment("i32 i32"), ty);
    import("linmem", "MemorySegment.ofAddress", "ofAddress", "i32 i32", ty);
    import("linmem", "MemorySegment.fill", "fill", &segment("i32 i32 i32"), "");
    import("linmem", "MemorySegment.copy", "copy", &segment(&format!("i32 {ty} i32 i32")), "");
    for width in Width::ALL {
        import("linmem", &format!("MemorySegment.get{width:?}"), &format!("get{width:?}"), &segment("i32"), width.ty());
        if width.stored() == width {
            let params = segment(&format!("i32 {}", width.ty()));
            import("linmem", &format!("MemorySegment.set{width:?}"), &format!("set{width:?}"), &params, "");
        }
    }
    import("test", "step", "step", "i32", "");
    import("test", "log", "log", "i64", "");
    import("test", "pass", "pass", "i32", "i32");
    import("test", "grow", "grow", "i32", "i32");
    out
}

/// The types that segments have, in locals and where a default is needed.
pub struct Types {
    pub local: String,
    pub nullable: String,
    pub null: &'static str,
}

impl Types {
    pub fn of(ty: &str) -> Types {
        let heap = ty.strip_prefix("(ref ").and_then(|rest| rest.strip_suffix(')'));
        let nullable = heap.map_or(ty.to_string(), |heap| format!("{heap}ref"));
        let null = if ty == "i64" { "(i64.const 0)" } else { "(ref.null none)" };
        Types { local: ty.to_string(), nullable, null }
    }

    /// What was kept where a default is needed.
    pub fn kept(&self, value: &str) -> String {
        if self.local == self.nullable { value.to_string() } else { format!("(ref.as_non_null {value})") }
    }

    /// What all programs share.
    pub fn shared(&self) -> String {
        let Types { local, nullable, null } = self;
        let mut out = format!("(type $box (struct (field (mut {nullable}))))\n(global $acc (mut i64) (i64.const 0))\n");
        for global in 0..GLOBALS {
            writeln!(out, "(global $g{global} (mut {nullable}) {null})").unwrap();
        }
        let (load, store) = if local == "i64" {
            for slot in 0..SLOTS {
                writeln!(out, "(global $slot{slot} (mut i64) (i64.const 0))").unwrap();
            }
            (
                "(if (result i64) (local.get 0) (then (global.get $slot1)) (else (global.get $slot0)))".to_string(),
                "(if (local.get 0) (then (global.set $slot1 (local.get 1))) (else (global.set $slot0 (local.get 1))))",
            )
        } else {
            writeln!(out, "(table $slots {SLOTS} {nullable})").unwrap();
            (self.kept("(table.get $slots (local.get 0))"), "(table.set $slots (local.get 0) (local.get 1))")
        };
        let foreign = if local == "i64" { null.to_string() } else { format!("(struct.new $box {null})") };
        let nothing = if local == nullable { null } else { foreign.as_str() };
        write!(
            out,
            "(func $load_slot (param i32) (result {local}) {load})
             (func $store_slot (param i32 {local}) {store})
             (func $identity (param {local}) (result {local}) (local.get 0))
             (func $null (result {local}) {nothing})
             (func $foreign (result {local}) {foreign})
             (func $close (param i32) (call $free (local.get 0)))\n"
        )
        .unwrap();
        out
    }
}
