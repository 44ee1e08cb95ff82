//! Where the browser comes back to after signing in: a port of this machine, for as long as one sign-in takes
//! (RFC 8252 §7.3).
//!
//! Whatever else comes to the port (a browser's guess, another page's try) is turned away and changes nothing: only
//! who knows the state is heard, once.

use crate::{error::RemoteError, https::query};
use std::{net::Ipv4Addr, time::Duration};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    task::JoinSet,
    time::{sleep, timeout},
};

const PATH: &str = "/signed-in";
/// Longest head of a request.
const HEAD_BYTES_MAX: usize = 16 * 1024;
/// How long a connection may take to say what it wants.
const HEAD: Duration = Duration::from_secs(10);
/// Connections that may say so at the same time.
const CONNECTIONS_MAX: usize = 16;

/// A port that is listened on.
#[derive(Debug)]
pub(crate) struct Loopback {
    listener: TcpListener,
    port: u16,
}

/// Somebody who knew the state.
#[derive(Debug)]
pub(crate) struct Visitor {
    stream: TcpStream,
    swedish: bool,
    parameters: Vec<(String, String)>,
}

impl Loopback {
    /// Listens on a port that the system chooses.
    pub(crate) async fn listen() -> Result<Self, RemoteError> {
        let port = |error: std::io::Error| RemoteError::Port(error.to_string());
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.map_err(port)?;
        let port = listener.local_addr().map_err(port)?.port();
        Ok(Self { listener, port })
    }

    /// What the browser is sent to.
    pub(crate) fn redirect(&self) -> String {
        format!("http://127.0.0.1:{}{PATH}", self.port)
    }

    /// Waits for who knows the state.
    pub(crate) async fn receive(&self, state: &str) -> Visitor {
        let mut connections: JoinSet<Option<Visitor>> = JoinSet::new();
        loop {
            tokio::select! {
                accepted = self.listener.accept() => match accepted {
                    Ok((stream, _)) if connections.len() < CONNECTIONS_MAX => {
                        let (state, port) = (state.to_owned(), self.port);
                        connections.spawn(async move {
                            timeout(HEAD, visit(stream, &state, port)).await.ok().flatten()
                        });
                    }
                    Ok(_) => {}
                    // Too many open files, perhaps: it passes.
                    Err(_) => sleep(Duration::from_millis(100)).await,
                },
                Some(visited) = connections.join_next() => {
                    if let Ok(Some(visitor)) = visited {
                        return visitor;
                    }
                }
            }
        }
    }
}

/// Hears one connection; nobody where it does not know the state.
async fn visit(mut stream: TcpStream, state: &str, port: u16) -> Option<Visitor> {
    let head = read_head(&mut stream).await?;
    let mut lines = head.split("\r\n");
    let mut request = lines.next()?.split(' ');
    let (method, target) = (request.next()?, request.next()?);
    let header = |wanted: &str| {
        let mut named = head.split("\r\n").skip(1).filter_map(|line| line.split_once(':'));
        named.find(|(name, _)| name.eq_ignore_ascii_case(wanted)).map(|(_, value)| value.trim())
    };
    let swedish = prefers_swedish(header("accept-language").unwrap_or_default());
    let (path, _) = target.split_once('?').unwrap_or((target, ""));
    let known_host = header("host") == Some(format!("127.0.0.1:{port}").as_str());
    if method != "GET" || path != PATH || !known_host {
        respond(&mut stream, "404 Not Found", swedish, false).await;
        return None;
    }
    let parameters = query(target)?;
    let mut states = parameters.iter().filter(|(name, _)| name == "state");
    if !matches!((states.next(), states.next()), (Some((_, said)), None) if said == state) {
        respond(&mut stream, "400 Bad Request", swedish, false).await;
        return None;
    }
    Some(Visitor { stream, swedish, parameters })
}

async fn read_head(stream: &mut TcpStream) -> Option<String> {
    let mut head = Vec::new();
    let mut piece = [0; 2_048];
    loop {
        let read = stream.read(&mut piece).await.ok().filter(|read| *read > 0)?;
        head.extend_from_slice(&piece[..read]);
        if let Some(end) = head.windows(4).position(|four| four == b"\r\n\r\n") {
            head.truncate(end);
            return String::from_utf8(head).ok();
        }
        if head.len() > HEAD_BYTES_MAX {
            return None;
        }
    }
}

impl Visitor {
    /// The value of a parameter that is said once.
    pub(crate) fn parameter(&self, name: &str) -> Option<&str> {
        let mut values = self.parameters.iter().filter(|(said, _)| said == name).map(|(_, value)| value);
        match (values.next(), values.next()) {
            (Some(value), None) => Some(value),
            _ => None,
        }
    }

