import java.rmi.Remote;
import java.rmi.RemoteException;
import java.rmi.registry.LocateRegistry;
import java.rmi.server.UnicastRemoteObject;
import java.util.ArrayList;
import java.util.concurrent.atomic.LongAdder;

/** Calculator on Java RMI. Usage: Rmi server PORT, or Rmi client PORT IN_FLIGHT SECONDS. */
public class Rmi {
    public interface Calculator extends Remote {
        long suma(long a, long b) throws RemoteException;
    }

    static class Server implements Calculator {
        public long suma(long a, long b) {
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
        double seconds = Double.parseDouble(words[3]);
        var calculator = (Calculator) LocateRegistry.getRegistry("127.0.0.1", port).lookup("calculator");
        // The first seconds belong to the just-in-time compiler.
        run(calculator, Integer.parseInt(words[2]), Math.min(3, seconds));
        var bean = (com.sun.management.OperatingSystemMXBean) java.lang.management.ManagementFactory
            .getOperatingSystemMXBean();
        long cpu = bean.getProcessCpuTime(), started = System.nanoTime();
        long calls = run(calculator, Integer.parseInt(words[2]), seconds);
        System.out.printf("{\"calls\": %d, \"seconds\": %f, \"cpu_s\": %f}%n", calls,
            (System.nanoTime() - started) / 1e9, (bean.getProcessCpuTime() - cpu) / 1e9);
    }

    static long run(Calculator calculator, int inFlight, double seconds) throws Exception {
        var calls = new LongAdder();
        long end = System.nanoTime() + (long) (seconds * 1e9);
        var threads = new ArrayList<Thread>();
        for (int i = 0; i < inFlight; i++) {
            threads.add(new Thread(() -> {
                try {
                    for (long n = 0; System.nanoTime() < end; n++) {
                        if (calculator.suma(n, 1) != n + 1) throw new IllegalStateException();
                        calls.increment();
                    }
                } catch (RemoteException error) {
                    throw new RuntimeException(error);
                }
            }));
        }
        for (var thread : threads) thread.start();
        for (var thread : threads) thread.join();
        return calls.sum();
    }
}
