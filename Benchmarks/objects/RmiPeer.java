import java.rmi.Remote;
import java.rmi.RemoteException;
import java.rmi.registry.LocateRegistry;
import java.rmi.server.UnicastRemoteObject;
import java.util.ArrayList;
import java.util.Arrays;

/**
 * One object on Java RMI, and its callers. Usage: RmiPeer server PORT, or RmiPeer client PORT IN_FLIGHT SECONDS.
 *
 * The client has a thread for each call in flight. It prints "warm" when it has run for a while, and waits for a line;
 * then one JSON object: calls, seconds, cpu_s (its own), p50_us, p99_us.
 */
public class RmiPeer {
    public interface Calculator extends Remote {
        long suma(long a, long b) throws RemoteException;
    }

    static class Server implements Calculator {
        private long calls;

        // One invocation at a time, as in the other objects here.
        public synchronized long suma(long a, long b) {
            calls++;
            return a + b;
        }
    }

    static Server kept = new Server();

    public static void main(String[] words) throws Exception {
        System.setProperty("java.rmi.server.hostname", "127.0.0.1");
        int port = Integer.parseInt(words[1]);
        if (words[0].equals("server")) {
            LocateRegistry.createRegistry(port).rebind("calculator", UnicastRemoteObject.exportObject(kept, 0));
            System.out.println("listening");
            Thread.sleep(Long.MAX_VALUE);
        }
        int inFlight = Integer.parseInt(words[2]);
        double seconds = Double.parseDouble(words[3]);
        var calculator = (Calculator) LocateRegistry.getRegistry("127.0.0.1", port).lookup("calculator");
        // The first seconds belong to the just-in-time compiler.
        run(calculator, inFlight, Math.min(3, seconds));
        var bean = (com.sun.management.OperatingSystemMXBean) java.lang.management.ManagementFactory
            .getOperatingSystemMXBean();
        System.out.println("warm");
        System.in.read();
        long cpu = bean.getProcessCpuTime(), started = System.nanoTime();
        long[] latencies = run(calculator, inFlight, seconds);
        double passed = (System.nanoTime() - started) / 1e9, used = (bean.getProcessCpuTime() - cpu) / 1e9;
        Arrays.sort(latencies);
        System.out.printf("{\"calls\": %d, \"seconds\": %f, \"cpu_s\": %f, \"p50_us\": %f, \"p99_us\": %f}%n",
            latencies.length, passed, used, latencies[latencies.length / 2] / 1e3,
            latencies[(int) (latencies.length * 99L / 100)] / 1e3);
    }

    /** Latencies in nanoseconds. */
    static long[] run(Calculator calculator, int inFlight, double seconds) throws Exception {
        long end = System.nanoTime() + (long) (seconds * 1e9);
        var threads = new ArrayList<Thread>();
        var all = new long[inFlight][];
        for (int i = 0; i < inFlight; i++) {
            int index = i;
            threads.add(new Thread(() -> {
                long[] mine = new long[1 << 16];
                int n = 0;
                try {
                    for (long before = System.nanoTime(); before < end; n++) {
                        if (calculator.suma(n, 1) != n + 1) throw new IllegalStateException();
                        long now = System.nanoTime();
                        if (n == mine.length) mine = Arrays.copyOf(mine, 2 * n);
                        mine[n] = now - before;
                        before = now;
                    }
                } catch (RemoteException error) {
                    throw new RuntimeException(error);
                }
                all[index] = Arrays.copyOf(mine, n);
            }));
        }
        for (var thread : threads) thread.start();
        for (var thread : threads) thread.join();
        return Arrays.stream(all).flatMapToLong(Arrays::stream).toArray();
    }
}
