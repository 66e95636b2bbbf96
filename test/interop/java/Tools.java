import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.PrintStream;
import java.lang.reflect.InvocationTargetException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import org.apache.kafka.common.utils.Exit;

/**
 * Runs Kafka's own command-line tools one after another in one JVM, because starting one for each takes most of the time.
 *
 * <p>A line of standard input is a class, its arguments and what it gets as standard input, each in Base64 and parted by
 * spaces, the last beginning with an equals sign; answered with <code>RESULT status stdout stderr</code>, the last two in Base64.
 */
public final class Tools {
    /** Thrown in the place of the end of the JVM. */
    private static final class Ended extends Error {
        Ended() {
            super("the tool has ended", null, false, false);
        }
    }

    /** Scala's console keeps the stream that it found first, so what changes is what is behind it. */
    private static final class Switch extends OutputStream {
        volatile OutputStream to;

        @Override
        public void write(int b) throws IOException {
            to.write(b);
        }

        @Override
        public void write(byte[] bytes, int from, int count) throws IOException {
            to.write(bytes, from, count);
        }
    }

    private static final Switch OUT = new Switch();
    private static final Switch ERR = new Switch();
    private static final List<Runnable> HOOKS = new ArrayList<>();
    /** What the tool ended with; some catch what is thrown then, and end again. */
    private static Integer status;

    public static void main(String[] none) throws Exception {
        PrintStream results = System.out;
        BufferedReader commands = new BufferedReader(new InputStreamReader(System.in));
        OUT.to = ERR.to = new ByteArrayOutputStream();
        System.setOut(new PrintStream(OUT, true));
        System.setErr(new PrintStream(ERR, true));
        Exit.setExitProcedure((with, message) -> end(with));
        Exit.setHaltProcedure((with, message) -> end(with));
        Exit.setShutdownHookAdder((name, hook) -> HOOKS.add(hook));
        for (String line = commands.readLine(); line != null; line = commands.readLine()) results.println(run(line));
        Runtime.getRuntime().halt(0);
    }

    private static void end(int with) {
        if (status == null) status = with;
        throw new Ended();
    }

    private static String run(String line) throws Exception {
        List<String> words = new ArrayList<>();
        InputStream in = InputStream.nullInputStream();
        for (String word : line.split(" ")) {
            if (word.startsWith("=")) {
                in = new ByteArrayInputStream(Base64.getDecoder().decode(word.substring(1)));
            } else {
                words.add(new String(Base64.getDecoder().decode(word), StandardCharsets.UTF_8));
            }
        }
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        OUT.to = out;
        ERR.to = err;
        System.setIn(in);
        status = null;
        try {
            String[] arguments = words.subList(1, words.size()).toArray(new String[0]);
            Class.forName(words.get(0)).getMethod("main", String[].class).invoke(null, (Object) arguments);
        } catch (InvocationTargetException e) {
            if (status == null) {
                e.getCause().printStackTrace();
                status = 1;
            }
        } finally {
            for (Runnable hook : HOOKS) hook.run();
            HOOKS.clear();
        }
        System.out.flush();
        System.err.flush();
        return "RESULT " + (status == null ? 0 : status) + " " + encode(out) + " " + encode(err);
    }

    private static String encode(ByteArrayOutputStream bytes) {
        return "=" + Base64.getEncoder().encodeToString(bytes.toByteArray());
    }
}
