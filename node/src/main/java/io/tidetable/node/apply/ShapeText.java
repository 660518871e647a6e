package io.tidetable.node.apply;

import io.tidetable.model.Column;
import io.tidetable.model.ReplicaIdentity;
import io.tidetable.model.TableId;
import io.tidetable.model.TableShape;
import java.util.List;

/** A table's shape as the quarantine keeps it: one line for the table, one per column. */
final class ShapeText {
    private ShapeText() {}

    static String write(TableShape shape) {
        StringBuilder text = new StringBuilder();
        text.append(Integer.toUnsignedString(shape.relationOid()))
                .append(' ')
                .append(shape.identity().code());
        for (Column column : shape.columns()) {
            text.append('\n')
                    .append(Integer.toUnsignedString(column.typeOid()))
                    .append(' ')
                    .append(column.typeModifier())
                    .append(column.inIdentity() ? " k " : " - ")
                    .append(column.name().replace("\\", "\\\\").replace("\n", "\\n"));
        }
        return text.toString();
    }

    static TableShape read(TableId table, String text) {
        List<String> lines = text.lines().toList();
        String[] head = lines.getFirst().split(" ", 2);
        return new TableShape(
                table,
                Integer.parseUnsignedInt(head[0]),
                ReplicaIdentity.of(head[1].charAt(0)),
                lines.stream().skip(1).map(ShapeText::column).toList());
    }

    private static Column column(String line) {
        String[] parts = line.split(" ", 4);
        return new Column(
                unescaped(parts[3]),
                Integer.parseUnsignedInt(parts[0]),
                Integer.parseInt(parts[1]),
                parts[2].equals("k"));
    }

    private static String unescaped(String name) {
        StringBuilder plain = new StringBuilder();
        for (int i = 0; i < name.length(); i++) {
            char c = name.charAt(i);
            if (c == '\\' && i + 1 < name.length()) {
                i++;
                plain.append(name.charAt(i) == 'n' ? '\n' : name.charAt(i));
            } else {
                plain.append(c);
            }
        }
        return plain.toString();
    }
}
