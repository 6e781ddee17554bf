//! libFuzzer's way into [`portcullis_fuzz::claims`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    portcullis_fuzz::claims::run(data);
});
