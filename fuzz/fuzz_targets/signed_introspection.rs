//! libFuzzer's way into [`portcullis_fuzz::signed_introspection`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    portcullis_fuzz::signed_introspection::run(data);
});
