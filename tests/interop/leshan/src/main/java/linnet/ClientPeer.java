/* A Leshan client with objects 0, 1, 3, 4, 6, 7, 3303 and 3442; requests look at and change its own values. */
package linnet;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.Date;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ScheduledExecutorService;
import org.eclipse.californium.core.config.CoapConfig;
import org.eclipse.californium.elements.config.Configuration;
import org.eclipse.californium.scandium.config.DtlsConfig;
import org.eclipse.leshan.client.EndpointsManager;
import org.eclipse.leshan.client.LeshanClient;
import org.eclipse.leshan.client.LeshanClientBuilder;
import org.eclipse.leshan.client.bootstrap.BootstrapHandler;
import org.eclipse.leshan.client.engine.ClientEndpointNameProvider;
import org.eclipse.leshan.client.engine.DefaultRegistrationEngineFactory;
import org.eclipse.leshan.client.engine.RegistrationEngine;
import org.eclipse.leshan.client.object.Device;
import org.eclipse.leshan.client.object.LwM2mTestObject;
import org.eclipse.leshan.client.object.Server;
import org.eclipse.leshan.client.observer.LwM2mClientObserver;
import org.eclipse.leshan.client.observer.LwM2mClientObserverAdapter;
import org.eclipse.leshan.client.request.UplinkRequestSender;
import org.eclipse.leshan.client.resource.LwM2mObjectEnabler;
import org.eclipse.leshan.client.resource.LwM2mObjectTree;
import org.eclipse.leshan.client.resource.ObjectEnabler;
import org.eclipse.leshan.client.resource.ObjectsInitializer;
import org.eclipse.leshan.client.resource.SimpleInstanceEnabler;
import org.eclipse.leshan.client.servers.LwM2mServer;
import org.eclipse.leshan.client.servers.ServersInfoExtractor;
import org.eclipse.leshan.client.util.LinkFormatHelper;
import org.eclipse.leshan.core.LwM2m.LwM2mVersion;
import org.eclipse.leshan.core.ResponseCode;
import org.eclipse.leshan.core.model.StaticModel;
import org.eclipse.leshan.core.node.LwM2mPath;
import org.eclipse.leshan.core.node.LwM2mResource;
import org.eclipse.leshan.core.request.BindingMode;
import org.eclipse.leshan.core.request.BootstrapRequest;
import org.eclipse.leshan.core.request.ContentFormat;
import org.eclipse.leshan.core.request.DeregisterRequest;
import org.eclipse.leshan.core.request.ReadRequest;
import org.eclipse.leshan.core.request.RegisterRequest;
import org.eclipse.leshan.core.request.UpdateRequest;
import org.eclipse.leshan.core.request.UplinkRequest;
import org.eclipse.leshan.core.response.ErrorCallback;
import org.eclipse.leshan.core.response.LwM2mResponse;
import org.eclipse.leshan.core.response.ReadResponse;
import org.eclipse.leshan.core.response.ResponseCallback;
import org.eclipse.leshan.core.response.SendResponse;
import org.eclipse.leshan.transport.californium.client.endpoint.CaliforniumClientEndpointsProvider;
import org.eclipse.leshan.transport.californium.client.endpoint.coap.CoapClientProtocolProvider;
import org.eclipse.leshan.transport.californium.client.endpoint.coaps.CoapsClientProtocolProvider;

final class ClientPeer extends LwM2mClientObserverAdapter implements Peer {
    private static final int SHORT_SERVER_ID = 123;
    private static final long LIFETIME_S = 300;
    private static final long TIMEOUT_MS = 5_000;
    private static final int CONNECTIVITY = 4;
    private static final int LOCATION = 6;
    private static final int STATISTICS = 7;
    private static final int TEMPERATURE = 3303;
    private static final int TEST = 3442;

    private final LeshanClient client;
    private final Values values;

