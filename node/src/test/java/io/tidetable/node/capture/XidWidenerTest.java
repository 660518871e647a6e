package io.tidetable.node.capture;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class XidWidenerTest {
    @Test
    void idsAroundAWraparoundKeepTheirEpochs() {
        XidWidener widener = new XidWidener((5L << 32) - 10);

        assertThat(widener.widen(-20)).isEqualTo((5L << 32) - 20);
        assertThat(widener.widen(3)).isEqualTo((5L << 32) + 3);
        assertThat(widener.widen(-1)).isEqualTo((5L << 32) - 1);
        assertThat(widener.widen(2_000_000_000)).isEqualTo((5L << 32) + 2_000_000_000);
        assertThat(widener.widen((int) 3_000_000_000L)).isEqualTo((5L << 32) + 3_000_000_000L);
    }

    @Test
    void aBacklogOfManyIdsIsReadFromItsOldestOn() {
        XidWidener widener = new XidWidener(2_100_000_000);

        assertThat(widener.widen(700)).isEqualTo(700);
        assertThat(widener.widen(1_500_000_000)).isEqualTo(1_500_000_000);
    }
}
