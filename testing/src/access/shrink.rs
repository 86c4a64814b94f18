//! Generates one program, and shrinks a failing one.

use crate::access::compare::compare;
use crate::access::emit::module;
use crate::access::generate::generate;
use crate::access::program::{Program, Setting, parameters};
use crate::access::reach::Reach;
use crate::access::settle::{Wanted, settle};
use crate::access::source::Source;
use crate::access::variant::{VARIANTS, Variant};

/// Generates a correct or a wrong program.
pub(crate) fn program(source: &mut Source<'_>, setting: Setting) -> Program {
    let wanted = if source.chance(50) { Wanted::Wrong } else { Wanted::Correct };
    let mut program = generate(source, setting);
    settle(&mut program, source, wanted);
    program
}

/// Generates a program and its configuration, and compares it with the interpreter.
pub fn case(source: &mut Source<'_>) {
    let (setting, variant) = (source.pick(&Setting::ALL), source.pick(&VARIANTS));
    let program = program(source, setting);
    if let Err((_, message)) = compare(&[&program], setting, variant, &mut Reach::default()) {
        fail(&program, variant, &message);
    }
}

/// Omits the statements that a program does not need to fail, and panics with the rest.
pub(crate) fn fail(program: &Program, variant: Variant, message: &str) -> ! {
    let mut smallest = program.clone();
    let mut message = message.to_string();
    let mut shrinks = true;
    while shrinks {
        shrinks = false;
        for id in 0..smallest.off.len() {
            if smallest.off[id] {
                continue;
            }
            let mut smaller = smallest.clone();
            smaller.off[id] = true;
            if let Err((_, found)) = compare(&[&smaller], smaller.setting, variant, &mut Reach::default()) {
                (smallest, message, shrinks) = (smaller, found, true);
            }
        }
    }
    let text = module(&[&smallest], smallest.setting, variant.ty);
    let arguments: Vec<Option<u32>> = parameters(&smallest).iter().map(|hole| smallest.holes[*hole].value).collect();
    panic!("{message}\n{variant:?} {:?}\nrun0{arguments:?}\n{text}", smallest.setting);
}
