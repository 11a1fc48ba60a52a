//! The command line: arguments in, files read, report out, exit code.

fn main() {}
