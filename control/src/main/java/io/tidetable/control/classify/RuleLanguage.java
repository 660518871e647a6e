package io.tidetable.control.classify;

import dev.cel.common.CelAbstractSyntaxTree;
import dev.cel.common.CelIssue;
import dev.cel.common.CelOptions;
import dev.cel.common.CelValidationException;
import dev.cel.common.CelValidationResult;
import dev.cel.common.types.ListType;
import dev.cel.common.types.SimpleType;
import dev.cel.compiler.CelCompiler;
import dev.cel.compiler.CelCompilerBuilder;
import dev.cel.compiler.CelCompilerFactory;
import dev.cel.parser.CelStandardMacro;
import dev.cel.runtime.CelEvaluationException;
import dev.cel.runtime.CelRuntime;
import dev.cel.runtime.CelRuntimeFactory;
import io.tidetable.model.NearestName;
import io.tidetable.model.schema.ClassificationRule;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The Common Expression Language with a table's figures, names and tags as its variables.
 * Thread-safe.
 */
final class RuleLanguage {
    private static final String TABLE = "table";
    private static final String NAMESPACE = "namespace";
    private static final String NAME = "name";
    private static final String DESTINATION = "destination";
    private static final String TAGS = "tags";

    private static final Pattern UNDECLARED =
            Pattern.compile("undeclared reference to '([^']*)'.*", Pattern.DOTALL);

    private static final CelOptions OPTIONS =
            CelOptions.current()
                    .enableHeterogeneousNumericComparisons(true)
                    .comprehensionMaxIterations(10_000)
                    .build();

    private final CelCompiler compiler;
    private final CelRuntime runtime;

    RuleLanguage() {
        CelCompilerBuilder builder =
                CelCompilerFactory.standardCelCompilerBuilder()
                        .setOptions(OPTIONS)
                        .setStandardMacros(CelStandardMacro.STANDARD_MACROS)
                        .addVar(TABLE, SimpleType.STRING)
                        .addVar(NAMESPACE, SimpleType.STRING)
                        .addVar(NAME, SimpleType.STRING)
                        .addVar(DESTINATION, SimpleType.STRING)
                        .addVar(TAGS, ListType.create(SimpleType.STRING))
                        .setResultType(SimpleType.BOOL);
        for (Figure figure : Figure.values()) {
            builder.addVar(figure.label(), SimpleType.DOUBLE);
        }
        compiler = builder.build();
        runtime = CelRuntimeFactory.legacyCelRuntimeBuilder().setOptions(OPTIONS).build();
    }

    /**
     * Makes a condition ready to be asked.
     *
     * @throws RuleException when it cannot be understood
     */
    CelRuntime.Program compile(ClassificationRule rule) {
        CelValidationResult result = compiler.compile(rule.condition());
        if (result.hasError()) {
            throw refusal(rule, result.getErrors().getFirst());
        }
        try {
            CelAbstractSyntaxTree tree = result.getAst();
            return runtime.createProgram(tree);
        } catch (CelValidationException | CelEvaluationException e) {
            throw new RuleException(rule.name(), 1, 1, Objects.toString(e.getMessage()));
        }
    }

    private static RuleException refusal(ClassificationRule rule, CelIssue issue) {
        String message = issue.getMessage();
        Matcher undeclared = UNDECLARED.matcher(message);
        if (undeclared.matches()) {
            String written = undeclared.group(1);
            List<String> known = new ArrayList<>(Figure.labels());
            known.addAll(List.of(TABLE, NAMESPACE, NAME, DESTINATION, TAGS));
            message =
                    "unknown name '%s'%s; known are %s"
                            .formatted(
                                    written,
                                    NearestName.of(written, known)
                                            .map(it -> ", did you mean '" + it + "'?")
                                            .orElse(""),
                                    String.join(", ", known));
        }
        return new RuleException(
                rule.name(),
                Math.max(1, issue.getSourceLocation().getLine()),
                Math.max(1, issue.getSourceLocation().getColumn() + 1),
                message.replaceAll("\\s+", " "));
    }

    /** The variables of a table. */
    static Map<String, Object> variables(Subject subject) {
        Map<String, Object> variables = new HashMap<>();
        variables.put(TABLE, subject.table().toString());
        variables.put(NAMESPACE, subject.table().namespace());
        variables.put(NAME, subject.table().name());
        variables.put(DESTINATION, subject.destination().name());
        variables.put(TAGS, subject.stated().tags().stream().sorted().toList());
        for (Figure figure : Figure.values()) {
            variables.put(figure.label(), subject.figure(figure));
        }
        return variables;
    }
}
