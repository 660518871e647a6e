-- What a metadata store held when functions could be declared. Kept as it was: never written anew.
CREATE SCHEMA tidetable;
CREATE TABLE tidetable.metadata_version (
    installed_rank integer NOT NULL CONSTRAINT metadata_version_pk PRIMARY KEY, version varchar(50), description varchar(200) NOT NULL, type varchar(20) NOT NULL,
    script varchar(1000) NOT NULL, checksum integer, installed_by varchar(100) NOT NULL, installed_on timestamp NOT NULL DEFAULT now(),
    execution_time integer NOT NULL, success boolean NOT NULL);
CREATE INDEX metadata_version_s_idx ON tidetable.metadata_version (success);

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
-- Whoever shows what happens hears of each entry.
CREATE TRIGGER tell_of_insert AFTER INSERT ON tidetable.audit
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION tidetable.tell_of_change();
CREATE TABLE tidetable.declared_function (
    pipeline text NOT NULL,
    name text NOT NULL,
    version bigint NOT NULL CHECK (version > 0),
    document jsonb,
    author text NOT NULL,
    decided_at timestamptz NOT NULL,
    PRIMARY KEY (pipeline, name)
);
COMMENT ON TABLE tidetable.declared_function IS
    'functions downstream that were declared while the pipeline ran; without a document, one that was taken away';

