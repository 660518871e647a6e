package io.tidetable.app.command;

import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * What commands take from the process they run in.
 *
 * @param environment value of an environment variable, null where it is not set
 */
public record Surroundings(UnaryOperator<@Nullable String> environment, StopSignal stop) {}
