package io.tidetable.node.copy;

import io.tidetable.node.postgres.SourceSnapshot;

/**
 * A finished copy, and how its lane goes on: a transaction is applied unless the oldest snapshot
 * sees it, and in mend mode up to the newest horizon when there was more than one snapshot.
 *
 * @param oldest the first chunk's
 * @param newest the last chunk's; its horizon is above every snapshot's of this copy
 * @param mendNeeded whether chunks were read under different snapshots
 * @param mergeNeeded whether the source gained partitions meanwhile whose rows may be unknown to
 *     the change stream
 */
public record CopyResult(
        long rows,
        long bytes,
        SourceSnapshot oldest,
        SourceSnapshot newest,
        boolean mendNeeded,
        boolean mergeNeeded) {}
