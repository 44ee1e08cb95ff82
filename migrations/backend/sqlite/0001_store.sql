-- The backend's store, first version. Two dialects, the same tables: what differs is the name of the type for bytes.
-- Ids and instants (RFC 3339, UTC) are text, flags and counts BIGINT.

-- Facts about the installation: the fingerprint of its secret, so that no process signs with another.
create table installation (
    name  text primary key,
    value text not null
);

-- A company whose log is kept here.
create table tenant (
    id      text primary key,
    name    text not null,
    created text not null
);

-- Where its log stands. Appending and signing both compare and swap here, so that no two processes fork a log.
create table log_head (
    tenant text primary key references tenant (id),
    -- Events appended.
    size   bigint not null,
    -- Events that the newest checkpoint covers; never more than size.
    signed bigint not null,
    -- The tree's right edge at that size (perfect subtrees, widest first, 32 bytes each).
    nodes  blob not null,
    -- The newest checkpoint, a signed note.
    note   text not null,
    -- Why nothing is signed any more: stored bytes that do not hash to what was appended.
    damage text
);

-- The log. leaf holds the canonical bytes and is never rewritten.
create table event (
    tenant      text not null,
    seq         bigint not null,
    leaf        blob not null,
    hash        blob not null,
    -- Id of the event: the idempotency key of its command.
    id          text not null,
    -- SHA-256 of the command, so that a key is not used for two.
    fingerprint blob not null,
    primary key (tenant, seq)
);
create unique index event_id on event (tenant, id);

-- Members of events that may be withheld or erased. account narrows who may see them.
create table disclosure (
    tenant  text not null,
    seq     bigint not null,
    digest  text not null,
    text    text not null,
    account text,
    primary key (tenant, digest)
);
create index disclosure_seq on disclosure (tenant, seq);

-- Full entry bundles as they are served: zstd, never rewritten.
create table bundle (
    tenant text not null,
    idx    bigint not null,
    bytes  blob not null,
    primary key (tenant, idx)
);

-- Documents that were delivered; their bytes lie in the document store under their digest.
create table document (
    tenant    text not null,
    sha256    text not null,
    bytes     bigint not null,
    name      text not null,
    delivered text not null,
    -- Order of delivery.
    position  bigint not null,
    -- Position of the event that imported or refused it.
    imported  bigint,
    primary key (tenant, sha256)
);
create index document_position on document (tenant, position);

-- Which bank accounts a document speaks of, and a ledger document of which ledger accounts: who may read it.
create table document_account (
    tenant  text not null,
    sha256  text not null,
    -- Key of a bank account, or the number of a ledger account behind a colon.
    account text not null,
    primary key (tenant, sha256, account)
);

-- Bank accounts and their ledger accounts.
create table account (
    tenant         text not null,
    key            text not null,
    ledger_account text,
    primary key (tenant, key)
);

-- What the rules have to know of a line. Made from the documents by the same reader as on every replica.
create table line (
    tenant   text not null,
    id       text not null,
    -- 0 bank, 1 ledger.
    side     bigint not null,
    -- Key of the bank account, or number of the ledger account.
    account  text not null,
    currency text not null,
    amount   text not null,
    -- 0 booked, 1 pending, 2 information.
    status   bigint not null,
    match_id text,
    held     text,
    -- Position of the event that settled or held it.
    changed  bigint,
    primary key (tenant, id)
);
create index line_match on line (tenant, match_id);

-- Newest version of the objects that commands make and change.
create table object (
    tenant  text not null,
    id      text not null,
    version bigint not null,
    -- Position of its newest event.
    seq     bigint not null,
    primary key (tenant, id)
);

-- Who may do what in a tenant.
create table member (
    tenant  text not null references tenant (id),
    subject text not null,
    role    text not null,
    -- JSON of attest_domain::roles::Scope.
    scope   text not null,
    primary key (tenant, subject)
);
create index member_subject on member (subject);

-- People and programs.
create table subject (
    id      text primary key,
    -- user, system or bank.
    kind    text not null,
    name    text,
    created text not null,
    revoked text
);

-- Secrets of programs, as SHA-256: 256 random bits need no slow hash.
create table api_key (
    hash    blob primary key,
    subject text not null references subject (id),
    created text not null,
    revoked text
);
