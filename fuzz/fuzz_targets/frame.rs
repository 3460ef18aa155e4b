#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| sockful_fuzz::frame(data));
