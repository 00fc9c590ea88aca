/* What a peer proves itself by: nothing, a pre-shared key, or a certificate. */
package linnet;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import org.eclipse.leshan.client.object.Security;
import org.eclipse.leshan.core.CertificateUsage;
import org.eclipse.leshan.core.security.util.SecurityUtil;
import org.eclipse.leshan.server.LeshanServerBuilder;
import org.eclipse.leshan.servers.security.InMemorySecurityStore;
import org.eclipse.leshan.servers.security.SecurityInfo;

/*
 * psk ENDPOINT IDENTITY KEY-IN-HEX, or x509 ENDPOINT OWN-CERTIFICATES KEY OTHER: the other is the server's
 * certificate for a client, the authority of its clients for a server. Certificates and keys are files in DER,
 * a server's own may be a chain in PEM. With no words there is no security.
 */
record Credentials(String... words) {
    static final int PSK_WORDS = 4;
    static final int X509_WORDS = 5;

    /* Takes those that begin at words[from], if any do. */
    static Credentials of(String[] words, int from) {
        int count = words[from].equals("psk") ? PSK_WORDS : words[from].equals("x509") ? X509_WORDS : 0;

        return new Credentials(java.util.Arrays.copyOfRange(words, from, from + count));
    }

    boolean areNone() {
        return words.length == 0;
    }

    private boolean areKey() {
        return words.length == PSK_WORDS;
    }

    Security ofClient(String uri, int server) throws Exception {
        if (areNone()) {
            return Security.noSec(uri, server);
        }
        if (areKey()) {
            return Security.psk(uri, server, words[2].getBytes(StandardCharsets.UTF_8), key());
        }
        return Security.x509(uri, server, file(2), file(3), file(4), CertificateUsage.DOMAIN_ISSUER_CERTIFICATE.code);
    }

    /* Of an account that brings all others. */
    Security ofBootstrapped(String uri) throws Exception {
        if (areNone()) {
            return Security.noSecBootstrap(uri);
        }
        if (areKey()) {
            return Security.pskBootstrap(uri, words[2].getBytes(StandardCharsets.UTF_8), key());
        }
        return Security.x509Bootstrap(
                uri, file(2), file(3), file(4), CertificateUsage.DOMAIN_ISSUER_CERTIFICATE.code);
    }

    void ofServer(LeshanServerBuilder builder) throws Exception {
        InMemorySecurityStore store = new InMemorySecurityStore();

        if (areNone()) {
            return;
        }
        if (areKey()) {
            store.add(SecurityInfo.newPreSharedKeyInfo(words[1], words[2], key()));
        } else {
            store.add(SecurityInfo.newX509CertInfo(words[1]));
            builder.setPrivateKey(SecurityUtil.privateKey.readFromFile(words[3]))
                    .setCertificateChain(SecurityUtil.certificateChain.readFromFile(words[2]))
                    .setTrustedCertificates(SecurityUtil.certificateChain.readFromFile(words[4]));
        }
        builder.setSecurityStore(store);
    }

    private byte[] key() {
        return HexFormat.of().parseHex(words[3]);
    }

    private byte[] file(int word) throws Exception {
        return Files.readAllBytes(Path.of(words[word]));
    }
}
