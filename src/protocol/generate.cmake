# Generates the message structs and their codecs from the schemas whenever either changes.
set(PROTOCOL_GENERATED_DIR ${CMAKE_BINARY_DIR}/generated)
file(GLOB schemas CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/protocol/schema/*.schema)
set(generator ${CMAKE_SOURCE_DIR}/src/protocol/generate.py)

set(PROTOCOL_GENERATED_SOURCES "")
set(PROTOCOL_JSON_SOURCES "")
foreach(schema ${schemas})
  get_filename_component(schema_name ${schema} NAME_WE)
  list(APPEND PROTOCOL_GENERATED_SOURCES ${PROTOCOL_GENERATED_DIR}/protocol/messages/${schema_name}.cpp)
  list(APPEND PROTOCOL_JSON_SOURCES ${PROTOCOL_GENERATED_DIR}/protocol/json/${schema_name}.cpp)
endforeach()
add_custom_command(
  OUTPUT ${PROTOCOL_GENERATED_SOURCES} ${PROTOCOL_JSON_SOURCES}
  COMMAND Python3::Interpreter ${generator} ${PROTOCOL_GENERATED_DIR}/protocol ${schemas}
  DEPENDS ${generator} ${schemas}
  COMMENT "Generating the protocol's messages")
# Every room that includes a message waits for the generator.
add_custom_target(samsa_protocol_generated DEPENDS ${PROTOCOL_GENERATED_SOURCES})

# Messages as JSON, for tests that compare them with other encoders'.
add_library(samsa_protocol_json OBJECT EXCLUDE_FROM_ALL ${PROTOCOL_JSON_SOURCES})
target_include_directories(samsa_protocol_json PUBLIC ${PROTOCOL_GENERATED_DIR})
target_link_libraries(samsa_protocol_json PUBLIC samsa_flags)
