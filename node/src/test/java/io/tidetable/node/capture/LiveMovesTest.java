package io.tidetable.node.capture;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LiveMovesTest {
    @ParameterizedTest
    @ValueSource(ints = {140019, 140020, 150014, 160010, 170006, 170010, 180000, 180001, 190000})
    void tablesMoveWhereDecodingFollowsThePublication(int version) {
        assertThat(LiveMoves.refusal(version)).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(ints = {130022, 140018, 150013, 160009, 170005})
    void tablesStayWhereItDoesNotWithASentenceThatSaysWhatToDo(int version) {
        assertThat(LiveMoves.refusal(version).orElseThrow())
                .contains("tables stay on their track")
                .contains("update it to");
    }
}
