package io.tidetable.node.apply;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The temporary staging tables of one session. They are kept across transactions, lose their rows
 * at each commit, and the least used make room for new ones.
 */
final class StagePool {
    private static final int MOST = 16;

    private record Key(TablePlan plan, BitSet text) {}

    private final Connection connection;
    private final Map<Key, Stage> stages = new LinkedHashMap<>(32, 0.75f, true);
    private final List<Key> made = new ArrayList<>();
    private final Map<Key, Stage> dropped = new LinkedHashMap<>();
    private int names;
    private int parts;

    StagePool(Connection connection) {
        this.connection = connection;
    }

    /** A number for the next rows that belong together. */
    int nextPart() {
        return ++parts;
    }

    Stage stage(TablePlan plan, BitSet text) throws SQLException {
        Key key = new Key(plan, text);
        Stage stage = stages.get(key);
        if (stage == null) {
            if (stages.size() >= MOST) {
                Map.Entry<Key, Stage> oldest = stages.entrySet().iterator().next();
                execute("DROP TABLE " + oldest.getValue().name());
                if (!made.remove(oldest.getKey())) {
                    dropped.put(oldest.getKey(), oldest.getValue());
                }
                stages.remove(oldest.getKey());
            }
            stage = new Stage(plan, "pg_temp.tidetable_stage_" + ++names, text);
            execute(
                    "CREATE TEMPORARY TABLE %s (%s) ON COMMIT DELETE ROWS"
                            .formatted(stage.name(), stage.columns()));
            stages.put(key, stage);
            made.add(key);
        }
        return stage;
    }

    /** The transaction in which stages were asked for has committed. */
    void committed() {
        made.clear();
        dropped.clear();
        parts = 0;
    }

    /** It was rolled back: what it made is gone, what it dropped is there again. */
    void rolledBack() {
        made.forEach(stages::remove);
        stages.putAll(dropped);
        committed();
    }

    private void execute(String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }
}
