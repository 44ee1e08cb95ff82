//! The pages of signing in: plain HTML without a script, in English and Swedish.

use axum::{
    http::{HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use data_encoding::BASE64;
use sha2::{Digest as _, Sha256};

/// The only style of the pages. Their policy names it by its digest, so nothing else is applied.
const STYLE: &str = "\
:root{color-scheme:light dark}\
body{font:1rem/1.5 system-ui,sans-serif;max-width:24rem;margin:4rem auto;padding:0 1rem}\
h1{font-size:1.25rem}label{display:block;margin-top:1rem}\
input,button{font:inherit;width:100%;box-sizing:border-box;padding:.5rem;margin-top:.25rem}\
button{margin-top:1.5rem}[role=alert]{border-left:.25rem solid #b3261e;padding-left:.75rem}";

/// A language of the pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Language {
    English,
    Swedish,
}

impl Language {
    /// The one of `Accept-Language` that is wanted most; English where neither is.
    pub(crate) fn choose(accepted: Option<&HeaderValue>) -> Self {
        let accepted = accepted.and_then(|value| value.to_str().ok()).unwrap_or_default();
        let mut best = (Self::English, 0.0);
        for item in accepted.split(',') {
            let (tag, weight) = item.split_once(";q=").unwrap_or((item, "1"));
            let weight: f32 = weight.trim().parse().unwrap_or(0.0);
            let language =
                match tag.trim().split('-').next().unwrap_or_default().to_ascii_lowercase().as_str() {
                    "sv" => Self::Swedish,
                    "en" => Self::English,
                    _ => continue,
                };
            if weight > best.1 {
                best = (language, weight);
            }
        }
        best.0
    }

    fn texts(self) -> &'static Texts {
        match self {
            Self::English => &ENGLISH,
            Self::Swedish => &SWEDISH,
        }
    }
}

struct Texts {
    code: &'static str,
    title: &'static str,
    device: &'static str,
    name: &'static str,
    password: &'static str,
    totp: &'static str,
    submit: &'static str,
    wrong: &'static str,
    wait: &'static str,
    stale: &'static str,
    malformed: &'static str,
    unavailable: &'static str,
}

static ENGLISH: Texts = Texts {
    code: "en",
    title: "Sign in to Attest",
    device: "You are signing in on",
    name: "E-mail or user name",
    password: "Password",
    totp: "Code from your authenticator",
    submit: "Sign in",
    wrong: "That did not match. Check name, password and code; each code works once.",
    wait: "Too many attempts. Try again in {minutes} min.",
    stale: "This page is no longer valid. Go back to Attest and start signing in again.",
    malformed: "This sign-in was not started by Attest. Go back to Attest and start again.",
    unavailable: "The service cannot answer at the moment. Go back to Attest and start again shortly.",
};

static SWEDISH: Texts = Texts {
    code: "sv",
    title: "Logga in i Attest",
    device: "Du loggar in på",
    name: "E-post eller användarnamn",
    password: "Lösenord",
    totp: "Kod från din autentiserare",
    submit: "Logga in",
    wrong: "Det stämde inte. Kontrollera namn, lösenord och kod; varje kod gäller en gång.",
    wait: "För många försök. Försök igen om {minutes} min.",
    stale: "Sidan gäller inte längre. Gå tillbaka till Attest och börja om inloggningen.",
    malformed: "Inloggningen startades inte av Attest. Gå tillbaka till Attest och börja om.",
    unavailable: "Tjänsten kan inte svara just nu. Gå tillbaka till Attest och försök strax igen.",
};

/// What went wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// Name, password or code; which one is not told.
    Wrong,
    /// Too many attempts; seconds until the next.
    Wait(u32),
    /// The form was used, is too old, or belongs to another browser.
    Stale,
    /// The request is none of ours.
    Malformed,
    /// Something of the service.
    Unavailable,
}

