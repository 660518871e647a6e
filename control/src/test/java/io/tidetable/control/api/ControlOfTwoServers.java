package io.tidetable.control.api;

import io.tidetable.control.classify.Stated;
import io.tidetable.control.plane.ControlPlane;
import io.tidetable.control.plane.Replicated;
import io.tidetable.control.store.MetadataStore;
import io.tidetable.model.DestinationId;
import io.tidetable.testkit.DatabasePair;
import java.time.InstantSource;
import java.util.Map;
import java.util.Optional;

/** The control plane that tests of the HTTP interface stand on. */
final class ControlOfTwoServers {
    private ControlOfTwoServers() {}

    /** Of all tables from one database to the other; not started. */
    static ControlPlane of(DatabasePair databases) {
        return new ControlPlane(
                new MetadataStore(_ -> databases.connectDestination(), "main"),
                new Replicated(
                        _ -> databases.connectSource(),
                        Map.of(new DestinationId("reporting"), _ -> databases.connectDestination()),
                        _ -> Optional.of(Stated.NOTHING)),
                InstantSource.system());
    }
}
