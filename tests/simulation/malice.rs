//! The malicious server's end of the connection, and its victim.

use crate::{
    book::{Book, KNOWN, book},
    desks::shown,
    office::PASSPHRASE,
    world::{HandClock, copy_folder, scratch, secret_of},
};
use attest_desk::{
    Desk,
    sync::{ConnectRequest, Network},
};
use attest_keychain::Secret;
use attest_remote::{BodyStream, Exchange, RemoteError, Transport, Trust};
use bytes::Bytes;
use futures_util::{StreamExt as _, stream};
use http::{Method, Request, Response};
use std::{
    fmt,
    sync::{Arc, Mutex, OnceLock},
    time::Duration,
};
use tempfile::TempDir;

/// The body of an answer.
#[derive(Clone, Debug)]
pub(crate) enum Content {
    Whole(Vec<u8>),
    /// A byte a second.
    Dripping(Vec<u8>),
    /// Never ends.
    Endless(Vec<u8>),
}

/// An answer.
#[derive(Clone, Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) content: Content,
}

impl Reply {
    pub(crate) fn ok(bytes: Vec<u8>) -> Self {
        Self { status: 200, headers: Vec::new(), content: Content::Whole(bytes) }
    }

    pub(crate) fn status(status: u16) -> Self {
        Self { status, ..Self::ok(Vec::new()) }
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        match &self.content {
            Content::Whole(bytes) | Content::Dripping(bytes) | Content::Endless(bytes) => bytes.clone(),
        }
    }

    pub(crate) fn with(self, bytes: Vec<u8>) -> Self {
        Self { content: Content::Whole(bytes), ..self }
    }

    pub(crate) fn header(mut self, name: &'static str, value: &str) -> Self {
        self.headers.push((name, value.to_owned()));
        self
    }

    fn stream(self) -> BodyStream {
        match self.content {
            Content::Whole(bytes) => stream::iter([Ok(Bytes::from(bytes))]).boxed(),
            Content::Endless(bytes) => stream::repeat(Bytes::from(bytes)).map(Ok).boxed(),
            Content::Dripping(bytes) => {
                let hurry = Arc::new(Hurry::new());
                let drip = move |byte: u8| {
                    let hurry = hurry.clone();
                    async move {
                        tokio::time::sleep(Duration::from_secs(1)).await;
                        drop(hurry);
                        Ok(Bytes::from(vec![byte]))
                    }
                };
                stream::iter(bytes).then(drip).boxed()
            }
        }
    }
}

/// Time passes at once while this is there: nothing but a dripping body is waited for then.
struct Hurry;

impl Hurry {
    fn new() -> Self {
        tokio::time::pause();
        Self
    }
}

impl Drop for Hurry {
    fn drop(&mut self) {
        tokio::time::resume();
    }
}

/// What is asked of the server.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) body: Vec<u8>,
}

impl Asked {
    /// Which of the server's answers this asks for.
    pub(crate) fn is(&self, kind: &str) -> bool {
        self.path.contains(kind)
    }
}

/// Makes of what was asked and the honest answer another one.
pub(crate) type Lie = Box<dyn FnMut(&Asked, Reply) -> Reply + Send>;

/// The server.
#[derive(Clone)]
pub(crate) struct Server(Arc<Mutex<State>>);

struct State {
    size: usize,
    lie: Option<Lie>,
}

impl fmt::Debug for Server {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Server")
    }
}

impl Network for Server {
    fn reach(&self, _: &str, _: &Trust) -> Result<Arc<dyn Transport>, RemoteError> {
        Ok(Arc::new(self.clone()))
    }
}

impl Transport for Server {
    fn exchange(&self, request: Request<Bytes>) -> Exchange<'_> {
        Box::pin(async move {
            let (path, body) = (request.uri().to_string(), request.body().to_vec());
            let asked = Asked { method: request.method().clone(), path, body };
            let reply = {
                let mut state = self.0.lock().unwrap();
                let honest = book().answer(&asked.method, &asked.path, &asked.body, state.size);
                match &mut state.lie {
                    Some(lie) => lie(&asked, honest),
                    None => honest,
                }
            };
            let mut response = Response::builder().status(reply.status);
            for (name, value) in &reply.headers {
                response = response.header(*name, value);
            }
            Ok(response.body(reply.stream()).unwrap())
        })
    }
}

/// A desk that has replicated the first events and is about to be lied to.
pub(crate) struct Victim {
    pub(crate) desk: Desk,
    pub(crate) server: Server,
    _folder: TempDir,
}

/// What a victim shows and how far it has verified.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Seen {
    pub(crate) shown: Vec<String>,
    pub(crate) size: u64,
    pub(crate) code: String,
}

impl Victim {
    pub(crate) async fn new() -> Self {
        let folder = scratch();
        let place = folder.path().join("workspace");
        let (template, secret) = victims();
        copy_folder(&template.path().join("workspace"), &place);
        let victim = Self::seated(folder);
        victim.desk.unlock_with_key(secret).await.unwrap();
        victim.server.0.lock().unwrap().size = book().leaves.len();
        victim
    }

    fn seated(folder: TempDir) -> Self {
        let server = Server(Arc::new(Mutex::new(State { size: KNOWN, lie: None })));
        let (place, exports) = (folder.path().join("workspace"), folder.path().join("exports"));
        let desk = Desk::with_network(place, exports, Arc::new(HandClock::new()), Arc::new(server.clone()));
        Self { desk, server, _folder: folder }
    }

    pub(crate) fn lie(&self, lie: Option<Lie>) {
        self.server.0.lock().unwrap().lie = lie;
    }

    pub(crate) async fn seen(&self) -> Seen {
        let status = self.desk.status().await.unwrap();
        Seen { shown: shown(&self.desk).await, size: status.log_size, code: status.log_code }
    }

    pub(crate) async fn end(self) {
        self.desk.lock("asked").await.unwrap();
    }
}

/// The folder that victims are copied from, and what opens it.
pub(crate) fn victims() -> &'static (TempDir, Secret) {
    static MADE: OnceLock<(TempDir, Secret)> = OnceLock::new();
    MADE.get_or_init(|| {
        let _: &Book = book();
        std::thread::scope(|scope| {
            let made = scope.spawn(|| {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
                runtime.block_on(make_victim())
            });
            made.join().unwrap()
        })
    })
}

async fn make_victim() -> (TempDir, Secret) {
    let victim = Victim::seated(scratch());
    let request = ConnectRequest {
        server: "https://log.example".to_owned(),
        certificate: None,
        key: "a key".to_owned().into(),
        tenant: None,
        passphrase: Some(PASSPHRASE.to_owned()),
    };
    victim.desk.connect(request).await.unwrap();
    victim.desk.sync().await.unwrap();
    assert_eq!(victim.desk.status().await.unwrap().log_size, KNOWN as u64);
    victim.desk.lock("asked").await.unwrap();
    let secret = secret_of(&victim.desk);
    (victim._folder, secret)
}
