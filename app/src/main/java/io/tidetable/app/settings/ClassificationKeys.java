package io.tidetable.app.settings;

import io.tidetable.control.classify.RuleException;
import io.tidetable.control.classify.RuleSet;
import io.tidetable.control.document.RuleDocument;
import io.tidetable.control.plane.Reclassification;
import io.tidetable.model.schema.ClassificationRule;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonPointer;

/** Reads the blocks {@code rules} and {@code classification}. */
final class ClassificationKeys {
    private final WrittenValues values;

    ClassificationKeys(WrittenValues values) {
        this.values = values;
    }

    /** Rules take no references to the environment: their texts are conditions. */
    static List<ClassificationRule> rules(@Nullable List<RuleDocument> written) {
        List<ClassificationRule> rules = new ArrayList<>();
        JsonPointer place = JsonPointer.valueOf("/rules");
        for (RuleDocument rule : written == null ? List.<RuleDocument>of() : written) {
            JsonPointer at = place.appendIndex(rules.size());
            rules.add(WrittenValues.checked(at, rule::rule));
            try {
                RuleSet.of(rules);
            } catch (RuleException e) {
                throw new SettingsMistake("TT-103", at, String.valueOf(e.getMessage()));
            }
        }
        return rules;
    }

    Reclassification classification(Document.@Nullable Classification written) {
        Reclassification usual = Reclassification.USUAL;
        if (written == null) {
            return usual;
        }
        JsonPointer place = JsonPointer.valueOf("/classification");
        return new Reclassification(
                values.value(
                        place.appendProperty("automatic"),
                        written.automatic(),
                        usual.automatic(),
                        ValueKinds::truth),
                values.value(
                        place.appendProperty("interval"),
                        written.interval(),
                        usual.interval(),
                        ValueKinds.between("5s", "1h")),
                values.value(
                        place.appendProperty("looks"),
                        written.looks(),
                        usual.looks(),
                        text -> ValueKinds.number(text, 2, 60)));
    }
}
