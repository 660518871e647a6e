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
