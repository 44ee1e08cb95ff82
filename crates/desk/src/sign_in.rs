//! Signing a person in by the browser, going on with that sign-in while the workspace is open, and ending it.
//!
//! Invariants: refresh token and key lie in the encrypted database, each change of theirs is durable before it is used
//! (ADR 0024); an access token is never kept; who is signed out loses nothing but the connection.

use crate::{
    Desk, Session,
    connection::{Connection, reach},
    error::DeskError,
    journal::instant,
    view::{MembershipView, SignedInView, SignedInWith},
};
use attest_cache::{Cache, log::WriteTx};
use attest_remote::{
    BrowserSignIn, Change, Credentials, DeviceKey, Grant, Keep, Remote, RemoteError, SignIn,
};
use attest_wire::tenant::Me;
use data_encoding::BASE64URL_NOPAD;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::{fmt, sync::Arc, time::Duration};
use tokio::time::timeout;
use zeroize::Zeroizing;

const KEY: &str = "sign_in";
/// How long locking waits for a refresh that is under way.
const SETTLE: Duration = Duration::from_secs(2);
/// How long signing out waits for the service.
const REVOKE: Duration = Duration::from_secs(10);

/// A sign-in as it lies in the database.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Stored {
    /// The device's key, base64url.
    key: Zeroizing<String>,
    refresh: Zeroizing<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    until: Option<Timestamp>,
}

impl Stored {
    fn of(grant: &Grant) -> Self {
        let key = Zeroizing::new(BASE64URL_NOPAD.encode(&grant.key.to_bytes()));
        Self { key, refresh: grant.refresh.clone(), until: grant.until }
    }

    fn grant(self) -> Result<Grant, DeskError> {
        let bytes = BASE64URL_NOPAD.decode(self.key.as_bytes()).map(Zeroizing::new).ok();
        let key = bytes.and_then(|bytes| DeviceKey::from_bytes(&bytes));
        let key = key.ok_or_else(|| DeskError::Bug("the key of the sign-in does not read".to_owned()))?;
        Ok(Grant { key, refresh: self.refresh, until: self.until, access: None })
    }

    pub(crate) async fn find(cache: &Cache) -> Result<Option<Self>, DeskError> {
        let Some(json) = cache.find_meta(KEY).await?.map(Zeroizing::new) else { return Ok(None) };
        if json.is_empty() {
            return Ok(None);
        }
        let stored = serde_json::from_str(&json);
        stored.map(Some).map_err(|error| DeskError::Bug(format!("the sign-in: {error}")))
    }

    /// Puts a sign-in in the place of the one before, or none.
    async fn put(stored: Option<&Self>, tx: &mut WriteTx) -> Result<(), DeskError> {
        let json = stored.map(serde_json::to_string).transpose();
        let json =
            Zeroizing::new(json.map_err(|error| DeskError::Bug(error.to_string()))?.unwrap_or_default());
        Ok(tx.put_meta(KEY, &json).await?)
    }
}

/// Puts a new sign-in beside a connection, in its transaction.
pub(crate) async fn put(tx: &mut WriteTx, grant: Option<&Grant>) -> Result<(), DeskError> {
    Stored::put(grant.map(Stored::of).as_ref(), tx).await
}

/// Keeps what becomes of the sign-in of an open workspace.
fn keep_in(cache: Cache, stored: Stored) -> Keep {
    Box::new(move |change| {
        let (cache, stored) = (cache.clone(), stored.clone());
        Box::pin(async move { note(&cache, stored, change).await.map_err(|error| error.to_string()) })
    })
}

async fn note(cache: &Cache, stored: Stored, change: Change) -> Result<(), DeskError> {
    // Nobody else writes between looking and writing.
    let mut tx = cache.begin().await?;
    // Somebody may have signed in anew or out meanwhile.
    if Stored::find(cache).await?.is_some_and(|current| current.key == stored.key) {
        let next = match change {
            Change::Ended => None,
            Change::Renewed { refresh, until } => Some(Stored { refresh, until, ..stored }),
        };
        Stored::put(next.as_ref(), &mut tx).await?;
    }
    Ok(tx.commit().await?)
}

