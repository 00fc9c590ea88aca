/* Where the program begins: `server` or `client`, driven by lines of JSON on stdin. */
package linnet;

import java.util.Arrays;

public final class Main {
    private static final String USAGE = """
            usage: leshan-peer server ADDRESS:PORT BLOCK-SIZE [CREDENTIALS] MODEL...
                   leshan-peer client ENDPOINT URI LWM2M-VERSION BLOCK-SIZE [CREDENTIALS] MODEL...
                   leshan-peer bootstrapped ENDPOINT URI LWM2M-VERSION BLOCK-SIZE [CREDENTIALS] MODEL...
            CREDENTIALS are as Credentials says. MODEL is a file of models/ of this project. Answers and events are lines of JSON on stdout.""";

    private Main() {
    }

    public static void main(String[] args) throws Exception {
        Peer peer;

        if (args.length > 3 && args[0].equals("server")) {
            Credentials credentials = Credentials.of(args, 3);
            peer = new ServerPeer(
                    args[1], Integer.parseInt(args[2]), credentials, models(args, 3 + credentials.words().length));
        } else if (args.length > 5 && (args[0].equals("client") || args[0].equals("bootstrapped"))) {
            Credentials credentials = Credentials.of(args, 5);
            peer = new ClientPeer(
                    args[1], args[2], args[0].equals("bootstrapped"), args[3], Integer.parseInt(args[4]), credentials,
                    models(args, 5 + credentials.words().length));
        } else {
            System.err.println(USAGE);
            System.exit(2);
            return;
        }
        Lines.serve(peer);
        peer.close();
        System.exit(0);
    }

    private static Models models(String[] args, int from) throws Exception {
        return new Models(Arrays.asList(args).subList(from, args.length));
    }
}
