//! A person's sign-in: an access token for each request, proved, and renewed when it has run out or is refused.
//!
//! Invariants: one refresh at a time, so that no refresh token is spent twice; a new one is used only once it is kept;
//! what was begun is ended also where whoever asked has gone. If the answer was lost, the old token is shown again:
//! for a minute the service then gives the same successor (docs/formats/api.md).

use crate::{
    client::{check, collect, problem, refusal},
    dpop::{Claims, DeviceKey},
    error::RemoteError,
    https::origin,
    transport::{BodyStream, Transport},
};
use attest_wire::{
    DESKTOP_CLIENT, Problem,
    identity::{TokenAnswer, TokenRefusal},
    percent_encoded,
};
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode, header};
use jiff::{SignedDuration, Timestamp, fmt::rfc2822};
use std::{
    fmt,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::time::{Instant, sleep, timeout};
use zeroize::Zeroizing;

/// Longest answer of the endpoints for signing in.
const ANSWER_BYTES_MAX: usize = 64 * 1024;
/// Longest answer in time.
const ANSWER: Duration = Duration::from_secs(60);
/// Pause before an answer that was lost is asked for again.
const AGAIN: Duration = Duration::from_millis(400);
/// A token that runs out sooner is renewed first.
const MARGIN: Duration = Duration::from_secs(15);
/// A nonce that is older is not shown any more: the service takes one for five minutes.
const NONCE_LIFE: SignedDuration = SignedDuration::from_secs(4 * 60);

const DPOP: HeaderName = HeaderName::from_static("dpop");
const DPOP_NONCE: HeaderName = HeaderName::from_static("dpop-nonce");

/// What a sign-in consists of.
#[derive(Clone)]
pub struct Grant {
    /// The key that everything is bound to.
    pub key: DeviceKey,
    /// The refresh token that holds now.
    pub refresh: Zeroizing<String>,
    /// Until when it does where nobody uses it, as far as the service has told.
    pub until: Option<Timestamp>,
    /// An access token that came with it; it is never kept.
    pub access: Option<Access>,
}

/// An access token.
#[derive(Clone)]
pub struct Access {
    token: Zeroizing<String>,
    until: Instant,
}

/// What has to be kept before it is used.
#[derive(Clone)]
pub enum Change {
    /// The refresh token was exchanged for this one.
    Renewed {
        /// The new one.
        refresh: Zeroizing<String>,
        /// Until when it holds where nobody uses it.
        until: Option<Timestamp>,
    },
    /// The service does not take it any more: the device was signed out, or a token was used twice.
    Ended,
}

/// Keeps a change durably; the reason where it cannot.
pub type Keep =
    Box<dyn Fn(Change) -> Pin<Box<dyn Future<Output = Result<(), String>> + Send>> + Send + Sync + 'static>;

/// A person who is signed in on this device.
pub struct SignIn {
    /// `https://host[:port]`.
    origin: String,
    key: DeviceKey,
    keep: Keep,
    /// Held by whoever renews.
    tokens: tokio::sync::Mutex<Tokens>,
    heard: Mutex<Heard>,
}

struct Tokens {
    refresh: Zeroizing<String>,
    until: Option<Timestamp>,
    access: Option<Access>,
    /// Fetched and not kept yet.
    unkept: Option<Grant>,
    ended: bool,
}

/// What the service's answers have told beside themselves.
#[derive(Default)]
struct Heard {
    nonce: Option<(String, Timestamp)>,
    /// How far its clock is ahead of ours.
    ahead: SignedDuration,
}

impl fmt::Debug for SignIn {
    /// Never the secrets.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("SignIn").field("origin", &self.origin).finish_non_exhaustive()
    }
}

impl fmt::Debug for Grant {
    /// Never the secrets.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Grant").field("until", &self.until).finish_non_exhaustive()
    }
}

impl Tokens {
    /// The access token, unless it runs out or was refused.
    fn usable(&self, refused: Option<&str>) -> Option<Zeroizing<String>> {
        let access = self.access.as_ref()?;
        let good = access.until > Instant::now() + MARGIN && refused != Some(access.token.as_str());
        good.then(|| access.token.clone())
    }
}

impl SignIn {
    /// A sign-in at `server` that goes on from `grant`.
    ///
    /// # Errors
    /// [`RemoteError::Setup`] for an address that is none.
    pub fn new(server: &str, grant: Grant, keep: Keep) -> Result<Self, RemoteError> {
        let Grant { key, refresh, until, access } = grant;
        let tokens = Tokens { refresh, until, access, unkept: None, ended: false };
        Ok(Self {
            origin: origin(server)?,
            key,
            keep,
            tokens: tokio::sync::Mutex::new(tokens),
            heard: Mutex::default(),
        })
    }

    /// What it consists of now; waits for a refresh under way to be kept.
    pub async fn grant(&self) -> Grant {
        let tokens = self.tokens.lock().await;
        Grant {
            key: self.key.clone(),
            refresh: tokens.refresh.clone(),
            until: tokens.until,
            access: tokens.access.clone(),
        }
    }

