//! The machine's network with somebody in it who counts, waits, and loses answers on their way back.

use attest_desk::sync::{Internet, Network};
use attest_remote::{Exchange, RemoteError, Transport, Trust};
use bytes::Bytes;
use std::{
    fmt,
    sync::{Arc, Mutex},
};

type Before = Box<dyn FnMut(&str) + Send>;
type After = Box<dyn FnMut(&str, http::StatusCode) -> bool + Send>;

/// Sees the path of every request.
#[derive(Clone)]
pub(crate) struct Meddled {
    /// Called before a request is sent.
    before: Arc<Mutex<Before>>,
    /// Called when an answer has come; true loses it.
    after: Arc<Mutex<After>>,
}

impl Default for Meddled {
    fn default() -> Self {
        Self {
            before: Arc::new(Mutex::new(Box::new(|_| ()))),
            after: Arc::new(Mutex::new(Box::new(|_, _| false))),
        }
    }
}

impl Meddled {
    pub(crate) fn before(&self, hook: impl FnMut(&str) + Send + 'static) {
        *self.before.lock().unwrap() = Box::new(hook);
    }

    pub(crate) fn after(&self, hook: impl FnMut(&str, http::StatusCode) -> bool + Send + 'static) {
        *self.after.lock().unwrap() = Box::new(hook);
    }

    /// Lets everything pass again.
    pub(crate) fn leave(&self) {
        self.before(|_| ());
        self.after(|_, _| false);
    }
}

impl fmt::Debug for Meddled {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Meddled")
    }
}

impl Network for Meddled {
    fn reach(&self, server: &str, trust: &Trust) -> Result<Arc<dyn Transport>, RemoteError> {
        Ok(Arc::new(Way { inner: Internet.reach(server, trust)?, meddled: self.clone() }))
    }
}

#[derive(Debug)]
struct Way {
    inner: Arc<dyn Transport>,
    meddled: Meddled,
}

impl Transport for Way {
    fn exchange(&self, request: http::Request<Bytes>) -> Exchange<'_> {
        Box::pin(async move {
            let path = request.uri().path().to_owned();
            (self.meddled.before.lock().unwrap())(&path);
            let answer = self.inner.exchange(request).await?;
            if (self.meddled.after.lock().unwrap())(&path, answer.status()) {
                return Err(RemoteError::Unreachable("the answer was lost".to_owned()));
            }
            Ok(answer)
        })
    }
}
