-- How far the log was signed: the newest checkpoint as the note it is, and the tree's right edge at that size
-- (perfect subtrees, widest first, 32 bytes each), so that the next one costs only the new leaves.
create table checkpoint (
    only  integer primary key check (only = 1),
    size  integer not null,
    nodes blob not null,
    note  text not null
) strict;

-- Checkpoints that contradict each other: what the workspace was frozen for, kept as evidence.
create table fork (
    id      integer primary key,
    found   text not null,
    -- The copy that was kept outside the cache.
    kept    text not null,
    noticed text not null,
    -- Log position of the event by which a person went on; null while the workspace is frozen.
    resumed integer
) strict;
