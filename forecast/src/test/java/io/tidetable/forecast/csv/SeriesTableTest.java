package io.tidetable.forecast.csv;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidetable.forecast.Seasons;
import io.tidetable.forecast.Series;
import java.util.List;
import org.junit.jupiter.api.Test;

class SeriesTableTest {
    private static SeriesTable parse(String text) {
        return SeriesTable.parse(text.lines().toList(), Seasons.of(24));
    }

    @Test
    void oneSeriesARowIsReadWithItsNameFirst() {
        SeriesTable table =
                parse(
                        """
                        "V1","V2","V3","V4"
                        "H1","605","586",""
                        H2,1.5,NA,3
                        """);

        assertThat(table.bad()).isEmpty();
        assertThat(table.series()).containsOnlyKeys("H1", "H2");
        assertThat(table.series().values())
                .extracting(Series::toArray)
                .containsExactly(new double[] {605, 586}, new double[] {1.5, Double.NaN, 3});
        assertThat(table.series().values())
                .extracting(Series::seasons)
                .containsOnly(Seasons.of(24));
    }

    @Test
    void aFileWithoutAHeadingLosesNoRow() {
        assertThat(parse("a,1,2\nb,3,4\n").series()).containsOnlyKeys("a", "b");
        assertThat(parse("2026-01-01T00:00:00Z,4\n2026-01-01T01:00:00Z,5\n").series().get("series"))
                .satisfies(series -> assertThat(series.toArray()).containsExactly(4, 5));
    }

    @Test
    void aHeadingNeedNotBeAsWideAsTheRows() {
        SeriesTable table = parse("V1,V2\nH1,605,586,590\n");

        assertThat(table.bad()).isEmpty();
        assertThat(table.series()).containsOnlyKeys("H1");
    }

    @Test
    void columnsThatAreMerelyCountedAreAHeading() {
        assertThat(parse("id,1,2,3\na,4,5,6\n").series()).containsOnlyKeys("a");
        assertThat(parse(",0,1\na,4,5\n").series()).containsOnlyKeys("a");
        assertThat(parse("id,1,3\na,4,5\n").series()).containsOnlyKeys("id", "a");
    }

    @Test
    void aSeriesOfOneValueIsNoTimestamp() {
        assertThat(parse("V1,V2\nH1,605\nH2,3\n").series()).containsOnlyKeys("H1", "H2");
    }

    @Test
    void aBadFirstRowIsNotTakenForAHeading() {
        SeriesTable table = parse("a,x,3\nb,1,2\n");

        assertThat(table.series()).containsOnlyKeys("b");
        assertThat(table.bad()).hasSize(1);
    }

    @Test
    void badRowsAreNamedAndTheRestGoesOn() {
        SeriesTable table = parse("z,5,3\na,1,x\nb,3,4\nb,5,6\nc\n\nd,1,2\n");

        assertThat(table.series()).containsOnlyKeys("z", "b", "d");
        assertThat(table.bad())
                .extracting(SeriesTable.BadRow::toString)
                .containsExactly(
                        "line 2: 'x' in column 3 is not a number",
                        "line 4: 'b' is there twice",
                        "line 5: 'c' has no values");
    }

    @Test
    void missingTimestampsAreGaps() {
        SeriesTable table =
                parse(
                        """
                        timestamp,requests
                        1998-04-30 21:00:00,324
                        1998-04-30 22:00:00,516
                        1998-05-01 00:00:00,394
                        1998-05-01 01:00:00,400
                        """);

        assertThat(table.bad()).isEmpty();
        assertThat(table.series().get("series"))
                .satisfies(series ->
                        assertThat(series.toArray())
                                .containsExactly(324, 516, Double.NaN, 394, 400));
    }

    @Test
    void timestampsThatCannotBeAreNamed() {
        SeriesTable table =
                parse("time,value\n10,1\n20,2\n20,3\nnever,4\n30,5\n33,6\n40,7,8\n40,inf\n50,9\n");

        assertThat(table.series().get("series"))
                .satisfies(s -> assertThat(s.toArray()).containsExactly(1, 2, 5, Double.NaN, 9));
        assertThat(table.bad()).hasSize(5);
        assertThat(table.bad()).extracting(SeriesTable.BadRow::line).contains(4, 5, 7, 8, 9);
    }

    @Test
    void anEmptyFileHasNoSeries() {
        assertThat(SeriesTable.parse(List.of(), Seasons.none()).series()).isEmpty();
        assertThat(parse("timestamp,value\n").series()).isEmpty();
    }
}
