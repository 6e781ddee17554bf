//! libFuzzer's way into [`portcullis_fuzz::rules`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    portcullis_fuzz::rules::run(data);
});
