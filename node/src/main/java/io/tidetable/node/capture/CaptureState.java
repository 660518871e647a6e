package io.tidetable.node.capture;

/** What a track's capture is doing. */
public enum CaptureState {
    /** Not started yet. */
    NEW("new"),
    /** Making or remaking its connection to the source. */
    CONNECTING("connecting"),
    /** Reading. */
    STREAMING("streaming"),
    /** Reading nothing until the journal has room. */
    WAITING_FOR_ROOM("waiting for room"),
    /** Something between the journal and the slot is lost for good; stopped until re-seeded. */
    GAP("gap"),
    /** The journal failed; stopped. */
    FAILED("failed"),
    /** Stopped because it was asked to. */
    CLOSED("closed");

    private final String words;

    CaptureState(String words) {
        this.words = words;
    }

    /** The state in short words for people. */
    public String words() {
        return words;
    }
}
