//! The operations of a function builder: segments, host calls, the code that they become, and their source lines.

use crate::support::host::{Running, State};
use crate::support::{self, shown};
use crate::{built, everywhere, expect, module};
use linmem::build::{FunctionBuilder, OnStack};
use linmem::wasi;
use linmem::wasm_encoder::{Instruction, ValType};
use linmem::{Access, Config, Intrinsic, OnViolation, Report, Representation, SourceLine, Violation, Word};
use linmem_host::wasmtime::Val;

#[test]
fn segments_are_sliced_filled_and_copied() {
    everywhere(
        |f| {
            let result = f.local(ValType::I32);
            f.region(|f, region| {
                let a = f.allocate(region, 100);
                let b = f.allocate_dynamic(region, 100);
                let aligned = f.allocate_aligned(region, 10, 256);
                f.fill(a, 0, 100, 1);
                f.fill(b, 0, f.param(0), 2);
                let part = f.slice(a, 50, 50);
                let rest = f.slice_dynamic(b, 1, f.param(0));
                f.copy((part, 1), (rest, 0), 3);
                f.copy((aligned, 0), (a, 50), 4);
                f.set(result, |f: &mut FunctionBuilder| f.get(Access::Int, aligned, 0));
            });
            f.push(result);
        },
        &[(50, 0x02020201)],
    );
}

#[test]
fn words_are_accessed_atomically() {
    everywhere(
        |f| {
            let (result, long) = (f.local(ValType::I32), f.local(ValType::I64));
            f.region(|f, region| {
                let s = f.allocate(region, 16);
                f.set_volatile(Word::Int, s, 4, f.param(0));
                f.set_volatile(Word::Long, s, 8, 100i64);
                f.fence();
                f.get_and_add(Word::Int, s, 4, 1);
                f.get_and_xor(Word::Int, s, 4, 3);
                f.get_and_or(Word::Int, s, 4, 16);
                f.get_and_and(Word::Int, s, 4, 24);
                // What the first one returned, and what each of the others found.
                for _ in 0..3 {
                    f.instruction(&Instruction::I32Add);
                }
                f.set(result, OnStack);
                f.compare_and_set(Word::Long, s, 8, 100i64, 7i64);
                f.compare_and_set(Word::Long, s, 8, 100i64, 8i64);
                f.instruction(&Instruction::I32Sub);
                f.push(result);
                f.instruction(&Instruction::I32Add);
                f.set(result, OnStack);
                f.compare_and_exchange(Word::Long, s, 8, 7i64, 9i64);
                f.get_and_set(Word::Long, s, 8, 0i64);
                f.instruction(&Instruction::I64Mul);
                f.set(long, OnStack);
                f.notify(s, 8, 1);
                f.push(result);
                f.instruction(&Instruction::I32Add);
                f.set(result, OnStack);
            });
            f.push(result);
            f.push(long);
            f.instruction(&Instruction::I32WrapI64);
            f.instruction(&Instruction::I32Add);
        },
        // 8 + 9 + 10 + 26, one of two exchanges, and 7 * 9.
        &[(8, 8 + 9 + 10 + 26 + 1 + 63)],
    );
}

#[test]
fn host_calls_take_segments() {
    for &representation in Representation::ALL {
        let bytes = module(representation, |f| {
            f.region(|f, region| {
                let text = f.allocate(region, 3);
                f.put(Access::Short, text, 0, 0x6968);
                f.put(Access::Byte, text, 2, 0x0a);
                f.write_all(1, text);
                f.drop();
                f.fd_write(1, text);
                f.drop();
                f.drop();
            });
            f.push(0);
        })
        .unwrap();
        let mut running = Running::new(&bytes, State { transfer: 2, ..State::default() });
        running.call("f", &[Val::I32(0)]).unwrap();
        assert_eq!(running.store.data().output, b"hi\nhi");
    }
}

