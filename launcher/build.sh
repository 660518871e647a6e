# Builds the executable in app/target when it is missing or older than a source.
newer_source() {
  find "$1"/pom.xml "$1"/{model,embedded,forecast,control,node,app}/pom.xml "$1"/{model,embedded,forecast,control,node,app}/src/main \
    -type f -newer "$1/app/target/built" -print -quit 2>/dev/null
}

build_needed() { [ ! -e "$1/app/target/built" ] || [ -n "$(newer_source "$1")" ]; }

build_if_needed() {
  build_needed "$1" || return 0
  command -v mvn >/dev/null || {
    echo "TT-002 Tidetable is not built yet and Maven (mvn) was not found on PATH; install Maven 3.8 or later and run this again." >&2
    exit 1
  }
  mkdir -p "$1/app/target"
  (
    command -v flock >/dev/null && flock 9
    build_needed "$1" || exit 0
    echo "Building Tidetable (once; about a minute, longer when libraries have to be fetched) ..." >&2
    touch "$1/app/target/building"
    export MAVEN_OPTS="--sun-misc-unsafe-memory-access=allow --enable-native-access=ALL-UNNAMED ${MAVEN_OPTS:-}"
    (cd "$1" && mvn -B -q -Dstyle.color=never -Dmaven.test.skip=true -Dspotless.check.skip=true -pl app -am package) >"$1/app/target/build.log" 2>&1 || {
      { grep -m 3 'ERROR' "$1/app/target/build.log" || tail -n 5 "$1/app/target/build.log"; } | sed 's/\x1b\[[0-9;]*m//g' >&2
      echo "TT-003 the build failed; all of its output is in app/target/build.log. Fix what it names and run this again." >&2
      exit 1
    }
    # Classes in an archive start in a third of the time; without it everything works as well.
    "$JAVA_HOME/bin/java" -XX:ArchiveClassesAtExit="$1/app/target/tidetable.jsa" -Xlog:disable \
      --enable-native-access=ALL-UNNAMED --sun-misc-unsafe-memory-access=allow \
      -jar "$1/app/target/tidetable.jar" help run >/dev/null 2>&1 || true
    mv "$1/app/target/building" "$1/app/target/built"
  ) 9>"$1/app/target/build.lock" || exit 1
}
