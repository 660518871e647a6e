-- What a destination of release 0.1 holds before the control plane has a metadata store: notes of the data plane alone.
CREATE SCHEMA tidetable;
CREATE TABLE tidetable.progress (
    pipeline text NOT NULL, lane text NOT NULL, epoch bigint NOT NULL, system_id bigint NOT NULL, timeline integer NOT NULL,
    lsn pg_lsn NOT NULL, xid bigint NOT NULL, quarantine_revision bigint NOT NULL DEFAULT 0, source_committed_at timestamptz,
    applied_at timestamptz NOT NULL DEFAULT clock_timestamp(), PRIMARY KEY (pipeline, lane));
INSERT INTO tidetable.progress (pipeline, lane, epoch, system_id, timeline, lsn, xid)
    VALUES ('main', 'public.orders', 1, 7, 1, '16/3002D50', 99);
CREATE TABLE tidetable.replicated_table (
    pipeline text NOT NULL, namespace text NOT NULL, name text NOT NULL, lane text NOT NULL, track text NOT NULL, state text NOT NULL,
    PRIMARY KEY (pipeline, namespace, name));
INSERT INTO tidetable.replicated_table VALUES ('main', 'public', 'orders', 'public.orders', 'bulk', 'streaming');
