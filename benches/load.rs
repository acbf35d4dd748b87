//! A load driver: `cargo run --release --example load -- ADDRESS PUBLIC_URL NUMBER ACCOUNT CONNECTIONS SECONDS`, the
//! account's auth token on standard input. Loopback only.
#![allow(clippy::print_stdout, reason = "a program that tells its figures")]

#[path = "carrier_load.rs"]
mod carrier_load;

use carrier_load::{Load, deliver};

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [address, public_url, number, account, connections, seconds] = arguments.as_slice() else {
        println!("load ADDRESS PUBLIC_URL NUMBER ACCOUNT CONNECTIONS SECONDS < token");
        return;
    };
    let here = address.parse::<std::net::SocketAddr>().is_ok_and(|a| a.ip().is_loopback());
    let (Ok(connections), Ok(seconds), true) = (connections.parse(), seconds.parse(), here) else {
        println!("ADDRESS is 127.0.0.1:PORT; CONNECTIONS and SECONDS are numbers");
        return;
    };
    let mut token = String::new();
    if std::io::stdin().read_line(&mut token).is_err() || token.trim().is_empty() {
        println!("the account's auth token comes on standard input");
        return;
    }
    let load = Load {
        address: address.clone(),
        public_url: public_url.clone(),
        account: account.clone(),
        token: token.trim().to_owned(),
        number: number.clone(),
        connections,
        people: 20_000,
        seconds,
        most: u64::MAX,
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let mut loaded = runtime.block_on(deliver(load));
    loaded.times.sort_unstable();
    let at = |share: usize| loaded.times.get(loaded.times.len() * share / 100).copied().unwrap_or_default();
    let seconds = loaded.took.as_secs_f64();
    println!("{} accepted, {} refused in {seconds:.1} s", loaded.times.len(), loaded.refused);
    println!("p50 {:?}, p99 {:?}", at(50), at(99));
}
