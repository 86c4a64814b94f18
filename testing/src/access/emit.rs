//! Programs in the text format, many to a module.

use crate::access::program::{OWN_PAGES, Program, Setting, Width};
use crate::access::types::Types;
use crate::access::write::Writer;
use std::fmt::Write;

/// Writes the module of some programs, with the exports `run0`, `run1` and so on. `ty` is the type of segments.
pub(crate) fn module(programs: &[&Program], setting: Setting, ty: &str) -> String {
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
