package io.tidetable.node.pipeline.semantics;

import io.tidetable.model.Consistency;
import io.tidetable.node.fault.FaultPoint;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicBoolean;

/** How the rows and changes of cases come to the destination: all must lead to the same. */
enum Way {
    /** All is there before the pipeline begins. */
    COPIED {
        @Override
        void carry(ReplicatedPair pair, List<Case> cases) throws Exception {
            writeRows(pair, cases);
            writeChanges(pair, cases);
            pair.start();
        }
    },
    /** The changes come one by one, each applied as it comes. */
    STREAMED {
        @Override
        void carry(ReplicatedPair pair, List<Case> cases) throws Exception {
            pair.start().settle();
            writeRows(pair, cases);
            int most = cases.stream().mapToInt(each -> each.changes().size()).max().orElse(0);
            for (int step = 0; step < most; step++) {
                pair.settle();
                for (Case each : cases) {
                    if (step < each.changes().size()) {
                        pair.source(each, List.of(each.changes().get(step)));
                    }
                }
            }
        }
    },
    /** All waits for one batch, which is folded by key. */
    TOGETHER {
        @Override
        void carry(ReplicatedPair pair, List<Case> cases) throws Exception {
            pair.start().settle();
            pair.pauseAll();
            writeRows(pair, cases);
            writeChanges(pair, cases);
            pair.resumeAll();
        }
    },
    /** The changes fall between the copy's snapshot and the reading of its rows. */
    DURING_THE_COPY {
        @Override
        void carry(ReplicatedPair pair, List<Case> cases) throws Exception {
            writeRows(pair, cases);
            AtomicBoolean begun = new AtomicBoolean();
            List<SQLException> failures = new ArrayList<>();
            pair.start(point -> {
                if (point == FaultPoint.SNAPSHOT_TAKEN && begun.compareAndSet(false, true)) {
                    try {
                        writeChanges(pair, cases);
                    } catch (SQLException e) {
                        failures.add(e);
                    }
                }
            });
            pair.settle();
            if (!failures.isEmpty()) {
                throw failures.getFirst();
            }
        }
    },
    /** The source sends transactions while they are open; one lane applies them whole. */
    IN_BLOCKS {
        @Override
        void carry(ReplicatedPair pair, List<Case> cases) throws Exception {
            pair.streamInBlocks();
            pair.with(new Consistency.Strict()).start().settle();
            writeRows(pair, cases);
            writeChanges(pair, cases);
        }
    };

    /** The way in words, for the names of tests. */
    final String words() {
        return name().toLowerCase(Locale.ROOT).replace('_', ' ');
    }

    abstract void carry(ReplicatedPair pair, List<Case> cases) throws Exception;

    private static void writeRows(ReplicatedPair pair, List<Case> cases) throws SQLException {
        for (Case each : cases) {
            pair.source(each, each.rows());
        }
    }

    private static void writeChanges(ReplicatedPair pair, List<Case> cases) throws SQLException {
        for (Case each : cases) {
            pair.source(each, each.changes());
        }
    }
}
