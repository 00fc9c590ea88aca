/* A Leshan server: requests become its operations, what happens to registrations becomes events. */
package linnet;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.eclipse.californium.core.config.CoapConfig;
import org.eclipse.californium.scandium.config.DtlsConfig;
import org.eclipse.leshan.core.endpoint.Protocol;
import org.eclipse.leshan.core.link.Link;
import org.eclipse.leshan.core.link.attributes.Attribute;
import org.eclipse.leshan.core.link.lwm2m.attributes.DefaultLwM2mAttributeParser;
import org.eclipse.leshan.core.link.lwm2m.attributes.LwM2mAttributeSet;
import org.eclipse.leshan.core.node.LwM2mNode;
import org.eclipse.leshan.core.node.LwM2mObjectInstance;
import org.eclipse.leshan.core.node.LwM2mPath;
import org.eclipse.leshan.core.node.LwM2mResource;
import org.eclipse.leshan.core.node.TimestampedLwM2mNodes;
import org.eclipse.leshan.core.observation.CompositeObservation;
import org.eclipse.leshan.core.observation.Observation;
import org.eclipse.leshan.core.observation.SingleObservation;
import org.eclipse.leshan.core.request.CancelCompositeObservationRequest;
import org.eclipse.leshan.core.request.CancelObservationRequest;
import org.eclipse.leshan.core.request.ContentFormat;
import org.eclipse.leshan.core.request.CreateRequest;
import org.eclipse.leshan.core.request.DeleteRequest;
import org.eclipse.leshan.core.request.DiscoverRequest;
import org.eclipse.leshan.core.request.DownlinkDeviceManagementRequest;
import org.eclipse.leshan.core.request.ExecuteRequest;
import org.eclipse.leshan.core.request.ObserveCompositeRequest;
import org.eclipse.leshan.core.request.ObserveRequest;
import org.eclipse.leshan.core.request.ReadCompositeRequest;
import org.eclipse.leshan.core.request.ReadRequest;
import org.eclipse.leshan.core.request.SendRequest;
import org.eclipse.leshan.core.request.WriteAttributesRequest;
import org.eclipse.leshan.core.request.WriteCompositeRequest;
import org.eclipse.leshan.core.request.WriteRequest;
import org.eclipse.leshan.core.response.CreateResponse;
import org.eclipse.leshan.core.response.DiscoverResponse;
import org.eclipse.leshan.core.response.LwM2mResponse;
import org.eclipse.leshan.core.response.ObserveCompositeResponse;
import org.eclipse.leshan.core.response.ObserveResponse;
import org.eclipse.leshan.core.response.ReadCompositeResponse;
import org.eclipse.leshan.core.response.ReadResponse;
import org.eclipse.leshan.server.LeshanServer;
import org.eclipse.leshan.server.LeshanServerBuilder;
import org.eclipse.leshan.server.model.VersionedModelProvider;
import org.eclipse.leshan.server.observation.ObservationListener;
import org.eclipse.leshan.server.registration.Registration;
import org.eclipse.leshan.server.registration.RegistrationListener;
import org.eclipse.leshan.server.registration.RegistrationUpdate;
import org.eclipse.leshan.server.send.SendListener;
import org.eclipse.leshan.transport.californium.server.endpoint.CaliforniumServerEndpointsProvider;
import org.eclipse.leshan.transport.californium.server.endpoint.coap.CoapServerProtocolProvider;
import org.eclipse.leshan.transport.californium.server.endpoint.coaps.CoapsServerProtocolProvider;

final class ServerPeer implements Peer, RegistrationListener, ObservationListener, SendListener {
    private static final long TIMEOUT_MS = 5_000;
    private static final int CONNECTION_ID_BYTES = 6;

    private final LeshanServer server;
    private final Values values;

    ServerPeer(String listener, int blockSize, Credentials credentials, Models models) throws Exception {
        int colon = listener.lastIndexOf(':');
        CaliforniumServerEndpointsProvider.Builder endpoints =
                new CaliforniumServerEndpointsProvider.Builder(
                        new CoapServerProtocolProvider(), new CoapsServerProtocolProvider());
        Protocol protocol = credentials.areNone() ? Protocol.COAP : Protocol.COAPS;
        LeshanServerBuilder builder = new LeshanServerBuilder();

        endpoints.addEndpoint(
                new InetSocketAddress(
                        listener.substring(0, colon), Integer.parseInt(listener.substring(colon + 1))),
                protocol);
        endpoints.setConfiguration(c -> c.set(CoapConfig.PREFERRED_BLOCK_SIZE, blockSize)
                .set(CoapConfig.MAX_MESSAGE_SIZE, blockSize)
                .set(DtlsConfig.DTLS_CONNECTION_ID_LENGTH, CONNECTION_ID_BYTES));
        credentials.ofServer(builder);
        values = new Values(models);
        server = builder
                .setObjectModelProvider(new VersionedModelProvider(models.all()))
                .setEndpointsProviders(endpoints.build())
                .build();
        server.getRegistrationService().addListener(this);
        server.getObservationService().addListener(this);
        server.getSendService().addListener(this);
        server.start();
        Lines.say(Lines.event("ready").put("uri", server.getEndpoint(protocol).getURI().toString()));
    }

