-- The encrypted local cache, first version. Older programs may not open a newer file (see attest-cache::open).
-- Days are integers counted from 1970-01-01. Amounts are two integers: unscaled digits and number of decimals.
-- Everything but meta, event, disclosure, document and document_chunk is derived: it can be dropped and made
-- again from the documents and the log.

-- Facts about the workspace itself: its tenant, when it was made.
create table meta (
    key   text primary key,
    value text not null
) strict, without rowid;

-- The log. leaf holds the canonical bytes and is never rewritten; the other columns repeat what is in them.
create table event (
    seq       integer primary key,
    leaf      blob not null,
    hash      blob not null,
    action    text not null,
    object_id text not null,
    actor     text not null,
    at        text not null,
    trace     text,
    -- For an undo or redo: the position of the first event it takes back or does again.
    reverts   integer
) strict;
create index event_object on event (object_id);

-- Which events speak of a line, for its history.
create table event_line (
    line text not null,
    seq  integer not null references event (seq),
    primary key (line, seq)
) strict, without rowid;

-- Members of events that may be withheld or erased, by their digest in the leaf.
create table disclosure (
    digest    text primary key,
    event_seq integer not null references event (seq),
    text      text not null
) strict, without rowid;

-- Documents as they were received. A refused one has no chunks: its event and this row are its only trace.
create table document (
    id           integer primary key,
    sha256       blob not null unique,
    name         text not null,
    format       text not null,
    bytes        integer not null,
    refused      integer not null,
    imported_at  text not null,
    event_seq    integer not null,
    statements   integer not null,
    entries      integer not null,
    transactions integer not null,
    vouchers     integer not null,
    ledger_lines integer not null,
    errors       integer not null,
    warnings     integer not null,
    infos        integer not null,
    -- The CSV mapping it was read with, as TOML.
    mapping      text
) strict;

-- The bytes of a document in zstd-compressed pieces, so that a source panel reads only what it shows.
create table document_chunk (
    document_id integer not null references document (id),
    position    integer not null,
    length      integer not null,
    data        blob not null,
    primary key (document_id, position)
) strict;

-- Remarks about documents.
create table finding (
    id          integer primary key,
    document_id integer not null references document (id),
    code        text not null,
    severity    text not null,
    line        integer,
    path        text,
    message     text not null,
    -- What the remark is made of, as JSON, so that the window can say it in its language.
    parameters  text,
    span_start  integer,
    span_end    integer,
    -- The statement it is about where it compares two: such remarks are made again whenever a document changes what
    -- stands before or behind that statement.
    statement_id integer
) strict;
create index finding_document on finding (document_id);
create index finding_statement on finding (statement_id) where statement_id is not null;

-- Bank accounts. key is the normalised number and the currency, so that IBAN and BBAN meet.
create table account (
    id             integer primary key,
    key            text not null unique,
    iban           text,
    number         text,
    scheme         text,
    currency       text not null,
    name           text,
    owner          text,
    servicer       text,
    ledger_account text,
    -- Log position of the newest change that its proposals do not know yet; null when they know all. Set in the
    -- transaction of the change, cleared in the one that stores the proposals, so that a crash in between shows.
    stale          integer,
    -- Length of the log and the day when its proposals were last made as a whole.
    proposed       integer not null default 0,
    proposed_on    integer not null default 0
) strict;

create table statement (
    id                  integer primary key,
    document_id         integer not null references document (id),
    ordinal             integer not null,
    account_id          integer not null references account (id),
    kind                text not null,
    reference           text,
    electronic_sequence integer,
    legal_sequence      integer,
    created             text,
    -- Page of a paginated message; pages share their id and period.
    page                integer,
    day_from            integer,
    day_to              integer,
    opening_m           integer,
    opening_s           integer,
    closing_m           integer,
    closing_s           integer,
    sum_m               integer not null,
    sum_s               integer not null,
    entries             integer not null,
    balance             text not null,
    content             blob not null,
    span_start          integer not null,
    span_end            integer not null,
    -- current, or why it does not count: redelivered, superseded, conflicting.
    state               text not null,
    -- The statement that counts in its place.
    instead             integer
) strict;
create index statement_account on statement (account_id, day_to);
create index statement_document on statement (document_id);

-- Bank entries. statement_id has no foreign key: entries are written before the statement's sums are known.
create table entry (
    id            integer primary key,
    uid           blob not null unique,
    statement_id  integer not null,
    ordinal       integer not null,
    span_start    integer not null,
    span_end      integer not null,
    -- Day for sorting: booked, else valued, else 0.
    day           integer not null,
    booked        integer,
    valued        integer,
    amount_m      integer not null,
    amount_s      integer not null,
    currency      text not null,
    -- 0 booked, 1 pending, 2 information.
    status        integer not null,
    payments      integer not null,
    party         text,
    reference     text,
    text          text,
    servicer      text,
    -- Everything else as JSON of attest_domain::statement::Entry.
    detail        blob not null
) strict;
-- Covers placing and summing, so that neither reads the wide rows.
create index entry_statement on entry (statement_id, status, day, amount_m, amount_s);

