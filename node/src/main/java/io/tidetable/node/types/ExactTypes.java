package io.tidetable.node.types;

import java.util.Set;

/** The built-in types whose equal values always have equal bytes, collations apart. */
public final class ExactTypes {
    private static final Set<Integer> ALWAYS =
            Set.of(
                    16, 17, 18, 19, 20, 21, 23, 25, 26, 28, 29, 650, 774, 829, 869, 1043, 1082,
                    1083, 1114, 1184, 1560, 1562, 2950, 3220, 5069);

    /** bpchar and numeric: exact once a modifier fixes their length or scale. */
    private static final Set<Integer> WITH_MODIFIER = Set.of(1042, 1700);

    private ExactTypes() {}

    /**
     * Whether values of the type are equal exactly when their bytes are.
     *
     * @param oid of a built-in type; of others nothing is known
     * @param modifier of the column, -1 for none
     */
    public static boolean contains(int oid, int modifier) {
        return ALWAYS.contains(oid) || (WITH_MODIFIER.contains(oid) && modifier >= 0);
    }
}
