//! A frontend that writes modules with wasm-encoder itself, and assigns all indices last.
//!
//! The frontend numbers its functions in the order in which it meets them, and does not know how many imports linmem
//! will need. When all code is written, linmem adds the functions, and what they need, to the frontend's sections, and
//! says which indices the functions have.
//! `cargo run --example own_writer` builds the module and runs it.

#[path = "own_writer/writer.rs"]
mod writer;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let module = writer::hello(&linmem::Config::new(), linmem::Representation::Packed)?;
    let status = linmem_host::run::run(&module, &linmem_host::run::Options::default())?;
    std::process::exit(status);
}
