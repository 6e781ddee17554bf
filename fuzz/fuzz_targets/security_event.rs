//! libFuzzer's way into [`portcullis_fuzz::security_event`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    portcullis_fuzz::security_event::run(data);
});
