package io.tidetable.node.functional;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidetable.model.TidetableException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ConditionReaderTest {
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                "status = 'open'|\"status\" = 'open'",
                "3 < amount AND vip|\"amount\" > 3 AND \"vip\" = true",
                "a IN (1, -2) OR b IS NOT NULL|\"a\" IN (1, (-2)) OR \"b\" IS NOT NULL",
                "(a = 1 OR a = 2) AND b <> 'it''s'|(\"a\" = 1 OR \"a\" = 2) AND \"b\" <> 'it''s'",
                "\"Odd\" BETWEEN 1.5 AND 2|\"Odd\" >= 1.5 AND \"Odd\" <= 2",
                "NOT vip AND t.x NOT IN ('a')|\"vip\" = false AND \"x\" NOT IN ('a')",
                "p = E'a\\\\b'|\"p\" = E'a\\\\b'",
            })
    void itIsReadAndWrittenWithoutChangingItsMeaning(String written, String sql) {
        RowCondition condition = ConditionReader.read(written);
        assertThat(condition.sql()).isEqualTo(sql);
        assertThat(ConditionReader.read(sql)).isEqualTo(condition);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "a LIKE 'x%'",
                "NOT (a = 1)",
                "a = b",
                "lower(a) = 'x'",
                "at > now()",
                "a = NULL",
                "a = 1; DROP TABLE x",
                "a = $1",
                "a IN (SELECT 1)",
                "vip IS NOT TRUE",
                "total > 1e3",
                "a =",
                "a'",
                "a'; DROP TABLE x; --",
                "a = 1 '",
                "a = 1 OR \"b",
                "a = E'\\'"
            })
    void whatCannotBeEvaluatedOnChangesIsRefused(String written) {
        assertThatThrownBy(() -> ConditionReader.read(written))
                .isInstanceOf(TidetableException.class)
                .hasMessageContaining("cannot be used");
    }

    @Test
    void conditionsAreJoinedByTheirMeaning() {
        RowCondition open = ConditionReader.read("status = 'open'");
        assertThat(open.or(RowCondition.always())).isEqualTo(RowCondition.always());
        assertThat(open.or(open)).isEqualTo(open);
        assertThat(open.and(RowCondition.always())).isEqualTo(open);
        assertThat(open.or(ConditionReader.read("a = 1 AND b = 2")).sql())
                .isEqualTo("\"status\" = 'open' OR (\"a\" = 1 AND \"b\" = 2)");
    }
}
