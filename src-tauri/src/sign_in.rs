//! A person's sign-in by the browser: opening it, waiting, giving up, and what is done with who comes back.
//!
//! The browser is the system's and is opened from here; the window learns the address and the companies, never a token.

use crate::{
    guard::{error_view, guarded},
    shell::Shell,
};
use attest_desk::{
    SignInUnderway, SignedIn, open_in_browser,
    view::{ErrorView, MembershipView, SignInView, StatusView, SyncView},
};
use std::{mem, sync::Arc};
use tokio::sync::Notify;

/// How far a sign-in has come.
#[derive(Debug, Default)]
pub(crate) enum Browsing {
    /// Nobody signs in.
    #[default]
    No,
    /// The browser is open.
    Begun(Box<SignInUnderway>),
    /// Somebody waits for the browser to come back; telling this ends it.
    Waiting(Arc<Notify>),
    /// Somebody has signed in and is in no workspace yet.
    Done(Box<SignedIn>),
}

impl Shell {
    /// Opens the browser: at the service that is named, or at the one of the open workspace.
    pub(crate) async fn begin_sign_in(
        &self,
        server: Option<String>,
        certificate: bool,
    ) -> Result<SignInView, ErrorView> {
        self.cancel_sign_in().await;
        let certificate = if certificate { self.known().certificate.clone() } else { None };
        let desk = self.desk().clone();
        let underway = guarded(async move || {
            let begun = match server {
                Some(server) => desk.begin_sign_in(server, certificate).await,
                None => desk.begin_sign_in_again(certificate).await,
            };
            begun.map_err(|error| error.view())
        })
        .await?;
        let address = underway.address().to_owned();
        let opened = open_in_browser(&address).is_ok();
        self.known().browsing = Browsing::Begun(Box::new(underway));
        Ok(SignInView { address, opened })
    }

    /// Waits for the person; answers the companies to choose from.
    pub(crate) async fn finish_sign_in(&self) -> Result<Vec<MembershipView>, ErrorView> {
        let stop = Arc::new(Notify::new());
        let begun = {
            let mut known = self.known();
            match mem::take(&mut known.browsing) {
                Browsing::Begun(underway) => {
                    known.browsing = Browsing::Waiting(stop.clone());
                    *underway
                }
                other => {
                    known.browsing = other;
                    return Err(stopped());
                }
            }
        };
        let told = stop.clone();
        let finished = guarded(async move || {
            tokio::select! {
                finished = begun.finish() => finished.map_err(|error| error.view()),
                () = told.notified() => Err(stopped()),
            }
        })
        .await;
        let own =
            |browsing: &Browsing| matches!(browsing, Browsing::Waiting(other) if Arc::ptr_eq(other, &stop));
        let signed_in = match finished {
            Ok(signed_in) => signed_in,
            Err(error) => {
                let mut known = self.known();
                if own(&known.browsing) {
                    known.browsing = Browsing::No;
                }
                return Err(error);
            }
        };
        let companies = signed_in.companies();
        let late = {
            let mut known = self.known();
            if own(&known.browsing) {
                known.browsing = Browsing::Done(Box::new(signed_in));
                None
            } else {
                Some(signed_in)
            }
        };
        match late {
            None => Ok(companies),
            // It was given up while it came back.
            Some(signed_in) => {
                signed_in.abandon().await;
                Err(stopped())
            }
        }
    }

    /// Gives up, however far it has come.
    pub(crate) async fn cancel_sign_in(&self) {
        let was = mem::take(&mut self.known().browsing);
        match was {
            Browsing::No | Browsing::Begun(_) => {}
            Browsing::Waiting(stop) => stop.notify_one(),
            Browsing::Done(signed_in) => signed_in.abandon().await,
        }
    }

    /// Makes a workspace of a company of who has signed in.
    pub(crate) async fn connect_signed_in(
        &self,
        company: Option<String>,
        passphrase: Option<String>,
    ) -> Result<StatusView, ErrorView> {
        let signed_in = self.take_signed_in()?;
        let desk = self.desk().clone();
        let (shell, connected) = (self.clone(), async move {
            guarded(async move || {
                let connected = desk.connect_signed_in(&signed_in, company.as_deref(), passphrase).await;
                let status = match connected {
                    Ok(()) => desk.status().await,
                    Err(error) => Err(error),
                };
                Ok((status.map_err(|error| error.view()), signed_in))
            })
            .await
        });
        self.change(async move {
            let (status, signed_in) = connected.await?;
            if status.is_err() {
                // Another company may be chosen, or another passphrase.
                shell.known().browsing = Browsing::Done(signed_in);
            }
            status
        })
        .await
        .inspect(|_| self.known().certificate = None)
    }

    /// Signs the member of the open workspace in again.
    pub(crate) async fn take_sign_in(&self) -> Result<SyncView, ErrorView> {
        let signed_in = self.take_signed_in()?;
        let desk = self.desk().clone();
        guarded(async move || {
            if let Err(error) = desk.take_sign_in(&signed_in).await {
                signed_in.abandon().await;
                return Err(error.view());
            }
            desk.sync_state().await.map_err(|error| error.view())
        })
        .await
    }

    fn take_signed_in(&self) -> Result<Box<SignedIn>, ErrorView> {
        let mut known = self.known();
        match mem::take(&mut known.browsing) {
            Browsing::Done(signed_in) => Ok(signed_in),
            other => {
                known.browsing = other;
                Err(stopped())
            }
        }
    }
}

fn stopped() -> ErrorView {
    error_view("sign_in.stopped", "The sign-in was given up.")
}
