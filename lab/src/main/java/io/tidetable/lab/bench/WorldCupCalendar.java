package io.tidetable.lab.bench;

import io.tidetable.forecast.method.Event;
import java.time.Duration;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * What anybody could have named before the 1998 World Cup began: the published calendar of its
 * matches, in the trace's own time (UTC).
 *
 * <p>Three events: the two hours of each match, every hour of a day with a match, and the
 * tournament from its first day to its last.
 */
final class WorldCupCalendar {
    private static final int YEAR = 1998;
    private static final Duration MATCH = Duration.ofHours(2);
    private static final String KICK_OFFS =
            """
            06-10 15:30 19:00
            06-11 15:30 19:00
            06-12 12:30 15:30 19:00
            06-13 12:30 15:30 19:00
            06-14 12:30 15:30 19:00
            06-15 12:30 15:30 19:00
            06-16 15:30 19:00
            06-17 15:30 19:00
            06-18 15:30 19:00
            06-19 15:30 19:00
            06-20 12:30 15:30 19:00
            06-21 12:30 15:30 19:00
            06-22 15:30 19:00
            06-23 14:00 19:00
            06-24 14:00 19:00
            06-25 14:00 19:00
            06-26 14:00 19:00
            06-27 14:30 19:00
            06-28 14:30 19:00
            06-29 14:30 19:00
            06-30 14:30 19:00
            07-03 14:30 19:00
            07-04 14:30 19:00
            07-07 19:00
            07-08 19:00
            07-11 19:00
            07-12 19:00
            """;

    private WorldCupCalendar() {}

    /** The events in hours from the start of the trace. */
    static List<Event> events(LocalDateTime start) {
        TreeSet<Integer> matches = new TreeSet<>();
        TreeSet<Integer> days = new TreeSet<>();
        TreeSet<Integer> tournament = new TreeSet<>();
        for (String line : KICK_OFFS.lines().toList()) {
            List<String> fields = List.of(line.split(" "));
            LocalDate day = LocalDate.parse(YEAR + "-" + fields.getFirst());
            for (String time : fields.subList(1, fields.size())) {
                LocalDateTime kickOff = day.atTime(LocalTime.parse(time));
                addHours(matches, start, kickOff.withMinute(0), kickOff.plus(MATCH));
            }
            addHours(days, start, day.atStartOfDay(), day.plusDays(1).atStartOfDay());
        }
        LocalDate last = start.plusHours(days.getLast()).toLocalDate();
        addHours(
                tournament,
                start,
                start.plusHours(days.getFirst()),
                last.plusDays(1).atStartOfDay());
        return List.of(
                event("match", matches), event("match day", days), event("tournament", tournament));
    }

    private static Event event(String name, Set<Integer> hours) {
        return new Event(name, hours.stream().collect(Collectors.toList()));
    }

    private static void addHours(
            Set<Integer> hours, LocalDateTime start, LocalDateTime from, LocalDateTime to) {
        for (LocalDateTime hour = from; hour.isBefore(to); hour = hour.plusHours(1)) {
            hours.add((int) Duration.between(start, hour).toHours());
        }
    }
}
