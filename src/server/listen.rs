//! Connections: HTTP/1.1 only, as carriers, proxies and our own client speak it.
//!
//! Our own loop instead of axum's: a thousand reps who wait are a thousand connections, and one that may also speak
//! HTTP/2 costs half as much memory again for reading its first bytes twice. It also ends connections that never ask
//! anything.

use std::io::ErrorKind;
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;

/// How long a connection may go without a whole question. Longer than our client keeps an idle one (90 s), so that it is
/// the client who hangs up first.
const SILENT: Duration = Duration::from_mins(2);

/// How long to wait when the system has no more connections to give.
const BREATH: Duration = Duration::from_secs(1);

/// Answers until told to stop; then what is in hand is finished, and nothing new begins.
pub(super) async fn serve(listener: TcpListener, router: Router, until: impl Future<Output = ()>) {
    // Once: a router that is not given its state is made anew for every connection.
    let service = TowerToHyperService::new(router.with_state(()));
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(SILENT);
    let graceful = GracefulShutdown::new();
    tokio::pin!(until);
    loop {
        let stream = tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => stream,
                Err(e) => {
                    complain(&e).await;
                    continue;
                }
            },
            () = &mut until => break,
        };
        // Answers are small and awaited.
        let _ = stream.set_nodelay(true);
        let connection = graceful.watch(http.serve_connection(TokioIo::new(stream), service.clone()));
        tokio::spawn(async move {
            if let Err(e) = connection.await {
                tracing::debug!(error = %e, "a connection ended early");
            }
        });
    }
    drop(listener);
    graceful.shutdown().await;
}

/// A caller who hung up while being let in is nobody's trouble. Anything else is ours, and does not pass by itself.
async fn complain(e: &std::io::Error) {
    if !matches!(e.kind(), ErrorKind::ConnectionAborted | ErrorKind::ConnectionReset | ErrorKind::ConnectionRefused) {
        tracing::error!(error = %e, "no connection can be accepted");
        tokio::time::sleep(BREATH).await;
    }
}