    /// Ends it at the service, with everything that came of it.
    ///
    /// # Errors
    /// [`RemoteError`] when the service cannot be told.
    pub async fn revoke(&self, transport: &dyn Transport) -> Result<(), RemoteError> {
        let tokens = self.tokens.lock().await;
        if tokens.ended {
            return Ok(());
        }
        let form = form(&[("token", tokens.refresh.as_str()), ("client_id", DESKTOP_CLIENT)]);
        let request = post("/oauth/revoke", &form)?;
        let told = async { check(transport.exchange(request).await?).await };
        timeout(ANSWER, told).await.map_err(|_| RemoteError::Timeout)?.map(drop)
    }

    /// Sends a request with token and proof; the answer where it is no refusal.
    pub(crate) async fn send(
        self: &Arc<Self>,
        transport: &Arc<dyn Transport>,
        request: Request<Bytes>,
    ) -> Result<Response<BodyStream>, RemoteError> {
        let (mut refused, mut asked_for_nonce) = (None::<Zeroizing<String>>, false);
        loop {
            let token = self.token(transport, refused.as_ref()).await?;
            let response = transport.exchange(self.prove(request.clone(), &token)?).await?;
            self.hear(response.headers());
            if response.status() != StatusCode::UNAUTHORIZED {
                return check(response).await;
            }
            let error = refusal(response).await;
            let RemoteError::Refused(problem) = &error else { return Err(error) };
            match problem.code.as_str() {
                "dpop.nonce" if !asked_for_nonce => asked_for_nonce = true,
                // It ran out early, or was ended: the refresh tells which.
                "token.invalid" if refused.is_none() => refused = Some(token),
                _ => return Err(error),
            }
        }
    }

    /// An access token that holds and is not the refused one.
    async fn token(
        self: &Arc<Self>,
        transport: &Arc<dyn Transport>,
        refused: Option<&Zeroizing<String>>,
    ) -> Result<Zeroizing<String>, RemoteError> {
        if let Some(token) = self.tokens.lock().await.usable(refused.map(|token| token.as_str())) {
            return Ok(token);
        }
        let (own, transport, refused) = (self.clone(), transport.clone(), refused.cloned());
        // Not given up with the request it is for: a successor that nobody took in would be lost.
        let renewed = tokio::spawn(async move { own.renew(transport.as_ref(), refused).await });
        renewed.await.map_err(|error| RemoteError::Unreachable(error.to_string()))?
    }

    async fn renew(
        &self,
        transport: &dyn Transport,
        refused: Option<Zeroizing<String>>,
    ) -> Result<Zeroizing<String>, RemoteError> {
        let mut tokens = self.tokens.lock().await;
        // Somebody else was here while this one waited.
        if let Some(token) = tokens.usable(refused.as_ref().map(|token| token.as_str())) {
            return Ok(token);
        }
        if tokens.ended {
            return Err(RemoteError::SignedOut);
        }
        if tokens.unkept.is_none() {
            let form = form(&[
                ("grant_type", "refresh_token"),
                ("client_id", DESKTOP_CLIENT),
                ("refresh_token", tokens.refresh.as_str()),
            ]);
            tokens.unkept = match self.ask(transport, &form).await {
                Ok(answer) => Some(answer),
                Err(RemoteError::SignedOut) => {
                    tokens.ended = true;
                    // Where that is not kept, the next start asks once more and hears the same.
                    let _ = (self.keep)(Change::Ended).await;
                    return Err(RemoteError::SignedOut);
                }
                Err(error) => return Err(error),
            };
        }
        let grant = tokens.unkept.clone().expect("it was there or was fetched");
        let change = Change::Renewed { refresh: grant.refresh.clone(), until: grant.until };
        (self.keep)(change).await.map_err(RemoteError::NotKept)?;
        tokens.unkept = None;
        (tokens.refresh, tokens.until, tokens.access) = (grant.refresh, grant.until, grant.access);
        tokens.access.as_ref().map(|access| access.token.clone()).ok_or(RemoteError::Garbled("token"))
    }

    /// Asks the token endpoint, once more where the answer was lost.
    async fn ask(&self, transport: &dyn Transport, form: &str) -> Result<Grant, RemoteError> {
        match ask_tokens(self, transport, form).await {
            Err(RemoteError::Unreachable(_) | RemoteError::Timeout) => {
                sleep(AGAIN).await;
                ask_tokens(self, transport, form).await
            }
            answer => answer,
        }
    }

    /// Adds token and proof to a request.
    fn prove(&self, mut request: Request<Bytes>, token: &str) -> Result<Request<Bytes>, RemoteError> {
        let proof = self.proof(request.method(), request.uri().path(), Some(token));
        let headers = request.headers_mut();
        headers.insert(header::AUTHORIZATION, secret(&format!("DPoP {token}"))?);
        headers.insert(DPOP, secret(&proof)?);
        Ok(request)
    }

