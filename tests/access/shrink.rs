//! One program from its source, and what is left of it when it goes wrong.

use crate::compare::compare;
use crate::emit::module;
use crate::generate::generate;
use crate::program::{Program, Setting};
use crate::reach::Reach;
use crate::settle::{Wanted, settle};
use crate::source::Source;
use crate::variant::Variant;

/// Makes up a program: right, or wrong.
pub fn program(source: &mut Source<'_>, setting: Setting) -> Program {
    let wanted = if source.chance(50) { Wanted::Wrong } else { Wanted::Right };
    let mut program = generate(source, setting);
    settle(&mut program, source, wanted);
    program
}

/// Leaves out of a program what it does not need to go wrong, and panics with the rest.
pub fn fail(program: &Program, variant: Variant, message: &str, number: usize) -> ! {
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
    let arguments: Vec<Option<u32>> =
        crate::emit::parameters(&smallest).iter().map(|hole| smallest.holes[*hole].value).collect();
    panic!("program {number}: {message}\n{variant:?} {:?}\nrun0{arguments:?}\n{text}", smallest.setting);
}
