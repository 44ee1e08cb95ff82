//! The network of a seed: it calls the backend's router in the same process and does to requests and answers what
//! networks do.

use crate::{
    office::Dice,
    world::{DESKS, copy_folder},
};
use attest_backend::{Backend, serve};
use attest_desk::sync::Network;
use attest_remote::{BodyStream, Exchange, RemoteError, Transport, Trust};
use axum::{Router, body::Body};
use bytes::Bytes;
use futures_util::{StreamExt as _, stream};
use http::{Method, Request, Response};
use std::{
    fmt,
    path::PathBuf,
    sync::{Arc, Mutex, RwLock},
};
use tokio::sync::Notify;
use tower::ServiceExt as _;

/// What becomes of an exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    Fine,
    /// The request never arrives.
    Lost,
    /// The request arrives after others that were sent later, and nobody waits for the answer.
    Late,
    /// The answer never arrives.
    Unanswered,
    /// The request arrives twice.
    Doubled,
    /// The answer breaks off.
    Cut,
    /// Somebody in between answers.
    BadGateway,
}

/// A desk that ends in the middle of a sync.
#[derive(Clone, Debug)]
pub(crate) struct End {
    /// Exchanges that go well before.
    pub(crate) after: usize,
    /// Whether the last request still arrives.
    pub(crate) sent: bool,
    /// What is on its disk, and where a copy of that goes as it is at the end.
    pub(crate) disk: (PathBuf, PathBuf),
}

/// One desk's connection.
struct Line {
    dice: Dice,
    /// Percent of exchanges that go wrong.
    trouble: usize,
    partitioned: bool,
    end: Option<End>,
}

/// All connections of a seed.
#[derive(Clone)]
pub(crate) struct Wires(Arc<Shared>);

struct Shared {
    router: RwLock<Router>,
    backend: RwLock<Option<std::sync::Weak<Backend>>>,
    lines: Vec<Mutex<Line>>,
    /// Requests that are still under way.
    late: Mutex<Vec<Request<Bytes>>>,
    ended: Notify,
}

/// One desk's end of them.
#[derive(Clone)]
pub(crate) struct Wire {
    wires: Wires,
    desk: usize,
}

impl fmt::Debug for Wire {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Wire({})", self.desk)
    }
}

impl Network for Wire {
    fn reach(&self, _: &str, _: &Trust) -> Result<Arc<dyn Transport>, RemoteError> {
        Ok(Arc::new(self.clone()))
    }
}

impl Wires {
    pub(crate) fn new(router: Router, seed: u64) -> Self {
        let line = |desk: u64| Line { dice: dice(seed, 1 + desk), trouble: 0, partitioned: false, end: None };
        Self(Arc::new(Shared {
            router: RwLock::new(router),
            backend: RwLock::default(),
            lines: (0..=DESKS as u64).map(|desk| Mutex::new(line(desk))).collect(),
            late: Mutex::default(),
            ended: Notify::new(),
        }))
    }

    pub(crate) fn wire(&self, desk: usize) -> Wire {
        Wire { wires: self.clone(), desk }
    }

    /// Has most checkpoints asked for cover what was answered before, so that few desks have to wait for one.
    pub(crate) fn settle_with(&self, backend: &Arc<Backend>) {
        *self.0.backend.write().unwrap() = Some(Arc::downgrade(backend));
    }

    pub(crate) fn reroute(&self, router: Router) {
        *self.0.router.write().unwrap() = router;
    }

    pub(crate) fn trouble(&self, desk: usize, percent: usize) {
        self.0.lines[desk].lock().unwrap().trouble = percent;
    }

    pub(crate) fn partition(&self, desk: usize, partitioned: bool) {
        self.0.lines[desk].lock().unwrap().partitioned = partitioned;
    }

    /// Has a desk end in its next sync.
    pub(crate) fn end(&self, desk: usize, end: Option<End>) {
        self.0.lines[desk].lock().unwrap().end = end;
    }

    /// Returns when a desk has ended.
    pub(crate) async fn ended(&self) {
        self.0.ended.notified().await;
    }

    /// Delivers what is still under way.
    pub(crate) async fn deliver_late(&self) {
        let late = std::mem::take(&mut *self.0.late.lock().unwrap());
        for request in late.into_iter().rev() {
            drop(self.arrive(request).await);
        }
    }

