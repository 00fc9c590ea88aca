# Every source file, by layer. Adding a file is adding a line here; nothing is found by pattern.

set(LN_LAYERS base codec coap lwm2m client server bootstrap dtls net)

set(LN_BASE_SOURCES
    address.c arena.c base64.c big.c bytes.c cursor.c double.c errors.c float.c hash.c map.c number.c pool.c
    random.c time.c utf8.c wheel.c)

set(LN_CODEC_SOURCES
    array.c base64_value.c cbor.c cbor_reader.c cbor_value.c dated.c decoder.c format.c json.c json_reader.c
    json_value.c link_format.c one_value.c opaque.c pack.c path.c senml.c senml_cbor.c senml_json.c
    text.c time_text.c tlv.c value.c)

set(LN_COAP_SOURCES
    arrival.c block.c block_fetcher.c block_key.c block_receiver.c block_sender.c builder.c code.c exchange.c
    history.c message.c options.c parameters.c uri.c)

set(LN_LWM2M_SOURCES
    arguments.c attributes.c binding.c binding_text.c field.c instances.c list.c number.c number_of_double.c
    object.c object_list.c object_version.c operation.c operation_name.c operation_read.c operation_write.c
    registration_query.c resource_store.c stream.c version.c version_text.c)

set(LN_CLIENT_SOURCES
    access.c answer_body.c attribute_sets.c block_list.c block_requests.c blocks.c client.c data.c dated.c download.c events.c
    link_list.c notify.c observations.c queue_mode.c register.c registration.c reporting.c requests.c
    restore.c sampling.c save.c store.c stored.c version.c
    bootstrap.c bootstrap_check.c bootstrap_copies.c bootstrap_digest.c bootstrap_operations.c bootstrap_request.c
    bootstrap_store.c
    operations/all.c operations/create.c operations/delete.c operations/discover.c
    operations/execute.c operations/read.c operations/write.c
    operations/write_attributes.c
    objects/access_control.c objects/bootstrapped_server.c objects/connectivity.c objects/device.c objects/firmware.c
    objects/location.c objects/security.c objects/sensor.c objects/server.c objects/statistics.c objects/test.c)

set(LN_SERVER_SOURCES
    addresses.c answers.c digest.c endpoints.c events.c exchanges.c files.c journal.c list_bodies.c notifications.c
    object_list.c observations.c observe.c observe_answers.c operations.c owner.c queue.c recent.c register.c registrations.c server.c sessions.c
    transfers.c)

set(LN_BOOTSTRAP_SOURCES
    bootstrap.c build.c check.c events.c request.c script.c sessions.c steps.c)

set(LN_DTLS_SOURCES
    buffers.c channel.c client.c client_trust.c cookie.c handshake.c hello.c identity.c queue.c rotation.c saved.c server.c sessions.c
    suites.c ticket.c trust.c)

set(LN_NET_SOURCES
    clock.c loop.c random.c resolve.c sockaddr.c tcp.c udp.c)

# Unit tests: one program for each layer, one x_test.c for each source worth it.
set(LN_BASE_TESTS
    address_test.c base64_test.c bytes_test.c cursor_test.c double_test.c float_test.c hash_test.c
    map_test.c memory_test.c number_test.c wheel_test.c)

set(LN_CODEC_TESTS
    cbor_test.c dated_test.c format_test.c json_test.c link_format_test.c opaque_test.c path_test.c random_records.c
    round_trip_test.c senml_cbor_test.c senml_json_test.c support.c text_test.c tlv_decode_test.c
    tlv_encode_test.c value_test.c)

set(LN_COAP_TESTS
    arrival_test.c block_fetcher_test.c block_receiver_test.c block_sender_test.c block_test.c
    block_transfer_test.c builder_test.c code_test.c exchange_test.c history_test.c message_test.c options_test.c
    parameters_test.c uri_test.c)

set(LN_LWM2M_TESTS
    arguments_test.c attributes_test.c binding_test.c object_list_test.c object_test.c operation_test.c
    registration_query_test.c version_test.c)

set(LN_CLIENT_TESTS
    access_test.c attributes_test.c blocks_support.c blocks_test.c codes_test.c create_test.c data_test.c dated_test.c download_test.c exchange_test.c execute_test.c
    firmware_support.c firmware_test.c init_test.c list_blocks_test.c notify_test.c objects_test.c observe_test.c operations_test.c read_test.c
    bootstrap_bad_input_test.c bootstrap_support.c bootstrap_test.c bootstrap_write_test.c
    queue_mode_test.c register_test.c registration_test.c reporting_support.c sensor_test.c
    state_test.c statistics_test.c support.c transfer_test.c write_test.c)

