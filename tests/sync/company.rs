//! A company with a backend of its own, and its people's desks.

use crate::office::{Office, PASSPHRASE, cheapen};
use attest_backend::{
    Config, Running,
    clock::{Clock, SystemClock},
    operate, serve,
};
use attest_desk::{Desk, sync::ConnectRequest};
use attest_domain::roles::{Role, Scope};
use std::sync::Arc;
use uuid::Uuid;

pub(crate) struct Company {
    pub(crate) running: Running,
    pub(crate) tenant: Uuid,
    pub(crate) folder: tempfile::TempDir,
}

impl Company {
    pub(crate) async fn new() -> Self {
        Self::with(|_, _| ()).await
    }

    /// A company whose backend is configured differently, once the company exists.
    pub(crate) async fn with(change: impl FnOnce(&mut Config, Uuid)) -> Self {
        Self::at(Arc::new(SystemClock), change).await
    }

    /// The same, whose backend lives by another clock.
    pub(crate) async fn at(clock: Arc<dyn Clock>, change: impl FnOnce(&mut Config, Uuid)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut config = Config {
            listen: ([127, 0, 0, 1], 0).into(),
            data: folder.path().join("backend"),
            ..Config::default()
        };
        let backend = serve::open(config.clone(), clock.clone()).await.unwrap();
        let tenant = operate::create_tenant(&backend, "Norrsken Handel AB").await.unwrap();
        serve::close(&backend).await;
        change(&mut config, tenant);
        let running = attest_backend::start(config, clock).await.unwrap();
        Self { running, tenant, folder }
    }

    /// What somebody of this role connects with.
    pub(crate) async fn invite(&self, name: &str, role: Role, scope: &Scope) -> ConnectRequest {
        let (_, key) =
            operate::add_program(self.running.backend(), self.tenant, name, role, scope).await.unwrap();
        ConnectRequest {
            server: self.server(),
            certificate: Some(self.certificate()),
            key: key.into(),
            tenant: None,
            passphrase: Some(PASSPHRASE.to_owned()),
        }
    }

    pub(crate) fn server(&self) -> String {
        format!("https://localhost:{}", self.running.address.port())
    }

    pub(crate) fn certificate(&self) -> String {
        std::fs::read_to_string(self.running.certificate.as_ref().unwrap()).unwrap()
    }

    /// The connected desk of a new controller.
    pub(crate) async fn desk(&self, name: &str) -> Office {
        self.desk_of(name, Role::Controller).await
    }

    pub(crate) async fn desk_of(&self, name: &str, role: Role) -> Office {
        let request = self.invite(name, role, &Scope::default()).await;
        let folder = tempfile::tempdir().unwrap();
        let desk = Desk::new(folder.path().join("workspace"), folder.path().join("exports"));
        desk.connect(request).await.unwrap();
        cheapen(&desk);
        Office { desk, folder }
    }
}
