import com.amazon.ion.IonReader;
import com.amazon.ion.IonSequence;
import com.amazon.ion.IonStruct;
import com.amazon.ion.IonSystem;
import com.amazon.ion.IonValue;
import com.amazon.ion.system.IonReaderBuilder;
import com.amazon.ion.system.IonSystemBuilder;
import com.amazon.ionhash.IonHashReader;
import com.amazon.ionhash.IonHashReaderBuilder;
import com.amazon.ionhash.IonHasherProvider;
import com.amazon.ionhash.MessageDigestIonHasherProvider;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.Iterator;
import java.util.List;

/**
 * Hashes Ion with AWS's ion-hash-java. `hash` answers on standard output for each value on standard
 * input; `measure` times the two hashes of each revision in the objects of an export.
 */
public final class IonHasher {
    private static final int HASH_BYTES = 32;
    private static final IonHasherProvider SHA_256 = new MessageDigestIonHasherProvider("SHA-256");

    private IonHasher() {}

    public static void main(String[] arguments) throws Exception {
        switch (arguments[0]) {
            case "hash" -> answer(System.in, System.out);
            case "measure" -> measure(arguments);
            default -> throw new IllegalArgumentException(arguments[0]);
        }
    }

    /**
     * For each value (four bytes with its length, then binary Ion), writes 1 and its hash, or 0 and
     * zeros if it has none.
     */
    private static void answer(InputStream input, OutputStream output) throws IOException {
        var values = new DataInputStream(new BufferedInputStream(input));
        try (var answers = new BufferedOutputStream(output)) {
            while (true) {
                byte[] value;
                try {
                    value = new byte[values.readInt()];
                } catch (EOFException end) {
                    return;
                }
                values.readFully(value);
                byte[] hash = hashOrNull(value);
                answers.write(hash == null ? 0 : 1);
                answers.write(hash == null ? new byte[HASH_BYTES] : hash);
            }
        }
    }

    private static byte[] hashOrNull(byte[] value) throws IOException {
        try (IonReader reader = IonReaderBuilder.standard().build(value)) {
            return hash(reader);
        } catch (RuntimeException | AssertionError refused) {
            return null;
        }
    }

    /** Returns the hash of the first value, as AWS's sample for QLDB computes it. */
    private static byte[] hash(IonReader reader) throws IOException {
        IonHashReader hashing =
                IonHashReaderBuilder.standard().withReader(reader).withHasherProvider(SHA_256).build();
        hashing.next();
        hashing.next();
        return hashing.digest();
    }

    /**
     * Arguments: seconds to warm up, number of measured passes, then files of Ion binary with
     * blocks. Prints one line: the number of revisions with data, a SHA-256 of all their hashes, and
     * the nanoseconds of each pass. All times are CPU time of this thread, so that neither the
     * compiler's threads nor other programs count.
     */
    private static void measure(String[] arguments) throws Exception {
        IonSystem system = IonSystemBuilder.standard().build();
        List<IonStruct> structs = new ArrayList<>();
        for (int i = 3; i < arguments.length; i++) {
            addMetadataAndData(system, Path.of(arguments[i]), structs);
        }
        MessageDigest all = MessageDigest.getInstance("SHA-256");
        for (IonStruct struct : structs) {
            all.update(hash(system.newReader(struct)));
        }
        long warm = cpuTime() + (long) (1e9 * Double.parseDouble(arguments[1]));
        do {
            pass(system, structs);
        } while (cpuTime() < warm);
        var line = new StringBuilder();
        line.append(structs.size() / 2).append(' ').append(HexFormat.of().formatHex(all.digest()));
        for (int i = 0; i < Integer.parseInt(arguments[2]); i++) {
            line.append(' ').append(pass(system, structs));
        }
        System.out.println(line);
    }

    private static long pass(IonSystem system, List<IonStruct> structs) throws IOException {
        long began = cpuTime();
        int bits = 0;
        for (IonStruct struct : structs) {
            bits ^= hash(system.newReader(struct))[0];
        }
        long took = cpuTime() - began;
        // The result is used, so that the compiler cannot leave the work out.
        return bits == Integer.MAX_VALUE ? 0 : took;
    }

    private static long cpuTime() {
        return ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
    }

    private static void addMetadataAndData(IonSystem system, Path file, List<IonStruct> structs)
            throws IOException {
        try (InputStream input = new BufferedInputStream(Files.newInputStream(file))) {
            Iterator<IonValue> blocks = system.iterate(input);
            while (blocks.hasNext()) {
                var revisions = (IonSequence) ((IonStruct) blocks.next()).get("revisions");
                if (revisions == null) {
                    continue;
                }
                for (IonValue revision : revisions) {
                    IonValue metadata = ((IonStruct) revision).get("metadata");
                    IonValue data = ((IonStruct) revision).get("data");
                    if (metadata != null && data != null) {
                        structs.add((IonStruct) metadata.clone());
                        structs.add((IonStruct) data.clone());
                    }
                }
            }
        }
    }
}
