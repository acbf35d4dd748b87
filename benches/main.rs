//! How fast it is: `cargo bench --bench speed -- PART`, where PART is one of those below, or none for all.
//!
//! Every part drives the real path: real webhook bytes over a socket, a real fsync, the real program on a real terminal.
//! The machines are noisy, so a figure stands beside its floor, measured in the same run: the same statements at the
//! run's mean batch, with no shell around them. `assets/docs/performance.md` keeps what was found.
#![allow(clippy::unwrap_used, reason = "a bench that cannot go on should stop where it stands")]
#![allow(clippy::print_stdout, reason = "a bench tells its figures")]
#![allow(clippy::cast_precision_loss, reason = "figures are read by people")]

mod carrier_load;
mod deadlines;
mod feed;
mod figures;
mod inbox;
mod ingest;
mod measure;
mod multiply;
mod pseudo_terminal;
mod replay;
mod shadow;
mod words;

/// The program's own: see `src/main.rs`.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() {
    drop(rustls::crypto::ring::default_provider().install_default());
    // Cargo itself says `--bench`.
    let wanted: Vec<String> = std::env::args().skip(1).filter(|a| !a.starts_with("--")).collect();
    let parts: [(&str, fn()); 10] = [
        ("inbox", inbox::run),
        ("search", inbox::search),
        ("first-sync", feed::first_sync),
        ("ingest", ingest::run),
        ("shadow", shadow::run),
        ("feed", feed::run),
        ("deadlines", deadlines::run),
        ("replay", replay::run),
        ("measure", measure::run),
        ("idle", inbox::idle),
    ];
    for (name, run) in parts {
        if wanted.is_empty() || wanted.iter().any(|w| w == name) {
            println!("\n== {name}");
            run();
        }
    }
}
