//! Signing a person in: the authorization endpoint of OAuth 2.1 for desktops (RFC 8252).
//!
//! The request lives in the form it is answered with, under a key of the installation and bound to the browser by a
//! cookie; each form is taken once. Nothing is stored before somebody has shown a password.

use super::{
    address::Origin,
    attempts::{self, ACCOUNT_MAX, ADDRESS_MAX, Bucket},
    dpop::use_once,
    method::Method,
    page::{Form as Page, Language, Trouble, render_form, render_trouble},
    people,
    rights::Rights,
    secret, tokens,
};
use crate::{config::Config, error::ApiError, state::Backend, store::StoreError};
use attest_wire::{DESKTOP_CLIENT, percent_encoded};
use axum::{
    extract::{
        ConnectInfo, Form, Query, State,
        rejection::{FormRejection, QueryRejection},
    },
    http::{HeaderMap, HeaderValue, StatusCode, Uri, header},
    response::{IntoResponse, Response},
};
use data_encoding::BASE64URL_NOPAD;
use serde::{Deserialize, Serialize};
use std::{
    net::{IpAddr, SocketAddr},
    sync::Arc,
};
use utoipa::{IntoParams, ToSchema};

/// Binds forms to the browser they were sent to.
const FORM_COOKIE: &str = "__Host-attest-form";
/// Tells a browser that has signed somebody in before.
const KNOWN_COOKIE: &str = "__Host-attest-known";
/// Life of a form, in seconds.
const FORM_LIFE: i64 = 10 * 60;

/// What a desktop asks for.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct AuthorizeRequest {
    /// `code`.
    response_type: Option<String>,
    /// `attest-desktop`.
    client_id: Option<String>,
    /// `http://127.0.0.1:<port>/…` or `http://[::1]:<port>/…`.
    redirect_uri: Option<String>,
    /// SHA-256 of the verifier, base64url.
    code_challenge: Option<String>,
    /// `S256`.
    code_challenge_method: Option<String>,
    /// Comes back with the answer; 1 to 512 characters.
    state: Option<String>,
    /// Rights, separated by spaces; all of the role where absent.
    scope: Option<String>,
    /// What the device is called in the list of devices; at most 64 characters.
    device: Option<String>,
    /// Thumbprint of the key that will redeem the code (RFC 9449 §10).
    dpop_jkt: Option<String>,
}

/// A request that was checked, as it lies in its form.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Checked {
    redirect: String,
    challenge: String,
    state: String,
    scope: String,
    device: String,
    jkt: Option<String>,
    /// Until when the form is taken.
    until: i64,
    /// By which it is taken once.
    id: String,
}

/// What a person sends.
#[derive(Deserialize, ToSchema)]
pub(crate) struct SignIn {
    /// The request, as it came with the form.
    #[serde(default)]
    form: String,
    /// E-mail address or user name.
    #[serde(default)]
    username: String,
    /// Password.
    #[serde(default)]
    password: String,
    /// Code of the authenticator.
    #[serde(default)]
    code: String,
}

/// The browser of a person.
struct Browser {
    language: Language,
    /// Value of its cookie for forms.
    form: Option<String>,
    /// Value of its cookie for known browsers.
    known: Option<String>,
    address: String,
}

impl Browser {
    fn read(backend: &Backend, headers: &HeaderMap, from: SocketAddr) -> Self {
        let cookie = |name: &str| {
            headers
                .get_all(header::COOKIE)
                .iter()
                .filter_map(|value| value.to_str().ok())
                .flat_map(|value| value.split(';'))
                .filter_map(|pair| pair.trim().split_once('='))
                .find(|(found, value)| *found == name && value.len() <= 256)
                .map(|(_, value)| value.to_owned())
        };
        Self {
            language: Language::choose(headers.get(header::ACCEPT_LANGUAGE)),
            form: cookie(FORM_COOKIE).filter(|value| !value.is_empty()),
            known: cookie(KNOWN_COOKIE),
            address: counted_address(sender(&backend.config, from.ip(), headers)),
        }
    }

