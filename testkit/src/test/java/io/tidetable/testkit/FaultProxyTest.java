package io.tidetable.testkit;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidetable.testkit.FaultProxy.Direction;
import io.tidetable.testkit.FaultProxy.Fault;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.sql.Connection;
import java.sql.DriverManager;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class FaultProxyTest {
    private static final int LONG_MILLIS = 30_000;
    private static final int SHORT_MILLIS = 150;

    private ServerSocket echo;
    private FaultProxy proxy;

    @BeforeEach
    void open() throws IOException {
        echo = new ServerSocket(0, 10, InetAddress.getLoopbackAddress());
        Thread.ofVirtual().start(this::answer);
        proxy = FaultProxy.to(echo.getLocalPort());
    }

    @AfterEach
    void close() throws IOException {
        proxy.close();
        echo.close();
    }

    @Test
    void bytesPassUntilBothSidesSayGoodbye() throws Exception {
        try (Socket client = connect()) {
            client.getOutputStream().write("hello".getBytes(US_ASCII));
            client.shutdownOutput();

            assertThat(client.getInputStream().readAllBytes())
                    .isEqualTo("hello".getBytes(US_ASCII));
        }
    }

    @Test
    void aDatabaseIsReachedThroughIt() throws Exception {
        try (DatabasePair pair = Servers.freshPair();
                FaultProxy before = FaultProxy.to(pair.sourceServer().port());
                Connection connection =
                        DriverManager.getConnection(before.through(pair.sourceJdbcUrl()))) {
            assertThat(connection.isValid(10)).isTrue();

            before.cut();

            assertThat(connection.isValid(10)).isFalse();
        }
    }

    @Test
    void aCutIsAResetAndNewConnectionsPass() throws Exception {
        try (Socket client = connect()) {
            assertThat(roundTrip(client)).isEqualTo('x');

            proxy.cut();

            assertThatThrownBy(() -> client.getInputStream().read())
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("reset");
        }
        try (Socket next = connect()) {
            assertThat(roundTrip(next)).isEqualTo('x');
        }
    }

    @Test
    void oneConnectionCanBeCutAlone() throws Exception {
        try (Socket first = connect()) {
            // The proxy knows the first before there is a second: they come in the order of accept.
            assertThat(roundTrip(first)).isEqualTo('x');
            try (Socket second = connect()) {
                assertThat(roundTrip(second)).isEqualTo('x');

                proxy.connections().getFirst().cut();

                assertThat(proxy.connections()).hasSize(1);
                assertThatThrownBy(() -> first.getInputStream().read())
                        .isInstanceOf(IOException.class)
                        .isNotInstanceOf(SocketTimeoutException.class);
                assertThat(roundTrip(second)).isEqualTo('x');
            }
        }
    }

    @Test
    void aBlackHoleHoldsEverythingBackUntilItEnds() throws Exception {
        try (Socket client = connect()) {
            assertThat(roundTrip(client)).isEqualTo('x');

            proxy.set(Direction.TO_CLIENT, new Fault.BlackHole());
            client.getOutputStream().write('y');
            client.setSoTimeout(SHORT_MILLIS);
            assertThatThrownBy(() -> client.getInputStream().read())
                    .isInstanceOf(SocketTimeoutException.class);
            assertThat(proxy.connections().getFirst().delivered(Direction.TO_SERVER)).isEqualTo(2);

            proxy.pass();
            client.setSoTimeout(LONG_MILLIS);
            assertThat(client.getInputStream().read()).isEqualTo('y');
        }
    }

    @Test
    void newConnectionsFallIntoTheBlackHoleToo() throws Exception {
        proxy.set(new Fault.BlackHole());

        try (Socket client = connect()) {
            client.getOutputStream().write('x');
            client.setSoTimeout(SHORT_MILLIS);
            assertThatThrownBy(() -> client.getInputStream().read())
                    .isInstanceOf(SocketTimeoutException.class);
        }
    }

    @Test
    void whoIsRefusedIsToldSoAndOpenConnectionsLiveOn() throws Exception {
        try (Socket client = connect()) {
            assertThat(roundTrip(client)).isEqualTo('x');

            proxy.refuse();

            assertThatThrownBy(this::connect).isInstanceOf(ConnectException.class);
            assertThat(roundTrip(client)).isEqualTo('x');
            proxy.accept();
            try (Socket next = connect()) {
                assertThat(roundTrip(next)).isEqualTo('x');
            }
        }
    }

    @Test
    void aDelayAddsTimeButDoesNotLimitTheFlow() throws Exception {
        proxy.set(Direction.TO_CLIENT, new Fault.Delay(Duration.ofMillis(200)));
        byte[] sent = new byte[1_000_000];

        try (Socket client = connect()) {
            long start = System.nanoTime();
            Thread.ofVirtual()
                    .start(() -> {
                        try {
                            client.getOutputStream().write(sent);
                            client.shutdownOutput();
                        } catch (IOException e) {
                            throw new java.io.UncheckedIOException(e);
                        }
                    });
            assertThat(client.getInputStream().readAllBytes()).hasSize(sent.length);

            // Sixty-odd chunks one after the other would take twelve seconds.
            assertThat(millisSince(start)).isBetween(200L, 5_000L);
        }
    }

    @Test
    void aBandwidthLimitSlowsTheFlow() throws Exception {
        proxy.set(Direction.TO_SERVER, new Fault.Bandwidth(200_000));

        try (Socket client = connect()) {
            long start = System.nanoTime();
            client.getOutputStream().write(new byte[100_000]);
            client.shutdownOutput();
            assertThat(client.getInputStream().readAllBytes()).hasSize(100_000);

            assertThat(millisSince(start)).isGreaterThan(350);
        }
    }

    private static long millisSince(long start) {
        return (System.nanoTime() - start) / 1_000_000;
    }

    private Socket connect() throws IOException {
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), proxy.port());
        socket.setSoTimeout(LONG_MILLIS);
        return socket;
    }

    private static int roundTrip(Socket socket) throws IOException {
        socket.getOutputStream().write('x');
        return socket.getInputStream().read();
    }

    private void answer() {
        while (!echo.isClosed()) {
            try {
                Socket socket = echo.accept();
                Thread.ofVirtual()
                        .start(() -> {
                            try (socket) {
                                socket.getInputStream().transferTo(socket.getOutputStream());
                            } catch (IOException e) {
                                // The test has cut it.
                                return;
                            }
                        });
            } catch (IOException e) {
                return;
            }
        }
    }
}
