//! libFuzzer's way into [`portcullis_fuzz::token`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    portcullis_fuzz::token::run(data);
});