-- Entries that another document tells again: they stay as evidence and are counted once.
create table superseded_entry (
    entry_id integer primary key,
    -- The entry that counts instead; null where the better document no longer has it.
    instead  integer,
    reason   text not null
) strict;
create index superseded_entry_instead on superseded_entry (instead);

-- Heads of ledger documents: company, years, chart, balances, as JSON of attest_domain::ledger::LedgerBook.
create table book (
    document_id integer primary key references document (id),
    company     text,
    organisation_number text,
    currency    text not null,
    detail      text not null
) strict;

create table voucher (
    id          integer primary key,
    document_id integer not null references document (id),
    ordinal     integer not null,
    series      text not null,
    number      text not null,
    day         integer not null,
    text        text,
    span_start  integer not null,
    span_end    integer not null
) strict;
create index voucher_key on voucher (series, number, day);

create table ledger_line (
    id         integer primary key,
    uid        blob not null unique,
    voucher_id integer not null,
    document_id integer not null,
    ordinal    integer not null,
    account    text not null,
    currency   text not null,
    day        integer not null,
    amount_m   integer not null,
    amount_s   integer not null,
    -- 0 counts, 1 added (history), 2 removed (history).
    status     integer not null,
    text       text,
    detail     text not null,
    span_start integer not null,
    span_end   integer not null
) strict;
-- Covers placing and summing.
create index ledger_line_account on ledger_line (account, currency, status, day, amount_m, amount_s);
create index ledger_line_voucher on ledger_line (voucher_id);

-- Ledger lines that a later export tells again.
create table superseded_line (
    line_id integer primary key,
    instead integer,
    reason  text not null
) strict;
create index superseded_line_instead on superseded_line (instead);

-- What belongs together in a reconciliation: proposals of the engine and decisions of people.
create table review_group (
    id             integer primary key,
    account_id     integer not null references account (id),
    -- 0 needs a decision, 1 suggested, 3 confirmed (2, held, is a state of lines).
    section        integer not null,
    -- ambiguous, contradicts, proposal, match, write_off.
    kind           text not null,
    day            integer not null,
    bank           integer not null,
    ledger         integer not null,
    difference_m   integer not null,
    difference_s   integer not null,
    difference_reason text,
    confidence     text,
    safe           integer not null,
    by_rule        integer not null,
    alternatives   integer not null,
    reasons        text not null,
    pass           text not null,
    match_id       text unique,
    at             text,
    -- Act for whose freed lines it was proposed (see shelved_group); 0 where the account was proposed as a whole.
    made_for       integer not null default 0
) strict;
-- Covers placing.
create index review_group_account on review_group (account_id, section, day, bank, ledger, difference_m, safe, by_rule);

create index review_group_made_for on review_group (made_for) where made_for <> 0;

-- Groups that a decision dissolved, row and all, for the undo that brings them back. act is the position of the
-- decision's first event, negative for what its undo dissolved. Only kept until the account is proposed anew.
create table shelved_group (
    id             integer primary key,
    act            integer not null,
    account_id     integer not null,
    section        integer not null,
    kind           text not null,
    day            integer not null,
    bank           integer not null,
    ledger         integer not null,
    difference_m   integer not null,
    difference_s   integer not null,
    difference_reason text,
    confidence     text,
    safe           integer not null,
    by_rule        integer not null,
    alternatives   integer not null,
    reasons        text not null,
    pass           text not null,
    match_id       text,
    at             text,
    made_for       integer not null
) strict;
create index shelved_group_act on shelved_group (act);

-- Their lines; a line may have been in several.
create table shelved_line (
    group_id integer not null references shelved_group (id) on delete cascade,
    side     integer not null,
    line_id  integer not null,
    primary key (group_id, side, line_id)
) strict, without rowid;

-- Σ of the lines in confirmed groups by day, so that a decision does not add up the whole account again.
-- side: 0 bank, 1 ledger.
create table settled_day (
    account_id integer not null references account (id),
    side       integer not null,
    day        integer not null,
    scale      integer not null,
    mantissa   integer not null,
    primary key (account_id, side, day, scale)
) strict, without rowid;

-- Which line is in which group; a line is in one at the most. side: 0 bank, 1 ledger.
create table group_line (
    side     integer not null,
    line_id  integer not null,
    group_id integer not null references review_group (id) on delete cascade,
    primary key (side, line_id)
) strict, without rowid;
create index group_line_group on group_line (group_id);

-- What people said about single lines. side: 0 bank, 1 ledger.
create table line_mark (
    side       integer not null,
    line_id    integer not null,
    held_until integer,
    comments   integer not null default 0,
    primary key (side, line_id)
) strict, without rowid;

-- Combinations a person turned down, as the sorted ids of both sides.
create table rejected (
    lines text primary key
) strict, without rowid;