    fn proof(&self, method: &Method, path: &str, token: Option<&str>) -> String {
        let heard = self.heard.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Timestamp::now() + heard.ahead;
        let fresh = heard.nonce.as_ref().filter(|(_, told)| now.duration_since(*told) < NONCE_LIFE);
        self.key.prove(Claims {
            method: method.as_str(),
            address: &format!("{}{path}", self.origin),
            at: now.as_second(),
            nonce: fresh.map(|(nonce, _)| nonce.as_str()),
            token,
        })
    }

    /// Takes in the service's time and its nonce.
    fn hear(&self, headers: &HeaderMap) {
        let text = |name: &HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
        let mut heard = self.heard.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(date) = text(&header::DATE).and_then(|date| rfc2822::parse(date).ok()) {
            let ahead = date.timestamp().duration_since(Timestamp::now());
            // It tells whole seconds.
            heard.ahead =
                if ahead.abs() <= SignedDuration::from_secs(2) { SignedDuration::ZERO } else { ahead };
        }
        if let Some(nonce) = text(&DPOP_NONCE) {
            let now = Timestamp::now() + heard.ahead;
            heard.nonce = Some((nonce.to_owned(), now));
        }
    }

    /// Redeems what a browser brought back.
    pub(crate) async fn redeem(
        server: &str,
        key: DeviceKey,
        transport: &dyn Transport,
        fields: &[(&str, &str)],
    ) -> Result<Grant, RemoteError> {
        let nothing = Grant { key, refresh: Zeroizing::default(), until: None, access: None };
        let asking = Self::new(server, nothing, Box::new(|_| Box::pin(async { Ok(()) })))?;
        match ask_tokens(&asking, transport, &form(fields)).await {
            // A code is redeemed once: whether that has happened cannot be asked.
            Err(RemoteError::SignedOut) => Err(RemoteError::SignInRefused("invalid_grant".to_owned())),
            answer => answer,
        }
    }
}

/// One request to the token endpoint, repeated with the service's nonce where it asks for that.
async fn ask_tokens(sign_in: &SignIn, transport: &dyn Transport, form: &str) -> Result<Grant, RemoteError> {
    let mut asked_for_nonce = false;
    loop {
        let mut request = post("/oauth/token", form)?;
        let proof = sign_in.proof(&Method::POST, "/oauth/token", None);
        request.headers_mut().insert(DPOP, secret(&proof)?);
        let exchange = async {
            let response = transport.exchange(request).await?;
            sign_in.hear(response.headers());
            let status = response.status();
            Ok((status, Zeroizing::new(collect("token", response.into_body(), ANSWER_BYTES_MAX).await?)))
        };
        let (status, body) = timeout(ANSWER, exchange).await.map_err(|_| RemoteError::Timeout)??;
        if status.is_success() {
            let answer = serde_json::from_slice(&body).map_err(|_| RemoteError::Garbled("token"))?;
            return granted(sign_in, answer);
        }
        let Ok(refusal) = serde_json::from_slice::<TokenRefusal>(&body) else {
            return Err(RemoteError::Refused(problem(status, &body)));
        };
        match refusal.error.as_str() {
            "use_dpop_nonce" if !asked_for_nonce => asked_for_nonce = true,
            "invalid_grant" => return Err(RemoteError::SignedOut),
            _ => {
                return Err(RemoteError::Refused(Problem {
                    code: refusal.error.clone(),
                    status: status.as_u16(),
                    detail: refusal.error_description.unwrap_or(refusal.error),
                    retry_after: None,
                }));
            }
        }
    }
}

fn granted(sign_in: &SignIn, answer: TokenAnswer) -> Result<Grant, RemoteError> {
    let refresh = answer.refresh_token.map(Zeroizing::new).ok_or(RemoteError::Garbled("token"))?;
    if answer.token_type != "DPoP" {
        return Err(RemoteError::Garbled("token"));
    }
    let now = Timestamp::now() + sign_in.heard.lock().unwrap_or_else(PoisonError::into_inner).ahead;
    let holds = |seconds: u32| SignedDuration::from_secs(i64::from(seconds));
    Ok(Grant {
        key: sign_in.key.clone(),
        refresh,
        until: answer.refresh_token_expires_in.map(|seconds| now + holds(seconds)),
        access: Some(Access {
            token: Zeroizing::new(answer.access_token),
            until: Instant::now() + Duration::from_secs(u64::from(answer.expires_in)),
        }),
    })
}

/// `application/x-www-form-urlencoded`.
pub(crate) fn form(fields: &[(&str, &str)]) -> Zeroizing<String> {
    let pairs = fields.iter().map(|(name, value)| format!("{name}={}", percent_encoded(value)));
    Zeroizing::new(pairs.collect::<Vec<_>>().join("&"))
}

fn post(path: &str, form: &str) -> Result<Request<Bytes>, RemoteError> {
    Request::post(path)
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(Bytes::copy_from_slice(form.as_bytes()))
        .map_err(|_| RemoteError::Garbled("request"))
}

fn secret(text: &str) -> Result<HeaderValue, RemoteError> {
    let mut value = HeaderValue::try_from(text).map_err(|_| RemoteError::Garbled("token"))?;
    value.set_sensitive(true);
    Ok(value)
}
