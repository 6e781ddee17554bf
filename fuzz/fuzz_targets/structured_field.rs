//! libFuzzer's way into [`portcullis_fuzz::structured_field`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    portcullis_fuzz::structured_field::run(data);
});
