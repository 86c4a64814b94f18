//! Programs of segment accesses, generated from the fuzzer's bytes, as `tests/access` generates them from seeds.

#![no_main]

use libfuzzer_sys::fuzz_target;
use linmem_testing::access::{Source, case};

fuzz_target!(|bytes: &[u8]| case(&mut Source::Bytes(bytes)));
