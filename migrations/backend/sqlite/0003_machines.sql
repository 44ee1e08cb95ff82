-- Certificates of programs (RFC 8705). No secret lies here. Deadlines are seconds since 1970.

-- A certificate that was registered itself. A program may have several: so one takes the place of another.
create table client_certificate (
    -- SHA-256 of the certificate, lower-case hex.
    thumbprint text primary key,
    subject    text not null references subject (id),
    not_before bigint not null,
    not_after  bigint not null,
    created    text not null,
    -- An ended one stays, so that it is never taken again.
    revoked    text
);
create index client_certificate_subject on client_certificate (subject);

-- A DNS name in certificates of the authorities that are configured.
create table client_name (
    -- In lower case.
    name    text primary key,
    subject text not null references subject (id),
    created text not null
);
create index client_name_subject on client_name (subject);

-- Thumbprint of the certificate that an access token is bound to; absent where it is bound to none.
alter table access_token add column x5t text;
