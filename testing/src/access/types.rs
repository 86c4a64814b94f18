//! The types of segments in a module, and the code that depends only on them.

use crate::access::program::{GLOBALS, SLOTS};
use std::fmt::Write;

/// The types of segments: in locals, and where a default value is needed.
pub(crate) struct Types {
    pub(crate) local: String,
    pub(crate) nullable: String,
    pub(crate) null: &'static str,
}

impl Types {
    pub(crate) fn of(ty: &str) -> Types {
        let heap = ty.strip_prefix("(ref ").and_then(|rest| rest.strip_suffix(')'));
        let nullable = heap.map_or(ty.to_string(), |heap| format!("{heap}ref"));
        let null = if ty == "i64" { "(i64.const 0)" } else { "(ref.null none)" };
        Types { local: ty.to_string(), nullable, null }
    }

    /// Converts a value that was kept in a place with a default value.
    pub(crate) fn kept(&self, value: &str) -> String {
        if self.local == self.nullable { value.to_string() } else { format!("(ref.as_non_null {value})") }
    }

    /// The definitions that all programs share.
    pub(crate) fn shared(&self) -> String {
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
