/** How good forecasts are: rolling origins, the measures of the M4 competition, choice by them. */
@NullMarked
package io.tidetable.forecast.accuracy;

import org.jspecify.annotations.NullMarked;
