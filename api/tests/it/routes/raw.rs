//! Requests as bytes, for paths that no client would send as they are.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::world::{SOON, World};

/// The whole answer to a GET of exactly this path.
pub(crate) async fn get(world: &World, token: &str, path: &str) -> String {
    let mut stream = TcpStream::connect(world.server.address()).await.unwrap();
    let request = format!(
        "GET {path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {token}\r\nconnection: close\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut said = Vec::new();
    let read = stream.read_to_end(&mut said);
    tokio::time::timeout(SOON, read).await.expect("the server closes the connection").unwrap();
    String::from_utf8_lossy(&said).into_owned()
}
