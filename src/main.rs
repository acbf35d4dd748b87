//! The program: parses what was typed, and starts it.

use std::process::ExitCode;

fn main() -> ExitCode {
    comeback::cli::main()
}
