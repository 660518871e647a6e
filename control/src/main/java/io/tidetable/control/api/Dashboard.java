package io.tidetable.control.api;

import io.javalin.config.StaticFilesConfig;
import io.javalin.http.staticfiles.Location;

/** The page in the browser: plain files from the class path, no build step. */
final class Dashboard {
    private Dashboard() {}

    static void serve(StaticFilesConfig files) {
        files.add("/io/tidetable/control/web", Location.CLASSPATH);
        files.enableWebjars();
    }
}
