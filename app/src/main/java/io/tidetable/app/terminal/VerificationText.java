package io.tidetable.app.terminal;

import io.tidetable.model.DestinationId;
import io.tidetable.model.status.TableVerification;

/** What a comparison found, as a line of text. */
public final class VerificationText {
    private VerificationText() {}

    public static String line(DestinationId destination, TableVerification found) {
        String subject = "%s %s".formatted(destination, found.table());
        if (found.problem() != null) {
            return "not compared  %s: %s".formatted(subject, found.problem());
        }
        if (found.equal()) {
            return "equal         %s: %s rows in %s"
                    .formatted(
                            subject,
                            Figures.count(found.sourceRows()),
                            Figures.duration(found.took()));
        }
        return "different     %s: %s rows at the source, %s at the destination; %s missing, %s extra, %s different%s%s"
                .formatted(
                        subject,
                        Figures.count(found.sourceRows()),
                        Figures.count(found.destinationRows()),
                        Figures.count(found.missing()),
                        Figures.count(found.extra()),
                        Figures.count(found.different()),
                        found.examples().isEmpty()
                                ? ""
                                : ", keys such as " + String.join(", ", found.examples()),
                        found.repaired() == 0
                                ? ""
                                : "; %s mended".formatted(Figures.count(found.repaired())));
    }
}