impl Session {
    /// What requests are made with.
    ///
    /// # Errors
    /// [`RemoteError::SignedOut`] where nobody is signed in.
    pub(crate) async fn credentials(&self, connection: &Connection) -> Result<Credentials, DeskError> {
        if !connection.key.is_empty() {
            return Ok(Credentials::of_program(&connection.key));
        }
        let mut known = self.sign_in.lock().await;
        if known.is_none() {
            let stored = Stored::find(&self.cache).await?.ok_or(RemoteError::SignedOut)?;
            let keep = keep_in(self.cache.clone(), stored.clone());
            *known = Some(Arc::new(SignIn::new(&connection.server, stored.grant()?, keep)?));
        }
        Ok(Credentials::SignIn(known.clone().expect("it was there or was made")))
    }

    /// Lets a refresh that is under way be kept before the database is closed.
    pub(crate) async fn settle_sign_in(&self) {
        let known = self.sign_in.lock().await.take();
        if let Some(sign_in) = known {
            // Longer than this nobody waits for a lock: the token is shown again at the next start.
            let _ = timeout(SETTLE, sign_in.grant()).await;
        }
    }

    /// How one is signed in; nothing where one is not.
    pub(crate) async fn signed_in(&self, connection: &Connection) -> Result<Option<SignedInView>, DeskError> {
        if !connection.key.is_empty() {
            return Ok(Some(SignedInView { with: SignedInWith::Key, until: None }));
        }
        let stored = Stored::find(&self.cache).await?;
        Ok(stored
            .map(|stored| SignedInView { with: SignedInWith::Browser, until: stored.until.map(instant) }))
    }
}

/// A sign-in that waits for its person in the browser. Dropping it ends it.
#[derive(Debug)]
pub struct SignInUnderway {
    browser: BrowserSignIn,
    place: Place,
}

/// Where somebody signs in.
#[derive(Clone)]
pub(crate) struct Place {
    pub(crate) server: String,
    pub(crate) certificate: Option<String>,
    network: Arc<dyn super::sync::Network>,
}

impl fmt::Debug for Place {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Place").field("server", &self.server).finish_non_exhaustive()
    }
}

/// A person who has signed in and is not in a workspace yet.
#[derive(Debug)]
pub struct SignedIn {
    pub(crate) place: Place,
    pub(crate) grant: Grant,
    pub(crate) me: Me,
}

impl SignInUnderway {
    /// What the browser has to open.
    #[must_use]
    pub fn address(&self) -> &str {
        self.browser.address()
    }

    /// Waits for the person, up to five minutes.
    ///
    /// # Errors
    /// [`DeskError::Remote`].
    pub async fn finish(self) -> Result<SignedIn, DeskError> {
        let Self { browser, place } = self;
        let grant = browser.finish().await?;
        let sign_in = SignIn::new(&place.server, grant, Box::new(|_| Box::pin(async { Ok(()) })))?;
        let transport = reach(place.network.as_ref(), &place.server, place.certificate.as_deref())?;
        let sign_in = Arc::new(sign_in);
        let me = Remote::new(transport, Credentials::SignIn(sign_in.clone())).me().await;
        let signed_in = |me| async { SignedIn { place, grant: sign_in.grant().await, me } };
        Ok(signed_in(me?).await)
    }
}

impl SignedIn {
    /// The companies this person is a member of.
    #[must_use]
    pub fn companies(&self) -> Vec<MembershipView> {
        self.me.tenants.iter().map(MembershipView::of).collect()
    }

    /// Ends a sign-in that is not used after all.
    pub async fn abandon(self) {
        let Place { server, certificate, network } = self.place;
        if let Ok(transport) = reach(network.as_ref(), &server, certificate.as_deref()) {
            revoke(&server, self.grant, transport.as_ref()).await;
        }
    }
}

/// Tells the service that a sign-in is over; whether it could be told.
async fn revoke(server: &str, grant: Grant, transport: &dyn attest_remote::Transport) -> bool {
    let Ok(sign_in) = SignIn::new(server, grant, Box::new(|_| Box::pin(async { Ok(()) }))) else {
        return false;
    };
    matches!(timeout(REVOKE, sign_in.revoke(transport)).await, Ok(Ok(())))
}

