-- A connected workspace replicates the backend's log. Its checkpoint row says how far events were verified; what
-- stands behind that in event was decided here and is provisional until the backend's log says it too.

-- Id of the event, by which a provisional one is known again; null for events that an earlier version wrote.
alter table event add column uid text;
create unique index event_uid on event (uid) where uid is not null;

-- What was decided here and the backend has not taken yet, or has refused.
create table outbox (
    id         integer primary key,
    -- Idempotency key of the command and id of its event.
    key        text not null unique,
    -- The command as it is sent, JSON of attest_wire::Submission.
    submission text not null,
    -- The document that has to be delivered before it.
    sha256     blob,
    -- waiting, accepted (its event has not been pulled yet), refused.
    state      text not null,
    -- Position that the backend gave its event.
    seq        integer,
    -- Why it was refused, in the backend's words, and the event that stands in the way.
    code       text,
    message    text,
    because    integer,
    made       text not null
) strict;

-- Entry bundles that were fetched and whose events are not applied yet, zstd.
create table staged_bundle (
    idx   integer primary key,
    width integer not null,
    bytes blob not null
) strict;

-- Documents that were fetched for events that are not applied yet, in zstd-compressed pieces.
create table staged_chunk (
    sha256   blob not null,
    position integer not null,
    length   integer not null,
    data     blob not null,
    primary key (sha256, position)
) strict;
