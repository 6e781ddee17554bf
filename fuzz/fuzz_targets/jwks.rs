//! libFuzzer's way into [`portcullis_fuzz::jwks`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    portcullis_fuzz::jwks::run(data);
});
