//! The cable between a client and the backend, to be cut or held.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

const PLUGGED: u8 = 0;
const HELD: u8 = 1;
const CUT: u8 = 2;
const GONE: u8 = 3;

/// Carries every connection to the backend on.
pub(super) struct Cable {
    address: SocketAddr,
    state: Arc<AtomicU8>,
}

impl Cable {
    /// A cable to `to`.
    pub(super) fn plug(to: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let state = Arc::new(AtomicU8::new(PLUGGED));
        let seen = Arc::clone(&state);
        std::thread::spawn(move || {
            for near in listener.incoming() {
                if seen.load(Ordering::SeqCst) == GONE {
                    return;
                }
                let (Ok(near), true) = (near, seen.load(Ordering::SeqCst) != CUT) else { continue };
                let Ok(far) = TcpStream::connect(to) else { continue };
                for (from, into) in [(&near, &far), (&far, &near)] {
                    let (from, into) = (from.try_clone().expect("a handle"), into.try_clone().expect("a handle"));
                    let seen = Arc::clone(&seen);
                    std::thread::spawn(move || carry(from, into, &seen));
                }
            }
        });
        Self { address, state }
    }

    /// Where a client connects.
    pub(super) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Every connection ends, and no new one is made.
    pub(super) fn cut(&self) {
        self.state.store(CUT, Ordering::SeqCst);
    }

    /// Connections stay, and nothing comes through.
    pub(super) fn hold(&self) {
        self.state.store(HELD, Ordering::SeqCst);
    }

    /// All is well again.
    pub(super) fn mend(&self) {
        self.state.store(PLUGGED, Ordering::SeqCst);
    }
}

impl Drop for Cable {
    fn drop(&mut self) {
        self.state.store(GONE, Ordering::SeqCst);
        drop(TcpStream::connect(self.address));
    }
}

fn carry(mut from: TcpStream, mut into: TcpStream, state: &AtomicU8) {
    let pause = Duration::from_millis(20);
    from.set_read_timeout(Some(pause)).expect("a time-out");
    let mut bytes = [0; 16 * 1024];
    loop {
        let read = match from.read(&mut bytes) {
            Ok(0) => break,
            Ok(n) => n,
            Err(e) if matches!(e.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => 0,
            Err(_) => break,
        };
        while state.load(Ordering::SeqCst) == HELD {
            std::thread::sleep(pause);
        }
        if state.load(Ordering::SeqCst) >= CUT || into.write_all(&bytes[..read]).is_err() {
            break;
        }
    }
    drop(from.shutdown(Shutdown::Both));
    drop(into.shutdown(Shutdown::Both));
}
