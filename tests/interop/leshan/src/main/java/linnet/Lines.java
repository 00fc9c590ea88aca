/* Lines of JSON: requests come in on stdin, answers (with the request's id) and events go out on stdout. */
package linnet;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;

final class Lines {
    static final ObjectMapper JSON = new ObjectMapper();

    private Lines() {
    }

    static ObjectNode event(String name) {
        return JSON.createObjectNode().put("event", name);
    }

    /* Listeners are called by many threads. */
    static synchronized void say(ObjectNode line) {
        System.out.println(line);
        System.out.flush();
    }

    /* Until stdin ends: so the program never outlives the test that started it. */
    static void serve(Peer peer) throws IOException {
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));

        for (String line = in.readLine(); line != null; line = in.readLine()) {
            JsonNode request = JSON.readTree(line);
            ObjectNode answer = JSON.createObjectNode();

            answer.set("id", request.get("id"));
            try {
                peer.serve(request, answer);
            } catch (Exception e) {
                answer.put("error", e.getClass().getSimpleName() + ": " + e.getMessage());
            }
            say(answer);
        }
    }
}
