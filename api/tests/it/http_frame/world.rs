//! A server with the frame's own routes and a few that show one thing each.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use domain::Role;
use domain::access::Act;
use fixtures::database::TestDatabase;
use gradeledger::access_log::{AccessLog, AccessLogLimits};
use gradeledger::app::{App, Parts, Watched};
use gradeledger::at;
use gradeledger::blobs::Blobs;
use gradeledger::http::{
    Answer, ApiError, BindError, Call, Check, Figures, Frame, JsonBody, PdfUpload, Readiness, Route, Server,
    Uploads, call, json, pdf, routes,
};
use gradeledger::ledger::{Ledger, LedgerLimits, Place};
use gradeledger::limits::{HistoryLimits, HttpLimits, Limits};
use gradeledger::metrics::{Metrics, Sources};
use gradeledger::oidc::SignInLimits;
use gradeledger::tokens::{self, Tokens};
use gradeledger::vault::{KeyStore, MasterKey, ServerKeys, Vault};
use http::Method;
use projections::{Feed, FeedLimits, Views};
use reqwest::{Client, RequestBuilder, Response};
use serde::Deserialize;
use serde_json::{Value, json as object};
use sqlx::PgPool;
use sqlx::postgres::PgPoolOptions;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use uuid::Uuid;
use warp::Filter as _;

/// The longest that any wait of a test may take: it is only ever reached by a failure.
pub(crate) const SOON: Duration = Duration::from_secs(20);

pub(crate) struct World {
    pub(crate) server: Server,
    /// The routes of the page, without those that only tests have.
    pub(crate) page: Vec<Route>,
    pub(crate) keys: PgPool,
    pub(crate) metrics: Metrics,
    pub(crate) sources: Sources,
    pub(crate) admin: String,
    frame: Frame,
    client: Client,
    _folder: TempDir,
    _database: TestDatabase,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Note {
    points: i64,
}

impl World {
    pub(crate) async fn new() -> Self {
        Self::with(HttpLimits::default()).await
    }

    pub(crate) async fn with(limits: HttpLimits) -> Self {
        let database = TestDatabase::new().await;
        let keys = PgPoolOptions::new().max_connections(4).connect_lazy_with(database.keys_connect_options());
        let metrics = Metrics::new();
        let (app, folder) = app(&database, &metrics, limits.read_your_writes).await;
        let sources = Sources::of(&app.ledger, &app.views, &metrics);
        let checks = vec![Check::database("keys", keys.clone()), Check::projections(app.views.clone())];
        let readiness = Readiness::new(checks, limits.ready);
        let figures = Figures { metrics: metrics.clone(), sources: sources.clone(), longest: limits.scrape };
        let page = routes(&app, &Uploads::new(&limits, &metrics), &readiness, &figures);
        let all = page.iter().cloned().chain(shown(&limits)).collect();
        let tokens = Tokens::new(keys.clone(), &limits);
        let frame = Frame::new(all, tokens, app, limits);
        let server = Server::start("127.0.0.1:0".parse().unwrap(), frame.clone()).unwrap();
        let (admin, _) = tokens::create(&keys, Role::Admin, "Ada", None).await.unwrap();
        let admin = admin.reveal().to_owned();
        let client = Client::builder().no_proxy().timeout(SOON).build().unwrap();
        Self {
            server,
            page,
            keys,
            metrics,
            sources,
            admin,
            frame,
            client,
            _folder: folder,
            _database: database,
        }
    }

    pub(crate) async fn token(&self, role: Role) -> String {
        let (token, _) = tokens::create(&self.keys, role, role.as_str(), None).await.unwrap();
        token.reveal().to_owned()
    }

    /// The same frame behind another socket.
    pub(crate) fn try_on(&self, address: SocketAddr) -> Result<Server, BindError> {
        Server::start(address, self.frame.clone())
    }

    /// The same frame behind another socket and these proxies.
    pub(crate) fn behind(&self, proxies: &[&str]) -> Server {
        let proxies = proxies.iter().map(|text| text.parse().unwrap()).collect();
        Server::start("127.0.0.1:0".parse().unwrap(), self.frame.clone().behind(proxies)).unwrap()
    }

    pub(crate) fn also_on(&self, address: IpAddr) -> Server {
        self.try_on(SocketAddr::new(address, 0)).unwrap()
    }

    /// The server, to be stopped; the rest goes on, behind another one.
    pub(crate) fn split(mut self) -> (Self, Server) {
        let another = self.also_on(self.server.address().ip());
        let server = std::mem::replace(&mut self.server, another);
        (self, server)
    }

    /// A request without a token.
    pub(crate) fn bare(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("http://{}{path}", self.server.address()))
    }

    /// A request of the admin.
    pub(crate) fn ask(&self, method: Method, path: &str) -> RequestBuilder {
        self.bare(method, path).bearer_auth(&self.admin)
    }

    pub(crate) async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.server.address()).await.unwrap()
    }

    /// What the server says to these bytes until it closes the connection.
    pub(crate) async fn raw(&self, bytes: &[u8]) -> String {
        let mut stream = self.connect().await;
        stream.write_all(bytes).await.unwrap();
        until_closed(stream).await
    }
}

