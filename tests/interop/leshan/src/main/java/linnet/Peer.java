/* What Lines needs of either role: an answer to each request, and an end. */
package linnet;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

interface Peer {
    /* Fills `answer`. What it throws is answered as {"error": ...}: the peer itself could not. */
    void serve(JsonNode request, ObjectNode answer) throws Exception;

    void close();
}