    /// The id of a browser that has signed this person in before.
    fn known_as(&self, backend: &Backend, login: &str) -> Option<&str> {
        let (id, mac) = self.known.as_deref()?.split_once('.')?;
        secret::holds(backend.identity.form_key(), &["known", id, login], mac).then_some(id)
    }
}

/// Whose address attempts are counted by: the connection's, or behind proxies of ours the last one in
/// `X-Forwarded-For` that is none of them. What stands before it anybody may have written.
fn sender(config: &Config, from: IpAddr, headers: &HeaderMap) -> IpAddr {
    let trusted = |address: IpAddr| config.proxies.iter().any(|network| network.contains(address));
    let named: Vec<&str> = headers
        .get_all("x-forwarded-for")
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .collect();
    let mut found = from;
    for name in named.into_iter().rev() {
        if !trusted(found) {
            break;
        }
        // What is no address was not written by a proxy of ours; the nearest one that is known counts.
        let Ok(address) = name.trim().parse() else { break };
        found = address;
    }
    found
}

/// An address as attempts are counted: whoever has an IPv6 network has all of it.
fn counted_address(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
        }
    }
}

/// Shows the form in which a person signs in.
///
/// Without a script and in English or Swedish. A request whose client or redirect is not known is answered with a
/// page, any other mistake is sent to the redirect (`error`, `state`, `iss`).
#[utoipa::path(
    get, path = "/oauth/authorize", tag = "identity", params(AuthorizeRequest), security(()),
    responses(
        (status = 200, body = String, content_type = "text/html"),
        (status = 303, description = "To the redirect, with the reason of a refusal."),
        (status = "4XX", body = String, content_type = "text/html"),
    ),
)]
pub(crate) async fn show(
    State(backend): State<Arc<Backend>>,
    ConnectInfo(from): ConnectInfo<SocketAddr>,
    uri: Uri,
    headers: HeaderMap,
    query: Result<Query<AuthorizeRequest>, QueryRejection>,
) -> Response {
    let browser = Browser::read(&backend, &headers, from);
    let (Ok(Query(request)), Ok(origin)) = (query, Origin::find(&backend.config, &uri, &headers)) else {
        return render_trouble(browser.language, Trouble::Malformed);
    };
    match check(&backend, request) {
        Ok(checked) => form(&backend, &browser, &checked, None),
        Err(Refused::Page) => render_trouble(browser.language, Trouble::Malformed),
        Err(Refused::Redirect { to, state, error }) => {
            let state = state.map_or_else(String::new, |state| format!("&state={}", percent_encoded(&state)));
            redirect(&format!("{to}?error={error}{state}&iss={}", percent_encoded(origin.as_str())))
        }
    }
}

