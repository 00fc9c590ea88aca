/* Definitions of objects: those of LwM2M from Leshan, others from the tables in models/ of this project. */
package linnet;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.eclipse.leshan.core.LwM2m.LwM2mVersion;
import org.eclipse.leshan.core.model.ObjectLoader;
import org.eclipse.leshan.core.model.ObjectModel;
import org.eclipse.leshan.core.model.ResourceModel;
import org.eclipse.leshan.core.model.ResourceModel.Operations;
import org.eclipse.leshan.core.model.ResourceModel.Type;

final class Models {
    private static final Pattern RESOURCE = Pattern.compile(
            "LN_MODEL_RESOURCE\\( *(\\d+), *\"(.*)\", *(\\w+), *(\\w+), *(\\w+), *(\\w+), *\"(.*)\"\\)");
    private static final Pattern END = Pattern.compile(
            "LN_MODEL_END\\( *(\\d+), *(\\d+), *(\\d+), *\"(.*)\", *(\\w+), *(\\w+)\\)");
    private static final int SECURITY = 0;
    private static final Map<String, Type> TYPES = Map.of(
            "NONE", Type.NONE,
            "STRING", Type.STRING,
            "INTEGER", Type.INTEGER,
            "UNSIGNED", Type.UNSIGNED_INTEGER,
            "FLOAT", Type.FLOAT,
            "BOOLEAN", Type.BOOLEAN,
            "OPAQUE", Type.OPAQUE,
            "TIME", Type.TIME,
            "OBJLNK", Type.OBJLNK,
            "CORELNK", Type.CORELINK);

    private final List<ObjectModel> added = new ArrayList<>();
    private final List<ObjectModel> all = new ArrayList<>(ObjectLoader.loadAllDefault());

    Models(List<String> files) throws IOException {
        for (String file : files) {
            added.add(read(Path.of(file)));
        }
        all.addAll(added);
    }

    /* All versions of the objects of LwM2M: for a server. */
    List<ObjectModel> all() {
        return all;
    }

    /* The objects as a client of this version has them. Leshan's own object 0 is of its highest, and never seen. */
    List<ObjectModel> of(LwM2mVersion version) {
        List<ObjectModel> models = new ArrayList<>(ObjectLoader.loadDefault(version));

        models.removeIf(model -> model.id == SECURITY);
        for (ObjectModel model : ObjectLoader.loadDefault(LwM2mVersion.lastSupported())) {
            if (model.id == SECURITY) {
                models.add(model);
            }
        }
        models.addAll(added);
        return models;
    }

    /* The type is the same in all versions of an object that the tests touch. */
    Type typeOf(int object, int resource) {
        return resourceOf(object, resource).type;
    }

    boolean isMultiple(int object, int resource) {
        return resourceOf(object, resource).multiple;
    }

    private ResourceModel resourceOf(int object, int resource) {
        for (ObjectModel model : all) {
            if (model.id == object && model.resources.containsKey(resource)) {
                return model.resources.get(resource);
            }
        }
        throw new IllegalArgumentException("no definition of /" + object + "/x/" + resource + " was given");
    }

    private static ObjectModel read(Path file) throws IOException {
        List<ResourceModel> resources = new ArrayList<>();

        for (String line : Files.readAllLines(file)) {
            Matcher row = RESOURCE.matcher(line);
            Matcher end = END.matcher(line);

            if (row.matches()) {
                resources.add(new ResourceModel(
                        Integer.valueOf(row.group(1)),
                        row.group(2),
                        Operations.valueOf(row.group(3)),
                        row.group(4).equals("MULTIPLE"),
                        row.group(5).equals("MANDATORY"),
                        TYPES.get(row.group(6)),
                        "",
                        row.group(7),
                        ""));
            } else if (end.matches()) {
                return new ObjectModel(
                        Integer.valueOf(end.group(1)),
                        end.group(4),
                        "",
                        end.group(2) + "." + end.group(3),
                        end.group(5).equals("MULTIPLE"),
                        end.group(6).equals("MANDATORY"),
                        resources);
            }
        }
        throw new IOException(file + " has no LN_MODEL_END: it is no table of models/");
    }
}