    ClientPeer(
            String endpoint, String uri, boolean bootstrapped, String version, int blockSize,
            Credentials credentials, Models models)
            throws Exception {
        LwM2mVersion lwm2m = LwM2mVersion.get(version);
        ObjectsInitializer objects = new ObjectsInitializer(new StaticModel(models.of(lwm2m)));
        CaliforniumClientEndpointsProvider.Builder endpoints =
                new CaliforniumClientEndpointsProvider.Builder(
                        new CoapClientProtocolProvider(), new CoapsClientProtocolProvider());
        Configuration configuration = endpoints.createDefaultConfiguration();

        configuration.set(CoapConfig.PREFERRED_BLOCK_SIZE, blockSize).set(CoapConfig.MAX_MESSAGE_SIZE, blockSize)
                .set(DtlsConfig.DTLS_CONNECTION_ID_LENGTH, 0); // the server's are welcome
        endpoints.setConfiguration(configuration).setClientAddress(InetAddress.getLoopbackAddress());
        if (bootstrapped) { // of servers it knows nothing yet
            objects.setInstancesForObject(0, credentials.ofBootstrapped(uri));
            objects.setClassForObject(1, Server.class);
        } else {
            objects.setInstancesForObject(0, credentials.ofClient(uri, SHORT_SERVER_ID));
            objects.setInstancesForObject(
                    1, new Server(SHORT_SERVER_ID, LIFETIME_S, EnumSet.of(BindingMode.U), false, BindingMode.U));
        }
        objects.setInstancesForObject(3, new Device("Eclipse", "Leshan", "1"));
        objects.setInstancesForObject(CONNECTIVITY, new SimpleInstanceEnabler(
                0, 0, 41L, 1, Map.of(0, 41L), 2, -70L, 4, Map.of(0, "192.0.2.7")));
        objects.setInstancesForObject(
                LOCATION, new SimpleInstanceEnabler(0, 0, 48.5d, 1, -2.25d, 5, new Date(1367491215000L)));
        objects.setInstancesForObject(STATISTICS, new SimpleInstanceEnabler(0, 2, 0L, 3, 0L, 4, 0L, 5, 0L, 8, 0L));
        objects.setInstancesForObject(TEMPERATURE, new SimpleInstanceEnabler(0, 5700, 21.5d, 5701, "Cel"));
        objects.setClassForObject(TEMPERATURE, SimpleInstanceEnabler.class);
        objects.setClassForObject(TEST, LwM2mTestObject.class);
        objects.setInstancesForObject(TEST, new LwM2mTestObject());
        values = new Values(models);
        client = new LeshanClientBuilder(endpoint)
                .setObjects(objects.createAll())
                .setRegistrationEngineFactory(new VersionedEngineFactory(version))
                .setEndpointsProviders(endpoints.build())
                .build();
        client.addObserver(this);
        client.start();
        Lines.say(Lines.event("ready"));
    }

    @Override
    public void close() {
        client.destroy(true);
    }

    // ---- Requests ----

    @Override
    public void serve(JsonNode request, ObjectNode answer) throws Exception {
        switch (request.get("op").textValue()) {
        case "get" -> get(request.get("path").textValue(), answer);
        case "set" -> set(new LwM2mPath(request.get("path").textValue()), request);
        case "reset" -> reset();
        case "update" -> client.triggerRegistrationUpdate();
        case "send" -> send(request, answer);
        case "deregister" -> client.stop(true);
        case "register" -> client.start();
        default -> throw new IllegalArgumentException("there is no such operation");
        }
    }

    private ObjectEnabler object(int id) {
        return (ObjectEnabler) client.getObjectTree().getObjectEnabler(id);
    }

    /* What the client itself has, so that nothing of the server's is needed to know what it wrote. */
    private void get(String text, ObjectNode answer) {
        LwM2mPath path = new LwM2mPath(text);
        ReadResponse response = object(path.getObjectId()).read(LwM2mServer.SYSTEM, new ReadRequest(text));
        ArrayNode records = answer.putArray("records");

        answer.put("code", response.getCode().toString());
        if (response.isSuccess()) {
            Values.addRecords(records, path, response.getContent());
        }
    }

    private void set(LwM2mPath path, JsonNode content) throws Exception {
        object(path.getObjectId())
                .getInstance(path.getObjectInstanceId())
                .write(LwM2mServer.SYSTEM, true, path.getResourceId(), (LwM2mResource) values.node(path, content));
    }

    /* Back to one instance of the test object with its first values. */
    private void reset() {
        ObjectEnabler test = object(TEST);

        for (int id : new ArrayList<>(test.getAvailableInstanceIds())) {
            test.removeInstance(id);
        }
        LwM2mTestObject fresh = new LwM2mTestObject();
        fresh.setId(0);
        fresh.setModel(test.getObjectModel());
        fresh.setLwM2mClient(client);
        test.addInstance(0, fresh);
    }