/// Why a request is not shown a form.
enum Refused {
    /// It cannot be told to the client, because nobody knows who that is.
    Page,
    /// It is told to the client.
    Redirect { to: String, state: Option<String>, error: &'static str },
}

fn check(backend: &Backend, request: AuthorizeRequest) -> Result<Checked, Refused> {
    if request.client_id.as_deref() != Some(DESKTOP_CLIENT) {
        return Err(Refused::Page);
    }
    let redirect = request.redirect_uri.filter(|uri| is_loopback(uri)).ok_or(Refused::Page)?;
    let state = request.state.filter(|state| {
        (1..=512).contains(&state.len()) && state.bytes().all(|byte| (0x20..0x7f).contains(&byte))
    });
    let refuse =
        |error: &'static str| Refused::Redirect { to: redirect.clone(), state: state.clone(), error };
    if request.response_type.as_deref() != Some("code") {
        return Err(refuse("unsupported_response_type"));
    }
    let challenge = request
        .code_challenge
        .filter(|challenge| is_digest(challenge) && request.code_challenge_method.as_deref() == Some("S256"));
    let (Some(challenge), Some(known_state)) = (challenge, state.clone()) else {
        return Err(refuse("invalid_request"));
    };
    if request.dpop_jkt.as_deref().is_some_and(|jkt| !is_digest(jkt)) {
        return Err(refuse("invalid_request"));
    }
    let rights =
        Rights::parse(request.scope.as_deref().unwrap_or_default()).ok_or_else(|| refuse("invalid_scope"))?;
    let id = secret::make_token("").map_err(|_| refuse("server_error"))?;
    Ok(Checked {
        challenge,
        state: known_state,
        scope: rights.to_string(),
        device: device_name(request.device.as_deref()),
        jkt: request.dpop_jkt,
        until: backend.clock.now().as_second() + FORM_LIFE,
        id,
        redirect,
    })
}

/// Whether it is SHA-256 in base64url.
fn is_digest(text: &str) -> bool {
    BASE64URL_NOPAD.decode(text.as_bytes()).is_ok_and(|bytes| bytes.len() == 32)
}

/// A name that fits a line.
fn device_name(name: Option<&str>) -> String {
    let name: String = name
        .unwrap_or_default()
        .chars()
        .filter(|c| !c.is_control())
        .take(64)
        .collect::<String>()
        .trim()
        .to_owned();
    if name.is_empty() { "Attest".to_owned() } else { name }
}

/// Whether a redirect stays on the person's machine (RFC 8252 §7.3): an address, because names can be made to lead
/// elsewhere, with a port.
fn is_loopback(redirect: &str) -> bool {
    let rest = ["http://127.0.0.1:", "http://[::1]:"].iter().find_map(|start| redirect.strip_prefix(start));
    let Some((port, path)) = rest.and_then(|rest| rest.split_once('/')) else { return false };
    redirect.len() <= 200
        && port.bytes().all(|byte| byte.is_ascii_digit())
        && port.parse::<u16>().is_ok_and(|port| port > 0)
        && path.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte))
}

/// The form of a request, sealed for the browser.
fn form(backend: &Backend, browser: &Browser, checked: &Checked, trouble: Option<Trouble>) -> Response {
    let cookie = match browser.form.clone().map_or_else(|| secret::make_token(""), Ok) {
        Ok(cookie) => cookie,
        Err(error) => return failed(browser.language, &error),
    };
    let payload = match serde_json::to_vec(checked) {
        Ok(payload) => BASE64URL_NOPAD.encode(&payload),
        Err(error) => return failed(browser.language, &ApiError::Bug(error.to_string())),
    };
    let mac = secret::mac_text(backend.identity.form_key(), &["form", &cookie, &payload]);
    let sealed = format!("{payload}.{mac}");
    let page = Page { sealed: &sealed, device: &checked.device, redirect: &checked.redirect };
    let mut response = render_form(browser.language, &page, trouble);
    set_cookie(&mut response, FORM_COOKIE, &cookie, FORM_LIFE);
    response
}

