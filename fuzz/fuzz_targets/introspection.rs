//! libFuzzer's way into [`portcullis_fuzz::introspection`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    portcullis_fuzz::introspection::run(data);
});
