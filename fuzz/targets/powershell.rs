//! Scripts in PowerShell.
#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| canpull_fuzz::powershell(text));