fn set_cookie(response: &mut Response, name: &str, value: &str, seconds: i64) {
    let cookie = format!("{name}={value}; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age={seconds}");
    if let Ok(cookie) = HeaderValue::from_str(&cookie) {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
}

fn redirect(to: &str) -> Response {
    match HeaderValue::from_str(to) {
        Ok(to) => (StatusCode::SEE_OTHER, [(header::LOCATION, to)]).into_response(),
        Err(_) => StatusCode::BAD_REQUEST.into_response(),
    }
}

fn failed(language: Language, error: &ApiError) -> Response {
    if let ApiError::TooMany(seconds) = error {
        return render_trouble(language, Trouble::Wait(*seconds));
    }
    tracing::error!(%error, "a sign-in failed");
    render_trouble(language, Trouble::Unavailable)
}

/// Takes the form: sends the browser to the redirect with `code`, `state` and `iss` (RFC 9207), or shows it again.
///
/// Whether name, password or code was wrong, or nobody goes by the name, is answered alike.
#[utoipa::path(
    post, path = "/oauth/authorize", tag = "identity", security(()),
    request_body(content = SignIn, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 303, description = "To the redirect."),
        (status = "4XX", body = String, content_type = "text/html"),
    ),
)]
pub(crate) async fn take(
    State(backend): State<Arc<Backend>>,
    ConnectInfo(from): ConnectInfo<SocketAddr>,
    uri: Uri,
    headers: HeaderMap,
    sent: Result<Form<SignIn>, FormRejection>,
) -> Response {
    let browser = Browser::read(&backend, &headers, from);
    let (Ok(Form(sent)), Ok(origin)) = (sent, Origin::find(&backend.config, &uri, &headers)) else {
        return render_trouble(browser.language, Trouble::Malformed);
    };
    let Some(checked) = open(&backend, &browser, &sent.form) else {
        return render_trouble(browser.language, Trouble::Stale);
    };
    match sign_in(&backend, &browser, &checked, &sent).await {
        Ok(Outcome::SignedIn { code, known }) => {
            let to = format!(
                "{}?code={}&state={}&iss={}",
                checked.redirect,
                percent_encoded(&code),
                percent_encoded(&checked.state),
                percent_encoded(origin.as_str())
            );
            let mut response = redirect(&to);
            set_cookie(&mut response, KNOWN_COOKIE, &known, 365 * 24 * 60 * 60);
            response
        }
        Ok(Outcome::Wrong) => again(&backend, &browser, checked, Trouble::Wrong),
        Ok(Outcome::Used) => render_trouble(browser.language, Trouble::Stale),
        Err(ApiError::TooMany(seconds)) => again(&backend, &browser, checked, Trouble::Wait(seconds)),
        Err(error) => failed(browser.language, &error),
    }
}

/// The same form with a new id: each is taken once.
fn again(backend: &Backend, browser: &Browser, mut checked: Checked, trouble: Trouble) -> Response {
    match secret::make_token("") {
        Ok(id) => checked.id = id,
        Err(error) => return failed(browser.language, &error),
    }
    form(backend, browser, &checked, Some(trouble))
}

fn open(backend: &Backend, browser: &Browser, sealed: &str) -> Option<Checked> {
    let (payload, mac) = sealed.split_once('.')?;
    let cookie = browser.form.as_deref()?;
    if !secret::holds(backend.identity.form_key(), &["form", cookie, payload], mac) {
        return None;
    }
    let checked: Checked = serde_json::from_slice(&BASE64URL_NOPAD.decode(payload.as_bytes()).ok()?).ok()?;
    (checked.until > backend.clock.now().as_second()).then_some(checked)
}

enum Outcome {
    SignedIn {
        code: String,
        known: String,
    },
    Wrong,
    /// The form was taken before.
    Used,
}

