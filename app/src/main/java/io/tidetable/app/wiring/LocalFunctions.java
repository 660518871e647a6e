package io.tidetable.app.wiring;

import io.tidetable.control.document.FunctionDocument;
import io.tidetable.control.plane.FunctionUser;
import io.tidetable.control.store.StoredFunction;
import io.tidetable.model.TableId;
import io.tidetable.model.TidetableException;
import io.tidetable.node.functional.ConditionReader;
import io.tidetable.node.functional.FunctionDeclaration;
import io.tidetable.node.functional.RowCondition;
import io.tidetable.node.functional.TableNeed;
import io.tidetable.node.pipeline.PipelineControl;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Hands functions that are declared while it runs to the data plane of this process.
 *
 * @param settled names of the settings' functions, which stay as they are
 */
record LocalFunctions(PipelineControl pipeline, Set<String> settled) implements FunctionUser {
    @Override
    public void check(String name, FunctionDocument function) {
        if (settled.contains(name)) {
            throw new TidetableException(
                    "TT-642",
                    "function %s stands in the settings file and is changed there; nothing was changed"
                            .formatted(name));
        }
        pipeline.checkFunction(declaration(name, function));
    }

    @Override
    public void use(List<StoredFunction> functions) {
        pipeline.functions(
                functions.stream()
                        .filter(it -> !settled.contains(it.name()))
                        .map(it -> declaration(it.name(), it.function()))
                        .toList());
    }

    private static FunctionDeclaration declaration(String name, FunctionDocument written) {
        Map<TableId, TableNeed> tables = new LinkedHashMap<>();
        Objects.requireNonNullElse(written.tables(), Map.<String, FunctionDocument.Need>of())
                .forEach((table, need) -> {
                    int dot = table.indexOf('.');
                    tables.put(
                            new TableId(table.substring(0, dot), table.substring(dot + 1)),
                            need(need));
                });
        FunctionDocument.Statements statements = written.statements();
        return new FunctionDeclaration(
                name,
                tables,
                Objects.requireNonNullElse(written.queries(), List.of()),
                statements == null
                        ? null
                        : new FunctionDeclaration.Statements(
                                statements.role(), statements.containing()));
    }

    private static TableNeed need(FunctionDocument.@Nullable Need written) {
        if (written == null) {
            return TableNeed.EVERYTHING;
        }
        List<String> columns = written.columns();
        String rows = written.rows();
        return new TableNeed(
                columns == null ? null : new TreeSet<>(columns),
                rows == null ? RowCondition.always() : ConditionReader.read(rows));
    }
}