    @Override
    public void close() {
        server.destroy();
    }

    // ---- Requests ----

    @Override
    public void serve(JsonNode request, ObjectNode answer) throws Exception {
        Registration registration =
                server.getRegistrationService().getByEndpoint(request.get("endpoint").textValue());

        if (registration == null) {
            throw new IllegalStateException("no such endpoint is registered");
        }
        switch (request.get("op").textValue()) {
        case "cancel" -> cancel(registration, request, answer);
        default -> send(registration, operation(request), answer);
        }
    }

    private DownlinkDeviceManagementRequest<?> operation(JsonNode request) throws Exception {
        String path = request.path("path").asText("/");
        ContentFormat format = format(request, "format");

        return switch (request.get("op").textValue()) {
        case "read" -> new ReadRequest(format, path);
        case "write" -> write(request, path, format);
        case "execute" -> new ExecuteRequest(path, request.path("arguments").asText(null));
        case "create" -> create(request, path, format);
        case "delete" -> new DeleteRequest(path);
        case "discover" -> new DiscoverRequest(path);
        case "attributes" -> new WriteAttributesRequest(path, new LwM2mAttributeSet(
                new DefaultLwM2mAttributeParser().parseUriQuery(request.get("query").textValue())));
        case "observe" -> new ObserveRequest(format, path);
        case "read-composite" -> new ReadCompositeRequest(format, format(request, "accept"), paths(request));
        case "observe-composite" -> new ObserveCompositeRequest(
                format, format(request, "accept"), LwM2mPath.getLwM2mPathList(paths(request)));
        case "write-composite" -> new WriteCompositeRequest(format, nodes(request), null);
        default -> throw new IllegalArgumentException("there is no such operation");
        };
    }

    private static ContentFormat format(JsonNode request, String name) {
        return request.has(name) ? ContentFormat.fromCode(request.get(name).intValue()) : null;
    }

    private static List<String> paths(JsonNode request) {
        List<String> paths = new ArrayList<>();

        request.get("paths").forEach(path -> paths.add(path.textValue()));
        return paths;
    }

    private Map<LwM2mPath, LwM2mNode> nodes(JsonNode request) throws Exception {
        Map<LwM2mPath, LwM2mNode> nodes = new HashMap<>();

        for (JsonNode item : request.get("items")) {
            LwM2mPath path = new LwM2mPath(item.get("path").textValue());

            nodes.put(path, values.node(path, item));
        }
        return nodes;
    }

    private WriteRequest write(JsonNode request, String path, ContentFormat format) throws Exception {
        WriteRequest.Mode mode = WriteRequest.Mode.valueOf(request.get("mode").textValue());

        return new WriteRequest(mode, format, path, values.node(new LwM2mPath(path), request));
    }

    private CreateRequest create(JsonNode request, String path, ContentFormat format) throws Exception {
        Collection<LwM2mResource> resources = values.resources(new LwM2mPath(path), request.get("values"));

        if (request.has("instance")) {
            return new CreateRequest(
                    format, path, new LwM2mObjectInstance(request.get("instance").intValue(), resources));
        }
        return new CreateRequest(format, path, resources);
    }

    private void cancel(Registration registration, JsonNode request, ObjectNode answer) throws Exception {
        Set<Observation> observations = server.getObservationService().getObservations(registration);

        for (Observation observation : observations) {
            if (request.path("forget").booleanValue()) {
                server.getObservationService().cancelObservation(observation);
            } else if (observation instanceof SingleObservation single) {
                send(registration, new CancelObservationRequest(single), answer);
            } else {
                send(registration, new CancelCompositeObservationRequest((CompositeObservation) observation), answer);
            }
        }
        answer.put("cancelled", observations.size());
    }

    private void send(Registration registration, DownlinkDeviceManagementRequest<?> request, ObjectNode answer)
            throws InterruptedException {
        LwM2mResponse response = server.send(registration, request, TIMEOUT_MS);

        if (response == null) {
            answer.put("error", "no answer came in time");
            return;
        }
        answer.put("code", code(response));
        if (response.getErrorMessage() != null && !response.getErrorMessage().isEmpty()) {
            answer.put("detail", response.getErrorMessage());
        }
        if (response instanceof CreateResponse created && created.getLocation() != null) {
            answer.put("location", created.getLocation());
        }
        if (response instanceof DiscoverResponse found && found.isSuccess()) {
            answer.set("links", links(found.getObjectLinks()));
        }
        if (isOfObserve(response)) {
            answer.put("observing", isObserving(response));
        }
        if (response instanceof ReadCompositeResponse read && read.isSuccess()) {
            answer.set("records", records(read.getContent()));
        }
        if (response instanceof ReadResponse read && read.isSuccess()) {
            answer.set("records", records(pathOf(request), read.getContent()));
        }
    }

