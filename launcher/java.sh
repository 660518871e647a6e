# Finds a JDK of version 25 or later: JAVA_HOME, the java on PATH, then the usual folders.
java_version() {
  if [ -r "$1/release" ]; then
    sed -n 's/^JAVA_VERSION="\([0-9]*\).*/\1/p' "$1/release"
  else
    "$1/bin/java" -version 2>&1 | sed -n 's/.*version "\([0-9]*\).*/\1/p' | head -n 1
  fi
}

is_jdk_25() { [ -x "$1/bin/javac" ] && [ "$(java_version "$1")" -ge 25 ] 2>/dev/null; }

require_jdk() {
  local candidate on_path
  on_path=$(command -v java || true)
  [ -n "$on_path" ] && on_path=$(dirname "$(dirname "$(readlink -f "$on_path")")")
  for candidate in "${JAVA_HOME:-}" "$on_path" /usr/lib/jvm/* /opt/java/* "${HOME:-/root}"/.sdkman/candidates/java/*; do
    if [ -n "$candidate" ] && is_jdk_25 "$candidate"; then
      export JAVA_HOME="$candidate"
      export PATH="$JAVA_HOME/bin:$PATH"
      return
    fi
  done
  echo "TT-001 no JDK 25 or later was found in JAVA_HOME, on PATH or in /usr/lib/jvm; install one (for example Temurin 25) or set JAVA_HOME to it." >&2
  exit 1
}
