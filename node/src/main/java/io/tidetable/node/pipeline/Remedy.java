package io.tidetable.node.pipeline;

import io.tidetable.model.TidetableException;
import io.tidetable.node.pipeline.PipelineSettings.LostChanges;
import java.util.Set;

/** What is done about the failure of a pipeline as a whole. */
enum Remedy {
    /** The pipeline is closed and begun anew, as a start by hand would. */
    BEGIN_ANEW,
    /** It stays closed until somebody has decided. */
    STOP;

    /** Changes are lost for good, and a new beginning would compare and mend tables. */
    private static final Set<String> LOST_CHANGES =
            Set.of("TT-221", "TT-222", "TT-223", "TT-225", "TT-226");

    /**
     * The source is another server; the journal's disk or files cannot be trusted; somebody else
     * has the journal; a reader could not be stopped; changes are lost and the settings say to
     * stop. None of it becomes right by trying again.
     */
    private static final Set<String> FOR_PEOPLE =
            Set.of("TT-220", "TT-230", "TT-248", "TT-301", "TT-304", "TT-305");

    /** Slots that are of no use any more, at the very source that had them. */
    private static final Set<String> LOST_SLOT = Set.of("TT-222", "TT-223", "TT-225", "TT-226");

    /** Whether a new slot is needed, and may be made at once. */
    static boolean isSlotLost(TidetableException why) {
        return LOST_SLOT.contains(why.code());
    }

    static Remedy of(TidetableException why, LostChanges allowed) {
        if (FOR_PEOPLE.contains(why.code())
                || (allowed == LostChanges.STOP && LOST_CHANGES.contains(why.code()))) {
            return STOP;
        }
        return BEGIN_ANEW;
    }

    /** The same failure, with what can be done where the settings forbid to mend it. */
    static TidetableException explained(TidetableException why, LostChanges allowed) {
        if (allowed == LostChanges.STOP && LOST_CHANGES.contains(why.code())) {
            return refusal(why.line());
        }
        return why;
    }

    /** Changes are lost, and the settings forbid to mend that by merging. */
    static TidetableException refusal(String loss) {
        return new TidetableException(
                "TT-248",
                "%s; the settings say to stop there (lost_changes: stop): with lost_changes: merge a start compares the tables with the source and mends them"
                        .formatted(loss));
    }
}
