package io.tidetable.forecast.accuracy;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidetable.forecast.Forecaster;
import io.tidetable.forecast.Horizon;
import io.tidetable.forecast.Patterns;
import io.tidetable.forecast.Series;
import io.tidetable.forecast.method.Methods;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class MethodChoiceTest {
    private static final Backtest BACKTEST = new Backtest(Horizon.of(24), 3);
    private static final List<Forecaster> CANDIDATES =
            List.of(Methods.named("naive2"), Methods.named("snaive"), Methods.named("ridge"));

    @Test
    void theMethodThatForecastThePastBestIsChosen() {
        Series series = Patterns.dailyAndWeekly(900, 21);

        MethodChoice.Choice choice =
                new MethodChoice(CANDIDATES, BACKTEST, Duration.ofMinutes(1), () -> Instant.EPOCH)
                        .choose(series);

        assertThat(choice.method().name()).isEqualTo("ridge");
        assertThat(choice.tried()).isEqualTo(3);
    }

    @Test
    void noMethodIsBegunAfterTheBudgetIsSpent() {
        AtomicLong seconds = new AtomicLong();
        MethodChoice impatient =
                new MethodChoice(
                        CANDIDATES,
                        BACKTEST,
                        Duration.ofSeconds(2),
                        () -> Instant.ofEpochSecond(seconds.getAndIncrement()));

        MethodChoice.Choice choice = impatient.choose(Patterns.dailyAndWeekly(900, 21));

        assertThat(choice.tried()).isEqualTo(2);
        assertThat(choice.method().name()).isEqualTo("snaive");
    }

    @Test
    void aSeriesTooShortForAnyOriginStillGetsAMethod() {
        MethodChoice.Choice choice =
                new MethodChoice(CANDIDATES, BACKTEST, Duration.ofMinutes(1), () -> Instant.EPOCH)
                        .choose(Series.of(1, 2, 3));

        assertThat(choice.method().name()).isEqualTo("naive2");
    }
}
