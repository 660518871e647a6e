-- What the control plane must know again after a restart. Every row belongs to one pipeline; several may share a database.

CREATE TABLE tidetable.replication_schema (
    pipeline text NOT NULL,
    destination text NOT NULL,
    namespace text NOT NULL,
    name text NOT NULL,
    version bigint NOT NULL CHECK (version > 0),
    document jsonb NOT NULL,
    evidence jsonb NOT NULL,
    origin text NOT NULL,
    author text NOT NULL,
    decided_at timestamptz NOT NULL,
    PRIMARY KEY (pipeline, destination, namespace, name)
);
COMMENT ON TABLE tidetable.replication_schema IS
    'how each table is replicated to each destination, without overrides; older versions stand in replication_schema_version';
COMMENT ON COLUMN tidetable.replication_schema.evidence IS
    'what the decision was made on: the rule that spoke and the figures it saw';

CREATE TABLE tidetable.replication_schema_version (
    pipeline text NOT NULL,
    destination text NOT NULL,
    namespace text NOT NULL,
    name text NOT NULL,
    version bigint NOT NULL,
    document jsonb NOT NULL,
    evidence jsonb NOT NULL,
    origin text NOT NULL,
    author text NOT NULL,
    decided_at timestamptz NOT NULL,
    PRIMARY KEY (pipeline, destination, namespace, name, version)
);

CREATE TABLE tidetable.rule_set (
    pipeline text NOT NULL,
    version bigint NOT NULL,
    document jsonb NOT NULL,
    author text NOT NULL,
    decided_at timestamptz NOT NULL,
    PRIMARY KEY (pipeline, version)
);
COMMENT ON TABLE tidetable.rule_set IS
    'the classification rules of an administrator, in order; the highest version counts';

CREATE TABLE tidetable.schema_override (
    pipeline text NOT NULL,
    number bigint GENERATED ALWAYS AS IDENTITY,
    destination text,
    namespace text NOT NULL,
    name text NOT NULL,
    pins jsonb NOT NULL,
    reason text NOT NULL,
    author text NOT NULL,
    since timestamptz NOT NULL,
    until timestamptz,
    ended_at timestamptz,
    ended_by text,
    PRIMARY KEY (pipeline, number)
);
CREATE INDEX schema_override_open ON tidetable.schema_override (pipeline, namespace, name) WHERE ended_at IS NULL;

CREATE TABLE tidetable.audit (
    pipeline text NOT NULL,
    number bigint GENERATED ALWAYS AS IDENTITY,
    at timestamptz NOT NULL,
    author text NOT NULL,
    action text NOT NULL,
    subject text NOT NULL,
    reason text,
    before jsonb,
    after jsonb,
    PRIMARY KEY (pipeline, number)
);
CREATE INDEX audit_subject ON tidetable.audit (pipeline, subject, number);
COMMENT ON TABLE tidetable.audit IS 'who changed what, when and why; written in the transaction of the change';

CREATE TABLE tidetable.access_token (
    pipeline text NOT NULL,
    number bigint GENERATED ALWAYS AS IDENTITY,
    name text NOT NULL,
    role text NOT NULL CHECK (role IN ('viewer', 'operator', 'admin')),
    sha256 bytea NOT NULL CHECK (length(sha256) = 32),
    author text NOT NULL,
    created_at timestamptz NOT NULL,
    revoked_at timestamptz,
    PRIMARY KEY (pipeline, number),
    UNIQUE (pipeline, sha256)
);
CREATE UNIQUE INDEX access_token_name ON tidetable.access_token (pipeline, name) WHERE revoked_at IS NULL;
COMMENT ON COLUMN tidetable.access_token.sha256 IS 'of the token, which is kept nowhere';

CREATE FUNCTION tidetable.tell_of_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('tidetable_metadata', told.pipeline || ' ' || TG_TABLE_NAME)
    FROM (SELECT DISTINCT pipeline FROM changed) AS told;
    RETURN NULL;
END
$$;

CREATE TRIGGER tell_of_insert AFTER INSERT ON tidetable.replication_schema
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION tidetable.tell_of_change();
CREATE TRIGGER tell_of_update AFTER UPDATE ON tidetable.replication_schema
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION tidetable.tell_of_change();
CREATE TRIGGER tell_of_insert AFTER INSERT ON tidetable.rule_set
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION tidetable.tell_of_change();
CREATE TRIGGER tell_of_insert AFTER INSERT ON tidetable.schema_override
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION tidetable.tell_of_change();
CREATE TRIGGER tell_of_update AFTER UPDATE ON tidetable.schema_override
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION tidetable.tell_of_change();
CREATE TRIGGER tell_of_insert AFTER INSERT ON tidetable.access_token
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION tidetable.tell_of_change();
CREATE TRIGGER tell_of_update AFTER UPDATE ON tidetable.access_token
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION tidetable.tell_of_change();