/// Segments that are already on the stack, or in a local of the frontend, are operands without becoming a `Segment`.
#[test]
fn segments_on_the_stack_are_operands() {
    for &representation in Representation::ALL {
        let bytes = module(representation, |f| {
            let carries_size = representation.carries_size();
            let result = f.local(ValType::I32);
            f.region(|f, region| {
                let text = f.allocate(region, 6);
                f.put(Access::Int, text, 0, i32::from_le_bytes(*b"abcd"));
                f.put(Access::Short, text, 4, i32::from(u16::from_le_bytes(*b"e\n")));
                // A part of a segment on the stack has a size that is known, whatever the representation is.
                f.push(text);
                let end = f.slice(OnStack, 3, 3);
                f.write_all(1, end);
                f.drop();
                for operands in 1..=3 {
                    f.push(text);
                    let part = match operands {
                        1 => f.slice_dynamic(OnStack, 1, 2),
                        2 => {
                            f.push(1);
                            f.slice_dynamic(OnStack, OnStack, f.param(0))
                        }
                        _ => {
                            f.push(1);
                            f.push(2);
                            f.slice_dynamic(OnStack, OnStack, OnStack)
                        }
                    };
                    f.write_all(1, part);
                    f.drop();
                    f.size(part);
                    f.push(result);
                    f.instruction(&Instruction::I32Add);
                    f.set(result, OnStack);
                }
                if carries_size {
                    f.push(1);
                    f.push(text);
                    f.write_all(OnStack, OnStack);
                    f.drop();
                    f.push(1);
                    f.write_all(OnStack, |f: &mut FunctionBuilder| f.push(end));
                    f.drop();
                    f.push(text);
                    f.size(OnStack);
                    f.push(result);
                    f.instruction(&Instruction::I32Add);
                    f.set(result, OnStack);
                }
            });
            f.push(result);
        })
        .unwrap();
        let mut running = Running::new(&bytes, State::default());
        let result = running.call("f", &[Val::I32(2)]).unwrap()[0].unwrap_i32();
        let (size, output) =
            if representation.carries_size() { (12, "de\nbcbcbcabcde\nde\n") } else { (6, "de\nbcbcbc") };
        assert_eq!(String::from_utf8_lossy(&running.store.data().output), output, "{representation}");
        assert_eq!(result, size, "{representation}");
    }
}

#[test]
fn last_errno_is_kept_if_configured() {
    let code = |f: &mut FunctionBuilder| {
        f.push(77);
        f.wasi(wasi::Function::FdClose);
        f.instruction(&Instruction::Drop);
        f.intrinsic(Intrinsic::WasiLastErrno);
    };
    let error = module(Representation::Packed, code).expect_err("not kept");
    assert!(error.to_string().contains("wasi.last_errno requires `last_errno`"), "{error}");
    let bytes = built(&Config::new().with_last_errno(true), Representation::Packed, code).unwrap();
    assert!(linmem::wat::print(&bytes).unwrap().contains("$linmem.errno"));
}

#[test]
fn lowered_sample_matches_golden() {
    let bytes = module(Representation::Packed, |f| {
        f.region(|f, allocator| {
            let segment = f.allocate(allocator, 4);
            f.put(Access::Int, segment, 0, 100);
            f.get(Access::Int, segment, 0);
            f.push(f.param(0));
            f.instruction(&Instruction::I32Add);
            f.return_();
        });
        f.instruction(&Instruction::Unreachable);
    })
    .unwrap();
    expect(&bytes, &[(1, 101)], "the default configuration");
    let _guard = support::goldens("library");
    // Helpers have their own goldens.
    let printed = linmem::wat::print(&bytes).unwrap();
    let own = shown::functions(&printed).into_iter().filter(|part| !part.is_helper());
    let own: String = own.map(|part| format!("{}{}", part.head, shown::pack(&part.text))).collect();
    insta::assert_snapshot!("sample", format!("{}{own}", shown::shell(&printed, true).text));
}

#[test]
fn reports_have_source_lines_of_frontend() {
    let config = Config::new().with_on_violation(OnViolation::Report).with_max_pages(3);
    let bytes = built(&config, Representation::Packed, |f| {
        f.region(|f, region| {
            f.source(SourceLine { file: Some("main.scala".to_string()), line: 7, column: 3 });
            f.allocate_dynamic(region, f.param(0));
        });
        f.push(0);
    })
    .unwrap();
    let mut running = Running::new(&bytes, State::default());
    assert_eq!(running.call("f", &[Val::I32(100_000)]).unwrap()[0].unwrap_i32(), 0);
    running.call("f", &[Val::I32(1_000_000)]).expect_err("the memory cannot grow");
    let [kind, site, a, b, c] = running.store.data().violation.expect("there is a report");
    let site = &linmem::sites::read(&bytes)[site as usize];
    assert_eq!(site.to_string(), "at main.scala:7:3, in $f");
    let report =
        Report { kind: Violation::from_code(kind).unwrap(), intrinsic: site.intrinsic.clone(), numbers: [a, b, c] };
    assert_eq!(
        report.to_string(),
        "MemoryAllocator.allocate: out of memory: cannot allocate 1000000 bytes; the memory has 2 pages"
    );
}
