package io.tidetable.node.capture;

import io.tidetable.node.fault.Faults;
import java.time.InstantSource;
import java.util.random.RandomGenerator;

/** Time, chance and accidents, as capture meets them. */
public record CaptureEnvironment(InstantSource clock, RandomGenerator chance, Faults faults) {}
