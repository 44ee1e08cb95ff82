//! A company's log in the hands of a server that may lie about it: its events, documents and disclosures, and a key
//! that signs whatever is asked for.

use crate::{
    desks::Seat,
    malice::Reply,
    papers::papers,
    world::{World, template},
};
use attest_desk::{
    sync::Network as _,
    view::{DecisionRequest, LineRef, SideView},
};
use attest_domain::Digest;
use attest_evidence::{
    bundle::{self, Place},
    checkpoint::Checkpoint,
    leaf,
    note::NoteSigner,
    tree::Frontier,
};
use attest_remote::{Credentials, Remote, Trust};
use attest_wire::{
    Answer, Batch, BatchAnswer, Outcome,
    tenant::{Disclosed, Disclosures, Me, TenantView},
};
use http::Method;
use std::{collections::BTreeMap, sync::OnceLock};
use uuid::Uuid;

/// Events that a victim has replicated before anybody lies to it.
pub(crate) const KNOWN: usize = 9;

/// Everything an honest server would have.
pub(crate) struct Book {
    pub(crate) tenant: Uuid,
    pub(crate) leaves: Vec<Vec<u8>>,
    disclosures: Vec<Disclosed>,
    documents: BTreeMap<String, Vec<u8>>,
}

/// The one book of this process.
pub(crate) fn book() -> &'static Book {
    static MADE: OnceLock<Book> = OnceLock::new();
    MADE.get_or_init(|| {
        let template = template();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let world = World::new(template, 0).await;
            let book = Book::write(&world).await;
            attest_backend::serve::close(&world.backend()).await;
            book
        })
    })
}

impl Book {
    /// What a controller did on an honest day.
    async fn write(world: &World) -> Self {
        let mut seat = Seat::open(world, 0, 0).await;
        let papers = papers();
        for at in [0, 4, 3, 5] {
            assert_eq!(seat.import(papers[at].0, &papers[at].1).await, "new");
        }
        let lines = seat.lines().await;
        let id = |amount: &str| {
            let cell = lines.iter().filter_map(|line| line.bank.as_ref()).find(|cell| cell.amount == amount);
            LineRef { side: SideView::Bank, id: cell.unwrap().id.clone() }
        };
        for request in [
            DecisionRequest::Comment { line: id("20.00"), text: "Ask the customer".to_owned() },
            DecisionRequest::Hold { lines: vec![id("30.00")], until: "2026-04-01".to_owned(), note: None },
            DecisionRequest::WriteOff { lines: vec![id("5.00")], reason: "fee".to_owned(), note: None },
        ] {
            assert_eq!(seat.decide(request).await, "1 events");
        }
        assert_eq!(seat.sync().await, "ok");
        let transport = world.wires.wire(0).reach("", &Trust::System).unwrap();
        let remote = Remote::new(transport, Credentials::Key(world.keys[0].clone().into()));
        let size = seat.desk.status().await.unwrap().log_size;
        let place = Place::of(0, size).unwrap();
        let bytes = remote.bundle(world.tenant, place).await.unwrap();
        let leaves: Vec<Vec<u8>> =
            bundle::decode(&bytes, place.width).unwrap().into_iter().map(<[u8]>::to_vec).collect();
        let disclosures = remote.disclosures(world.tenant, 0, size).await.unwrap().disclosures;
        let mut documents = BTreeMap::new();
        for leaf in &leaves {
            for evidence in leaf::decode(leaf).unwrap().evidence.iter().filter(|one| one.kind == "document") {
                let bytes = remote.document(world.tenant, &evidence.sha256).await.unwrap();
                documents.insert(evidence.sha256.to_string(), bytes);
            }
        }
        seat.desk.lock("asked").await.unwrap();
        assert_eq!((leaves.len(), documents.len()), (KNOWN + 4, 4));
        assert!(disclosures.len() > 4, "{}", disclosures.len());
        Self { tenant: world.tenant, leaves, disclosures, documents }
    }

    pub(crate) fn origin(&self) -> String {
        format!("log.example/t/{}", self.tenant)
    }

    pub(crate) fn signer(&self) -> NoteSigner {
        NoteSigner::from_seed(&self.origin(), &[7; 32]).unwrap()
    }

    /// A signed checkpoint over any leaves.
    pub(crate) fn note(&self, leaves: &[Vec<u8>]) -> Vec<u8> {
        let (size, root) = tree(leaves);
        let checkpoint = Checkpoint { origin: self.origin(), size, root };
        checkpoint.sign(&self.signer()).unwrap().to_string().into_bytes()
    }

    /// What an honest server answers while its log is that long.
    pub(crate) fn answer(&self, method: &Method, path: &str, body: &[u8], size: usize) -> Reply {
        self.answer_of(&self.leaves[..size], method, path, body)
    }

    /// What a server answers that would pass these off as the log.
    pub(crate) fn answer_of(&self, leaves: &[Vec<u8>], method: &Method, path: &str, body: &[u8]) -> Reply {
        let json = |value: Vec<u8>| Reply::ok(value);
        if path == "/v1/me" {
            return json(serde_json::to_vec(&self.me()).unwrap());
        }
        let path = path.strip_prefix(&format!("/v1/tenants/{}/", self.tenant)).unwrap();
        if path == "log/checkpoint" {
            return Reply::ok(self.note(leaves));
        }
        if let Some(place) = path.strip_prefix("log/").and_then(Place::parse) {
            assert_eq!(place.index, 0, "this log has one bundle");
            let Some(some) = leaves.get(..usize::from(place.width)) else { return Reply::status(404) };
            return Reply::ok(bundle::encode(some.iter().map(Vec::as_slice)).unwrap());
        }
        if let Some(range) = path.strip_prefix("log/disclosures?from=") {
            let (from, to) = range.split_once("&to=").unwrap();
            let (from, to): (u64, u64) = (from.parse().unwrap(), to.parse().unwrap());
            let within = |one: &&Disclosed| (from..to).contains(&one.seq);
            let disclosures = self.disclosures.iter().filter(within).cloned().collect();
            return json(serde_json::to_vec(&Disclosures { disclosures, next: to }).unwrap());
        }
        if let Some(sha256) = path.strip_prefix("documents/") {
            return self.documents.get(sha256).cloned().map_or(Reply::status(404), Reply::ok);
        }
        assert_eq!((method, path), (&Method::POST, "commands"));
        let batch: Batch = serde_json::from_slice(body).unwrap();
        let refuse = |key| {
            let (code, message) = ("denied.role".to_owned(), "Not yours to decide.".to_owned());
            Answer { key, outcome: Outcome::Refused { code, message, because: None } }
        };
        let answers = batch.commands.iter().map(|one| refuse(one.key)).collect();
        json(serde_json::to_vec(&BatchAnswer { answers }).unwrap())
    }

    fn me(&self) -> Me {
        let tenant = TenantView {
            id: self.tenant,
            name: "Norrsken Handel AB".to_owned(),
            role: attest_domain::roles::Role::Controller,
            origin: self.origin(),
            verifier_key: self.signer().verifier_key().to_string(),
            region: "eu-se".to_owned(),
        };
        Me {
            subject: "victim".to_owned(),
            name: None,
            auth: "key".to_owned(),
            assurance: "secret".to_owned(),
            tenants: vec![tenant],
        }
    }
}

/// Size and root of a log of these leaves.
pub(crate) fn tree(leaves: &[Vec<u8>]) -> (u64, Digest) {
    let mut frontier = Frontier::default();
    frontier.append(leaves.iter().map(|bytes| leaf::hash(bytes))).unwrap();
    (frontier.size(), frontier.root())
}
