-- What was applied, by the id under which it was asked for, with the first answer: a repeat gets that one. `key` is the
-- caller's idempotency key where it gave one. `body_hmac` tells a repeat from the same key on another body; a command that
-- the service itself thought of has none.
CREATE TABLE commands (
    principal uuid NOT NULL,
    key uuid NOT NULL,
    first_position bigint NOT NULL,
    last_position bigint NOT NULL CHECK (last_position >= first_position),
    body_hmac bytea CHECK (octet_length(body_hmac) = 32),
    answer json NOT NULL,
    PRIMARY KEY (key, principal)
);
