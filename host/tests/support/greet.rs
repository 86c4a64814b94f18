// The guest of the documentation, as an instance.

fn guest() -> linmem_host::wasmtime::Result<(
    linmem_host::wasmtime::Store<()>,
    linmem_host::wasmtime::Instance,
)> {
    let text = r#"(module (memory (export "memory") 1)
      (global $top (mut i32) (i32.const 1024))
      (data (i32.const 8) "Hello, ")
      (func $malloc (export "malloc") (param i32) (result i32)
        (global.get $top)
        (global.set $top
          (i32.add (global.get $top) (i32.and (i32.add (local.get 0) (i32.const 7)) (i32.const -8)))))
      (func (export "free") (param i32))
      (func (export "greet") (param $name i32) (param $len i32) (result i64) (local $text i32)
        (local.set $text (call $malloc (i32.add (local.get $len) (i32.const 7))))
        (memory.copy (local.get $text) (i32.const 8) (i32.const 7))
        (memory.copy (i32.add (local.get $text) (i32.const 7)) (local.get $name) (local.get $len))
        (i64.or (i64.extend_i32_u (local.get $text))
          (i64.shl (i64.extend_i32_u (i32.add (local.get $len) (i32.const 7))) (i64.const 32)))))"#;
    let buffer = wast::parser::ParseBuffer::new(text)?;
    let module = wast::parser::parse::<wast::Wat>(&buffer)?.encode()?;
    let engine = linmem_host::wasmtime::Engine::default();
    let module = linmem_host::wasmtime::Module::new(&engine, module)?;
    let mut store = linmem_host::wasmtime::Store::new(&engine, ());
    let instance = linmem_host::wasmtime::Instance::new(&mut store, &module, &[])?;
    Ok((store, instance))
}
