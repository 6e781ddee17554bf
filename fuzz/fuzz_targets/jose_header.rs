//! libFuzzer's way into [`portcullis_fuzz::jose_header`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    portcullis_fuzz::jose_header::run(data);
});