impl Trouble {
    fn status(self) -> StatusCode {
        match self {
            // 401 would have to name a scheme that browsers ask for by themselves.
            Self::Wrong => StatusCode::FORBIDDEN,
            Self::Wait(_) => StatusCode::TOO_MANY_REQUESTS,
            Self::Stale | Self::Malformed => StatusCode::BAD_REQUEST,
            Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    fn text(self, texts: &Texts) -> String {
        match self {
            Self::Wrong => texts.wrong.to_owned(),
            Self::Wait(seconds) => texts.wait.replace("{minutes}", &seconds.div_ceil(60).to_string()),
            Self::Stale => texts.stale.to_owned(),
            Self::Malformed => texts.malformed.to_owned(),
            Self::Unavailable => texts.unavailable.to_owned(),
        }
    }
}

/// The form.
pub(crate) struct Form<'f> {
    /// The request it belongs to, sealed.
    pub(crate) sealed: &'f str,
    /// Name of the device that is signed in.
    pub(crate) device: &'f str,
    /// Where the browser is sent afterwards; the policy has to allow it.
    pub(crate) redirect: &'f str,
}

/// Renders the form.
pub(crate) fn render_form(language: Language, form: &Form<'_>, trouble: Option<Trouble>) -> Response {
    let texts = language.texts();
    let alert = trouble.map_or_else(String::new, |trouble| {
        format!("<p role=\"alert\" id=\"trouble\">{}</p>", trouble.text(texts))
    });
    let described = if trouble.is_some() { " aria-describedby=\"trouble\"" } else { "" };
    let body = format!(
        "<h1>{title}</h1>{alert}<p>{device_text} <strong>{device}</strong></p>\
         <form method=\"post\" action=\"/oauth/authorize\">\
         <input type=\"hidden\" name=\"form\" value=\"{sealed}\">\
         <label for=\"username\">{name}</label>\
         <input id=\"username\" name=\"username\" autocomplete=\"username\" autocapitalize=\"none\" \
         spellcheck=\"false\" maxlength=\"254\" required autofocus{described}>\
         <label for=\"password\">{password}</label>\
         <input id=\"password\" name=\"password\" type=\"password\" autocomplete=\"current-password\" \
         maxlength=\"1024\" required{described}>\
         <label for=\"code\">{totp}</label>\
         <input id=\"code\" name=\"code\" inputmode=\"numeric\" autocomplete=\"one-time-code\" \
         pattern=\"[0-9 ]{{6,9}}\" maxlength=\"9\" required{described}>\
         <button type=\"submit\">{submit}</button></form>",
        title = texts.title,
        device_text = texts.device,
        device = escaped(form.device),
        sealed = escaped(form.sealed),
        name = texts.name,
        password = texts.password,
        totp = texts.totp,
        submit = texts.submit,
    );
    respond(language, &body, trouble, &format!("'self' {}", source(form.redirect)))
}

/// Renders what went wrong, where there is no way on.
pub(crate) fn render_trouble(language: Language, trouble: Trouble) -> Response {
    let texts = language.texts();
    let body = format!("<h1>{}</h1><p role=\"alert\">{}</p>", texts.title, trouble.text(texts));
    respond(language, &body, Some(trouble), "'none'")
}

/// The source of a policy that lets a form's answer redirect there. Browsers check that too.
fn source(redirect: &str) -> &str {
    let end = redirect.get(7..).and_then(|rest| rest.find('/')).map_or(redirect.len(), |at| at + 7);
    let origin = &redirect[..end];
    // A policy cannot name an IPv6 address; the redirect itself was checked to be one of this machine.
    if origin.contains('[') { "http:" } else { origin }
}

fn respond(language: Language, body: &str, trouble: Option<Trouble>, form_action: &str) -> Response {
    let texts = language.texts();
    let page = format!(
        "<!doctype html><html lang=\"{}\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width\"><title>{}</title><style>{STYLE}</style></head>\
         <body><main>{body}</main></body></html>",
        texts.code, texts.title
    );
    let style = BASE64.encode(&Sha256::digest(STYLE.as_bytes()));
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{style}'; form-action {form_action}; frame-ancestors 'none'; base-uri 'none'"
    );
    let status = trouble.map_or(StatusCode::OK, Trouble::status);
    let mut response = (status, page).into_response();
    let headers = response.headers_mut();
    for (name, value) in [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CONTENT_LANGUAGE, texts.code),
        (header::CONTENT_SECURITY_POLICY, policy.as_str()),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::VARY, "accept-language"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    ] {
        if let Ok(value) = HeaderValue::from_str(value) {
            headers.insert(name, value);
        }
    }
    if let Some(Trouble::Wait(seconds)) = trouble {
        headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}

/// Text inside an element or a quoted attribute.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            _ => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_language_wanted_most_is_chosen_and_english_otherwise() {
        let choose = |text: &'static str| Language::choose(Some(&HeaderValue::from_static(text)));
        assert_eq!(choose("sv-SE,sv;q=0.9,en;q=0.8"), Language::Swedish);
        assert_eq!(choose("en;q=0.3, sv;q=0.7"), Language::Swedish);
        assert_eq!(choose("fi, en;q=0.5"), Language::English);
        assert_eq!(choose("de, sv;q=0"), Language::English);
        assert_eq!(Language::choose(None), Language::English);
    }

    #[test]
    fn what_a_client_calls_its_device_cannot_become_markup() {
        assert_eq!(escaped("<b a='\"'>&"), "&lt;b a=&#39;&quot;&#39;&gt;&amp;");
    }

    #[test]
    fn a_form_may_lead_to_the_port_that_asked_and_no_other() {
        assert_eq!(source("http://127.0.0.1:49152/done"), "http://127.0.0.1:49152");
        assert_eq!(source("http://[::1]:49152/done"), "http:");
    }
}