    /// Tells the person in the browser how it ended.
    pub(crate) async fn tell(mut self, good: bool) {
        respond(&mut self.stream, "200 OK", self.swedish, good).await;
    }
}

/// Whether Swedish is named before English; browsers name what is wanted most first.
fn prefers_swedish(accepted: &str) -> bool {
    let languages = accepted.split(',').filter_map(|item| item.trim().get(..2));
    let mut known = languages.filter(|language| ["en", "sv"].contains(language));
    known.next() == Some("sv")
}

const STYLE: &str = "body{font:1rem/1.5 system-ui,sans-serif;max-width:24rem;margin:4rem auto;padding:0 1rem}h1{font-size:1.25rem}";

async fn respond(stream: &mut TcpStream, status: &str, swedish: bool, good: bool) {
    let (language, title, text) = match (swedish, good) {
        (false, true) => ("en", "Signed in", "You are signed in to Attest. You can close this page."),
        (false, false) => {
            ("en", "Not signed in", "Attest did not take this sign-in. Go back to Attest, which says why.")
        }
        (true, true) => ("sv", "Inloggad", "Du är inloggad i Attest. Du kan stänga den här sidan."),
        (true, false) => (
            "sv",
            "Inte inloggad",
            "Attest tog inte emot inloggningen. Gå tillbaka till Attest, som säger varför.",
        ),
    };
    let page = format!(
        "<!doctype html><html lang=\"{language}\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width\"><meta name=\"color-scheme\" content=\"light dark\">\
         <title>{title}</title><style>{STYLE}</style></head>\
         <body><main><h1>{title}</h1><p>{text}</p></main></body></html>"
    );
    let answer = format!(
        "HTTP/1.1 {status}\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: {}\r\n\
         Cache-Control: no-store\r\nReferrer-Policy: no-referrer\r\nX-Content-Type-Options: nosniff\r\n\
         Content-Security-Policy: default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'\r\n\
         Connection: close\r\n\r\n{page}",
        page.len()
    );
    // Whether the page arrived changes nothing.
    let _ = timeout(HEAD, async {
        stream.write_all(answer.as_bytes()).await?;
        stream.shutdown().await
    })
    .await;
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn ask(port: u16, target: &str, host: &str) -> String {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await.unwrap();
        let request =
            format!("GET {target} HTTP/1.1\r\nHost: {host}\r\nAccept-Language: sv-SE,en;q=0.5\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        answer
    }

    #[tokio::test]
    async fn only_who_knows_the_state_is_heard_and_everybody_is_answered() {
        let loopback = Loopback::listen().await.unwrap();
        let port = loopback.port;
        assert_eq!(loopback.redirect(), format!("http://127.0.0.1:{port}/signed-in"));
        let own = format!("127.0.0.1:{port}");
        let asking = tokio::spawn(async move {
            // A connection that says nothing holds nobody up.
            let _silent = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await.unwrap();
            for (target, host, status) in [
                ("/favicon.ico", own.as_str(), "404"),
                ("/signed-in?code=c&state=s", "evil.example", "404"),
                ("/signed-in?code=c", &own, "400"),
                ("/signed-in?code=c&state=other", &own, "400"),
                ("/signed-in?code=c&state=s&state=s", &own, "400"),
            ] {
                let answer = ask(port, target, host).await;
                assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{target}: {answer}");
                assert!(answer.contains("Inte inloggad"), "{answer}");
            }
            ask(port, "/signed-in?code=a%20c&state=s&iss=https%3A%2F%2Flog.example&x=1&x=2", &own).await
        });
        let visitor = loopback.receive("s").await;
        assert_eq!(visitor.parameter("code"), Some("a c"));
        assert_eq!(visitor.parameter("iss"), Some("https://log.example"));
        assert_eq!((visitor.parameter("x"), visitor.parameter("y")), (None, None));
        visitor.tell(true).await;
        let page = asking.await.unwrap();
        assert!(page.starts_with("HTTP/1.1 200 OK") && page.contains("<html lang=\"sv\">"), "{page}");
        assert!(page.contains("Du kan stänga den här sidan."), "{page}");
    }

    #[test]
    fn the_page_speaks_the_language_that_is_named_first() {
        assert!(prefers_swedish("sv"));
        assert!(prefers_swedish("fi, sv;q=0.8, en;q=0.5"));
        assert!(!prefers_swedish("en-GB,sv;q=0.9"));
        assert!(!prefers_swedish(""));
    }
}
