//! One function of a program in the text format.

use crate::access::program::{
    Action, Compare, Form, INTEGERS, Loop, Number, Place, Program, REGIONS, SEGMENTS, Scope, Segment, Shape, Statement,
    Width, parameters,
};
use crate::access::types::Types;
use std::fmt::Write;

pub(crate) struct Writer<'a> {
    types: &'a Types,
    program: &'a Program,
    number: usize,
    labels: usize,
    /// The labels of the blocks and loops that can be left.
    blocks: Vec<usize>,
    out: String,
}

impl<'a> Writer<'a> {
    /// A writer of the program with this number, which appends to `out`.
    pub(crate) fn new(types: &'a Types, program: &'a Program, number: usize, out: String) -> Writer<'a> {
        Writer { types, program, number, labels: 0, blocks: Vec::new(), out }
    }

    pub(crate) fn function(mut self, index: usize) -> String {
        let local = &self.types.local;
        let number = self.number;
        let mut locals: String = (1..SEGMENTS).map(|index| format!("(local $s{index} {local})")).collect();
        locals += &(1..INTEGERS).map(|index| format!("(local $i{index} i32)")).collect::<String>();
        locals += &(1..REGIONS).map(|index| format!("(local $r{index} i32)")).collect::<String>();
        locals += "(local $box (ref null $box)) (local $v v128)";
        if index == 0 {
            let parameters: String =
                parameters(self.program).iter().map(|hole| format!("(param $h{hole} i32)")).collect();
            writeln!(
                self.out,
                "(func (export \"run{number}\") {parameters} (local $s0 {local}) (local $r0 i32) (local $i0 i32) {locals}
                 (local.set $s0 (call $null))"
            )
        } else {
            let ty = format!("(param $s0 {local}) (param $r0 i32) (param $i0 i32) (result {local})");
            writeln!(self.out, "(func $p{number}f{index} {ty} {locals}")
        }
        .unwrap();
        for segment in 1..SEGMENTS {
            writeln!(self.out, "(local.set $s{segment} (local.get $s0))").unwrap();
        }
        writeln!(self.out, "(local.set $box (struct.new $box (local.get $s0)))").unwrap();
        let program = self.program;
        self.list(&program.functions[index]);
        self.out += if index == 0 { ")\n" } else { "(local.get $s0))\n" };
        self.out
    }

    fn label(&mut self) -> usize {
        self.labels += 1;
        self.labels
    }

    fn list(&mut self, statements: &[Statement]) {
        for statement in statements.iter().filter(|statement| !self.program.off[statement.id]) {
            if statement.traced {
                writeln!(self.out, "(call $step (i32.const {}))", statement.id).unwrap();
            }
            self.action(&statement.action);
            self.out.push('\n');
        }
    }

    /// Writes statements to a separate string.
    fn aside(&mut self, write: impl FnOnce(&mut Self)) -> String {
        let out = std::mem::take(&mut self.out);
        write(self);
        std::mem::replace(&mut self.out, out)
    }

    fn segment(&mut self, segment: &Segment) -> String {
        let ty = &self.types.local;
        match segment {
            Segment::At(Place::Local(index)) => format!("(local.get $s{index})"),
            Segment::At(Place::Global(index)) => self.types.kept(&format!("(global.get $g{index})")),
            Segment::At(Place::Slot(index)) => format!("(call $load_slot (i32.const {index}))"),
            Segment::At(Place::Boxed) => self.types.kept("(struct.get $box 0 (local.get $box))"),
            Segment::Tee(local, inner) => format!("(local.tee $s{local} {})", self.segment(inner)),
            Segment::Block(inner) => format!("(block (result {ty}) {})", self.segment(inner)),
            Segment::Returned(inner) => format!("(call $identity {})", self.segment(inner)),
            Segment::Unboxed(inner) => {
                let boxed = format!("(struct.get $box 0 (struct.new $box {}))", self.segment(inner));
                self.types.kept(&boxed)
            }
            Segment::If(condition, then, or_else) => {
                let condition = self.integer(condition);
                let (then, or_else) = (self.segment(then), self.segment(or_else));
                format!("(if (result {ty}) {condition} (then {then}) (else {or_else}))")
            }
            Segment::OfAddress(address, bytes) => {
                format!("(call $ofAddress {} (i32.const {bytes}))", self.integer(address))
            }
            Segment::Null => "(call $null)".to_string(),
            Segment::Foreign => "(call $foreign)".to_string(),
        }
    }

    fn integer(&mut self, number: &Number) -> String {
        match number {
            Number::Hole(hole) | Number::Address(hole) => {
                let decided = self.program.holes[*hole];
                let value = decided.value.unwrap_or(0) as i32;
                match decided.form {
                    Form::Constant => format!("(i32.const {value})"),
                    Form::Passed => format!("(call $pass (i32.const {value}))"),
                    Form::Parameter => format!("(local.get $h{hole})"),
                }
            }
            Number::Local(local) => format!("(local.get $i{local})"),
            Number::Add(a, b) => format!("(i32.add {} {})", self.integer(a), self.integer(b)),
            Number::Scaled(inner, factor) if factor.is_power_of_two() => {
                format!("(i32.shl {} (i32.const {}))", self.integer(inner), factor.trailing_zeros())
            }
            Number::Scaled(inner, factor) => format!("(i32.mul {} (i32.const {factor}))", self.integer(inner)),
            Number::Size(segment) => format!("(call $size {})", self.segment(segment)),
            Number::After(statement, inner) => {
                let before = self.aside(|writer| writer.list(std::slice::from_ref(statement)));
                format!("(block (result i32) {before} {})", self.integer(inner))
            }
        }
    }

    fn put(&self, place: Place, value: &str) -> String {
        match place {
            Place::Local(index) => format!("(local.set $s{index} {value})"),
            Place::Global(index) => format!("(global.set $g{index} {value})"),
            Place::Slot(index) => format!("(call $store_slot (i32.const {index}) {value})"),
            Place::Boxed => format!("(struct.set $box 0 (local.get $box) {value})"),
        }
    }

    /// The handle of a region, known to the linker or not.
    fn region(&self, local: usize, scope: Scope) -> String {
        match scope {
            Scope::Here => format!("(local.get $r{local})"),
            Scope::Callee => format!("(call $pass (local.get $r{local}))"),
        }
    }

    fn accumulate(&mut self, value: &str) {
        write!(self.out, "(global.set $acc (i64.xor {value} (i64.mul (global.get $acc) (i64.const 31))))").unwrap();
    }

    fn action(&mut self, action: &Action) {
        let line = match action {
            Action::Open(local) => format!("(local.set $r{local} (call $new))"),
            Action::Close(local, Scope::Here) => format!("(call $free (local.get $r{local}))"),
            Action::Close(local, Scope::Callee) => format!("(call $close (local.get $r{local}))"),
            Action::Allocate(place, local, bytes, alignment, scope) => {
                // A constant size may become a part of a frame.
                let is_constant =
                    matches!(bytes, Number::Hole(hole) if self.program.holes[*hole].form == Form::Constant);
                let hides = is_constant && !self.program.setting.frames;
                let region = self.region(*local, if hides { Scope::Callee } else { *scope });
                let bytes = self.integer(bytes);
                let call = if *alignment > 1 {
                    format!("(call $allocateAligned {region} {bytes} (i32.const {alignment}))")
                } else {
                    format!("(call $allocate {region} {bytes})")
                };
                self.put(*place, &call)
            }
            Action::Slice(place, segment, offset, bytes) => {
                let call =
                    format!("(call $slice {} {} {})", self.segment(segment), self.integer(offset), self.integer(bytes));
                self.put(*place, &call)
            }
            Action::OfAddress(place, address, bytes) => {
                let call = format!("(call $ofAddress {} {})", self.integer(address), self.integer(bytes));
                self.put(*place, &call)
            }
            Action::Move(place, segment) => {
                let segment = self.segment(segment);
                self.put(*place, &segment)
            }
            Action::Get(segment, offset, width) => {
                let got = format!("(call $get{width:?} {} {})", self.segment(segment), self.integer(offset));
                let value = match width {
                    Width::Long => got,
                    Width::Float => format!("(i64.extend_i32_u (i32.reinterpret_f32 {got}))"),
                    Width::Double => format!("(i64.reinterpret_f64 {got})"),
                    Width::Vector => format!(
                        "(i64.xor (i64x2.extract_lane 0 (local.tee $v {got})) (i64x2.extract_lane 1 (local.get $v)))"
                    ),
                    _ => format!("(i64.extend_i32_u {got})"),
                };
                return self.accumulate(&value);
            }
            Action::Set(segment, offset, width, number) => {
                let (segment, offset) = (self.segment(segment), self.integer(offset));
                let number = self.integer(number);
                let value = match width {
                    Width::Long => format!("(i64.extend_i32_u {number})"),
                    Width::Float => format!("(f32.reinterpret_i32 {number})"),
                    Width::Double => format!("(f64.reinterpret_i64 (i64.extend_i32_u {number}))"),
                    Width::Vector => format!("(i32x4.splat {number})"),
                    _ => number,
                };
                format!("(call $set{width:?} {segment} {offset} {value})")
            }
            Action::Fill(segment, offset, bytes, number) => format!(
                "(call $fill {} {} {} {})",
                self.segment(segment),
                self.integer(offset),
                self.integer(bytes),
                self.integer(number)
            ),
            Action::Copy(to, to_offset, from, from_offset, bytes) => format!(
                "(call $copy {} {} {} {} {})",
                self.segment(to),
                self.integer(to_offset),
                self.segment(from),
                self.integer(from_offset),
                self.integer(bytes)
            ),
            Action::Measure(segment) => {
                let value = format!("(i64.extend_i32_u (call $size {}))", self.segment(segment));
                return self.accumulate(&value);
            }
            Action::Locate(segment) => {
                let value = format!("(i64.extend_i32_u (call $address {}))", self.segment(segment));
                return self.accumulate(&value);
            }
            Action::Assign(local, number) => format!("(local.set $i{local} {})", self.integer(number)),
            Action::If(condition, then, or_else) => {
                let condition = self.integer(condition);
                let then = self.aside(|writer| writer.list(then));
                let or_else = self.aside(|writer| writer.list(or_else));
                format!("(if {condition} (then {then}) (else {or_else}))")
            }
            Action::Block(body) => {
                let label = self.label();
                self.blocks.push(label);
                let body = self.aside(|writer| writer.list(body));
                self.blocks.pop();
                format!("(block $b{label} {body})")
            }
            Action::Leave(condition) => {
                let label = self.blocks[self.blocks.len() - 1];
                format!("(br_if $b{label} {})", self.integer(condition))
            }
            Action::Loop(counted) => return self.counted(counted),
            Action::Call(function, segment, local, number, place) => {
                let (segment, integer) = (self.segment(segment), self.integer(number));
                let call = format!("(call $p{}f{function} {segment} (local.get $r{local}) {integer})", self.number);
                self.put(*place, &call)
            }
            Action::Grow(pages) => format!("(drop (call $grow (i32.const {pages})))"),
            Action::Log => "(call $log (global.get $acc)) (global.set $acc (i64.const 0))".to_string(),
        };
        self.out += &line;
    }

    fn counted(&mut self, counted: &Loop) {
        let Loop { index, from, bound, kept, step, compare, shape, body, .. } = counted;
        let from = self.integer(from);
        if let Some(kept) = kept {
            let bound = self.integer(bound);
            writeln!(self.out, "(local.set $i{kept} {bound})").unwrap();
        }
        let bound = match kept {
            Some(kept) => format!("(local.get $i{kept})"),
            None => self.integer(bound),
        };
        let (on, off) = match compare {
            Compare::LtU => ("i32.lt_u", "i32.ge_u"),
            Compare::LtS => ("i32.lt_s", "i32.ge_s"),
            Compare::LeU => ("i32.le_u", "i32.gt_u"),
            Compare::LeS => ("i32.le_s", "i32.gt_s"),
            Compare::Ne => ("i32.ne", "i32.eq"),
        };
        let label = self.label();
        writeln!(self.out, "(local.set $i{index} {from}) (block $b{label} (loop $l{label}").unwrap();
        if *shape == Shape::While {
            writeln!(self.out, "(br_if $b{label} ({off} (local.get $i{index}) {bound}))").unwrap();
        }
        let next = format!("(i32.add (local.get $i{index}) (i32.const {step}))");
        if *shape == Shape::Early {
            writeln!(self.out, "(local.set $i{index} {next})").unwrap();
        }
        self.blocks.push(label);
        self.list(body);
        self.blocks.pop();
        let end = match shape {
            Shape::Until => {
                format!("(local.set $i{index} {next}) (br_if $l{label} ({on} (local.get $i{index}) {bound}))")
            }
            Shape::Early => format!("(br_if $l{label} ({on} (local.get $i{index}) {bound}))"),
            Shape::Tee => format!("(br_if $l{label} ({on} (local.tee $i{index} {next}) {bound}))"),
            Shape::While => format!("(local.set $i{index} {next}) (br $l{label})"),
        };
        write!(self.out, "{end}))").unwrap();
    }
}
