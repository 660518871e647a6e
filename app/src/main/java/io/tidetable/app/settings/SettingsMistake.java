package io.tidetable.app.settings;

import tools.jackson.core.JsonPointer;

/** A mistake at a place of the settings file, before that place has become a line number. */
final class SettingsMistake extends RuntimeException {
    private final String code;
    private final JsonPointer place;

    SettingsMistake(String code, JsonPointer place, String sentence) {
        super(sentence, null, false, false);
        this.code = code;
        this.place = place;
    }

    String code() {
        return code;
    }

    JsonPointer place() {
        return place;
    }

    String sentence() {
        return String.valueOf(getMessage());
    }
}
