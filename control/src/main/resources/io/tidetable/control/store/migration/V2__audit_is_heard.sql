-- Whoever shows what happens hears of each entry.
CREATE TRIGGER tell_of_insert AFTER INSERT ON tidetable.audit
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION tidetable.tell_of_change();
