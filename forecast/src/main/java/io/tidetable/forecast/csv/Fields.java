package io.tidetable.forecast.csv;

import java.util.ArrayList;
import java.util.List;

/** The fields of a line of comma-separated values. */
final class Fields {
    private Fields() {}

    static List<String> of(String line) {
        List<String> fields = new ArrayList<>();
        StringBuilder field = new StringBuilder();
        boolean quoted = false;
        for (int i = 0; i < line.length(); i++) {
            char character = line.charAt(i);
            if (character == '"') {
                quoted = !quoted;
            } else if (character == ',' && !quoted) {
                fields.add(field.toString().strip());
                field.setLength(0);
            } else {
                field.append(character);
            }
        }
        fields.add(field.toString().strip());
        return fields;
    }

    static boolean isGap(String field) {
        return field.isEmpty() || field.equals("NA") || field.equalsIgnoreCase("nan");
    }

    static boolean isValue(String field) {
        return isGap(field) || !Double.isNaN(number(field));
    }

    /** A finite number, or {@link Double#NaN} where the field is none. */
    static double number(String field) {
        try {
            double number = Double.parseDouble(field);
            return Double.isInfinite(number) ? Double.NaN : number;
        } catch (NumberFormatException e) {
            return Double.NaN;
        }
    }
}
