# Copies a source of the client with one fault in it: cmake -DFAULT=NAME -DIN=FILE -DOUT=FILE -P plant.cmake
# The judge must find each. Where the text to be changed is not there any more, the build stops.

if(FAULT STREQUAL "pmin-late") # by one millisecond
    set(right "ln_time_after(o->notified, (int64_t)1000 * pmin)")
    set(wrong "ln_time_after(o->notified, (int64_t)1000 * pmin + (pmin > 0))")
elseif(FAULT STREQUAL "missed-crossing") # down from the threshold itself
    set(right "(was >= 0 && is < 0)")
    set(wrong "(was > 0 && is < 0)")
elseif(FAULT STREQUAL "step-base") # counted from the value at the Observe, as a draft had it
    set(right "o->value = sight.value;")
    set(wrong "struct ln_attributes attributes;
    ln_client__attributes(client, o->link, &o->path, &attributes);
    if (o->notified == 0 || (attributes.set & LN_ATTRIBUTE_BIT(ST)) == 0) {
        o->value = sight.value;
    }")
else()
    message(FATAL_ERROR "there is no fault ${FAULT}")
endif()

file(READ "${IN}" text)
string(FIND "${text}" "${right}" first)
string(FIND "${text}" "${right}" last REVERSE)
if(first EQUAL -1 OR NOT first EQUAL last)
    message(FATAL_ERROR "the fault ${FAULT} does not fit into ${IN}: `${right}` must stand there once. "
        "See ${CMAKE_CURRENT_LIST_FILE}.")
endif()
string(REPLACE "${right}" "${wrong}" text "${text}")
file(WRITE "${OUT}" "${text}")