CREATE TRIGGER tell_of_insert AFTER INSERT ON tidetable.declared_function
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION tidetable.tell_of_change();
CREATE TRIGGER tell_of_update AFTER UPDATE ON tidetable.declared_function
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION tidetable.tell_of_change();
INSERT INTO tidetable.metadata_version OVERRIDING SYSTEM VALUE SELECT * FROM jsonb_populate_record(NULL::tidetable.metadata_version, '{"type": "SQL", "script": "V1__replication_schemas.sql", "success": true, "version": "1", "checksum": -2009587369, "description": "replication schemas", "installed_by": "tidetable", "installed_on": "2026-01-02T00:00:00", "execution_time": 1, "installed_rank": 1}');
INSERT INTO tidetable.metadata_version OVERRIDING SYSTEM VALUE SELECT * FROM jsonb_populate_record(NULL::tidetable.metadata_version, '{"type": "SQL", "script": "V2__audit_is_heard.sql", "success": true, "version": "2", "checksum": 1486231080, "description": "audit is heard", "installed_by": "tidetable", "installed_on": "2026-01-02T00:00:00", "execution_time": 1, "installed_rank": 2}');
INSERT INTO tidetable.metadata_version OVERRIDING SYSTEM VALUE SELECT * FROM jsonb_populate_record(NULL::tidetable.metadata_version, E'{"type": "SCHEMA", "script": "\\"tidetable\\"", "success": true, "version": null, "checksum": null, "description": "<< Flyway Schema Creation >>", "installed_by": "tidetable", "installed_on": "2026-01-02T00:00:00", "execution_time": 1, "installed_rank": 0}');
INSERT INTO tidetable.replication_schema OVERRIDING SYSTEM VALUE SELECT * FROM jsonb_populate_record(NULL::tidetable.replication_schema, '{"name": "orders", "author": "planner", "origin": "planner", "version": 2, "document": {"at": "2026-01-02T04:04:05.678Z", "name": "orders", "track": "express", "origin": "planner", "reason": "a forecast", "version": 2, "weights": {"0": 2.5}, "priority": 17, "sharding": {"by": "none"}, "strategy": {"kind": "sampling", "confidence": 0.95, "false_alarms": 0.01, "window_seconds": 60.0, "margin_of_error": 0.02, "windows_in_a_row": 2}, "namespace": "public", "consistency": "table", "destination": "reporting", "temperature": "hot", "change_frequency": "high", "freshness_seconds": 0.5}, "evidence": {"rule": null, "figures": {}, "sentences": []}, "pipeline": "main", "namespace": "public", "decided_at": "2026-01-02T04:04:05.678+00:00", "destination": "reporting"}');
INSERT INTO tidetable.replication_schema OVERRIDING SYSTEM VALUE SELECT * FROM jsonb_populate_record(NULL::tidetable.replication_schema, E'{"name": "a''b\\\\ü", "author": "ada", "origin": "rule", "version": 1, "document": {"at": "2026-01-02T03:04:05.678Z", "name": "a''b\\\\ü", "track": "express", "origin": "rule", "reason": "rule \\"orders\\" says so; it''s\\nhot", "version": 1, "weights": {"0": 2.5}, "priority": 17, "sharding": {"by": "key_range", "bounds": ["10", "it''s"]}, "strategy": {"kind": "functional", "rows": "a > ''it''''s''", "columns": ["a \\"x\\"", "b"], "functions": ["checkout"]}, "namespace": "Odd \\"Schema", "consistency": "table", "destination": "reporting", "temperature": "hot", "change_frequency": "high", "freshness_seconds": 0.5}, "evidence": {"rule": "orders", "figures": {"rows": 1000000000, "reads_per_second": 12.5}, "sentences": ["read 12.5 times a second"]}, "pipeline": "main", "namespace": "Odd \\"Schema", "decided_at": "2026-01-02T03:04:05.678+00:00", "destination": "reporting"}');
INSERT INTO tidetable.replication_schema OVERRIDING SYSTEM VALUE SELECT * FROM jsonb_populate_record(NULL::tidetable.replication_schema, E'{"name": "bookings", "author": "ada", "origin": "rule", "version": 1, "document": {"at": "2026-01-02T03:04:05.678Z", "name": "bookings", "track": "express", "origin": "rule", "reason": "rule \\"orders\\" says so; it''s\\nhot", "version": 1, "weights": {"0": 2.5}, "priority": 17, "sharding": {"by": "partition"}, "strategy": {"kind": "full", "cadence_seconds": 1.5}, "namespace": "public", "consistency": "table", "destination": "reporting", "temperature": "hot", "change_frequency": "high", "freshness_seconds": 0.5}, "evidence": {"rule": "orders", "figures": {"rows": 1000000000, "reads_per_second": 12.5}, "sentences": ["read 12.5 times a second"]}, "pipeline": "main", "namespace": "public", "decided_at": "2026-01-02T03:04:05.678+00:00", "destination": "reporting"}');
INSERT INTO tidetable.replication_schema OVERRIDING SYSTEM VALUE SELECT * FROM jsonb_populate_record(NULL::tidetable.replication_schema, E'{"name": "clicks", "author": "ada", "origin": "rule", "version": 1, "document": {"at": "2026-01-02T03:04:05.678Z", "name": "clicks", "track": "express", "origin": "rule", "reason": "rule \\"orders\\" says so; it''s\\nhot", "version": 1, "weights": {"0": 2.5}, "priority": 17, "sharding": {"by": "key_hash", "shards": 4}, "strategy": {"kind": "sampling", "confidence": 0.95, "false_alarms": 0.01, "window_seconds": 60.0, "margin_of_error": 0.02, "windows_in_a_row": 2}, "namespace": "public", "consistency": "key(8)", "destination": "reporting", "temperature": "hot", "change_frequency": "high", "freshness_seconds": 0.5}, "evidence": {"rule": "orders", "figures": {"rows": 1000000000, "reads_per_second": 12.5}, "sentences": ["read 12.5 times a second"]}, "pipeline": "main", "namespace": "public", "decided_at": "2026-01-02T03:04:05.678+00:00", "destination": "reporting"}');
INSERT INTO tidetable.replication_schema OVERRIDING SYSTEM VALUE SELECT * FROM jsonb_populate_record(NULL::tidetable.replication_schema, E'{"name": "items", "author": "ada", "origin": "rule", "version": 1, "document": {"at": "2026-01-02T03:04:05.678Z", "name": "items", "track": "express", "origin": "rule", "reason": "rule \\"orders\\" says so; it''s\\nhot", "version": 1, "weights": {"0": 2.5}, "priority": 17, "sharding": {"by": "none"}, "strategy": {"kind": "delta"}, "namespace": "public", "consistency": "group: checkout", "destination": "reporting", "temperature": "hot", "change_frequency": "high", "freshness_seconds": 0.5}, "evidence": {"rule": "orders", "figures": {"rows": 1000000000, "reads_per_second": 12.5}, "sentences": ["read 12.5 times a second"]}, "pipeline": "main", "namespace": "public", "decided_at": "2026-01-02T03:04:05.678+00:00", "destination": "reporting"}');
INSERT INTO tidetable.replication_schema OVERRIDING SYSTEM VALUE SELECT * FROM jsonb_populate_record(NULL::tidetable.replication_schema, E'{"name": "ledger", "author": "ada", "origin": "rule", "version": 1, "document": {"at": "2026-01-02T03:04:05.678Z", "name": "ledger", "track": "express", "origin": "rule", "reason": "rule \\"orders\\" says so; it''s\\nhot", "version": 1, "weights": {"0": 2.5}, "priority": 17, "sharding": {"by": "none"}, "strategy": {"kind": "delta"}, "namespace": "public", "consistency": "strict", "destination": "reporting", "temperature": "hot", "change_frequency": "high", "freshness_seconds": 0.5}, "evidence": {"rule": "orders", "figures": {"rows": 1000000000, "reads_per_second": 12.5}, "sentences": ["read 12.5 times a second"]}, "pipeline": "main", "namespace": "public", "decided_at": "2026-01-02T03:04:05.678+00:00", "destination": "reporting"}');
INSERT INTO tidetable.replication_schema_version OVERRIDING SYSTEM VALUE SELECT * FROM jsonb_populate_record(NULL::tidetable.replication_schema_version, '{"name": "orders", "author": "planner", "origin": "planner", "version": 2, "document": {"at": "2026-01-02T04:04:05.678Z", "name": "orders", "track": "express", "origin": "planner", "reason": "a forecast", "version": 2, "weights": {"0": 2.5}, "priority": 17, "sharding": {"by": "none"}, "strategy": {"kind": "sampling", "confidence": 0.95, "false_alarms": 0.01, "window_seconds": 60.0, "margin_of_error": 0.02, "windows_in_a_row": 2}, "namespace": "public", "consistency": "table", "destination": "reporting", "temperature": "hot", "change_frequency": "high", "freshness_seconds": 0.5}, "evidence": {"rule": null, "figures": {}, "sentences": []}, "pipeline": "main", "namespace": "public", "decided_at": "2026-01-02T04:04:05.678+00:00", "destination": "reporting"}');
INSERT INTO tidetable.replication_schema_version OVERRIDING SYSTEM VALUE SELECT * FROM jsonb_populate_record(NULL::tidetable.replication_schema_version, E'{"name": "a''b\\\\ü", "author": "ada", "origin": "rule", "version": 1, "document": {"at": "2026-01-02T03:04:05.678Z", "name": "a''b\\\\ü", "track": "express", "origin": "rule", "reason": "rule \\"orders\\" says so; it''s\\nhot", "version": 1, "weights": {"0": 2.5}, "priority": 17, "sharding": {"by": "key_range", "bounds": ["10", "it''s"]}, "strategy": {"kind": "functional", "rows": "a > ''it''''s''", "columns": ["a \\"x\\"", "b"], "functions": ["checkout"]}, "namespace": "Odd \\"Schema", "consistency": "table", "destination": "reporting", "temperature": "hot", "change_frequency": "high", "freshness_seconds": 0.5}, "evidence": {"rule": "orders", "figures": {"rows": 1000000000, "reads_per_second": 12.5}, "sentences": ["read 12.5 times a second"]}, "pipeline": "main", "namespace": "Odd \\"Schema", "decided_at": "2026-01-02T03:04:05.678+00:00", "destination": "reporting"}');
INSERT INTO tidetable.replication_schema_version OVERRIDING SYSTEM VALUE SELECT * FROM jsonb_populate_record(NULL::tidetable.replication_schema_version, E'{"name": "bookings", "author": "ada", "origin": "rule", "version": 1, "document": {"at": "2026-01-02T03:04:05.678Z", "name": "bookings", "track": "express", "origin": "rule", "reason": "rule \\"orders\\" says so; it''s\\nhot", "version": 1, "weights": {"0": 2.5}, "priority": 17, "sharding": {"by": "partition"}, "strategy": {"kind": "full", "cadence_seconds": 1.5}, "namespace": "public", "consistency": "table", "destination": "reporting", "temperature": "hot", "change_frequency": "high", "freshness_seconds": 0.5}, "evidence": {"rule": "orders", "figures": {"rows": 1000000000, "reads_per_second": 12.5}, "sentences": ["read 12.5 times a second"]}, "pipeline": "main", "namespace": "public", "decided_at": "2026-01-02T03:04:05.678+00:00", "destination": "reporting"}');
INSERT INTO tidetable.replication_schema_version OVERRIDING SYSTEM VALUE SELECT * FROM jsonb_populate_record(NULL::tidetable.replication_schema_version, E'{"name": "clicks", "author": "ada", "origin": "rule", "version": 1, "document": {"at": "2026-01-02T03:04:05.678Z", "name": "clicks", "track": "express", "origin": "rule", "reason": "rule \\"orders\\" says so; it''s\\nhot", "version": 1, "weights": {"0": 2.5}, "priority": 17, "sharding": {"by": "key_hash", "shards": 4}, "strategy": {"kind": "sampling", "confidence": 0.95, "false_alarms": 0.01, "window_seconds": 60.0, "margin_of_error": 0.02, "windows_in_a_row": 2}, "namespace": "public", "consistency": "key(8)", "destination": "reporting", "temperature": "hot", "change_frequency": "high", "freshness_seconds": 0.5}, "evidence": {"rule": "orders", "figures": {"rows": 1000000000, "reads_per_second": 12.5}, "sentences": ["read 12.5 times a second"]}, "pipeline": "main", "namespace": "public", "decided_at": "2026-01-02T03:04:05.678+00:00", "destination": "reporting"}');
INSERT INTO tidetable.replication_schema_version OVERRIDING SYSTEM VALUE SELECT * FROM jsonb_populate_record(NULL::tidetable.replication_schema_version, E'{"name": "items", "author": "ada", "origin": "rule", "version": 1, "document": {"at": "2026-01-02T03:04:05.678Z", "name": "items", "track": "express", "origin": "rule", "reason": "rule \\"orders\\" says so; it''s\\nhot", "version": 1, "weights": {"0": 2.5}, "priority": 17, "sharding": {"by": "none"}, "strategy": {"kind": "delta"}, "namespace": "public", "consistency": "group: checkout", "destination": "reporting", "temperature": "hot", "change_frequency": "high", "freshness_seconds": 0.5}, "evidence": {"rule": "orders", "figures": {"rows": 1000000000, "reads_per_second": 12.5}, "sentences": ["read 12.5 times a second"]}, "pipeline": "main", "namespace": "public", "decided_at": "2026-01-02T03:04:05.678+00:00", "destination": "reporting"}');
INSERT INTO tidetable.replication_schema_version OVERRIDING SYSTEM VALUE SELECT * FROM jsonb_populate_record(NULL::tidetable.replication_schema_version, E'{"name": "ledger", "author": "ada", "origin": "rule", "version": 1, "document": {"at": "2026-01-02T03:04:05.678Z", "name": "ledger", "track": "express", "origin": "rule", "reason": "rule \\"orders\\" says so; it''s\\nhot", "version": 1, "weights": {"0": 2.5}, "priority": 17, "sharding": {"by": "none"}, "strategy": {"kind": "delta"}, "namespace": "public", "consistency": "strict", "destination": "reporting", "temperature": "hot", "change_frequency": "high", "freshness_seconds": 0.5}, "evidence": {"rule": "orders", "figures": {"rows": 1000000000, "reads_per_second": 12.5}, "sentences": ["read 12.5 times a second"]}, "pipeline": "main", "namespace": "public", "decided_at": "2026-01-02T03:04:05.678+00:00", "destination": "reporting"}');
INSERT INTO tidetable.replication_schema_version OVERRIDING SYSTEM VALUE SELECT * FROM jsonb_populate_record(NULL::tidetable.replication_schema_version, E'{"name": "orders", "author": "ada", "origin": "rule", "version": 1, "document": {"at": "2026-01-02T03:04:05.678Z", "name": "orders", "track": "express", "origin": "rule", "reason": "rule \\"orders\\" says so; it''s\\nhot", "version": 1, "weights": {"0": 2.5}, "priority": 17, "sharding": {"by": "none"}, "strategy": {"kind": "delta"}, "namespace": "public", "consistency": "table", "destination": "reporting", "temperature": "hot", "change_frequency": "high", "freshness_seconds": 0.5}, "evidence": {"rule": "orders", "figures": {"rows": 1000000000, "reads_per_second": 12.5}, "sentences": ["read 12.5 times a second"]}, "pipeline": "main", "namespace": "public", "decided_at": "2026-01-02T03:04:05.678+00:00", "destination": "reporting"}');
INSERT INTO tidetable.rule_set OVERRIDING SYSTEM VALUE SELECT * FROM jsonb_populate_record(NULL::tidetable.rule_set, '{"author": "ada", "version": 1, "document": {"rules": [{"name": "orders", "when": "table == ''public.orders'' && rows > 5", "track": "bulk", "priority": 20, "strategy": {"kind": "full", "cadence_seconds": 3600.0}, "consistency": "key(2)", "temperature": "hot", "change_frequency": "low", "freshness_seconds": 1.5}, {"name": "all", "when": "true", "priority": 3}]}, "pipeline": "main", "decided_at": "2026-01-02T03:04:05.678+00:00"}');
INSERT INTO tidetable.schema_override OVERRIDING SYSTEM VALUE SELECT * FROM jsonb_populate_record(NULL::tidetable.schema_override, '{"name": "orders", "pins": {"priority": 50}, "since": "2026-01-02T03:04:05.678+00:00", "until": "2026-01-02T04:04:05.678+00:00", "author": "ada", "number": 1, "reason": "it''s a sale", "ended_at": "2026-01-02T03:05:05.678+00:00", "ended_by": "bob", "pipeline": "main", "namespace": "public", "destination": null}');
INSERT INTO tidetable.schema_override OVERRIDING SYSTEM VALUE SELECT * FROM jsonb_populate_record(NULL::tidetable.schema_override, '{"name": "orders", "pins": {"track": "bulk", "paused": true, "sharding": {"by": "key_hash", "shards": 2}, "strategy": {"kind": "sampling", "confidence": 0.95, "false_alarms": 0.01, "window_seconds": 60.0, "margin_of_error": 0.02, "windows_in_a_row": 2}, "consistency": "key(2)"}, "since": "2026-01-02T03:04:05.678+00:00", "until": "2026-01-02T04:04:05.678+00:00", "author": "ada", "number": 2, "reason": "it''s a sale", "ended_at": null, "ended_by": null, "pipeline": "main", "namespace": "public", "destination": "reporting"}');
INSERT INTO tidetable.audit OVERRIDING SYSTEM VALUE SELECT * FROM jsonb_populate_record(NULL::tidetable.audit, '{"at": "2026-01-02T03:04:05.678+00:00", "after": {"name": "grafana", "role": "operator"}, "action": "token created", "author": "ada", "before": null, "number": 12, "reason": null, "subject": "token grafana", "pipeline": "main"}');
INSERT INTO tidetable.audit OVERRIDING SYSTEM VALUE SELECT * FROM jsonb_populate_record(NULL::tidetable.audit, '{"at": "2026-01-02T03:04:05.678+00:00", "after": {"name": "old", "role": "admin"}, "action": "token created", "author": "ada", "before": null, "number": 13, "reason": null, "subject": "token old", "pipeline": "main"}');
INSERT INTO tidetable.audit OVERRIDING SYSTEM VALUE SELECT * FROM jsonb_populate_record(NULL::tidetable.audit, '{"at": "2026-01-02T03:04:05.678+00:00", "after": {"name": "orders", "pins": {"priority": 50}, "since": "2026-01-02T03:04:05.678Z", "until": "2026-01-02T04:04:05.678Z", "author": "ada", "number": 1, "reason": "it''s a sale", "ended_at": null, "namespace": "public", "destination": null}, "action": "override set", "author": "ada", "before": null, "number": 9, "reason": "it''s a sale", "subject": "public.orders", "pipeline": "main"}');
INSERT INTO tidetable.audit OVERRIDING SYSTEM VALUE SELECT * FROM jsonb_populate_record(NULL::tidetable.audit, '{"at": "2026-01-02T03:04:05.678+00:00", "after": {"name": "orders", "pins": {"track": "bulk", "paused": true, "sharding": {"by": "key_hash", "shards": 2}, "strategy": {"kind": "sampling", "confidence": 0.95, "false_alarms": 0.01, "window_seconds": 60.0, "margin_of_error": 0.02, "windows_in_a_row": 2}, "consistency": "key(2)"}, "since": "2026-01-02T03:04:05.678Z", "until": "2026-01-02T04:04:05.678Z", "author": "ada", "number": 2, "reason": "it''s a sale", "ended_at": null, "namespace": "public", "destination": "reporting"}, "action": "override set", "author": "ada", "before": null, "number": 10, "reason": "it''s a sale", "subject": "public.orders", "pipeline": "main"}');
INSERT INTO tidetable.audit OVERRIDING SYSTEM VALUE SELECT * FROM jsonb_populate_record(NULL::tidetable.audit, '{"at": "2026-01-02T03:04:05.678+00:00", "after": {"rules": [{"name": "orders", "when": "table == ''public.orders'' && rows > 5", "track": "bulk", "priority": 20, "strategy": {"kind": "full", "cadence_seconds": 3600.0}, "consistency": "key(2)", "temperature": "hot", "change_frequency": "low", "freshness_seconds": 1.5}, {"name": "all", "when": "true", "priority": 3}]}, "action": "rules applied", "author": "ada", "before": {"rules": []}, "number": 8, "reason": null, "subject": "rules", "pipeline": "main"}');
INSERT INTO tidetable.audit OVERRIDING SYSTEM VALUE SELECT * FROM jsonb_populate_record(NULL::tidetable.audit, '{"at": "2026-01-02T03:05:05.678+00:00", "after": {"name": "orders", "pins": {"priority": 50}, "since": "2026-01-02T03:04:05.678Z", "until": "2026-01-02T04:04:05.678Z", "author": "ada", "number": 1, "reason": "it''s a sale", "ended_at": "2026-01-02T03:05:05.678Z", "namespace": "public", "destination": null}, "action": "override ended", "author": "bob", "before": {"name": "orders", "pins": {"priority": 50}, "since": "2026-01-02T03:04:05.678Z", "until": "2026-01-02T04:04:05.678Z", "author": "ada", "number": 1, "reason": "it''s a sale", "ended_at": null, "namespace": "public", "destination": null}, "number": 11, "reason": "it''s a sale", "subject": "public.orders", "pipeline": "main"}');
INSERT INTO tidetable.audit OVERRIDING SYSTEM VALUE SELECT * FROM jsonb_populate_record(NULL::tidetable.audit, '{"at": "2026-01-02T04:04:05.678+00:00", "after": null, "action": "token revoked", "author": "bob", "before": {"name": "old"}, "number": 14, "reason": null, "subject": "token old", "pipeline": "main"}');
INSERT INTO tidetable.audit OVERRIDING SYSTEM VALUE SELECT * FROM jsonb_populate_record(NULL::tidetable.audit, E'{"at": "2026-01-02T03:04:05.678+00:00", "after": {"at": "2026-01-02T03:04:05.678Z", "name": "a''b\\\\ü", "track": "express", "origin": "rule", "reason": "rule \\"orders\\" says so; it''s\\nhot", "version": 1, "weights": {"0": 2.5}, "priority": 17, "sharding": {"by": "key_range", "bounds": ["10", "it''s"]}, "strategy": {"kind": "functional", "rows": "a > ''it''''s''", "columns": ["a \\"x\\"", "b"], "functions": ["checkout"]}, "namespace": "Odd \\"Schema", "consistency": "table", "destination": "reporting", "temperature": "hot", "change_frequency": "high", "freshness_seconds": 0.5}, "action": "replication schema changed", "author": "ada", "before": null, "number": 6, "reason": "rule \\"orders\\" says so; it''s\\nhot", "subject": "Odd \\"Schema.a''b\\\\ü", "pipeline": "main"}');
INSERT INTO tidetable.audit OVERRIDING SYSTEM VALUE SELECT * FROM jsonb_populate_record(NULL::tidetable.audit, E'{"at": "2026-01-02T03:04:05.678+00:00", "after": {"at": "2026-01-02T03:04:05.678Z", "name": "bookings", "track": "express", "origin": "rule", "reason": "rule \\"orders\\" says so; it''s\\nhot", "version": 1, "weights": {"0": 2.5}, "priority": 17, "sharding": {"by": "partition"}, "strategy": {"kind": "full", "cadence_seconds": 1.5}, "namespace": "public", "consistency": "table", "destination": "reporting", "temperature": "hot", "change_frequency": "high", "freshness_seconds": 0.5}, "action": "replication schema changed", "author": "ada", "before": null, "number": 2, "reason": "rule \\"orders\\" says so; it''s\\nhot", "subject": "public.bookings", "pipeline": "main"}');
INSERT INTO tidetable.audit OVERRIDING SYSTEM VALUE SELECT * FROM jsonb_populate_record(NULL::tidetable.audit, E'{"at": "2026-01-02T03:04:05.678+00:00", "after": {"at": "2026-01-02T03:04:05.678Z", "name": "clicks", "track": "express", "origin": "rule", "reason": "rule \\"orders\\" says so; it''s\\nhot", "version": 1, "weights": {"0": 2.5}, "priority": 17, "sharding": {"by": "key_hash", "shards": 4}, "strategy": {"kind": "sampling", "confidence": 0.95, "false_alarms": 0.01, "window_seconds": 60.0, "margin_of_error": 0.02, "windows_in_a_row": 2}, "namespace": "public", "consistency": "key(8)", "destination": "reporting", "temperature": "hot", "change_frequency": "high", "freshness_seconds": 0.5}, "action": "replication schema changed", "author": "ada", "before": null, "number": 5, "reason": "rule \\"orders\\" says so; it''s\\nhot", "subject": "public.clicks", "pipeline": "main"}');
INSERT INTO tidetable.audit OVERRIDING SYSTEM VALUE SELECT * FROM jsonb_populate_record(NULL::tidetable.audit, E'{"at": "2026-01-02T03:04:05.678+00:00", "after": {"at": "2026-01-02T03:04:05.678Z", "name": "items", "track": "express", "origin": "rule", "reason": "rule \\"orders\\" says so; it''s\\nhot", "version": 1, "weights": {"0": 2.5}, "priority": 17, "sharding": {"by": "none"}, "strategy": {"kind": "delta"}, "namespace": "public", "consistency": "group: checkout", "destination": "reporting", "temperature": "hot", "change_frequency": "high", "freshness_seconds": 0.5}, "action": "replication schema changed", "author": "ada", "before": null, "number": 3, "reason": "rule \\"orders\\" says so; it''s\\nhot", "subject": "public.items", "pipeline": "main"}');
INSERT INTO tidetable.audit OVERRIDING SYSTEM VALUE SELECT * FROM jsonb_populate_record(NULL::tidetable.audit, E'{"at": "2026-01-02T03:04:05.678+00:00", "after": {"at": "2026-01-02T03:04:05.678Z", "name": "ledger", "track": "express", "origin": "rule", "reason": "rule \\"orders\\" says so; it''s\\nhot", "version": 1, "weights": {"0": 2.5}, "priority": 17, "sharding": {"by": "none"}, "strategy": {"kind": "delta"}, "namespace": "public", "consistency": "strict", "destination": "reporting", "temperature": "hot", "change_frequency": "high", "freshness_seconds": 0.5}, "action": "replication schema changed", "author": "ada", "before": null, "number": 4, "reason": "rule \\"orders\\" says so; it''s\\nhot", "subject": "public.ledger", "pipeline": "main"}');
INSERT INTO tidetable.audit OVERRIDING SYSTEM VALUE SELECT * FROM jsonb_populate_record(NULL::tidetable.audit, E'{"at": "2026-01-02T03:04:05.678+00:00", "after": {"at": "2026-01-02T03:04:05.678Z", "name": "orders", "track": "express", "origin": "rule", "reason": "rule \\"orders\\" says so; it''s\\nhot", "version": 1, "weights": {"0": 2.5}, "priority": 17, "sharding": {"by": "none"}, "strategy": {"kind": "delta"}, "namespace": "public", "consistency": "table", "destination": "reporting", "temperature": "hot", "change_frequency": "high", "freshness_seconds": 0.5}, "action": "replication schema changed", "author": "ada", "before": null, "number": 1, "reason": "rule \\"orders\\" says so; it''s\\nhot", "subject": "public.orders", "pipeline": "main"}');
INSERT INTO tidetable.audit OVERRIDING SYSTEM VALUE SELECT * FROM jsonb_populate_record(NULL::tidetable.audit, E'{"at": "2026-01-02T04:04:05.678+00:00", "after": {"at": "2026-01-02T04:04:05.678Z", "name": "orders", "track": "express", "origin": "planner", "reason": "a forecast", "version": 2, "weights": {"0": 2.5}, "priority": 17, "sharding": {"by": "none"}, "strategy": {"kind": "sampling", "confidence": 0.95, "false_alarms": 0.01, "window_seconds": 60.0, "margin_of_error": 0.02, "windows_in_a_row": 2}, "namespace": "public", "consistency": "table", "destination": "reporting", "temperature": "hot", "change_frequency": "high", "freshness_seconds": 0.5}, "action": "replication schema changed", "author": "planner", "before": {"at": "2026-01-02T03:04:05.678Z", "name": "orders", "track": "express", "origin": "rule", "reason": "rule \\"orders\\" says so; it''s\\nhot", "version": 1, "weights": {"0": 2.5}, "priority": 17, "sharding": {"by": "none"}, "strategy": {"kind": "delta"}, "namespace": "public", "consistency": "table", "destination": "reporting", "temperature": "hot", "change_frequency": "high", "freshness_seconds": 0.5}, "number": 7, "reason": "a forecast", "subject": "public.orders", "pipeline": "main"}');
INSERT INTO tidetable.access_token OVERRIDING SYSTEM VALUE SELECT * FROM jsonb_populate_record(NULL::tidetable.access_token, E'{"name": "grafana", "role": "operator", "author": "ada", "number": 1, "sha256": "\\\\xb047ebdac4079ab3497d46d238462f6f66f3164d000be5e38c818d62d5e00d84", "pipeline": "main", "created_at": "2026-01-02T03:04:05.678+00:00", "revoked_at": null}');
INSERT INTO tidetable.access_token OVERRIDING SYSTEM VALUE SELECT * FROM jsonb_populate_record(NULL::tidetable.access_token, E'{"name": "old", "role": "admin", "author": "ada", "number": 2, "sha256": "\\\\xa0f6147131494d5be77be845ff0cec14878c1d5a8754a78fc652f6b38c0ac9ec", "pipeline": "main", "created_at": "2026-01-02T03:04:05.678+00:00", "revoked_at": "2026-01-02T04:04:05.678+00:00"}');
INSERT INTO tidetable.metadata_version OVERRIDING SYSTEM VALUE SELECT * FROM jsonb_populate_record(NULL::tidetable.metadata_version, '{"type": "SQL", "script": "V3__functions.sql", "success": true, "version": "3", "checksum": 999181371, "description": "functions", "installed_by": "tidetable", "installed_on": "2026-01-02T00:00:00", "execution_time": 1, "installed_rank": 3}');
INSERT INTO tidetable.audit OVERRIDING SYSTEM VALUE SELECT * FROM jsonb_populate_record(NULL::tidetable.audit, '{"at": "2026-01-02T03:04:05.678+00:00", "after": {"queries": ["SELECT 1"]}, "action": "function declared", "author": "ada", "before": null, "number": 16, "reason": null, "subject": "function gone", "pipeline": "main"}');
INSERT INTO tidetable.audit OVERRIDING SYSTEM VALUE SELECT * FROM jsonb_populate_record(NULL::tidetable.audit, '{"at": "2026-01-02T03:04:05.678+00:00", "after": {"tables": {"public.orders": {"rows": "id > 1", "columns": ["id"]}}, "queries": ["SELECT id FROM public.orders"], "statements": {"role": "desk", "containing": "it''s"}}, "action": "function declared", "author": "ada", "before": null, "number": 15, "reason": null, "subject": "function ratings", "pipeline": "main"}');
INSERT INTO tidetable.audit OVERRIDING SYSTEM VALUE SELECT * FROM jsonb_populate_record(NULL::tidetable.audit, '{"at": "2026-01-02T04:04:05.678+00:00", "after": null, "action": "function taken away", "author": "bob", "before": {"queries": ["SELECT 1"]}, "number": 17, "reason": null, "subject": "function gone", "pipeline": "main"}');
INSERT INTO tidetable.declared_function OVERRIDING SYSTEM VALUE SELECT * FROM jsonb_populate_record(NULL::tidetable.declared_function, '{"name": "gone", "author": "bob", "version": 2, "document": null, "pipeline": "main", "decided_at": "2026-01-02T04:04:05.678+00:00"}');
INSERT INTO tidetable.declared_function OVERRIDING SYSTEM VALUE SELECT * FROM jsonb_populate_record(NULL::tidetable.declared_function, '{"name": "ratings", "author": "ada", "version": 1, "document": {"tables": {"public.orders": {"rows": "id > 1", "columns": ["id"]}}, "queries": ["SELECT id FROM public.orders"], "statements": {"role": "desk", "containing": "it''s"}}, "pipeline": "main", "decided_at": "2026-01-02T03:04:05.678+00:00"}');
DO $$ DECLARE counted text; BEGIN
    FOREACH counted IN ARRAY ARRAY['audit', 'schema_override', 'access_token'] LOOP
        EXECUTE format('SELECT setval(pg_get_serial_sequence(%L, ''number''), max(number)) FROM tidetable.%I', 'tidetable.' || counted, counted);
    END LOOP;
END $$;
