//! The layout of a module as JSON.

use linmem::image::{Verdict, Width};
use linmem::layout::{Area, FunctionFrames, MemoryLayout, ModuleLayout};
use serde_json::{Value, json};

/// The layout as one object, indented.
pub(crate) fn json(layout: &ModuleLayout) -> String {
    let image = match &layout.verdict {
        Verdict::Static => json!({ "static": true }),
        Verdict::Segmented(reason) => {
            json!({ "static": false, "reason": reason.to_string(), "segment": reason.segment() })
        }
    };
    let memories: Vec<Value> = layout.memories.iter().map(memory).collect();
    let frames: Vec<Value> = layout.frames.iter().map(frames).collect();
    let value = json!({ "memories": memories, "image": image, "frames": frames });
    format!("{value:#}\n")
}

fn memory(memory: &MemoryLayout) -> Value {
    let import = memory.import.as_ref().map(|import| json!({ "module": import.module, "name": import.name }));
    json!({
        "name": memory.name,
        "import": import,
        "shared": memory.shared,
        "addressBits": if memory.width == Width::Bits64 { 64 } else { 32 },
        "minimum": memory.minimum,
        "maximum": memory.maximum,
        "segments": memory.has_segments,
        "data": memory.data,
        "span": memory.span,
        "areas": memory.areas.iter().map(area).collect::<Vec<Value>>(),
    })
}

fn area(area: &Area) -> Value {
    json!({ "start": area.start, "end": area.end, "kind": area.kind.name(), "label": area.label })
}

fn frames(frames: &FunctionFrames) -> Value {
    json!({ "function": frames.function, "bytes": frames.bytes, "total": frames.total() })
}
