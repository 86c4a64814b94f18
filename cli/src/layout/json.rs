//! The layout of a module as JSON.

use crate::printable::printable_json;
use linmem::image::{Verdict, Width};
use linmem::layout::{Area, FunctionFrames, MemoryLayout, ModuleLayout, StaticItem};
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
    printable_json(&format!("{value:#}\n"))
}

/// A number of 64 bits. Many readers of JSON, JavaScript among them, round numbers from 2^53 on, so that these are decimal
/// strings.
fn number(number: u64) -> Value {
    if number < 1 << 53 { json!(number) } else { json!(number.to_string()) }
}

fn memory(memory: &MemoryLayout) -> Value {
    let import = memory.import.as_ref().map(|import| json!({ "module": import.module, "name": import.name }));
    json!({
        "name": memory.name,
        "import": import,
        "shared": memory.shared,
        "addressBits": if memory.width == Width::Bits64 { 64 } else { 32 },
        "minimum": number(memory.minimum),
        "maximum": memory.maximum.map(number),
        "segments": memory.has_segments,
        "data": number(memory.data),
        "span": number(memory.span),
        "copied": number(memory.copied),
        "areas": memory.areas.iter().map(area).collect::<Vec<Value>>(),
    })
}

fn area(area: &Area) -> Value {
    let mut value = json!({
        "start": number(area.start),
        "end": area.end.map(number),
        "kind": area.kind.name(),
        "label": area.label,
    });
    if !area.items.is_empty() {
        value["items"] = area.items.iter().map(item).collect();
    }
    value
}

fn item(item: &StaticItem) -> Value {
    json!({ "start": number(item.start), "size": number(item.size), "label": item.label })
}

fn frames(frames: &FunctionFrames) -> Value {
    json!({ "function": frames.function, "bytes": frames.bytes, "total": number(frames.total()) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_that_javascript_rounds_are_strings() {
        assert_eq!(number((1 << 53) - 1), json!(9_007_199_254_740_991_u64));
        assert_eq!(number(1 << 53), json!("9007199254740992"));
        assert_eq!(number(u64::MAX), json!("18446744073709551615"));
    }
}
