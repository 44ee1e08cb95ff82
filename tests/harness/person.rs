//! A person as a service knows one: a name, a password, an authenticator, and a browser that fills in the form.
//!
//! The browser is a client over HTTP: the service's page needs no script, and what it leads to is a port of this
//! machine.

use anyhow::{Context, Result, ensure};
use data_encoding::BASE32_NOPAD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use reqwest::{Certificate, Client, StatusCode, Url, redirect};
use sha1::Sha1;
use std::time::{SystemTime, UNIX_EPOCH};

/// A password that is long enough.
pub const PASSWORD: &str = "granskogen är tät i år";

/// Somebody with an authenticator.
#[derive(Clone, Debug)]
pub struct Person {
    login: String,
    password: String,
    secret: Vec<u8>,
}

impl Person {
    /// Whoever was given this address for an authenticator (`otpauth://…`), with [`PASSWORD`].
    ///
    /// # Errors
    /// When the address holds no secret.
    pub fn new(login: &str, otpauth: &str) -> Result<Self> {
        let rest = otpauth.split_once("secret=").context("no secret in the address")?.1;
        let secret = BASE32_NOPAD.decode(rest.split('&').next().unwrap_or_default().as_bytes())?;
        Ok(Self { login: login.to_owned(), password: PASSWORD.to_owned(), secret })
    }

    /// What the authenticator shows at a time (seconds since 1970), by RFC 6238.
    fn code(&self, seconds: i64) -> String {
        let mut mac = Hmac::<Sha1>::new_from_slice(&self.secret).expect("HMAC takes keys of any length");
        mac.update(&(seconds / 30).to_be_bytes());
        let digest = mac.finalize().into_bytes();
        let at = usize::from(digest[19] % 16);
        let four = [digest[at], digest[at + 1], digest[at + 2], digest[at + 3]];
        format!("{:06}", (u32::from_be_bytes(four) & 0x7fff_ffff) % 1_000_000)
    }

    /// Opens an address of the service, which shows `certificate` (PEM), and signs in at `seconds` since 1970; gives
    /// where the browser is sent then. A code counts once: two sign-ins lie 30 seconds apart.
    ///
    /// # Errors
    /// When the page shows no form or does not take it.
    pub async fn consent_at(&self, address: &str, certificate: &str, seconds: i64) -> Result<Url> {
        let client = Client::builder()
            .tls_certs_only([Certificate::from_pem(certificate.as_bytes())?])
            .redirect(redirect::Policy::none())
            .build()?;
        let page = client.get(address).send().await?;
        let cookies = page.headers().get_all("set-cookie").iter();
        let cookies: Vec<String> =
            cookies.filter_map(|cookie| cookie.to_str().ok()?.split(';').next().map(str::to_owned)).collect();
        let to = page.url().join("/oauth/authorize")?;
        let text = page.text().await?;
        let form = text.split_once("name=\"form\" value=\"").and_then(|(_, rest)| rest.split('"').next());
        let form = form.with_context(|| format!("no form: {text}"))?;
        let code = self.code(seconds);
        let fields =
            [("form", form), ("username", &self.login), ("password", &self.password), ("code", &code)];
        let body = Url::parse_with_params("form:", fields)?.query().unwrap_or_default().to_owned();
        let request = client.post(to).header("cookie", cookies.join("; ")).body(body);
        let answer = request.header("content-type", "application/x-www-form-urlencoded").send().await?;
        ensure!(answer.status() == StatusCode::SEE_OTHER, "{}: {}", answer.status(), answer.text().await?);
        let location = answer.headers().get("location").context("sent nowhere")?.to_str()?;
        Ok(location.parse()?)
    }

    /// The same now, by an authenticator whose clock is `ahead` by up to 30 seconds, and follows to where the browser is
    /// sent; gives what the last page says.
    ///
    /// # Errors
    /// As [`Self::consent_at`], or when nobody listens there.
    pub async fn sign_in(&self, address: &str, certificate: &str, ahead: i64) -> Result<String> {
        let now = i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs())?;
        let sent_to = self.consent_at(address, certificate, now + ahead).await?;
        Ok(come_back(&sent_to).await?.1)
    }
}

/// Goes where the browser was sent, on this machine; gives the status and the page.
///
/// # Errors
/// When nobody listens there.
pub async fn come_back(sent_to: &Url) -> Result<(StatusCode, String)> {
    ensure!(sent_to.host_str() == Some("127.0.0.1"), "{sent_to} is elsewhere");
    let page = Client::builder().no_proxy().build()?.get(sent_to.clone()).send().await?;
    Ok((page.status(), page.text().await?))
}
