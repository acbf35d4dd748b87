//! The program: parses what was typed, and starts it.

use std::process::ExitCode;

/// A webhook is some hundred small allocations on one thread that are given back on another.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    comeback::cli::main()
}