async fn sign_in(
    backend: &Backend,
    browser: &Browser,
    checked: &Checked,
    sent: &SignIn,
) -> Result<Outcome, ApiError> {
    let login = people::normal(&sent.username);
    let account = match browser.known_as(backend, &login) {
        Some(id) => backend.identity.browser_key(id, &login),
        None => backend.identity.account_key(&login),
    };
    let buckets = [
        Bucket { key: account, max: ACCOUNT_MAX },
        Bucket { key: backend.identity.address_key(&browser.address), max: ADDRESS_MAX },
    ];
    let mut tx = backend.store.begin().await?;
    if !use_once(&mut tx, &secret::digest(&format!("form {}", checked.id)), checked.until).await? {
        return Ok(Outcome::Used);
    }
    attempts::count(backend, &mut tx, &buckets).await?;
    tx.commit().await.map_err(StoreError::from)?;

    let Some(known) = people::check(backend, &login, &sent.password, &sent.code).await? else {
        return Ok(Outcome::Wrong);
    };
    let mut tx = backend.store.begin().await?;
    if !people::spend_code(&mut tx, &known).await? {
        return Ok(Outcome::Wrong);
    }
    attempts::give_back(&mut tx, &buckets).await?;
    let grant = tokens::Grant {
        method: Method::Password,
        challenge: checked.challenge.clone(),
        redirect: checked.redirect.clone(),
        rights: Rights::parse(&checked.scope).unwrap_or_default(),
        device: checked.device.clone(),
        jkt: checked.jkt.clone(),
    };
    let code = tokens::make_code(backend, &mut tx, &known.subject, &grant).await?;
    tx.commit().await.map_err(StoreError::from)?;
    let id = secret::make_token("")?;
    let mac = secret::mac_text(backend.identity.form_key(), &["known", &id, &login]);
    Ok(Outcome::SignedIn { code, known: format!("{id}.{mac}") })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_redirect_leads_to_a_port_of_the_same_machine_and_nowhere_else() {
        for good in ["http://127.0.0.1:49152/", "http://[::1]:1/signed-in/x"] {
            assert!(is_loopback(good), "{good}");
        }
        for bad in [
            "https://127.0.0.1:49152/",
            "http://127.0.0.1/",
            "http://127.0.0.1:0/",
            "http://127.0.0.1:65536/",
            "http://127.0.0.1:+80/",
            "http://127.0.0.1:49152",
            "http://localhost:49152/",
            "http://127.0.0.1:80@evil.example/",
            "http://127.0.0.1.evil.example:80/",
            "http://127.0.0.1:80/?a=b",
            "http://127.0.0.1:80/#a",
            "http://127.0.0.1:80/\r\nset-cookie: a=b",
            "attest://done",
        ] {
            assert!(!is_loopback(bad), "{bad}");
        }
    }

    #[test]
    fn the_sender_is_who_the_last_trusted_proxy_names_and_nobody_else() {
        let trusting: Config = toml::from_str("proxies = [\"10.0.0.0/8\"]").unwrap();
        let find = |config: &Config, from: &str, forwarded: &[&str]| {
            let mut headers = HeaderMap::new();
            for value in forwarded {
                headers.append("x-forwarded-for", value.parse().unwrap());
            }
            sender(config, from.parse().unwrap(), &headers).to_string()
        };
        let proxy = "10.0.0.1";
        assert_eq!(find(&trusting, proxy, &["192.0.2.7"]), "192.0.2.7");
        assert_eq!(find(&trusting, proxy, &["192.0.2.7, 10.0.0.9"]), "192.0.2.7");
        assert_eq!(
            find(&trusting, proxy, &["1.1.1.1, 192.0.2.7", "10.0.0.9"]),
            "192.0.2.7",
            "made up before"
        );
        assert_eq!(find(&trusting, proxy, &["192.0.2.7, nonsense"]), proxy);
        assert_eq!(find(&trusting, proxy, &[]), proxy);
        assert_eq!(find(&trusting, "198.51.100.3", &["192.0.2.7"]), "198.51.100.3", "a stranger's header");
        assert_eq!(find(&Config::default(), proxy, &["192.0.2.7"]), proxy, "off unless configured");
    }

    #[test]
    fn an_ipv6_network_counts_as_one_address() {
        let counted = |text: &str| counted_address(text.parse().unwrap());
        assert_eq!(counted("2001:db8:1:2:3::4"), counted("2001:db8:1:2:ffff::1"));
        assert_ne!(counted("2001:db8:1:2::1"), counted("2001:db8:1:3::1"));
        assert_eq!(counted("::ffff:192.0.2.1"), "192.0.2.1");
    }

    #[test]
    fn the_name_of_a_device_is_one_short_line() {
        assert_eq!(device_name(Some("  EK-LT\n-0142 ")), "EK-LT-0142");
        assert_eq!(device_name(Some("\u{7}")), "Attest");
        assert_eq!(device_name(Some(&"x".repeat(99))).len(), 64);
    }
}