impl Desk {
    /// Begins to sign a person in at a service. Open [`SignInUnderway::address`] in the browser, then wait for
    /// [`SignInUnderway::finish`].
    ///
    /// # Errors
    /// [`DeskError::Remote`].
    pub async fn begin_sign_in(
        &self,
        server: String,
        certificate: Option<String>,
    ) -> Result<SignInUnderway, DeskError> {
        let network = self.shared.network.clone();
        let transport = reach(network.as_ref(), &server, certificate.as_deref())?;
        let browser = BrowserSignIn::begin(transport, &server, &device_name()).await?;
        Ok(SignInUnderway { browser, place: Place { server, certificate, network } })
    }

    /// The same at the service of the open workspace, with its certificate or a new one.
    ///
    /// # Errors
    /// [`DeskError::NotConnected`], [`DeskError::Remote`].
    pub async fn begin_sign_in_again(
        &self,
        certificate: Option<String>,
    ) -> Result<SignInUnderway, DeskError> {
        let connection = Connection::require(&self.session().await?.cache).await?;
        self.begin_sign_in(connection.server, certificate.or(connection.certificate)).await
    }

    /// Makes a workspace of one of the companies of who has signed in, and opens it. Nothing is pulled yet. `company`
    /// is its id or name; it may be left out where there is one.
    ///
    /// # Errors
    /// [`DeskError::ChooseCompany`], [`DeskError::WorkspaceExists`].
    pub async fn connect_signed_in(
        &self,
        signed_in: &SignedIn,
        company: Option<&str>,
        passphrase: Option<String>,
    ) -> Result<(), DeskError> {
        let SignedIn { place, grant, me } = signed_in;
        let connection = Connection::new(&place.server, place.certificate.clone(), me, company)?;
        self.create_connected(connection, Some(grant), passphrase).await
    }

    /// Signs in again: takes a sign-in of the member of the open workspace.
    ///
    /// # Errors
    /// [`DeskError::NotConnected`], [`DeskError::OtherMember`] for somebody else's.
    pub async fn take_sign_in(&self, signed_in: &SignedIn) -> Result<(), DeskError> {
        let session = self.session().await?;
        let SignedIn { place, grant, me } = signed_in;
        let renewed = Connection::require(&session.cache).await?.renewed(me)?;
        let renewed = Connection { certificate: place.certificate.clone(), ..renewed };
        self.renew(&session, renewed, Some(grant)).await
    }

    /// Puts new credentials in the place of the old ones.
    pub(crate) async fn renew(
        &self,
        session: &Session,
        connection: Connection,
        grant: Option<&Grant>,
    ) -> Result<(), DeskError> {
        let mut known = session.sign_in.lock().await;
        let mut tx = session.cache.begin().await?;
        connection.put(&mut tx).await?;
        put(&mut tx, grant).await?;
        tx.commit().await?;
        *known = None;
        drop(known);
        session.progress.signed_in();
        Ok(())
    }

    /// Ends the sign-in here and at the service, and forgets the credentials. What waits stays, and is sent after
    /// signing in again. Answers whether nothing is left at the service: where it cannot be reached, the sign-in there
    /// ends by itself. A key stays valid; its administrator ends it.
    ///
    /// # Errors
    /// [`DeskError::NotConnected`].
    pub async fn sign_out(&self) -> Result<bool, DeskError> {
        let session = self.session().await?;
        let connection = Connection::require(&session.cache).await?;
        let transport = connection.reach(self.shared.network.as_ref())?;
        let told = match (connection.key.is_empty(), self.held(&session).await?) {
            (true, Some(grant)) => revoke(&connection.server, grant, transport.as_ref()).await,
            _ => true,
        };
        let connection = Connection { key: Zeroizing::default(), ..connection };
        self.renew(&session, connection, None).await?;
        Ok(told)
    }

    /// The sign-in of the open workspace as it is now.
    async fn held(&self, session: &Session) -> Result<Option<Grant>, DeskError> {
        let known = session.sign_in.lock().await.clone();
        match known {
            Some(sign_in) => Ok(Some(sign_in.grant().await)),
            None => Stored::find(&session.cache).await?.map(Stored::grant).transpose(),
        }
    }
}

/// What this machine is called in the list of sign-ins.
fn device_name() -> String {
    gethostname::gethostname().to_string_lossy().into_owned()
}
