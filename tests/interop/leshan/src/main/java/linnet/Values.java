/*
 * Leshan's nodes as records {"path", "type", "value"}, the same as in the HTTP API of linnetd, and back from
 * {"value": V} or {"values": {...}}, with the types of the definitions.
 */
package linnet;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Date;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.eclipse.leshan.core.link.DefaultLinkParser;
import org.eclipse.leshan.core.link.DefaultLinkSerializer;
import org.eclipse.leshan.core.link.Link;
import org.eclipse.leshan.core.link.LinkParseException;
import org.eclipse.leshan.core.model.ResourceModel.Type;
import org.eclipse.leshan.core.node.LwM2mMultipleResource;
import org.eclipse.leshan.core.node.LwM2mNode;
import org.eclipse.leshan.core.node.LwM2mObject;
import org.eclipse.leshan.core.node.LwM2mObjectInstance;
import org.eclipse.leshan.core.node.LwM2mPath;
import org.eclipse.leshan.core.node.LwM2mResource;
import org.eclipse.leshan.core.node.LwM2mResourceInstance;
import org.eclipse.leshan.core.node.LwM2mSingleResource;
import org.eclipse.leshan.core.node.ObjectLink;
import org.eclipse.leshan.core.util.datatype.ULong;

final class Values {
    private final Models models;

    Values(Models models) {
        this.models = models;
    }

    // ---- Nodes to records ----

    static void addRecords(ArrayNode records, LwM2mPath path, LwM2mNode node) {
        if (node instanceof LwM2mObject object) {
            for (LwM2mObjectInstance instance : object.getInstances().values()) {
                addRecords(records, path.append(instance.getId()), instance);
            }
        } else if (node instanceof LwM2mObjectInstance instance) {
            for (LwM2mResource resource : instance.getResources().values()) {
                addRecords(records, path.append(resource.getId()), resource);
            }
        } else if (node instanceof LwM2mMultipleResource resource) {
            for (LwM2mResourceInstance one : resource.getInstances().values()) {
                addRecords(records, path.append(one.getId()), one);
            }
        } else if (node instanceof LwM2mSingleResource resource) {
            addRecord(records, path, resource.getType(), resource.getValue());
        } else if (node instanceof LwM2mResourceInstance one) {
            addRecord(records, path, one.getType(), one.getValue());
        }
    }

    private static void addRecord(ArrayNode records, LwM2mPath path, Type type, Object value) {
        ObjectNode record = records.addObject();

        record.put("path", path.toString());
        record.put("type", name(type));
        record.set("value", Lines.JSON.valueToTree(plain(type, value)));
    }

    private static String name(Type type) {
        return switch (type) {
        case UNSIGNED_INTEGER -> "unsigned";
        case CORELINK -> "corelnk";
        default -> type.name().toLowerCase(Locale.ROOT);
        };
    }

    private static Object plain(Type type, Object value) {
        return switch (type) {
        case UNSIGNED_INTEGER -> ((ULong) value).toBigInteger();
        case TIME -> ((Date) value).toInstant().toString();
        case OBJLNK -> ((ObjectLink) value).encodeToString();
        case CORELINK -> new DefaultLinkSerializer().serializeCoreLinkFormat((Link[]) value);
        default -> value; // byte[] becomes base64
        };
    }

    // ---- JSON to nodes ----

    /* Of a Write, or of one path of a composite Write. */
    LwM2mNode node(LwM2mPath path, JsonNode content) throws IOException {
        if (path.isObjectInstance()) {
            return new LwM2mObjectInstance(path.getObjectInstanceId(), resources(path, content.get("values")));
        }
        Type type = models.typeOf(path.getObjectId(), path.getResourceId());
        if (path.isResourceInstance()) {
            return LwM2mResourceInstance.newInstance(
                    path.getResourceInstanceId(), value(type, content.get("value")), type);
        }
        if (content.has("values")) {
            return many(path.getResourceId(), type, content.get("values"));
        }
        return LwM2mSingleResource.newResource(path.getResourceId(), value(type, content.get("value")), type);
    }

    /* {"110": "a", "1110": {"0": "b"}} */
    Collection<LwM2mResource> resources(LwM2mPath path, JsonNode values) throws IOException {
        List<LwM2mResource> resources = new ArrayList<>();

        for (Iterator<Map.Entry<String, JsonNode>> i = values.fields(); i.hasNext();) {
            Map.Entry<String, JsonNode> entry = i.next();
            int id = Integer.parseInt(entry.getKey());
            Type type = models.typeOf(path.getObjectId(), id);

            if (models.isMultiple(path.getObjectId(), id)) {
                resources.add(many(id, type, entry.getValue()));
            } else {
                resources.add(LwM2mSingleResource.newResource(id, value(type, entry.getValue()), type));
            }
        }
        return resources;
    }

    private static LwM2mMultipleResource many(int id, Type type, JsonNode values) throws IOException {
        Map<Integer, Object> instances = new TreeMap<>();

        for (Iterator<Map.Entry<String, JsonNode>> i = values.fields(); i.hasNext();) {
            Map.Entry<String, JsonNode> entry = i.next();

            instances.put(Integer.valueOf(entry.getKey()), value(type, entry.getValue()));
        }
        return LwM2mMultipleResource.newResource(id, instances, type);
    }

    private static Object value(Type type, JsonNode json) throws IOException {
        return switch (type) {
        case STRING -> json.textValue();
        case INTEGER -> json.longValue();
        case UNSIGNED_INTEGER -> ULong.valueOf(json.bigIntegerValue());
        case FLOAT -> json.doubleValue();
        case BOOLEAN -> json.booleanValue();
        case OPAQUE -> json.binaryValue();
        case TIME -> Date.from(Instant.parse(json.textValue()));
        case OBJLNK -> ObjectLink.decodeFromString(json.textValue());
        case CORELINK -> links(json.textValue());
        case NONE -> throw new IOException("an executable resource has no value");
        };
    }

    private static Link[] links(String text) throws IOException {
        try {
            return new DefaultLinkParser().parseCoreLinkFormat(text.getBytes(StandardCharsets.UTF_8));
        } catch (LinkParseException e) {
            throw new IOException(e);
        }
    }
}
