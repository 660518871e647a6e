package io.tidetable.node.strategy;

import io.tidetable.model.TableShape;
import io.tidetable.node.journal.ChangeKind;
import java.nio.ByteBuffer;

/** What becomes of a table's row changes within its scope. */
interface ScopedChange {
    /** What a change has become. Reused from change to change. */
    final class Outcome {
        private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);

        private ChangeKind kind = ChangeKind.TRUNCATE;
        private ByteBuffer payload = NOTHING;

        void pass(ChangeKind itsKind, ByteBuffer itsPayload) {
            kind = itsKind;
            payload = itsPayload;
        }

        ChangeKind kind() {
            return kind;
        }

        ByteBuffer payload() {
            return payload;
        }
    }

    /**
     * Makes of a change what it is within the scope.
     *
     * @return false where it is nothing
     */
    boolean within(ChangeKind kind, ByteBuffer payload, Outcome outcome);

    /** The shape of what changes become that were announced with this one. */
    default TableShape shape(TableShape announced) {
        return announced;
    }

    /** Changes pass. */
    record Whole() implements ScopedChange {
        @Override
        public boolean within(ChangeKind kind, ByteBuffer payload, Outcome outcome) {
            outcome.pass(kind, payload);
            return true;
        }
    }

    /** Nothing passes. */
    record None() implements ScopedChange {
        @Override
        public boolean within(ChangeKind kind, ByteBuffer payload, Outcome outcome) {
            return false;
        }
    }
}
