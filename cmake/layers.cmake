# One library ln-LAYER (file liblinnet-LAYER.a, alias linnet::LAYER) for each layer that has sources.

# Layer NAME links the layers that LAYERS grants it: ln_may_NAME is their list.
file(STRINGS ${PROJECT_SOURCE_DIR}/LAYERS ln_layer_lines REGEX "^[a-z0-9]+:")
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/LAYERS)
foreach(line IN LISTS ln_layer_lines)
    string(REGEX MATCH "^([a-z0-9]+):(.*)$" _ "${line}")
    string(REGEX MATCHALL "[a-z0-9]+" ln_may_${CMAKE_MATCH_1} "${CMAKE_MATCH_2}")
endforeach()

# Mbed TLS as tools/mbedtls built it: for this machine, or for the one that LN_MBEDTLS names.
set(LN_MBEDTLS ${PROJECT_SOURCE_DIR}/.deps/mbedtls/host CACHE PATH
    "Where tools/mbedtls has put libmbedtls.a and its headers")
if(NOT EXISTS ${LN_MBEDTLS}/libmbedtls.a OR (CMAKE_CROSSCOMPILING AND LN_MBEDTLS MATCHES "/host$"))
    message(STATUS "There is no Mbed TLS in ${LN_MBEDTLS}: the layer dtls is left out. "
        "tools/mbedtls builds it, ./dev setup does so too.")
    list(REMOVE_ITEM LN_LAYERS dtls)
endif()
# ln_link_mbedtls(TARGET): its headers are seen by TARGET alone, its code goes where TARGET goes.
function(ln_link_mbedtls target)
    target_include_directories(${target} SYSTEM PRIVATE ${LN_MBEDTLS}/include)
    target_compile_definitions(${target} PRIVATE "MBEDTLS_CONFIG_FILE=<ln_mbedtls_config.h>")
    target_link_libraries(${target} PRIVATE
        $<BUILD_INTERFACE:${LN_MBEDTLS}/libmbedtls.a>
        $<INSTALL_INTERFACE:$<INSTALL_PREFIX>/${CMAKE_INSTALL_LIBDIR}/liblinnet-mbedtls.a>)
endfunction()

set(ln_built_layers)
foreach(layer IN LISTS LN_LAYERS)
    string(TOUPPER ${layer} upper)
    if(NOT LN_${upper}_SOURCES)
        continue()
    endif()
    # Bare metal has no sockets; its port takes the place of net.
    if(layer STREQUAL "net" AND NOT UNIX)
        continue()
    endif()
    list(TRANSFORM LN_${upper}_SOURCES PREPEND src/${layer}/)
    add_library(ln-${layer} STATIC ${LN_${upper}_SOURCES})
    add_library(linnet::${layer} ALIAS ln-${layer})
    set_target_properties(ln-${layer} PROPERTIES
        EXPORT_NAME ${layer} OUTPUT_NAME linnet-${layer} C_EXTENSIONS OFF)
    target_include_directories(ln-${layer}
        PUBLIC
            $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>
            $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>
        PRIVATE src)
    target_link_libraries(ln-${layer} PRIVATE $<BUILD_INTERFACE:ln-flags>)
    foreach(other IN LISTS ln_may_${layer})
        if(TARGET ln-${other})
            target_link_libraries(ln-${layer} PUBLIC ln-${other})
        endif()
    endforeach()
    list(APPEND ln_built_layers ${layer})
endforeach()
if(TARGET ln-dtls)
    ln_link_mbedtls(ln-dtls)
endif()
