import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Checks of a broker by Kafka's Java client, driven over standard input: see ../clients.py.
 *
 * <pre>
 * Checks list                       names all checks
 * Checks BOOTSTRAP                  runs the check that each line names
 * Checks BOOTSTRAP member GROUP TOPIC   is a member of a group until it is killed
 * </pre>
 */
public final class Checks {
    interface Check {
        void run() throws Exception;
    }

    private static final Map<String, Check> ALL = new LinkedHashMap<>();

    static void add(String name, Check check) {
        if (ALL.put(name, check) != null) throw new IllegalStateException("two checks are called " + name);
    }

    public static void main(String[] arguments) throws Exception {
        RecordChecks.register();
        GroupChecks.register();
        AdminChecks.register();
        ConfigChecks.register();
        if (arguments[0].equals("list")) {
            ALL.keySet().forEach(System.out::println);
            return;
        }
        Clients.bootstrap = arguments[0];
        if (arguments.length > 1) {
            GroupChecks.beMember(arguments[2], arguments[3]);
            return;
        }
        BufferedReader names = new BufferedReader(new InputStreamReader(System.in));
        for (String name = names.readLine(); name != null; name = names.readLine()) {
            System.out.println("RESULT " + outcome(name));
        }
        System.exit(0);
    }

    private static String outcome(String name) {
        Check check = ALL.get(name);
        if (check == null) return "failed no check is called so";
        try {
            check.run();
            return "ok";
        } catch (Throwable e) {
            StringWriter trace = new StringWriter();
            e.printStackTrace(new PrintWriter(trace));
            return "failed " + trace.toString().replace("\n", "\\n");
        }
    }
}
