//! The section `linmem.sites`, which maps the sites of violations to places.

use crate::{CODE, contents, link, names_of, reporting, support, with_customs};
use linmem::{Config, sites};
use linmem_host::wasmtime::Val;
use support::host::{Running, State};
use wasm_encoder::{CustomSection, Encode};

/// The place of the violation that a run reports, from the sites of the module.
fn reported(module: &[u8], export: &str, argument: i32) -> String {
    let mut running = Running::new(module, State::default());
    let error = running.call(export, &[Val::I32(argument)]).expect_err("a violation");
    let Some([_, site, ..]) = running.store.data().violation else { panic!("no report: {error:?}") };
    sites::read(module)[site as usize].to_string()
}

/// A module that was linked with reports, with more code at its end.
fn extended(linked: &[u8], code: &str) -> Vec<u8> {
    // Imports come before functions, and after the types, whose indices must not change.
    let text = linmem::wat::print(linked).unwrap();
    let imports: String = CODE.lines().filter(|line| line.contains("(import")).collect();
    let text = text.replacen("(import", &format!("{imports} (import"), 1);
    let end = text.rfind(')').unwrap();
    let mut module = support::parse(&format!("{} {code})", &text[..end]));
    module.extend(section("linmem.sites", &contents(linked, "linmem.sites")));
    module
}

/// A custom section, as bytes.
fn section(name: &str, data: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0];
    CustomSection { name: name.into(), data: data.into() }.encode(&mut bytes);
    bytes
}

#[test]
fn relinking_extends_sites() {
    let named = CODE.replace("(func (export", "(func $f (export");
    let first = link(format!("(module {named})").as_bytes(), &reporting());
    assert_eq!(names_of(&link(&first, &reporting())), ["linmem.sites", "name"]);
    let code = r#"(func $again (export "g") (param $i i32) (result i32) (local $r i32)
        (local.set $r (call $new))
        (call $get (call $allocate (local.get $r) (i32.const 8)) (local.get $i))
        (call $free (local.get $r)))"#;
    let both = link(&extended(&first, code), &reporting());
    assert_eq!(names_of(&both).iter().filter(|name| *name == "linmem.sites").count(), 1);
    let (before, after) = (sites::read(&first), sites::read(&both));
    assert!(after.starts_with(&before) && after.len() > before.len(), "{after:?}");
    assert_eq!(reported(&both, "f", 100), "at line 8, in $f");
    assert!(reported(&both, "g", 100).ends_with("in $again"), "{}", reported(&both, "g", 100));
    // Sites are kept if the second link reports no violations.
    let quiet = link(&extended(&first, code), &Config::default());
    assert_eq!(sites::read(&quiet), sites::read(&first));
}

#[test]
fn ambiguous_sites_are_not_reported() {
    let first = link(format!("(module {CODE})").as_bytes(), &reporting());
    let second =
        link(format!("(module (func $other)\n\n{CODE})").replace("(func $other)", "").as_bytes(), &reporting());
    let mut module = with_customs("(func)", &[]);
    module.extend(section("linmem.sites", &contents(&first, "linmem.sites")));
    module.extend(section("linmem.sites", &contents(&second, "linmem.sites")));
    let places: Vec<String> = sites::read(&module).iter().map(|site| format!("{} {site}", site.intrinsic)).collect();
    assert!(places.iter().all(|place| place.ends_with(" in an unnamed function")), "{places:?}");
    assert!(places.iter().any(|place| place.starts_with("MemorySegment.getInt")), "{places:?}");
}

#[test]
fn lines_of_text_name_its_file() {
    let config = reporting().with_file("src/program.wat");
    let linked = link(format!("(module {CODE})").as_bytes(), &config);
    assert_eq!(reported(&linked, "f", 100), "at src/program.wat:8, in function 4");
    // A binary module has no lines.
    let linked = link(&support::parse(&format!("(module {CODE})")), &config);
    assert!(reported(&linked, "f", 100).starts_with("at offset 0x"));
}

/// Sites that share a long name do not take more memory than the section.
#[test]
fn site_names_do_not_multiply() {
    let mut data = Vec::new();
    1u32.encode(&mut data);
    1u32.encode(&mut data);
    "x".repeat(100_000).as_str().encode(&mut data);
    5_000u32.encode(&mut data);
    (0..5_000).for_each(|_| data.extend([0; 7]));
    let mut module = with_customs("(func)", &[]);
    module.extend(section("linmem.sites", &data));
    let sites = sites::read(&module);
    assert_eq!(sites.len(), 5_000);
    let text: usize = sites.iter().map(|site| site.intrinsic.len() + site.name.as_ref().map_or(0, String::len)).sum();
    assert!(text <= 1 << 26, "{text}");
}

#[test]
fn place_names_stay_on_one_line() {
    let text = format!("(module {CODE})").replacen("(func (export", "(func $\"a\\nerror: b\" (export", 1);
    let linked = link(text.as_bytes(), &reporting());
    assert_eq!(reported(&linked, "f", 100), "at line 8, in $a\\nerror: b");
}
