//! libFuzzer's way into [`portcullis_fuzz::logout_token`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    portcullis_fuzz::logout_token::run(data);
});
