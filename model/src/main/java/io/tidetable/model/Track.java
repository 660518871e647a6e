package io.tidetable.model;

import java.util.Locale;

/**
 * One stream of changes out of the source: a replication slot with its publication. Hot tables ride
 * on {@link #EXPRESS} so that a flood on {@link #BULK} is never decoded in front of them.
 */
public enum Track {
    EXPRESS,
    BULK;

    /** The name as settings, slots and tables carry it. */
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }

    /**
     * The track of that name.
     *
     * @throws IllegalArgumentException when there is no such track
     */
    public static Track parse(String label) {
        for (Track track : values()) {
            if (track.label().equals(label)) {
                return track;
            }
        }
        throw new IllegalArgumentException("not a track: '" + label + "' (express or bulk)");
    }
}
