package io.tidetable.app.command;

import io.tidetable.control.api.ApiClient;
import io.tidetable.model.TableId;
import io.tidetable.model.TidetableException;
import io.tidetable.model.Track;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code tidetable track TABLE express|bulk}. */
@Command(
        name = "track",
        description =
                "Moves a table, with the others of its group, to another track while it is written to.",
        mixinStandardHelpOptions = true)
final class TrackCommand implements Callable<Integer> {
    @Parameters(
            index = "0",
            paramLabel = "TABLE",
            description = "the table, as schema.table or just its name")
    private @SuppressWarnings("NullAway.Init") String name;

    @Parameters(index = "1", paramLabel = "TRACK", description = "express or bulk")
    private @SuppressWarnings("NullAway.Init") String track;

    @Mixin private ServerOption server = new ServerOption();

    @Spec
    private @SuppressWarnings("NullAway.Init") CommandSpec spec;

    @Override
    public Integer call() {
        Track wanted = wanted();
        PrintWriter out = spec.commandLine().getOut();
        try (ApiClient client = server.connect()) {
            TableId table = NamedTable.find(client.status(), name, null).table();
            client.move(table, wanted);
            out.println(
                    "%s: rides %s, or is on its way there; 'tidetable table' shows how far it is"
                            .formatted(table, wanted.label()));
        }
        out.flush();
        return CommandOutcome.DONE;
    }

    private Track wanted() {
        try {
            return Track.parse(track);
        } catch (IllegalArgumentException e) {
            throw new TidetableException(
                    "TT-123", "a track is express or bulk, got '%s'".formatted(track), e);
        }
    }
}
