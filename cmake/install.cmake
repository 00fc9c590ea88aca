# What `cmake --install` lays down: headers, libraries, a CMake package and pkg-config files.

include(CMakePackageConfigHelpers)

install(DIRECTORY include/linnet DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}
    FILES_MATCHING PATTERN "*.h" PATTERN "*.def")

set(ln_package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/linnet)
list(TRANSFORM ln_built_layers PREPEND ln- OUTPUT_VARIABLE ln_libraries)
install(TARGETS ${ln_libraries} EXPORT linnet ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
if(TARGET ln-dtls)
    install(FILES ${LN_MBEDTLS}/libmbedtls.a RENAME liblinnet-mbedtls.a
        DESTINATION ${CMAKE_INSTALL_LIBDIR})
endif()
install(EXPORT linnet NAMESPACE linnet:: FILE linnet-targets.cmake DESTINATION ${ln_package_dir})
configure_package_config_file(cmake/linnet-config.cmake.in linnet-config.cmake
    INSTALL_DESTINATION ${ln_package_dir})
# Before 1.0 a minor version may break what was there.
write_basic_package_version_file(linnet-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES
    ${CMAKE_CURRENT_BINARY_DIR}/linnet-config.cmake
    ${CMAKE_CURRENT_BINARY_DIR}/linnet-config-version.cmake
    DESTINATION ${ln_package_dir})

# One linnet-LAYER.pc for each library. The prefix is where the file lies, so that a tree may be moved.
file(RELATIVE_PATH ln_pc_prefix
    /p/${CMAKE_INSTALL_LIBDIR}/pkgconfig /p)
foreach(layer IN LISTS ln_built_layers)
    set(ln_pc_name linnet-${layer})
    set(ln_pc_requires)
    foreach(other IN LISTS ln_may_${layer})
        if(other IN_LIST ln_built_layers)
            string(APPEND ln_pc_requires " linnet-${other}")
        endif()
    endforeach()
    set(ln_pc_libs)
    if(layer STREQUAL "dtls")
        set(ln_pc_libs " -llinnet-mbedtls")
    endif()
    configure_file(cmake/linnet.pc.in ${ln_pc_name}.pc @ONLY)
    install(FILES ${CMAKE_CURRENT_BINARY_DIR}/${ln_pc_name}.pc
        DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
endforeach()

foreach(page linnetd.8 linnet-device.1 linnet-load.1 linnet.1)
    string(REGEX REPLACE "\\.([0-9])$" ";\\1" program "${page}")
    list(POP_BACK program section)
    if(TARGET ${program})
        install(TARGETS ${program} RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
        install(FILES docs/man/${page} DESTINATION ${CMAKE_INSTALL_MANDIR}/man${section})
    endif()
endforeach()
