package io.tidetable.model;

/**
 * Which history of which server a position belongs to: positions compare only where both are equal.
 *
 * @param systemId the cluster's system identifier ({@code pg_control_system()} or IDENTIFY_SYSTEM)
 * @param timeline the timeline of its log
 */
public record SourceIdentity(long systemId, int timeline) {}
