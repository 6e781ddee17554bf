//! libFuzzer's way into [`portcullis_fuzz::discovery`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    portcullis_fuzz::discovery::run(data);
});
