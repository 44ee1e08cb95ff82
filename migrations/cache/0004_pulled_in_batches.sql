-- A stretch of the log whose root is the signed one and whose events are applied batch by batch. The row checkpoint
-- stays at the end of the stretch before until the last batch is in; what stands behind `applied` in event was decided
-- here.
create table pull (
    only    integer primary key check (only = 1),
    -- Where the stretch ends, and the signed note that says so.
    size    integer not null,
    note    text not null,
    -- Events that are applied, and the tree's right edge at that size (see checkpoint).
    applied integer not null,
    nodes   blob not null
) strict;

-- Documents of verified imports that the member could not have so far, to be asked for again.
create table withheld (
    sha256    blob primary key,
    -- Position of the import.
    event_seq integer not null,
    -- Times it was asked for, and the second (since 1970) from which it is asked for again.
    tries     integer not null,
    due       integer not null
) strict;
-- Those that were passed over for ever before.
insert into withheld (sha256, event_seq, tries, due)
    select unhex(e.object_id), min(e.seq), 0, 0 from event e
    where e.action = 'document.import' and unhex(e.object_id) is not null
      and not exists (select 1 from document d where d.sha256 = unhex(e.object_id))
    group by 1;

-- From which position on the disclosures of the log have to be asked for again, because the member could not have
-- them or may have more of them now.
create table withheld_disclosures (
    only  integer primary key check (only = 1),
    start integer not null,
    tries integer not null,
    due   integer not null
) strict;
