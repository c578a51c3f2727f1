//! The socket: accepting, bounding and ending connections.

use std::convert::Infallible;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Shutdown, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinHandle;

use super::admission::{Address, Share};
use super::frame::Frame;
use super::stay::Stopping;

/// Where the server listens unless told otherwise.
pub const DEFAULT_ADDRESS: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8_088);

/// Connections that the kernel keeps waiting.
const BACKLOG: u32 = 1_024;
/// The pause after the system refused a connection, out of file descriptors say: trying at once would spin.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Why the server could not listen.
#[derive(Debug, thiserror::Error)]
pub enum BindError {
    /// Someone else has the port.
    #[error(
        "port {} of {} is taken: stop what listens there (ss -ltnp shows it), or choose another with --listen {}:PORT, \
         where 0 takes any free port",
        .address.port(), .address.ip(), .address.ip()
    )]
    Taken {
        /// What was asked for.
        address: SocketAddr,
    },
    /// The system refused.
    #[error("cannot listen on {address}: {source}; choose another address with --listen")]
    Refused {
        /// What was asked for.
        address: SocketAddr,
        /// Why.
        source: io::Error,
    },
}

/// A server that runs. Dropping it stops accepting; [`Server::stop`] lets the requests under way end.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    stop: watch::Sender<bool>,
    accepting: JoinHandle<()>,
}

impl Server {
    /// Listens on `address`; port 0 takes any free one, which [`Server::address`] then tells.
    ///
    /// # Errors
    /// That the port is taken, or the address not to be had.
    pub fn start(address: SocketAddr, frame: Frame) -> Result<Self, BindError> {
        let listener = listen(address).map_err(|source| match source.kind() {
            io::ErrorKind::AddrInUse => BindError::Taken { address },
            _ => BindError::Refused { address, source },
        })?;
        let bound = listener.local_addr().map_err(|source| BindError::Refused { address, source })?;
        let (stop, stopping) = watch::channel(false);
        let accepting = tokio::spawn(accept(listener, Arc::new(frame), stopping));
        tracing::info!(address = %bound, "listening on http://{bound}");
        Ok(Self { address: bound, stop, accepting })
    }

    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Stops accepting, lets the requests under way end within
    /// [`HttpLimits::shutdown`](crate::limits::HttpLimits::shutdown), then cuts off what is left.
    pub async fn stop(self) {
        // The task ends by itself within its bound; a panic in it was logged where it happened.
        let _ = self.stop.send(true);
        let _ = self.accepting.await;
    }
}

fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    // A restarted server must not wait for the connections of the one before to time out.
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

async fn accept(listener: TcpListener, frame: Arc<Frame>, mut stopping: watch::Receiver<bool>) {
    let free = Arc::new(Semaphore::new(frame.limits().connections));
    let graceful = GracefulShutdown::new();
    let (cut_off, cutting_off) = watch::channel(false);
    loop {
        let next = async {
            // A connection is taken only when there is a place for it; until then the kernel holds it.
            let place = Arc::clone(&free).acquire_owned().await.ok()?;
            Some((listener.accept().await, place))
        };
        let accepted = tokio::select! {
            next = next => next,
            // An error is a server that was dropped: the same to a client as one that stops.
            _ = stopping.changed() => None,
        };
        match accepted {
            None => break,
            Some((Ok((stream, peer)), place)) => {
                let Ok(share) = frame.admission().connection(peer.ip()) else {
                    turn_away(stream);
                    continue;
                };
                frame.metrics().connection_opened();
                let connection = Connection {
                    frame: Arc::clone(&frame),
                    peer,
                    stopping: Stopping(stopping.clone()),
                    cutting_off: cutting_off.clone(),
                    _place: place,
                    _share: share,
                };
                tokio::spawn(connection.serve(stream, graceful.watcher()));
            }
            Some((Err(error), _)) => {
                tracing::warn!(cause = domain::chain(&error), "a connection could not be accepted");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
    drop(listener);
    let longest = frame.limits().shutdown;
    if tokio::time::timeout(longest, graceful.shutdown()).await.is_err() {
        tracing::warn!("requests were still under way after {longest:?}; they are cut off");
        let _ = cut_off.send(true);
    }
}

struct Connection {
    frame: Arc<Frame>,
    peer: SocketAddr,
    stopping: Stopping,
    cutting_off: watch::Receiver<bool>,
    _place: OwnedSemaphorePermit,
    _share: Option<Share<Address>>,
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.frame.metrics().connection_closed();
    }
}

impl Connection {
    async fn serve(mut self, stream: TcpStream, watcher: Watcher) {
        let limits = self.frame.limits();
        // Answers are small and complete: nothing is won by waiting to fill a segment.
        let _ = stream.set_nodelay(true);
        give_up_on_stalled(&stream, limits.stalled_client);
        let mut protocol = http1::Builder::new();
        protocol
            .timer(TokioTimer::new())
            .header_read_timeout(limits.header)
            .max_buf_size(limits.header_bytes);
        let (frame, peer, stopping) = (Arc::clone(&self.frame), self.peer, self.stopping.clone());
        let service = service_fn(move |request: Request<Incoming>| {
            let (frame, stopping) = (Arc::clone(&frame), stopping.clone());
            async move { Ok::<_, Infallible>(frame.answer(request, peer, stopping).await) }
        });
        let connection = watcher.watch(protocol.serve_connection(TokioIo::new(stream), service));
        tokio::select! {
            ended = connection => if let Err(error) = ended {
                // Clients go away in many ways, and none of them is ours to mend.
                tracing::debug!(cause = domain::chain(&error), "a connection ended early");
            },
            _ = self.cutting_off.wait_for(|cut| *cut) => {}
        }
    }
}

/// What a connection is told whose address has as many as it may. There was no request, and so it has no id.
const TURNED_AWAY: &str = "{\"detail\":\"too many connections from this address: close some, or keep and use them\",\
\"code\":\"too_many_connections\",\"request_id\":null}";

/// The pause after which a connection that was idle has ended, in seconds.
const TURNED_AWAY_SECONDS: u32 = 10;

/// Says so and hangs up, without waiting: nothing is to be held for a connection that is not taken.
fn turn_away(stream: TcpStream) {
    use std::io::Write as _;
    if let Ok(mut stream) = stream.into_std() {
        // A client that takes nothing is none the worse off for hearing nothing.
        let _ = write!(
            stream,
            "HTTP/1.1 429 Too Many Requests\r\nretry-after: {TURNED_AWAY_SECONDS}\r\nconnection: close\r\n\
             cache-control: no-store\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{TURNED_AWAY}",
            TURNED_AWAY.len()
        );
        let _ = stream.shutdown(Shutdown::Write);
    }
}

/// Has the kernel end a connection whose client takes nothing of what it asked for (`TCP_USER_TIMEOUT`, tcp(7)).
fn give_up_on_stalled(stream: &TcpStream, after: Duration) {
    #[cfg(target_os = "linux")]
    if let Ok(millis) = u32::try_from(after.as_millis()) {
        // Without it the kernel's own timeout holds, some fifteen minutes.
        let _ = rustix::net::sockopt::set_tcp_user_timeout(stream, millis);
    }
    #[cfg(not(target_os = "linux"))]
    let _ = (stream, after);
}