set(LN_SERVER_TESTS
    ../request_text.c answer_blocks_test.c answers_test.c bad_input_test.c blocks_support.c events_test.c files_test.c journal_test.c lifetime_test.c
    list_blocks_test.c observe_test.c operations_test.c owner_test.c queue_mode_test.c queue_test.c recent_test.c
    register_test.c repeats_test.c request_blocks_test.c responses_test.c scale_test.c sessions_test.c
    source_test.c stream_test.c support.c
    update_test.c waiting_support.c)

set(LN_BOOTSTRAP_TESTS
    ../request_text.c bad_input_test.c blocks_test.c build_test.c loss_test.c request_test.c steps_test.c support.c)

set(LN_DTLS_TESTS
    memory_test.c network_test.c psk_test.c queue_test.c session_test.c sha256_test.c support.c
    x509_test.c)

set(LN_NET_TESTS
    loop_test.c resolve_test.c tcp_test.c udp_test.c)

# The simulation: all roles in one process under virtual time.
set(LN_SIM_SOURCES
    agenda.c agreement.c bodies.c bootstraps.c device.c dice.c firmware.c main.c network.c operations.c orders.c promises.c scenarios.c
    secure.c
    store.c story.c trace.c waiting.c world.c)

# Its part that prints what a device notifies in a day, for tests/sim/notify/judge.py.
set(LN_NOTIFY_SOURCES
    dice.c notify/day.c notify/main.c notify/subject.c)

# The cases of the OMA's test specification, by their numbers. docs/conformance.md lists them.
set(LN_CONFORMANCE_SOURCES
    bench.c bootstrap.c bootstrap_test.c device_test.c faults_test.c firmware_test.c main.c models.c notes.c objects_test.c observing_test.c reporting_test.c reading_test.c
    registration_test.c secure.c secure_test.c two_servers_test.c writing_test.c)

# One libFuzzer target for each decoder: tests/fuzz/NAME.c with its corpus in tests/fuzz/corpus/NAME.
set(LN_FUZZ_TARGETS
    message number query attributes arguments object_list link_format path text tlv client server bootstrap
    json cbor senml_json senml_cbor client_blocks client_state dtls_front dtls_sessions)

# Programs: apps/FOLDER/ builds bin/NAME.
set(LN_LINNETD_SOURCES
    attributes.c auth.c backup.c batch.c body.c bootstrap.c bootstrap_change.c bootstrap_input.c bootstrap_keys.c
    bootstrap_list.c bootstrap_routes.c bootstrap_serve.c bootstrap_sessions.c condition.c config.c credential_file.c credential_input.c credential_order.c credential_routes.c credential_seal.c
    credentials.c credentials_change.c data.c data_result.c device.c devices.c encoding.c events.c firmware.c firmware_device.c firmware_follow.c
    firmware_images.c firmware_job_routes.c firmware_jobs.c firmware_json.c firmware_routes.c firmware_rows.c gone.c health.c heap.c http.c
    http_slow.c https.c
    history.c history_copy.c history_json.c history_routes.c history_rows.c inbox.c json_out.c keep.c log.c main.c metrics.c model_file.c model_folder.c model_routes.c models.c
    notify.c observations.c octets.c octets_shard.c openapi.c operation.c operation_json.c operation_keep.c operation_list.c operation_routes.c
    options.c payload.c problem.c record.c router.c
    routes.c secure.c secure_files.c secure_metrics.c
    secure_peers.c secure_saved.c secure_shard.c shard.c store.c store_backup.c store_check.c store_observations.c store_operations.c store_rows.c store_schema.c store_updates.c
    store_writer.c text_out.c
    time_text.c token_rows.c tokens.c values.c wall.c)

set(LN_DEVICE_SOURCES
    ../common/option_table.c access.c bootstrap.c command.c connectivity.c device.c fetch.c files.c firmware.c gps.c gps_report.c image.c keys.c links.c
    lookup.c machine.c main.c objects.c options.c
    place.c routes.c saved.c
    secure.c sensors.c state.c)

set(LN_CTL_SOURCES backup.c bootstrap.c credentials.c data.c devices.c events.c file.c firmware.c http.c list.c main.c models.c observe.c plot.c
    print.c provision.c queue.c stub.c tokens.c)

set(LN_LOAD_SOURCES ../common/option_table.c bootstrapped.c histogram.c links.c main.c options.c report.c sessions.c simulated.c worker.c)
