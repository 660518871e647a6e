package io.tidetable.app.wiring;

import io.tidetable.control.api.PipelineView;
import io.tidetable.model.DestinationId;
import io.tidetable.model.Lsn;
import io.tidetable.model.TableId;
import io.tidetable.model.Track;
import io.tidetable.model.schema.Classification;
import io.tidetable.model.schema.SchemaOverride.InForce;
import io.tidetable.model.status.CopyManifest;
import io.tidetable.model.status.CopyProgress;
import io.tidetable.model.status.DestinationStatus;
import io.tidetable.model.status.PipelineStatus;
import io.tidetable.model.status.QuarantinedChange;
import io.tidetable.model.status.RetriedChanges;
import io.tidetable.model.status.TableVerification;
import io.tidetable.node.pipeline.PipelineControl;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * The data plane of this process as the control plane sees it.
 *
 * @param inForce how tables are replicated, which tells their class
 */
record LocalPipelineView(PipelineControl control, Supplier<List<InForce>> inForce)
        implements PipelineView {
    @Override
    public PipelineStatus status() {
        PipelineStatus status = control.status();
        if (status.destinations().stream().allMatch(it -> it.tables().isEmpty())) {
            return status;
        }
        Map<DestinationId, Map<TableId, Classification>> classes = new HashMap<>();
        for (InForce each : inForce.get()) {
            classes.computeIfAbsent(each.schema().destination(), _ -> new HashMap<>())
                    .put(each.schema().table(), each.schema().classification());
        }
        return new PipelineStatus(
                status.pipeline(),
                status.at(),
                status.ready(),
                status.tracks(),
                status.destinations().stream()
                        .map(it -> classified(it, classes.getOrDefault(it.id(), Map.of())))
                        .toList());
    }

    @Override
    public boolean hasStarted() {
        return control.hasStarted();
    }

    private static DestinationStatus classified(
            DestinationStatus status, Map<TableId, Classification> classes) {
        return new DestinationStatus(
                status.id(),
                status.connected(),
                status.busySlots(),
                status.slots(),
                status.tables().stream()
                        .map(it -> {
                            Classification as = classes.get(it.table());
                            return as == null ? it : it.classified(as);
                        })
                        .toList(),
                status.message());
    }

    @Override
    public Lsn sourcePosition() {
        return control.sourcePosition();
    }

    @Override
    public boolean awaitComplete(
            DestinationId destination, Set<TableId> tables, Lsn position, Duration limit)
            throws InterruptedException {
        return control.awaitComplete(destination, tables, position, limit);
    }

    @Override
    public List<TableVerification> verify(
            DestinationId destination,
            Set<TableId> tables,
            boolean repair,
            Consumer<TableVerification> each)
            throws InterruptedException {
        return control.verify(destination, tables, repair, each);
    }

    @Override
    public void pause(DestinationId destination, TableId table) {
        control.pause(destination, table);
    }

    @Override
    public void resume(DestinationId destination, TableId table) {
        control.resume(destination, table);
    }

    @Override
    public void resync(DestinationId destination, TableId table) {
        control.resync(destination, table);
    }

    @Override
    public List<QuarantinedChange> quarantined(
            DestinationId destination, TableId table, int limit) {
        return control.quarantined(destination, table, limit);
    }

    @Override
    public RetriedChanges retryQuarantined(DestinationId destination, TableId table, String chain) {
        return control.retryQuarantined(destination, table, chain);
    }

    @Override
    public long discardQuarantined(DestinationId destination, TableId table, String chain) {
        return control.discardQuarantined(destination, table, chain);
    }

    @Override
    public CopyManifest manifest(DestinationId destination, TableId table) {
        return control.manifest(destination, table);
    }

    @Override
    public List<CopyProgress> manifests(DestinationId destination) {
        return control.manifests(destination);
    }

    @Override
    public void move(TableId table, Track track) {
        control.move(table, track);
    }
}