pub(crate) async fn until_closed(mut stream: TcpStream) -> String {
    let mut said = Vec::new();
    let read = stream.read_to_end(&mut said);
    tokio::time::timeout(SOON, read).await.expect("the server closes the connection").unwrap();
    String::from_utf8(said).unwrap()
}

/// Status and body of an error, after checking what every error has.
pub(crate) async fn error(response: Response) -> (u16, String, String) {
    let status = response.status().as_u16();
    let id = response.headers()["x-request-id"].to_str().unwrap().to_owned();
    let body: Value = response.json().await.unwrap();
    assert_eq!(body["request_id"], id.as_str(), "{body}");
    (status, body["code"].as_str().unwrap().to_owned(), body["detail"].as_str().unwrap().to_owned())
}

/// A whole application on this database; its scans lie in the folder.
async fn app(database: &TestDatabase, metrics: &Metrics, read_your_writes: Duration) -> (App, TempDir) {
    let folder = TempDir::new().unwrap();
    let master = MasterKey::random().unwrap();
    let keys = KeyStore::open(database.keys_connect_options(), &master).await.unwrap();
    let pool = database.pool().clone();
    let log = PgPoolOptions::new().max_connections(2).connect_lazy_with(database.keys_connect_options());
    let app = App::new(Parts {
        ledger: Ledger::open(pool.clone(), LedgerLimits::default()).await.unwrap(),
        access_log: AccessLog::new(log, keys.clone(), AccessLogLimits::default(), metrics.clone()),
        vault: Vault::new(pool.clone(), keys.clone()),
        blobs: Blobs::in_folder(folder.path(), keys).unwrap(),
        views: Views::new(pool.clone()),
        feed: Feed::new(pool, FeedLimits::default()),
        server_keys: ServerKeys::of(&master),
        metrics: metrics.clone(),
        history: HistoryLimits::default(),
        sign_in: SignInLimits::default(),
        watched: Watched {
            views: Views::new(database.pool().clone()),
            keys: None,
            blobs: Some(folder.path().to_owned()),
            limits: Limits::default().of_status(),
        },
        read_your_writes,
    });
    (app, folder)
}

fn shown(limits: &HttpLimits) -> Vec<Route> {
    let uploads = Uploads::new(limits, &Metrics::new());
    vec![
        Route::new(Method::POST, at!("shown" / "notes"), Act::MarkCopies, |path| {
            path.and(call()).and(json::<Note>()).then(note)
        }),
        Route::new(Method::PUT, at!("shown" / "notes"), Act::CreateExams, |path| {
            path.and(json::<Note>())
                .then(|body: JsonBody<Note>| async move { Answer::ok(&body.value.points) })
        }),
        Route::new(Method::GET, at!("shown" / "copies" / copy: Uuid), Act::ReadApi, |path| {
            path.and(call()).then(|copy: Uuid, call: Call| async move {
                Answer::ok(&object!({ "copy": copy, "actor": call.actor.id.0, "wait": call.prefer_wait.map(|wait| wait.as_secs()) }))
            })
        }),
        Route::new(Method::POST, at!("shown" / "pdf"), Act::MarkCopies, |path| {
            path.and(pdf(&uploads)).then(received)
        })
        .takes_pdf(),
        Route::new(Method::GET, at!("shown" / "large"), Act::ReadApi, |path| {
            // More than the buffers of two sockets hold.
            path.then(|| async { Ok(Answer::bytes("text/plain", vec![b'x'; 64_000_000].into())) })
        }),
        Route::new(Method::GET, at!("shown" / "panic"), Act::ReadApi, |path| path.then(panics)),
        Route::new(Method::GET, at!("shown" / "fault"), Act::ReadApi, |path| {
            path.then(|| async { Err(ApiError::internal(std::io::Error::other("the disk of db7 is full"))) })
        }),
        Route::new(Method::GET, at!("shown" / "never"), Act::ReadApi, |path| {
            path.then(|| async { std::future::pending().await })
        }),
    ]
}

async fn note(call: Call, body: JsonBody<Note>) -> Result<Answer, ApiError> {
    let text = String::from_utf8(call.command_text(&body.digest)).unwrap();
    let said = object!({ "points": body.value.points, "key": call.idempotency_key, "command": text });
    Ok(Answer::ok(&said)?.at_position(Place { epoch: Uuid::nil(), number: 7 }))
}

async fn received(pdf: PdfUpload) -> Result<Answer, ApiError> {
    Answer::ok(&object!({
        "bytes": pdf.bytes.len(), "sha256": pdf.sha256, "filename": pdf.filename, "fields": pdf.fields, "digest": pdf.digest(),
    }))
}

async fn panics() -> Result<Answer, ApiError> {
    panic!("the compass points south")
}

/// Waits until `holds`, and fails where it does not within [`SOON`].
pub(crate) async fn until<F, R>(what: &str, mut holds: F)
where
    F: FnMut() -> R,
    R: Future<Output = bool>,
{
    let wait = async {
        while !holds().await {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(SOON, wait).await.unwrap_or_else(|_| panic!("never: {what}"));
}
