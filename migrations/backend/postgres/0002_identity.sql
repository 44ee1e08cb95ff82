-- Sign-in. No secret lies here: passwords are slow hashes under a key of the installation, TOTP secrets are derived
-- from that key, tokens are digests of 256 random bits. Deadlines are seconds since 1970, because they are compared.

-- How people sign in with a password.
create table login (
    -- E-mail address or user name, in lower case.
    name      text primary key,
    subject   text not null references subject (id),
    -- Argon2id with these parameters (KiB, passes, one lane).
    hash      bytea not null,
    salt      bytea not null,
    memory    bigint not null,
    passes    bigint not null,
    -- What the TOTP secret is derived with.
    totp_salt bytea not null,
    -- Newest time step that a code was accepted for: no code counts twice.
    totp_step bigint not null
);
create unique index login_subject on login (subject);

-- Failed attempts of an account, a browser or an address. The key is a keyed digest: nobody is named here.
create table attempt (
    key   bytea primary key,
    count bigint not null,
    -- End of the window in which they are counted.
    until bigint not null
);
create index attempt_until on attempt (until);

-- What may be used once: forms and the proofs of DPoP.
create table used_once (
    digest bytea primary key,
    -- From then on it is refused for its age and need not be remembered.
    until  bigint not null
);
create index used_once_until on used_once (until);

-- A sign-in on a machine: the family of refresh tokens that came of one authorization code.
create table device (
    id      text primary key,
    subject text not null references subject (id),
    name    text not null,
    -- Thumbprint of the key that every use has to prove.
    jkt     text not null,
    -- How the person signed in.
    auth    text not null,
    -- Rights granted, separated by spaces; empty is all of the role.
    scope   text not null,
    created text not null,
    seen    text not null,
    until   bigint not null,
    revoked text
);
create index device_subject on device (subject);

-- Authorization codes. A spent one is kept, so that its second use is noticed.
create table sign_in_code (
    hash      bytea primary key,
    subject   text not null references subject (id),
    auth      text not null,
    challenge text not null,
    redirect  text not null,
    scope     text not null,
    -- Name of the device.
    name      text not null,
    -- Thumbprint the code is bound to, where the request named one.
    jkt       text,
    until     bigint not null,
    -- What came of it.
    device    text
);
create index sign_in_code_until on sign_in_code (until);

-- Refresh tokens of a device. A used one is kept as long as its device, so that its second use is noticed.
create table refresh_token (
    hash   bytea primary key,
    device text not null references device (id),
    used   bigint
);
create index refresh_token_device on refresh_token (device);

-- Access tokens.
create table access_token (
    hash    bytea primary key,
    subject text not null references subject (id),
    -- Absent for programs.
    device  text,
    -- Thumbprint of the key it is bound to; absent for programs that use it as a bearer token.
    jkt     text,
    auth    text not null,
    scope   text not null,
    until   bigint not null
);
create index access_token_until on access_token (until);