    private static boolean isOfObserve(LwM2mResponse response) {
        return response instanceof ObserveResponse || response instanceof ObserveCompositeResponse;
    }

    /* A device may answer as to a Read, without the option Observe: then nothing is observed. */
    private static boolean isObserving(LwM2mResponse response) {
        return response instanceof ObserveResponse one && one.getObservation() != null
                || response instanceof ObserveCompositeResponse many && many.getObservation() != null;
    }

    private static LwM2mPath pathOf(DownlinkDeviceManagementRequest<?> request) {
        return request instanceof ReadRequest read ? read.getPath()
                : request instanceof ObserveRequest observe ? observe.getPath()
                : ((CancelObservationRequest) request).getPath();
    }

    private static String code(LwM2mResponse response) {
        int code = response.getCode().getCode();

        return String.format("%d.%02d", code / 100, code % 100);
    }

    private static ArrayNode records(LwM2mPath path, LwM2mNode node) {
        ArrayNode records = Lines.JSON.createArrayNode();

        Values.addRecords(records, path, node);
        return records;
    }

    private static ArrayNode records(Map<LwM2mPath, LwM2mNode> nodes) {
        ArrayNode records = Lines.JSON.createArrayNode();

        nodes.forEach((path, node) -> Values.addRecords(records, path, node));
        return records;
    }

    private static ArrayNode links(Link[] links) {
        ArrayNode array = Lines.JSON.createArrayNode();

        for (Link link : links) {
            ObjectNode item = array.addObject().put("path", link.getUriReference());
            ObjectNode attributes = item.putObject("attributes");

            for (Attribute attribute : link.getAttributes().asCollection()) {
                attributes.put(attribute.getName(), attribute.getCoreLinkValue());
            }
        }
        return array;
    }

    // ---- Events ----

    private static ObjectNode registrationEvent(String name, Registration registration) {
        ObjectNode event = Lines.event(name)
                .put("endpoint", registration.getEndpoint())
                .put("version", registration.getLwM2mVersion().toString())
                .put("lifetime", registration.getLifeTimeInSec())
                .put("binding", registration.getBindingMode().toString())
                .put("root", registration.getRootPath());

        event.set("links", links(registration.getSortedObjectLinks()));
        return event;
    }

    @Override
    public void registered(Registration registration, Registration previous, Collection<Observation> gone) {
        Lines.say(registrationEvent("registered", registration));
    }

    @Override
    public void updated(RegistrationUpdate update, Registration updated, Registration previous) {
        Lines.say(registrationEvent("updated", updated));
    }

    @Override
    public void unregistered(
            Registration registration, Collection<Observation> gone, boolean expired, Registration next) {
        Lines.say(registrationEvent(expired ? "expired" : "deregistered", registration));
    }

    @Override
    public void newObservation(Observation observation, Registration registration) {
        // The answer to the request tells.
    }

    @Override
    public void cancelled(Observation observation) {
        // The answer to the request tells.
    }

    @Override
    public void onResponse(SingleObservation observation, Registration registration, ObserveResponse response) {
        ObjectNode event = Lines.event("notification")
                .put("endpoint", registration.getEndpoint())
                .put("path", observation.getPath().toString());

        event.set("records", records(observation.getPath(), response.getContent()));
        Lines.say(event);
    }

    @Override
    public void onResponse(
            CompositeObservation observation, Registration registration, ObserveCompositeResponse response) {
        ObjectNode event = Lines.event("notification").put("endpoint", registration.getEndpoint()).put("path", "/");

        event.set("records", records(response.getContent()));
        Lines.say(event);
    }

    @Override
    public void onError(Observation observation, Registration registration, Exception error) {
        Lines.say(Lines.event("bad-notification")
                .put("endpoint", registration.getEndpoint())
                .put("detail", error.toString()));
    }

    @Override
    public void dataReceived(Registration registration, TimestampedLwM2mNodes data, SendRequest request) {
        ObjectNode event = Lines.event("send")
                .put("endpoint", registration.getEndpoint())
                .put("format", request.getFormat().getCode());

        event.set("records", records(data.getFlattenNodes()));
        Lines.say(event);
    }

    @Override
    public void onError(Registration registration, String problem, Exception error) {
        Lines.say(Lines.event("bad-send").put("detail", problem + ": " + error));
    }
}