    async fn arrive(&self, request: Request<Bytes>) -> Response<Body> {
        let router = self.0.router.read().unwrap().clone();
        router.oneshot(request.map(Body::from)).await.unwrap()
    }
}

/// A sequence of its own for each purpose of a seed.
pub(crate) fn dice(seed: u64, purpose: u64) -> Dice {
    // SplitMix64's finaliser: neighbouring seeds shall have nothing in common.
    let mut mixed = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15).wrapping_add(purpose.wrapping_mul(0xD1B5_4A32));
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    Dice(mixed ^ (mixed >> 31))
}

fn copy(request: &Request<Bytes>) -> Request<Bytes> {
    let mut copy = Request::new(request.body().clone());
    *copy.method_mut() = request.method().clone();
    *copy.uri_mut() = request.uri().clone();
    *copy.headers_mut() = request.headers().clone();
    copy
}

fn broken() -> RemoteError {
    RemoteError::Unreachable("the connection broke".to_owned())
}

impl Transport for Wire {
    fn exchange(&self, request: Request<Bytes>) -> Exchange<'_> {
        Box::pin(async move {
            let (fate, pause, ends) = self.decide()?;
            for _ in 0..pause {
                tokio::task::yield_now().await;
            }
            if let Some(end) = ends {
                if end.sent {
                    drop(self.wires.arrive(request).await);
                }
                // Between two steps of the program nothing is being written.
                copy_folder(&end.disk.0, &end.disk.1);
                self.wires.0.ended.notify_one();
                return std::future::pending().await;
            }
            let settles = request.method() == Method::GET && request.uri().path().ends_with("/checkpoint");
            if settles && self.dice(8) > 0 {
                let backend =
                    self.wires.0.backend.read().unwrap().as_ref().and_then(std::sync::Weak::upgrade);
                if let Some(backend) = backend {
                    serve::settle(&backend).await.unwrap();
                }
            }
            let response = match fate {
                Fate::Lost => return Err(broken()),
                Fate::Late => {
                    self.wires.0.late.lock().unwrap().push(request);
                    return Err(RemoteError::Timeout);
                }
                Fate::BadGateway => Response::builder().status(502).body(Body::from("<html>Bad")).unwrap(),
                Fate::Fine | Fate::Cut => self.wires.arrive(request).await,
                Fate::Unanswered => {
                    drop(self.wires.arrive(request).await);
                    return Err(broken());
                }
                Fate::Doubled => {
                    let (first, again) = (self.wires.arrive(copy(&request)), self.wires.arrive(request));
                    let (_, again) = tokio::join!(first, again);
                    again
                }
            };
            let (head, body) = response.into_parts();
            let body: BodyStream = match fate {
                Fate::Cut => {
                    let bytes = axum::body::to_bytes(body, usize::MAX).await.map_err(|_| broken())?;
                    let some = bytes.slice(..self.dice(bytes.len() + 1));
                    stream::iter([Ok(some), Err(broken())]).boxed()
                }
                _ => body.into_data_stream().map(|piece| piece.map_err(|_| broken())).boxed(),
            };
            Ok(Response::from_parts(head, body))
        })
    }
}

impl Wire {
    fn dice(&self, end: usize) -> usize {
        self.wires.0.lines[self.desk].lock().unwrap().dice.below(end)
    }

    /// What becomes of the next exchange, after how many turns of others.
    fn decide(&self) -> Result<(Fate, usize, Option<End>), RemoteError> {
        let mut line = self.wires.0.lines[self.desk].lock().unwrap();
        if line.partitioned {
            return Err(RemoteError::Unreachable("no route to the host".to_owned()));
        }
        if let Some(end) = &mut line.end {
            if end.after == 0 {
                return Ok((Fate::Fine, 0, line.end.take()));
            }
            end.after -= 1;
        }
        let pause = line.dice.below(4);
        if line.dice.below(100) >= line.trouble {
            return Ok((Fate::Fine, pause, None));
        }
        let fates = [Fate::Lost, Fate::Late, Fate::Unanswered, Fate::Doubled, Fate::Cut, Fate::BadGateway];
        let fate = fates[line.dice.below(fates.len())];
        Ok((fate, pause, None))
    }
}