    private void send(JsonNode request, ObjectNode answer) throws InterruptedException {
        List<String> paths = new ArrayList<>();

        request.get("paths").forEach(path -> paths.add(path.textValue()));
        for (LwM2mServer server : client.getRegisteredServers().values()) {
            SendResponse response = client.getSendService().sendData(
                    server, ContentFormat.fromCode(request.get("format").intValue()), paths, TIMEOUT_MS);

            answer.put("code", response == null ? "none" : response.getCode().toString());
        }
    }

    // ---- Events ----

    private static void sayRefusal(String name, ResponseCode code, String message, Exception cause) {
        Lines.say(Lines.event(name).put("detail", code + " " + message + " " + cause));
    }

    @Override
    public void onBootstrapSuccess(LwM2mServer server, BootstrapRequest request) {
        Lines.say(Lines.event("bootstrapped"));
    }

    @Override
    public void onBootstrapFailure(
            LwM2mServer server, BootstrapRequest request, ResponseCode code, String message, Exception cause) {
        sayRefusal("bootstrap-refused", code, message, cause);
    }

    @Override
    public void onRegistrationSuccess(LwM2mServer server, RegisterRequest request, String id) {
        Lines.say(Lines.event("registered").put("location", id));
    }

    @Override
    public void onRegistrationFailure(
            LwM2mServer server, RegisterRequest request, ResponseCode code, String message, Exception cause) {
        sayRefusal("refused", code, message, cause);
    }

    @Override
    public void onUpdateSuccess(LwM2mServer server, UpdateRequest request) {
        Lines.say(Lines.event("updated"));
    }

    @Override
    public void onUpdateFailure(
            LwM2mServer server, UpdateRequest request, ResponseCode code, String message, Exception cause) {
        sayRefusal("update-refused", code, message, cause);
    }

    @Override
    public void onDeregistrationSuccess(LwM2mServer server, DeregisterRequest request) {
        Lines.say(Lines.event("deregistered"));
    }

    @Override
    public void onDeregistrationFailure(
            LwM2mServer server, DeregisterRequest request, ResponseCode code, String message, Exception cause) {
        sayRefusal("deregister-refused", code, message, cause);
    }

    /* Leshan's engine always registers with its highest version; this one says another in its Register. */
    private static final class VersionedEngineFactory extends DefaultRegistrationEngineFactory {
        private final String version;

        VersionedEngineFactory(String version) {
            this.version = version;
        }

        @Override
        public RegistrationEngine createRegistratioEngine(
                ClientEndpointNameProvider name, LwM2mObjectTree tree, EndpointsManager endpoints,
                UplinkRequestSender sender, BootstrapHandler bootstrap, LwM2mClientObserver observer,
                Map<String, String> attributes, Map<String, String> bootstrapAttributes,
                Set<ContentFormat> formats, ScheduledExecutorService executor, LinkFormatHelper links,
                ServersInfoExtractor servers) {
            return super.createRegistratioEngine(
                    name, tree, endpoints, new VersionedSender(sender, version), bootstrap, observer, attributes,
                    bootstrapAttributes, formats, executor, links, servers);
        }
    }

    private record VersionedSender(UplinkRequestSender sender, String version) implements UplinkRequestSender {
        @Override
        public <T extends LwM2mResponse> T send(LwM2mServer server, UplinkRequest<T> request, long timeout)
                throws InterruptedException {
            return sender.send(server, versioned(request), timeout);
        }

        @Override
        public <T extends LwM2mResponse> void send(
                LwM2mServer server, UplinkRequest<T> request, long timeout, ResponseCallback<T> done,
                ErrorCallback failed) {
            sender.send(server, versioned(request), timeout, done, failed);
        }

        @SuppressWarnings("unchecked") // a RegisterRequest stands for a RegisterRequest
        private <T extends LwM2mResponse> UplinkRequest<T> versioned(UplinkRequest<T> request) {
            if (!(request instanceof RegisterRequest register)) {
                return request;
            }
            return (UplinkRequest<T>) new RegisterRequest(
                    register.getEndpointName(), register.getLifetime(), version, register.getBindingMode(),
                    version.equals("1.0") ? null : register.getQueueMode(), register.getSmsNumber(),
                    register.getObjectLinks(), register.getAdditionalAttributes());
        }
    }
}
